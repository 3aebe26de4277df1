#!/bin/sh
# A trap ends the program with 134 and a backtrace with function names on standard error.
. "$(dirname "$0")/lib.sh"

compile trap << 'C'
#include <stdio.h>
__attribute__((noinline)) int divide(int a, int b) { return a / b; }
__attribute__((noinline)) int middle(int b) { return divide(7, b) + 1; }
int main(int argc, char **argv) {
  puts("before");
  fflush(stdout);
  return middle(argc - 1);
}
C
"$TOOLCHAIN/bin/zig-cc" --target=wasm32-wasi -O1 -o trap.wasm trap.c || fail 'cannot compile'
echo 'FROM trap.wasm' > Hermitfile
expect 0 "$HERMIT"
expect 134 ./trap.com
equal before "$out" 'what was written before the trap'
contains "$err" 'trap: integer divide by zero' 'the trap'
contains "$err" 'at divide' 'the function that trapped'
contains "$err" 'at middle' 'its caller'
expect 8 ./trap.com x
cat > deep.c << 'C'
int deep(int n) { volatile int a[64]; a[n & 63] = n; return deep(n + 1) + a[n & 63]; }
int main(void) { return deep(0); }
C
"$TOOLCHAIN/bin/zig-cc" --target=wasm32-wasi -O0 -Wno-infinite-recursion -o deep.wasm deep.c || fail 'cannot compile'
echo 'FROM deep.wasm' > Hermitfile
expect 0 "$HERMIT"
expect 134 ./deep.com

#!/bin/sh
# A trap ends the program with 134 and a backtrace with function names on standard error.
. "$(dirname "$0")/lib.sh"

assemble trap << 'W'
(module
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 8) "\10\00\00\00\07\00\00\00before\0a")
  (func $divide (param i32 i32) (result i32) (i32.div_s (local.get 0) (local.get 1)))
  (func $middle (param i32) (result i32) (i32.add (call $divide (i32.const 7) (local.get 0)) (i32.const 1)))
  (func (export "_start")
    (drop (call $write (i32.const 1) (i32.const 8) (i32.const 1) (i32.const 0)))
    (drop (call $middle (i32.const 0)))))
W
echo 'FROM trap.wasm' > Hermitfile
expect 0 "$HERMIT"
expect 134 ./trap.com
equal before "$out" 'what was written before the trap'
contains "$err" 'trap: integer divide by zero' 'the trap'
contains "$err" 'at divide' 'the function that trapped'
contains "$err" 'at middle' 'its caller'
compile deep -O0 -Wno-infinite-recursion << 'C'
int deep(int n) { volatile int a[64]; a[n & 63] = n; return deep(n + 1) + a[n & 63]; }
int main(void) { return deep(0); }
C
echo 'FROM deep.wasm' > Hermitfile
expect 0 "$HERMIT"
expect 134 ./deep.com

#!/bin/sh
# LIMIT: memory, time, stack, files.
. "$(dirname "$0")/lib.sh"

assemble grow << 'W'
(module
  (memory (export "memory") 2 100)
  (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0))))
W
build() {  # build NAME LIMITS: of the Hermitfile text in $program
  printf '%b\nLIMIT %s\n' "$program" "$2" > Hermitfile
  expect 0 "$HERMIT" -o "$1"
}
program='FROM grow.wasm\nENTRYPOINT grow'
build grow.com memory=256KiB
expect 0 ./grow.com 2
equal 2 "$out" 'up to the limit'
expect 0 ./grow.com 3
equal -1 "$out" 'beyond the limit'
printf '%b\nLIMIT memory=64KiB\n' "$program" > Hermitfile
expect 1 "$HERMIT" -o small.com
contains "$err" 'LIMIT memory=64KiB: the program begins with 128 KiB' 'an initial size above the limit'
if command -v zip > /dev/null && command -v unzip > /dev/null; then
  unzip -p grow.com hermit.json | sed 's/256KiB/64KiB/' > hermit.json
  cp grow.com edited.com && zip -q edited.com hermit.json
  expect 126 ./edited.com 1
  contains "$err" 'LIMIT memory' 'an initial size above an edited limit'
fi

# Time: out of a loop that calls nothing, out of a read that never ends, and not at all for a quick program.
assemble loop << 'W'
(module (memory (export "memory") 1) (func (export "_start") (loop (br 0))))
W
program='FROM loop.wasm'
build loop.com time=300ms
started=$(date +%s)
expect 124 ./loop.com
contains "$err" './loop.com: LIMIT time=300ms' 'the message'
[ $(($(date +%s) - started)) -lt 20 ] || fail 'the time limit came late'
compile wait << 'C'
#include <stdio.h>
int main(int argc, char **argv) { puts("begins"); fflush(stdout); return argc > 1 ? 0 : getchar(); }
C
program='FROM wait.wasm'
build wait.com time=1s
mkfifo pipe
sleep 30 > pipe & sleeper=$!
expect 124 sh -c './wait.com < pipe'
kill $sleeper
equal begins "$out" 'what was written before the limit'
expect 0 ./wait.com quick
# A process that starts with the signal blocked or ignored is ended too.
if command -v python3 > /dev/null; then
  expect 124 python3 -c "
import os, signal
signal.signal(signal.SIGALRM, signal.SIG_IGN)
signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGALRM})
os.execv('/bin/sh', ['sh', './loop.com'])"
fi

assemble deep << 'W'
(module (func $f (export "f") (param i32) (result i32)
  (if (result i32) (local.get 0)
    (then (i32.add (i32.const 1) (call $f (i32.sub (local.get 0) (i32.const 1))))) (else (i32.const 0)))))
W
program='FROM deep.wasm\nENTRYPOINT f'
build deep.com stack=64KiB
expect 0 ./deep.com 100
expect 134 ./deep.com 100000
contains "$err" 'call stack exhausted' 'a stack overflow'
build deeper.com stack=32MiB
expect 0 ./deeper.com 100000
equal 100000 "$out" 'a larger stack'

compile files << 'C'
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
int main(void) {
  int count = 0;
  while (open("x", O_RDONLY) >= 0) ++count;
  printf("%d %d\n", count, errno == EMFILE);
  return 0;
}
C
echo > x
program='FROM files.wasm\nMAP .::ro'
build files.com files=16
expect 0 ./files.com
equal '11 1' "$out" 'open files: 16 without three streams and two directories'
build few.com files=4
expect 125 ./few.com
contains "$err" 'LIMIT files' 'fewer than the directories need'

for wrong in 'memory=1' 'memory=1MB' 'memory=0B' 'time=10' 'time=-1s' 'files=1KiB' 'stack=8MiB stack=9MiB' 'speed=9' 'stack=1KiB' 'files=2'; do
  printf 'FROM loop.wasm\nLIMIT %s\n' "$wrong" > Hermitfile
  expect 1 "$HERMIT" -o wrong.com
  contains "$err" 'Hermitfile:2:' "LIMIT $wrong"
done

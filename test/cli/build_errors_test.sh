#!/bin/sh
# What cannot be packed is refused with one clear message and exit code 1 (2 for a wrong command line); an existing output stays
# as it was.
. "$(dirname "$0")/lib.sh"

expect 1 "$HERMIT"
contains "$err" 'Hermitfile' 'no Hermitfile'
expect 2 "$HERMIT" --no-such-option
expect 2 "$HERMIT" frobnicate
expect 2 "$HERMIT" --target linux-mips
expect 0 "$HERMIT" --help
expect 0 "$HERMIT" build --help
expect 0 "$HERMIT" inspect --help
expect 0 "$HERMIT" --version

echo old > out.com
refuse() {  # refuse MESSAGE: with the Hermitfile and modules as they are
  expect 1 "$HERMIT" -o out.com
  contains "$err" "$1" "$2"
  equal old "$(cat out.com)" 'the old output'
  ls .out.com* > /dev/null 2>&1 && fail 'a temporary file was left'
  return 0
}
printf 'FROM a.wasm\nMAPS /x\n' > Hermitfile
refuse 'Hermitfile:2:1' 'an unknown directive'
contains "$err" 'MAP' 'a suggestion'
echo 'FROM missing.wasm' > Hermitfile
refuse 'missing.wasm' 'a missing module'

echo 'FROM a.wasm' > Hermitfile
printf '\000asm\015\000\001\000' > a.wasm
refuse 'wasip1' 'a component'
printf '\000asm\001\000\000\000\001' > a.wasm
refuse 'offset 0x' 'a truncated module'
printf 'not wasm at all' > a.wasm
refuse 'magic header not detected' 'not a module'
: > a.wasm
refuse 'a.wasm' 'an empty file'
assemble a << 'W'
(module (import "wasi_unstable" "fd_write" (func (param i32 i32 i32 i32) (result i32))) (func (export "_start")) (memory (export "memory") 1))
W
refuse 'wasi_unstable' 'preview 0'
assemble a << 'W'
(module (import "env" "jump" (func)) (import "wasi_snapshot_preview1" "fd_close" (func (param i64) (result i32))) (func (export "_start")))
W
refuse 'env.jump' 'an unknown import'
contains "$err" 'fd_close' 'and the other one'
assemble a << 'W'
(module (func (export "run")))
W
refuse '_start' 'nothing to start'

compile a << 'C'
int main(void) { return 0; }
C
if [ "$(id -u)" = 0 ] && command -v setpriv > /dev/null 2>&1; then
  mkdir locked && chmod 555 locked
  chmod 755 .
  expect 1 setpriv --reuid=65534 --regid=65534 --clear-groups "$HERMIT" -o locked/out.com
  contains "$err" 'locked/out.com' 'a read-only directory'
fi
mkdir folder
expect 1 "$HERMIT" -o folder
expect 0 "$HERMIT" -o out.com
expect 0 ./out.com

# What an interrupted build left behind goes with the next one, if nobody writes to it any more; nothing else does.
echo half > .out.com.12345.tmp
echo half > .out.com.12x45.tmp
echo half > .other.com.12345.tmp
touch -t 200001010000 .out.com.12345.tmp .out.com.12x45.tmp .other.com.12345.tmp
echo new > .out.com.67890.tmp
expect 0 "$HERMIT" -o out.com
[ ! -e .out.com.12345.tmp ] || fail 'an old temporary file was kept'
for name in .out.com.12x45.tmp .other.com.12345.tmp .out.com.67890.tmp; do [ -e $name ] || fail "$name was removed"; done

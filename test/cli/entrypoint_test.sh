#!/bin/sh
# ENTRYPOINT: any exported function, its parameters from the command line, its results on standard output.
. "$(dirname "$0")/lib.sh"

assemble calc << 'W'
(module
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 1)
  (global $ready (mut i32) (i32.const 0))
  (global (export "number") i32 (i32.const 7))
  (func (export "_initialize") (global.set $ready (i32.add (global.get $ready) (i32.const 1))))
  (func (export "ready") (result i32) (global.get $ready))
  (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
  (func (export "wide") (param i64) (result i64) (local.get 0))
  (func (export "single") (param f32) (result f32) (local.get 0))
  (func (export "double") (param f64) (result f64) (local.get 0))
  (func (export "swap") (param i32 f64) (result f64 i32) (local.get 1) (local.get 0))
  (func (export "leave") (param i32) (call $exit (local.get 0)))
  (func (export "reference") (param externref)))
W
entry() {  # entry FUNCTION [DIRECTIVE...]
  printf 'FROM calc.wasm\nENTRYPOINT %s\n' "$1" > Hermitfile
  expect 0 "$HERMIT" -o "$1.com"
}
gives() {  # gives RESULT FUNCTION ARGUMENT...
  want_out=$1
  program=$2
  shift 2
  expect 0 "./$program.com" "$@"
  equal "$want_out" "$out" "$program $*"
}
for function in ready add wide single double swap leave; do entry $function; done
gives 1 ready
gives 5 add 2 3
gives -1 add 0xffffffff 0
gives -1 add -0x1 0
gives -2147483648 add -2147483648 0
gives -1 add 4294967295 0
gives -9223372036854775808 wide -9223372036854775808
gives -1 wide 18446744073709551615
gives 1311768467463790320 wide 0x123456789ABCDEF0
for number in 0.1 1.5 -0 1e+10 3.4028235e+38 1e-45 inf -inf nan; do gives $number single $number; done
gives 0.5 single 0x1p-1
for number in 0.1 0.3 1.7976931348623157e+308 5e-324 123456789.125 inf -inf nan; do gives $number double $number; done
gives '2.5
7' swap 7 2.5
expect 9 ./leave.com 9

refuse() {  # refuse PART PROGRAM ARGUMENT...
  part=$1
  shift
  expect 125 "$@"
  contains "$err" "$part" "$*"
  equal '' "$out" "$*"
}
refuse 'ENTRYPOINT add [i32 i32] -> [i32]: takes 2 arguments, not 1' ./add.com 1
refuse 'takes 2 arguments, not 3' ./add.com 1 2 3
refuse 'takes 0 arguments' ./ready.com x
for number in 4294967296 -2147483649 1.0 1e3 0x 0x1g '' ' 1' 1x - +-1 0x100000000; do refuse 'is no i32' ./add.com "$number" 1; done
refuse 'is no i64' ./wide.com 18446744073709551616
for number in '' ' 1' 1,5 one 1e999 0x 1f 'nan(1)'; do refuse 'is no f64' ./double.com "$number"; done
refuse 'is no f32' ./single.com 1e39

# Arguments in front of the user's; what the user typed is argv[0].
printf 'FROM calc.wasm\nENTRYPOINT add\nARGV ["40"]\n' > Hermitfile
expect 0 "$HERMIT" -o add40.com
gives 42 add40 2
compile show << 'C'
#include <stdio.h>
int main(int argc, char **argv) { for (int i = 0; i < argc; ++i) printf("[%s]", argv[i]); return 0; }
C
printf "FROM show.wasm\nARGV ['--flag', 'two words', '']\nARGV last\n" > Hermitfile
expect 0 "$HERMIT" -o show.com
expect 0 ./show.com user
equal '[./show.com][--flag][two words][][last][user]' "$out" 'ARGV'
printf 'FROM show.wasm\nENTRYPOINT _start\n' > Hermitfile
expect 0 "$HERMIT" -o start.com
expect 0 ./start.com not a number
equal '[./start.com][not][a][number]' "$out" 'ENTRYPOINT _start is a command'

bad() {  # bad FUNCTION PART
  printf 'FROM calc.wasm\nENTRYPOINT %s\n' "$1" > Hermitfile
  expect 1 "$HERMIT" -o bad.com
  contains "$err" "$2" "ENTRYPOINT $1"
}
bad missing 'exports no function missing; it exports _initialize, ready, add'
bad number 'an immutable global i32'
bad reference 'i32, i64, f32 and f64 only'
echo 'FROM calc.wasm' > Hermitfile
expect 1 "$HERMIT" -o bad.com
contains "$err" 'ENTRYPOINT' 'a reactor without ENTRYPOINT'
assemble odd << 'W'
(module (func (export "_initialize") (param i32)) (func (export "f")))
W
printf 'FROM odd.wasm\nENTRYPOINT f\n' > Hermitfile
expect 1 "$HERMIT" -o bad.com
contains "$err" '_initialize has type [i32] -> []' 'a setup function of another type'
# An edited file is checked again.
need zip unzip
cp add.com edited.com
unzip -p add.com hermit.json | sed 's/"add"/"gone"/' > hermit.json
zip -q edited.com hermit.json
expect 126 ./edited.com
contains "$err" 'exports no function gone' 'an edited ENTRYPOINT'

#!/bin/sh
# `hermit compile` shows what the compiler makes of a module: the intermediate code after a pass, machine code as text and as bytes, the
# native image; for either processor, on any machine.
. "$(dirname "$0")/lib.sh"

assemble sum << 'W'
(module
  (func $double (export "double") (param i32) (result i32) (i32.add (local.get 0) (local.get 0)))
  (func $five (export "five") (result i32) (i32.add (i32.const 2) (i32.const 3)))
  (func (export "sum") (param i32) (result i32) (i32.add (call $double (local.get 0)) (call $five)))
  (func (export "half") (param i32 i32) (result i32) (i32.div_u (local.get 0) (local.get 1))))
W

expect 0 "$HERMIT" compile --dump-after build sum.wasm
contains "$out" 'i32.add v0, v0' 'an operation'
contains "$out" 'call direct 0' 'a call'
contains "$out" 'const 0x5' 'constants are folded while the code is built'
contains "$out" 'function 3' 'all functions'
expect 0 "$HERMIT" compile --dump-after build --function 1 sum.wasm
contains "$out" 'const 0x5' 'the function that was asked for'
case $out in *'function 0'*) fail "another function: $out" ;; esac
expect 0 "$HERMIT" compile --emit ir --function 0 sum.wasm
contains "$out" 'return v' 'the last pass'
expect 2 "$HERMIT" compile --dump-after everything sum.wasm
contains "$err" 'there is no pass "everything" (passes: build, ' 'an unknown pass'

expect 0 "$HERMIT" compile --isa x86_64 sum.wasm
contains "$out" 'add eax, eax ' 'machine code for x86-64'
contains "$out" '; 01C0' 'its bytes'
contains "$out" 'ud2 ' 'a trap'
expect 0 "$HERMIT" compile --isa aarch64 --emit asm sum.wasm
contains "$out" 'add w0, w0, w0 ' 'machine code for AArch64'
contains "$out" '; 0000000B' 'its bytes'
contains "$out" 'udf ' 'a trap'
expect 2 "$HERMIT" compile --isa sparc sum.wasm
contains "$err" '--isa takes x86_64 or aarch64, not "sparc"' 'an unknown processor'

bytes() { od -An -v -tx1 | tr -d ' \n'; }
for isa in x86_64 aarch64; do
  "$HERMIT" compile --isa $isa --emit code sum.wasm | bytes > all.txt
  for i in 0 1 2 3; do "$HERMIT" compile --isa $isa --emit code --function $i sum.wasm | bytes; done > each.txt
  equal "$(cat each.txt)" "$(cat all.txt)" 'the code of a module is that of its functions'
  listed=$("$HERMIT" compile --isa $isa sum.wasm | awk '/^; function/ { sum += $4 } END { print 2 * sum }')
  equal "$listed" "$(wc -c < all.txt | tr -d ' ')" 'the sizes that the text tells'
  equal 6865726d697400 "$("$HERMIT" compile --isa $isa --emit image sum.wasm | head -c 7 | bytes)" 'the native image begins'
done

expect 0 "$HERMIT" compile --time --check sum.wasm
contains "$out" 'bytes of code, an image of' 'the time'
expect 1 "$HERMIT" compile --function 4 sum.wasm
contains "$err" 'functions 0 to 4 (exclusive) have bodies, not 4' 'a function that is not there'
expect 2 "$HERMIT" compile --emit html sum.wasm
contains "$err" '--emit takes asm, ir, code or image, not "html"' 'an unknown form'
expect 1 "$HERMIT" compile missing.wasm
contains "$err" 'missing.wasm' 'a file that is not there'

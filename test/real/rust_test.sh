#!/bin/sh
# A Rust program: collections, traits, closures, formatting, files and directories, time, panics. The same source built for this
# machine says what is right.
. "$(dirname "$0")/lib.sh"
need rustc
[ -d "$(rustc --print sysroot)/lib/rustlib/wasm32-wasip1" ] || skip 'rustc has no target wasm32-wasip1 here'
rustc --edition 2021 -O --target wasm32-wasip1 -o program.wasm "$here/program.rs" || fail 'cannot build'
rustc --edition 2021 -O -o native "$here/program.rs" || fail 'cannot build for this machine'
printf 'FROM program.wasm\nMAP .\nENV NAME=value\n' > Hermitfile
pack_natively -o program
NAME=value ./native one 'two words' > expected.txt < Hermitfile || fail 'the native program fails'
expect 0 sh -c "./program one 'two words' < Hermitfile"
equal "$(cat expected.txt)" "$out" 'what the program says'
contains "$out" 'read 3 lines' 'standard input'
expect 134 ./program panic < Hermitfile
contains "$err" 'index out of bounds: the len is 3 but the index is 7' 'a panic tells why'
expect 3 ./program exit < Hermitfile

#!/bin/sh
# A Rust program: collections, traits, closures, formatting, files and directories, time, panics. The same source built for this
# machine says what is right.
. "$(dirname "$0")/lib.sh"
# The system's has an older name for its target (Debian: rustc, lld, libstd-rust-dev-wasm32).
for rustc in "$(command -v rustc)" /usr/bin/rustc; do
  for target in wasm32-wasip1 wasm32-wasi; do
    [ -x "$rustc" ] && [ -d "$("$rustc" --print sysroot)/lib/rustlib/$target" ] && break 2
    target=
  done
done
[ -n "$target" ] || skip 'no rustc with its target for WASI is here'
"$rustc" --edition 2021 -O --target "$target" -o program.wasm "$here/program.rs" || fail 'cannot build'
"$rustc" --edition 2021 -O -o native "$here/program.rs" || fail 'cannot build for this machine'
printf 'FROM program.wasm\nMAP .\nENV NAME=value\n' > Hermitfile
pack_natively -o program
NAME=value ./native one 'two words' > expected.txt < Hermitfile || fail 'the native program fails'
expect 0 sh -c "./program one 'two words' < Hermitfile"
equal "$(cat expected.txt)" "$out" 'what the program says'
contains "$out" 'read 3 lines' 'standard input'
expect 134 ./program panic < Hermitfile
contains "$err" 'index out of bounds: the len is 3 but the index is 7' 'a panic tells why'
expect 3 ./program exit < Hermitfile

#!/bin/sh
# The linux-aarch64 launcher runs under qemu-user.
. "$(dirname "$0")/lib.sh"
need qemu-aarch64
cp "$EXAMPLES/cowsay/cowsay.wasm" "$EXAMPLES/cowsay/Hermitfile" .
expect 0 "$HERMIT" --target linux-aarch64 -o cow
expect 0 qemu-aarch64 ./cow from AArch64
contains "$out" '< from AArch64 >' 'the cow'
echo text > file.txt
cp "$EXAMPLES/cat/cat.wasm" "$EXAMPLES/cat/Hermitfile" .
expect 0 "$HERMIT" --target linux-aarch64 -o cat
expect 0 qemu-aarch64 ./cat file.txt
equal text "$out" 'a mapped file'
expect 1 qemu-aarch64 ./cat /etc/passwd

# Compiled code.
need python3
. "$here/native_checks.sh"
start() { qemu-aarch64 "./$@"; }
compiled_checks linux-aarch64 aarch64 start
# Too little address space for guard pages.
expect 0 qemu-aarch64 -R 0x80000000 ./case.x 0 0
equal 12345 "$out" 'with 2 GiB of address space'
contains "$err" "there is too little address space for native code; $interpreted" 'with 2 GiB of address space'

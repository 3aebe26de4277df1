#!/bin/sh
# Builds what the format tests run: stub launchers for all six targets, beside a copy of pack_file (a CMake target).
#   build.sh OUT PACK_FILE
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
out=$1
mkdir -p "$out"
cmp -s "$2" "$out/pack_file" || cp "$2" "$out/pack_file"
newer() { [ -e "$1" ] && [ -z "$(find "$2" -newer "$1" -name '*.[hc]*' | head -n 1)" ]; }

# Compiled and linked in two steps with the flags of the build, so that zig finds the libraries it has built already.
stub() {  # NAME ZIG_TARGET [link flags]
  name=$1 target=$2
  shift 2
  newer "$out/$name" "$root/test/formats/stub_launcher.c" && return
  "$root/.toolchain/bin/zig-cc" --target="$target" -Os -DSTUB_TARGET="\"$name\"" -c "$root/test/formats/stub_launcher.c" -o "$out/$name.o"
  "$root/.toolchain/bin/zig-cc" --target="$target" -Os -s "$@" "$out/$name.o" -o "$out/$name"
}
stub linux-x86_64 x86_64-linux-musl
stub linux-aarch64 aarch64-linux-musl
stub macos-x86_64 x86_64-macos -Wl,-headerpad,0x1000
stub macos-aarch64 aarch64-macos -Wl,-headerpad,0x1000
stub windows-x86_64 x86_64-windows-gnu
stub windows-aarch64 aarch64-windows-gnu

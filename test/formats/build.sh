#!/bin/sh
# Builds what the format tests run: pack_file for this machine and stub launchers for all six targets.
#   build.sh OUT          (from anywhere)
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
out=$1
mkdir -p "$out"
newer() { [ -e "$1" ] && [ -z "$(find "$2" -newer "$1" -name '*.[hc]*' | head -n 1)" ]; }

newer "$out/pack_file" "$root/src/exe" && newer "$out/pack_file" "$root/test/formats" || {
  set -- "$root"/src/exe/*.cc "$root"/src/base/*.cc
  for file; do
    shift
    case $file in *_test.cc) ;; *) set -- "$@" "$file" ;; esac
  done
  "$root/.toolchain/bin/zig-c++" --target=x86_64-linux-musl -std=c++23 -Os -s -fno-exceptions -fno-rtti \
    -fno-strict-aliasing -ffp-contract=off -fvisibility=hidden -ffunction-sections -fdata-sections \
    -I"$root/src" "$@" "$root/test/formats/pack_file.cc" -o "$out/pack_file"
}

stub() {  # NAME ZIG_TARGET [link flags]
  name=$1 target=$2
  shift 2
  newer "$out/$name" "$root/test/formats/stub_launcher.c" ||
    "$root/.toolchain/bin/zig-cc" --target="$target" -Os -s "$@" -DSTUB_TARGET="\"$name\"" \
      "$root/test/formats/stub_launcher.c" -o "$out/$name"
}
stub linux-x86_64 x86_64-linux-musl
stub linux-aarch64 aarch64-linux-musl
stub macos-x86_64 x86_64-macos -Wl,-headerpad,0x1000
stub macos-aarch64 aarch64-macos -Wl,-headerpad,0x1000
stub windows-x86_64 x86_64-windows-gnu
stub windows-aarch64 aarch64-windows-gnu

#!/bin/sh
# Two builds of the same sources in different directories give the same bytes: the command line, and the launcher whose
# format has the most places for a time or a path (PE). Runs in an empty folder, after the build.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
copy="$SCRATCH/another place, with a longer name"
case $(pwd) in "$root"*) exit 1 ;; esac
mkdir "$copy"
cp -R "$root/src" "$root/cmake" "$root/CMakeLists.txt" "$root/CMakePresets.json" "$copy"
mkdir -p "$copy/examples" "$copy/test" "$copy/bench"
cp -R "$root/examples/." "$copy/examples"
cp -R "$root/test/." "$copy/test"
cp -R "$root/bench/." "$copy/bench"
ln -s "$root/.toolchain" "$copy/.toolchain"
cmake=$root/.toolchain/python/cmake/data/bin/cmake
cd "$copy"
build() {  # build PRESET TARGET PRODUCT EXPECTED
  "$cmake" --preset "$1" -DCMAKE_MAKE_PROGRAM="$root/.toolchain/python/bin/ninja" > configure.log 2>&1 || { cat configure.log; exit 1; }
  "$cmake" --build "build/$1" --target "$2" > build.log 2>&1 || { tail -n 50 build.log; exit 1; }
  cmp "build/$1/bin/$3" "$4"
}
build wasi hermit hermit "$root/build/pack/hermit.wasm"
build windows-x86_64 launcher launcher.exe "$root/build/pack/launchers/windows-x86_64"

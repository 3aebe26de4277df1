#!/bin/sh
# Runs the official WebAssembly 2.0 tests: test/spec/run.sh [BUILD_DIRECTORY [NAME ...]]
#
# The scripts come as wg-2.0.tar.xz from $HERMIT_TESTDATA/spec, by default ../shared/testdata/spec beside the checkout.
# Without that archive nothing runs, and this says so. A runner for another system is started through $HERMIT_RUNNER
# (for example "qemu-aarch64").
set -eu

root=$(cd "$(dirname "$0")/../.." && pwd)
build=${1:-$root/build/linux-x86_64}
[ $# -eq 0 ] || shift
archive=${HERMIT_TESTDATA:-$root/../shared/testdata}/spec/wg-2.0.tar.xz
if [ ! -f "$archive" ]; then
  echo "SKIPPED: the official WebAssembly 2.0 tests: no file $archive (set HERMIT_TESTDATA to the folder that holds spec/)"
  exit 0
fi
scripts=$build/spec/wg-2.0
if [ ! -d "$scripts" ] || [ "$archive" -nt "$build/spec/unpacked" ]; then
  mkdir -p "$build/spec"
  tar -xJf "$archive" -C "$build/spec" 2>/dev/null ||
    python3 -c 'import sys, tarfile; tarfile.open(sys.argv[1]).extractall(sys.argv[2])' "$archive" "$build/spec"
  touch "$build/spec/unpacked"
fi
runner=$build/bin/hermit_spec_tests
[ -f "$runner" ] || runner=$runner.exe
exec ${HERMIT_RUNNER:-} "$runner" "$scripts" --known "$root/test/spec/known_failures.txt" "$@"

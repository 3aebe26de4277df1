#!/bin/sh
# Runs the official WebAssembly tests: test/spec/run.sh [BUILD_DIRECTORY [SUITE [NAME ...]]]
#
# SUITE is wg-2.0, wg-3.0 or extra (threads and legacy exceptions); without one all run. The scripts come as SUITE.tar.xz from
# $HERMIT_TESTDATA/spec, by default ../shared/testdata/spec beside the checkout. Without these archives nothing runs, this
# says so, and exits with 77. A runner for another system is started through $HERMIT_RUNNER (for example "qemu-aarch64").
#
# known_failures.txt lists commands that fail and should not; it may only shrink. SUITE_others.txt lists commands that are
# answered rightly in another way than the script says, mostly because WebAssembly 3.0 changed the answer.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
build=${1:-$root/build/linux-x86_64}
[ $# -eq 0 ] || shift
suites=${1:-wg-2.0 wg-3.0 extra}
[ $# -eq 0 ] || shift
archives=${HERMIT_TESTDATA:-$root/../shared/testdata}/spec
runner=$build/bin/hermit_spec_tests
[ -f "$runner" ] || runner=$runner.exe

status=0
for suite in $suites; do
  archive=$archives/$suite.tar.xz
  if [ ! -f "$archive" ]; then
    echo "SKIPPED: the official WebAssembly tests: no file $archive (set HERMIT_TESTDATA to the folder that holds spec/)"
    exit 77
  fi
  folder=$build/spec/$suite
  if [ ! -d "$folder" ] || [ "$archive" -nt "$folder/unpacked" ]; then
    mkdir -p "$folder"
    tar -xJf "$archive" -C "$folder" 2>/dev/null ||
      python3 -c 'import sys, tarfile; tarfile.open(sys.argv[1]).extractall(sys.argv[2])' "$archive" "$folder"
    touch "$folder/unpacked"
  fi
  for scripts in "$folder"/*/; do  # an archive holds one folder
    echo "$suite:"
    ${HERMIT_RUNNER:-} "$runner" "$scripts" --known "$here/known_failures.txt" --others "$here/${suite}_others.txt" "$@" || status=1
  done
done
exit $status

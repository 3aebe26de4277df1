#!/bin/sh
# Runs every test and ends with the line "N passed, N failed, N skipped". One line a test; the output of a failed one follows.
#
#   test/run.sh [PATTERN]      only tests whose name contains PATTERN
#
# A test is a program: exit code 0 passed, 77 skipped (its last line of output says why), anything else failed.
set -u
cd "$(dirname "$0")/.." || exit 1
pattern=${1:-}
HERMIT=$PWD/build/hermit.com
EXAMPLES=$PWD/build/examples
TOOLCHAIN=$PWD/.toolchain
case $(uname -s) in Darwin) system=macos ;; *) system=linux ;; esac
NATIVE=$PWD/build/$system-$(uname -m | sed s/arm64/aarch64/)
export HERMIT EXAMPLES TOOLCHAIN NATIVE
work=$PWD/build/test
mkdir -p "$work"
passed=0 failed=0 skipped=0

run() {  # run NAME COMMAND...
  name=$1
  shift
  case $name in *"$pattern"*) ;; *) return 0 ;; esac
  log=$work/$(echo "$name" | tr / _).log
  scratch=$(mktemp -d "${TMPDIR:-/tmp}/hermit-test.XXXXXX")
  started=$(date +%s)
  (cd "$scratch" && SCRATCH=$scratch "$@") > "$log" 2>&1 < /dev/null
  code=$?
  took=$(($(date +%s) - started))
  rm -rf "$scratch"
  case $code in
    0) passed=$((passed + 1)) && echo "ok      $name (${took}s)" ;;
    77) skipped=$((skipped + 1)) && echo "skipped $name: $(tail -n 1 "$log")" ;;
    *) failed=$((failed + 1)) && echo "FAILED  $name (exit $code)" && sed 's/^/        /' "$log" | tail -n 60 ;;
  esac
}

. test/suite.sh

echo "$passed passed, $failed failed, $skipped skipped"
[ $failed = 0 ] && [ $passed != 0 ]

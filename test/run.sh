#!/bin/sh
# Runs every test and ends with the line "N passed, N failed, N skipped". One line a test; the output of a failed one follows.
#
#   test/run.sh [PATTERN]      only tests whose name contains PATTERN
#
# A test is a program: exit code 0 passed, 77 skipped (its last line of output says why), anything else failed. As many run at a
# time as there are processors (HERMIT_TEST_JOBS), each in an empty folder of its own.
set -u
cd "$(dirname "$0")/.." || exit 1
pattern=${1:-}
HERMIT=$PWD/build/hermit.com
EXAMPLES=$PWD/build/examples
TOOLCHAIN=$PWD/.toolchain
case $(uname -s) in Darwin) system=macos ;; *) system=linux ;; esac
NATIVE=$PWD/build/$system-$(uname -m | sed s/arm64/aarch64/)
HERMIT_TEST_COMPILED=$PWD/build/test/compiled
export HERMIT EXAMPLES TOOLCHAIN NATIVE HERMIT_TEST_COMPILED
work=$PWD/build/test
rm -rf "$work/results"
mkdir -p "$work/results" "$HERMIT_TEST_COMPILED"
jobs=${HERMIT_TEST_JOBS:-$(getconf _NPROCESSORS_ONLN 2> /dev/null || echo 2)}

# A line in this pipe is the permission to run one test.
rm -f "$work/permits"
mkfifo "$work/permits"
exec 8<> "$work/permits"
permit() { echo >&8; }
n=0
while [ $n -lt "$jobs" ]; do permit && n=$((n + 1)); done

run() {  # run NAME COMMAND...
  case $1 in *"$pattern"*) ;; *) return 0 ;; esac
  read -r _ <&8
  { run_now "$@"; permit; } &
}
# For tests that others wait for: it ends before this returns.
run_first() { run "$@" && wait; }

run_now() {
  name=$1 file=$(echo "$1" | tr / _)
  log=$work/$file.log
  shift
  scratch=$(mktemp -d "${TMPDIR:-/tmp}/hermit-test.XXXXXX")
  started=$(date +%s)
  (cd "$scratch" && SCRATCH=$scratch "$@") > "$log" 2>&1 < /dev/null 8<&-
  code=$?
  took=$(($(date +%s) - started))
  rm -rf "$scratch"
  case $code in
    0) result=passed line="ok      $name (${took}s)" ;;
    77) result=skipped line="skipped $name: $(tail -n 1 "$log")" ;;
    *) result=failed line="FAILED  $name (exit $code)
$(sed 's/^/        /' "$log" | tail -n 60)" ;;
  esac
  printf '%s\n' "$line"
  echo "$result" > "$work/results/$file"
}

. test/suite.sh
wait
exec 8<&-
rm -f "$work/permits"

count() { cat "$work"/results/* 2> /dev/null | grep -c "^$1\$"; }
passed=$(count passed) failed=$(count failed)
echo "$passed passed, $failed failed, $(count skipped) skipped"
[ "$failed" = 0 ] && [ "$passed" != 0 ]

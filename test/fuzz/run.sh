#!/bin/sh
# Runs the fuzz targets (docs/testing.md), each for SECONDS on the saved inputs and what it finds, at most two at a time; with
# SECONDS 0 the saved inputs alone. An input that fails is kept in test/fuzz/crashes/.
#
#   test/fuzz/run.sh [SECONDS [TARGET...]]
#
# The corpus stays in build/corpus/, so that a later run goes on where this one stopped. A new failure: minimise it with
# `build/sanitize/fuzz/TARGET_fuzz -minimize_crash=1 FILE`, fix it, and save it in test/fuzz/inputs/TARGET/.
set -u
cd "$(dirname "$0")/../.." || exit 1
seconds=${1:-60}
[ $# = 0 ] || shift
programs=$PWD/build/sanitize/fuzz
[ $# != 0 ] || set -- interp wasi compile wasm bundle zip config hermitfile exe
mkdir -p test/fuzz/crashes build/corpus
# Modules to start from: other than random bytes they pass the validator.
if [ ! -f build/corpus/wasm/made ]; then
  mkdir -p build/corpus/wasm
  python3 test/modules/generate.py 1000 1060 build/corpus/wasm
  touch build/corpus/wasm/made
fi

fuzz() {  # fuzz TARGET: one line on standard output
  target=$1
  corpus=build/corpus/$target log=build/corpus/$target.log
  mkdir -p "$corpus" "test/fuzz/inputs/$target"
  limits="-timeout=25 -rss_limit_mb=2048"
  # The bytes of these are choices; only long inputs make long programs.
  case $target in interp | wasi | compile) limits="$limits -max_len=1024 -len_control=0" ;; *) limits="$limits -max_len=8192" ;; esac
  if [ "$seconds" = 0 ]; then limits="$limits -runs=0"; else limits="$limits -max_total_time=$seconds"; fi
  # shellcheck disable=SC2086 # a list of options
  if TMPDIR=$(shm) "$programs/${target}_fuzz" $limits -print_final_stats=1 -artifact_prefix="test/fuzz/crashes/$target-" \
    "$corpus" "test/fuzz/inputs/$target" > "$log" 2>&1; then
    edges=$(sed -n 's/.* cov: \([0-9]*\) .*/\1/p' "$log" | tail -n 1)
    units=$(sed -n 's/stat::number_of_executed_units: *//p' "$log")
    echo "ok      fuzz/$target: $units inputs, $edges edges"
  else
    echo "FAILED  fuzz/$target"
    tail -n 40 "$log" | sed 's/^/        /'
    return 1
  fi
}
# wasi makes files: in memory if there is a place for that.
shm() { if [ -w /dev/shm ]; then echo /dev/shm; else echo "${TMPDIR:-/tmp}"; fi; }

lane() {
  result=0
  for target; do fuzz "$target" || result=1; done
  return $result
}
status=0
first='' second='' number=0
for target; do
  number=$((number + 1))
  if [ $((number % 2)) = 1 ]; then first="$first $target"; else second="$second $target"; fi
done
# shellcheck disable=SC2086 # lists of names
lane $first &
# shellcheck disable=SC2086
lane $second || status=1
wait $! || status=1
exit $status

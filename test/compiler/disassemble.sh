#!/bin/sh
# Is the machine code for both processors what an independent disassembler takes it for? test/compiler/disassemble.sh [HERMIT]
#
# The corpus: the larger modules of the official tests, which have every instruction, if $HERMIT_TESTDATA/spec/wg-3.0.tar.xz is there; the examples
# and test programs that were built; hermit.wasm. What is compared, and how: disassemble.py. Needs llvm-mc and llvm-objdump; without them nothing runs,
# this says so, and exits with 77.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
hermit=${1:-$root/build/linux-x86_64/bin/hermit}
work=$(mktemp -d "${TMPDIR:-/tmp}/hermit-disassemble.XXXXXX")
trap 'rm -rf "$work"' EXIT
set --
for file in "$root"/build/examples/*.wasm "$root"/build/pack/hermit.wasm; do
  [ -z "$(find "$file" -size -1500k 2> /dev/null)" ] || set -- "$@" "$file"
done
archive=${HERMIT_TESTDATA:-$root/../shared/testdata}/spec/wg-3.0.tar.xz
if [ -f "$archive" ]; then
  tar -xJf "$archive" -C "$work" 2> /dev/null ||
    python3 -c 'import sys, tarfile; tarfile.open(sys.argv[1]).extractall(sys.argv[2])' "$archive" "$work"
  for file in $(find "$work" -name '*.wasm' -size +400c | sort); do
    set -- "$@" "$file"
  done
else
  echo "without the official tests: no $archive"
fi
if [ $# = 0 ]; then
  echo 'FAILED: there is no module to compile'
  exit 1
fi
# First that it can fail: `mov rbp, rsp` encoded as an addition and as `mov rsp, rbp`, `mov x29, sp` as a word that is no instruction and as
# `mov x28, sp`.
for wrong in x86_64:4889e5:4801e5 x86_64:4889e5:4889ec aarch64:fd030091:00000001 aarch64:fd030091:fc030091; do
  code=0
  HERMIT_TEST_MUTATE=$wrong python3 "$here/disassemble.py" "$hermit" "$1" > "$work/log" || code=$?
  case $code-$(cat "$work/log") in
    77-*) cat "$work/log"; exit 77 ;;
    1-*FAILED:*LLVM:* | 1-*FAILED:*ARMv8.0*) ;;
    *) echo "FAILED: a wrong instruction is not found ($wrong)"; cat "$work/log"; exit 1 ;;
  esac
done
exec python3 "$here/disassemble.py" "$hermit" "$@"

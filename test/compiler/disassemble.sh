#!/bin/sh
# Is every instruction for AArch64 one that an independent disassembler knows, and of ARMv8.0?
# test/compiler/disassemble.sh HERMIT_COMPILE FILE.wasm ...
#
# Needs llvm-mc (any version; $LLVM_MC); without it nothing runs, this says so, and exits with 77. udf is an instruction of ours, though
# llvm-mc takes it for data.
set -eu

compile=$1
shift
mc=${LLVM_MC:-$(command -v llvm-mc-19 || command -v llvm-mc || true)}
if [ -z "$mc" ]; then
  echo "SKIPPED: no llvm-mc"
  exit 77
fi
status=0
files=0
words=0
list=$(mktemp)
trap 'rm -f "$list" "$list".*' EXIT
for file; do
  ${HERMIT_RUNNER:-} "$compile" "$file" --isa=arm64 --emit=code > "$list.code" 2> /dev/null || continue  # not compiled
  od -An -v -tx1 -w4 "$list.code" | awk 'NF == 4 && !($2 == "00" && $3 == "00" && $4 == "00") { print "0x" $1, "0x" $2, "0x" $3, "0x" $4 }' > "$list"
  "$mc" --disassemble --triple=aarch64 -mattr=+neon,+fp-armv8 < "$list" > /dev/null 2> "$list.err" || true
  if grep -q "invalid instruction" "$list.err"; then
    echo "FAIL: $file"
    grep -A1 "invalid instruction" "$list.err" | head -4
    status=1
  fi
  files=$((files + 1))
  words=$((words + $(wc -l < "$list")))
done
echo "$files files, $words instructions"
exit $status

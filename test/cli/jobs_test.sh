#!/bin/sh
# A module is compiled to the same bytes by any number of workers, wherever the tool runs.
. "$(dirname "$0")/lib.sh"
pack=$(dirname "$HERMIT")/pack
target=$(basename "$NATIVE")
printf 'FROM hermit.wasm\nHOST set-executable run workers\n' > Hermitfile
cp "$pack/hermit.wasm" .
native() { "$NATIVE/bin/hermit" "$@"; }
[ -x "$NATIVE/bin/hermit" ] || skip 'there is no native build of the tool'
expect 0 native build --resources "$pack" --allow-host --target "$target" --jobs 1 -o one
for jobs in 2 5; do
  expect 0 native build --resources "$pack" --allow-host --target "$target" --jobs $jobs -o other
  cmp one other || fail "the native tool with $jobs workers makes other bytes"
done
for jobs in 1 2 5; do
  expect 0 "$HERMIT" --allow-host --target "$target" --jobs $jobs -o other
  cmp one other || fail "hermit.com with $jobs workers makes other bytes"
done
expect 0 "$HERMIT" verify --jobs 3 one
contains "$out" 'is what the modules compile to' 'verify'
expect 0 native verify one
expect 2 "$HERMIT" --allow-host --jobs 0 -o other
expect 2 "$HERMIT" --allow-host --jobs many -o other
contains "$err" '--jobs takes a number, not "many"' 'no number'
expect 2 "$HERMIT" verify --jobs -1 one

# They are really there: threads of the tool at work. And they end with it.
if [ -d /proc/self/task ]; then
  "$HERMIT" --allow-host --jobs 3 -o other & pid=$!
  most=0
  while [ -d /proc/$pid/task ]; do
    now=$(ls /proc/$pid/task 2> /dev/null | wc -l)
    [ "$now" -le $most ] || most=$now
    [ $most -lt 4 ] || kill -TERM $pid 2> /dev/null || break
    sleep 0.01
  done
  wait $pid
  [ $? -ge 128 ] || fail 'it is not ended by a signal'
  equal 4 "$most" 'threads'
fi

# Interpreted, on AArch64 and on Windows.
expect 0 env HERMIT_ENGINE=interp "$HERMIT" --allow-host --target "$target" --jobs 2 -o other
cmp one other || fail 'hermit.com, interpreted, makes other bytes'
if command -v qemu-aarch64 > /dev/null 2>&1; then
  expect 0 "$HERMIT" --allow-host --from "$HERMIT" --target linux-aarch64 -o tool-aarch64
  expect 0 qemu-aarch64 ./tool-aarch64 --allow-host --target "$target" --jobs 3 -o other
  cmp one other || fail 'hermit.com on AArch64 makes other bytes'
fi

#!/bin/sh
# HOST workers: further instances of a program on threads of their own; and the tool, which compiles with them.
. "$(dirname "$0")/lib.sh"
. "$here/workers_checks.sh"
workers_guest all

# A grant like the others.
expect 1 "$HERMIT" -o refused
contains "$err" 'the program asks for HOST workers' 'without --allow-host'
printf 'FROM workers.wasm\n' > Plain
expect 1 "$HERMIT" -f Plain -o refused
contains "$err" 'imports hermit.worker_start, which needs HOST workers' 'without the grant'
printf 'FROM workers.wasm\nHOST workers\nLIMIT memory=100MiB\n' > Both
expect 1 "$HERMIT" --allow-host -f Both -o refused
contains "$err" 'Both:3:1: error: LIMIT memory and HOST workers exclude each other' 'no common limit of memory'
expect 0 "$HERMIT" inspect workers.x
contains "$out" 'HOST      workers   (outside of the sandbox)' 'inspect'
expect 0 "$HERMIT" inspect --confinement workers.x
contains "$out" 'threads of this process (HOST workers)' 'inspect --confinement'
expect 126 "$HERMIT" run ./workers.x talk
contains "$err" '"hermit" "worker_' 'run passes no HOST on'

workers_checks env
export HERMIT_ENGINE=interp
workers_checks env
unset HERMIT_ENGINE

# The process ends while workers are busy: a signal, a limit.
./workers.x wait > waiting.txt & pid=$!
tries=0
until grep -q waiting waiting.txt; do
  tries=$((tries + 1))
  [ $tries -lt 100 ] || fail 'it does not start'
  sleep 0.1
done
[ ! -d /proc/$pid/task ] || equal 3 "$(ls /proc/$pid/task | wc -l | tr -d ' ')" 'threads'
kill -TERM $pid
wait $pid
equal 143 $? 'SIGTERM'
printf 'FROM workers.wasm\nHOST workers\nLIMIT time=500ms\n' > Limited
expect 0 "$HERMIT" --allow-host -f Limited -o limited.x
expect 124 ./limited.x wait
contains "$err" 'LIMIT time=500ms' 'the limit of time'
# Without room for one more memory there are fewer workers.
if [ "$(uname -s)" = Linux ] && [ -z "${HERMIT_TEST_LAUNCHER:-}" ]; then  # sanitizers take more than that
  expect 0 sh -c 'ulimit -v 45000000; ./workers.x count'
  contains "$out" ', then 48' 'too little address space'
fi
# Workers that a file does not export cannot be started.
compile none << 'C'
__attribute__((import_module("hermit"), import_name("worker_start"))) extern unsigned worker_start(unsigned* worker);
int main(void) { unsigned n; return (int)worker_start(&n); }
C
printf 'FROM none.wasm\nHOST workers\n' > None
expect 0 "$HERMIT" --allow-host -f None -o none.x
expect 52 ./none.x

if command -v qemu-aarch64 > /dev/null 2>&1 && [ -z "${HERMIT_TEST_LAUNCHER:-}" ]; then
  workers_guest linux-aarch64
  workers_checks qemu-aarch64
fi

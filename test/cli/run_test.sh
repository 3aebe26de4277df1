#!/bin/sh
# `hermit run`: somebody else's program under the caller's grants. Nothing of its file is executed but its modules.
. "$(dirname "$0")/lib.sh"
need python3

compile probe << 'C'
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
// Prints its arguments, the variable SECRET, and the first line of each file behind "--".
int main(int argc, char **argv) {
  int i = 0;
  for (; i < argc && strcmp(argv[i], "--"); ++i) printf("[%s]", argv[i]);
  printf(" SECRET=%s\n", getenv("SECRET") ? getenv("SECRET") : "");
  for (++i; i < argc; ++i) {
    char line[100] = "\n";
    FILE *f = fopen(argv[i], "r");
    printf("%s", f ? fgets(line, sizeof line, f) : strcat(strcpy(line, strerror(errno)), "\n"));
  }
  return 5;
}
C
mkdir data inside && echo mapped > data/m.txt && echo embedded > inside/e.txt && echo here > here.txt
cat > Hermitfile << 'H'
FROM probe.wasm
MAP .
ENV SECRET
ENV FIXED=1
COPY inside /in
ARGV ["--default"]
H
expect 0 "$HERMIT" -o probe.com
export SECRET=hidden

# Granted by its own file; under run only what the caller says.
expect 5 ./probe.com x -- here.txt
equal '[./probe.com][--default][x] SECRET=hidden
here' "$out" 'started directly'
expect 5 "$HERMIT" run ./probe.com x -- here.txt "$PWD/here.txt" /etc/passwd /in/e.txt
case $out in
  *here*) fail "a file of the host under run: $out" ;;
esac
contains "$out" '[./probe.com][--default][x] SECRET=
' 'arguments, defaults, and no variable'
contains "$out" embedded 'its embedded files'
expect 5 "$HERMIT" run --map data:/d:ro --env SECRET ./probe.com -- /d/m.txt here.txt --map --help
contains "$out" 'SECRET=hidden
mapped' 'what the caller grants'
case $out in *here*) fail 'more than the caller grants' ;; esac
expect 5 "$HERMIT" run --map . ./probe.com -- here.txt
contains "$out" 'here' 'a mapped . is the working directory'

expect 5 "$HERMIT" run --explain --env SECRET ./probe.com
contains "$err" 'not granted: MAP .' '--explain'
contains "$err" 'not granted: ENV FIXED=1' '--explain'
case $err in *SECRET*) fail '--explain lists what is granted' ;; esac

# A plain module; its own limits and traps; a launcher's errors.
expect 5 "$HERMIT" run probe.wasm a b
equal '[probe.wasm][a][b] SECRET=' "$out" 'a .wasm file'
assemble loop << 'W'
(module (memory (export "memory") 1) (func (export "_start") (loop (br 0))))
W
expect 124 "$HERMIT" run --limit time=300ms loop.wasm
printf 'FROM loop.wasm\nLIMIT time=300ms\n' > Hermitfile
expect 0 "$HERMIT" -o loop.com
expect 124 "$HERMIT" run loop.com
expect 125 "$HERMIT" run --map /no/such/directory probe.wasm
contains "$err" 'MAP /no/such/directory' 'a missing directory'
expect 2 "$HERMIT" run
expect 2 "$HERMIT" run --map a:b probe.wasm
expect 2 "$HERMIT" run --host run probe.wasm
expect 1 "$HERMIT" run missing.wasm
echo nonsense > nonsense
expect 1 "$HERMIT" run nonsense
expect 0 "$HERMIT" run --help

# Standard streams are those of the caller.
compile copy << 'C'
#include <stdio.h>
int main(void) { for (int c; (c = getchar()) != EOF;) putchar(c); return 0; }
C
expect 0 sh -c "echo through | '$HERMIT' run copy.wasm"
equal through "$out" 'standard input and output'

# A file whose native parts are hostile: a prefix and an image that would print something if anything ever ran them.
python3 - << 'P'
import zipfile
with zipfile.ZipFile("probe.com") as z:
    entries = {name: z.read(name) for name in z.namelist() if not name.startswith("native/")}
with open("evil.com", "wb") as f:
    f.write(b"#!/bin/sh\necho CANARY\nexit 3\n")
with zipfile.ZipFile("evil.com", "a") as z:
    for isa in "x86_64", "aarch64":
        z.writestr("native/" + isa, b"CANARY" * 10000)
    for name, data in entries.items():
        z.writestr(name, data)
P
chmod +x evil.com
expect 3 ./evil.com
equal CANARY "$out" 'the canary sings when the file is started'
expect 5 "$HERMIT" run evil.com ok
equal '[evil.com][--default][ok] SECRET=' "$out" 'the canary under run'
case $err in *CANARY*) fail 'the canary under run, on standard error' ;; esac

# No process is started, and nothing that the tool had open is left to the program.
if [ "$(uname -s)" = Linux ] && command -v strace > /dev/null && strace -o /dev/null true 2> /dev/null; then
  strace -f -o trace.txt "$HERMIT" --version > /dev/null
  started=$(grep -c 'execve(' trace.txt)
  strace -f -o trace.txt "$HERMIT" run probe.wasm > /dev/null
  equal "$started" "$(grep -c 'execve(' trace.txt)" 'processes'
  cat > hang.wat << 'W'
(module (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1) (data (i32.const 0) "\10\00\00\00\01\00\00\00")
  (func (export "_start") (drop (call $read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 8)))))
W
  assemble hang < hang.wat
  mkfifo pipe
  sleep 20 > pipe & writer=$!
  "$HERMIT" run hang.wasm < pipe & reader=$!
  sleep 2
  kept=$(ls -l /proc/$reader/fd | grep -c ' -> /' )
  directories=$(for fd in /proc/$reader/fd/*; do [ -d "$fd" ] && readlink "$fd"; done)
  kill $writer $reader 2> /dev/null
  equal '' "$directories" 'directories that are still open'
fi

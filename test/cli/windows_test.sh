#!/bin/sh
# The Windows half of the one file, and the true PE, run under Wine.
. "$(dirname "$0")/lib.sh"
cp "$EXAMPLES/cowsay.com" .
expect 0 wine_run cowsay.com from Windows
contains "$out" '< from Windows >' 'the polyglot as a PE'
# Where Wine takes it away from the shell, it says so instead.
HERMIT_WINDOWS_HALF=
expect 126 wine_run cowsay.com from Windows
contains "$err" 'Wine took this file for a Windows program' 'started by Wine by mistake'
unset HERMIT_WINDOWS_HALF
cp "$EXAMPLES/cat/cat.wasm" "$EXAMPLES/cat/Hermitfile" .
expect 0 "$HERMIT" --target windows-x86_64 -o cat.exe
expect 0 python3 "$here/../formats/check_pe.py" --version-info cat.exe
expect 0 python3 "$here/../formats/check_pe.py" --version-info cowsay.com
echo text > file.txt
expect 0 wine_run cat.exe file.txt
equal text "$(printf %s "$out" | tr -d '\r')" 'a mapped file'
expect 1 wine_run cat.exe C:/windows/system.ini
export HERMIT_CONFINE=1
expect 0 wine_run cat.exe file.txt
unset HERMIT_CONFINE
equal text "$(printf %s "$out" | tr -d '\r')" 'in a job, without abilities that it does not need'
compile where << 'C'
#include <stdio.h>
#include <stdlib.h>
int main(void) { printf("%s\n%s\n", getenv("PWD"), getenv("EXE_NAME")); return 7; }
C
printf 'FROM where.wasm\nENV_PWD_IS_HOST_CWD\nENV_EXE_NAME_IS_HOST_EXE_NAME\n' > Hermitfile
expect 0 "$HERMIT" --target windows-x86_64 -o where.exe
expect 7 wine_run where.exe
contains "$out" "/Z$PWD" 'PWD in guest form'
contains "$out" "/Z$PWD/where.exe" 'EXE_NAME in guest form'

# The directives that need something of the system.
assemble loop << 'W'
(module (memory (export "memory") 1) (func (export "_start") (loop (br 0))))
W
printf 'FROM loop.wasm\nLIMIT time=500ms\n' > Hermitfile
expect 0 "$HERMIT" --target windows-x86_64 -o loop.exe
expect 124 wine_run loop.exe
contains "$err" 'LIMIT time=500ms' 'the time limit, in a loop'
compile wait << 'C'
#include <stdio.h>
int main(void) { return getchar() == EOF; }
C
printf 'FROM wait.wasm\nLIMIT time=1s\n' > Hermitfile
expect 0 "$HERMIT" --target windows-x86_64 -o wait.exe
mkfifo pipe
sleep 60 > pipe & sleeper=$!
wine_run wait.exe < pipe 2> err.txt
equal 124 $? 'the time limit, in a read'
kill $sleeper
assemble calc << 'W'
(module (func (export "f") (param i32 f64) (result f64 i32) (local.get 1) (local.get 0)))
W
printf 'FROM calc.wasm\nENTRYPOINT f\n' > Hermitfile
expect 0 "$HERMIT" --target windows-x86_64 -o calc.exe
expect 0 wine_run calc.exe -7 1e-3
equal '0.001
-7' "$(printf %s "$out" | tr -d '\r')" 'ENTRYPOINT'
expect 125 wine_run calc.exe 7
mkdir -p data/sub embedded && echo sub > data/sub/s.txt && echo embedded > embedded/e.txt
cp "$EXAMPLES/cat/cat.wasm" .
printf 'FROM cat.wasm\nMAP data:/work\nWORKDIR /work/sub\nCOPY embedded /data/in\nARGV s.txt\n' > Hermitfile
expect 0 "$HERMIT" --target windows-x86_64 -o work.exe
expect 0 wine_run work.exe /data/in/e.txt
equal 'sub
embedded' "$(printf %s "$out" | tr -d '\r')" 'WORKDIR, COPY and ARGV'
printf 'FROM cat.wasm\nMAP data:/w ./data/../data/sub:/r:ro\n' > Hermitfile
expect 0 "$HERMIT" --target windows-x86_64 -o overlap.exe
expect 125 wine_run overlap.exe
contains "$err" 'which makes it writable' 'a read-only directory inside a writable one'

# Compiled code: exceptions, guard pages, code that runs where the file is mapped.
need python3
. "$here/native_checks.sh"
compiled_checks windows-x86_64 x86_64 wine_run
# Pages of the file are executable while it waits, and none is writable as well.
printf 'FROM wait.wasm\n' > Hermitfile
for file in waits.exe waits.com; do
  case $file in *.exe) expect 0 "$HERMIT" --target windows-x86_64 -o $file ;; *) expect 0 "$HERMIT" -o $file ;; esac
  rm -f pipe && mkfifo pipe
  wine_run $file < pipe > /dev/null 2>&1 & wine_pid=$!
  exec 3> pipe
  tries=0
  until cat /proc/[0-9]*/maps 2> /dev/null | grep -q "r-xs.*$PWD/$file\$"; do
    tries=$((tries + 1))
    [ $tries -lt 100 ] || fail "$file does not run compiled where it is mapped"
    sleep 0.1
  done
  [ "$(cat /proc/[0-9]*/maps 2> /dev/null | grep -c "^[^ ]* .wx.*$PWD/$file\$")" = 0 ] || fail "$file: pages are writable and executable"
  echo >&3
  exec 3>&-
  wait $wine_pid
done

# Workers, and the tool with them.
. "$here/workers_checks.sh"
workers_guest windows-x86_64
workers_checks wine_run
cp "$(dirname "$HERMIT")/pack/hermit.wasm" .
printf 'FROM hermit.wasm\nHOST set-executable run workers\n' > Hermitfile
expect 0 "$HERMIT" --allow-host --target windows-x86_64 --jobs 1 -o one.exe
expect 0 "$HERMIT" --allow-host --from "$HERMIT" --target windows-x86_64 -o tool.exe
expect 0 wine_run tool.exe --allow-host --target windows-x86_64 --jobs 2 -o other.exe
cmp one.exe other.exe || fail 'the tool on Windows makes other bytes'

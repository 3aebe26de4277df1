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

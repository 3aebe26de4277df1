#!/bin/sh
# A command for run.py: packs a program for a system and runs the file there.
#
#   packed.sh SYSTEM PROGRAM.wasm [--dir=HOST_PATH] [--env=NAME=VALUE]... [-- ARGUMENTS...]
#
# SYSTEM as in run.sh. HOST_PATH is granted as `/`. HERMIT is the hermit.com to pack with.
set -eu
system=$1 wasm=$2
shift 2
folder=$(mktemp -d "${TMPDIR:-/tmp}/hermit-packed.XXXXXX")
trap 'rm -rf "$folder"' EXIT
export HERMIT_CACHE="$folder"
name=$(basename "$wasm")
cp "$wasm" "$folder/program.wasm"
python3 - "$system" "$@" > "$folder/Hermitfile" << 'PYTHON'
import json, sys
print("FROM program.wasm")
for word in sys.argv[2:]:
    if word == "--":
        break
    if word.startswith("--dir="):
        host = word[6:] if sys.argv[1] != "windows" else "Z:" + word[6:].replace("/", "\\")  # where Wine shows it
        print("MAP", json.dumps([host + ":/"]))
    elif word.startswith("--env="):
        print("ENV", json.dumps([word[6:]]))
PYTHON
while [ $# != 0 ] && [ "$1" != -- ]; do shift; done
[ $# = 0 ] || shift
case $system in
  native | portable) target=$(basename "$NATIVE") ;;
  aarch64) target=linux-aarch64 ;;
  windows) target=windows-x86_64 name=$name.exe ;;
esac
"$HERMIT" -f "$folder/Hermitfile" --target "$target" -o "$folder/$name"
case $system in
  aarch64) qemu-aarch64 "$folder/$name" "$@" ;;
  windows)
    wine=$(command -v wine64 || echo /usr/lib/wine/wine64)
    WINEPREFIX=${HERMIT_TEST_WINEPREFIX:-/tmp/hermit-test-wine} WINEDEBUG=-all DISPLAY='' LC_ALL=C.UTF-8 "$wine" "$folder/$name" "$@"
    ;;
  *) "$folder/$name" "$@" ;;
esac

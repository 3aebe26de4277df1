#!/bin/bash
# Packed files of every kind with a real zip inside: they start where this machine can start them, and zip tools can read
# and edit them.
#   files_test.sh OUT      OUT: made by build.sh
set -u
here=$(cd "$(dirname "$0")" && pwd)
out=$(cd "$1" && pwd)
work=$(mktemp -d "${TMPDIR:-/tmp}/hermit files.XXXXXX")
wineserver=
trap 'cd /; [ -z "$wineserver" ] || "$wineserver" -k 2> /dev/null; rm -rf "$work"' EXIT
cd "$work" || exit 1
failures=0
fail() { printf 'FAIL %s\n' "$1"; failures=$((failures + 1)); }
skip() { printf 'skip %s\n' "$1"; }
have() { command -v "$1" > /dev/null; }
launchers=
for target in linux-x86_64 linux-aarch64 macos-x86_64 macos-aarch64 windows-x86_64 windows-aarch64; do
  launchers="$launchers $target=x/$target"
done
ln -s "$out" x
types="all unix linux-x86_64 linux-aarch64 macos-x86_64 macos-aarch64 windows-x86_64 windows-aarch64"

# A zip whose offsets count from the start of the file: its place is asked for first.
for type in $types; do
  echo probe > payload
  offset=$("$out/pack_file" "$type" "$type" payload 65536 $launchers) || exit 1
  python3 - "$offset" <<'EOF' || exit 1
import sys, zipfile
offset = int(sys.argv[1])
with open("payload", "wb") as file:
    file.write(bytes(offset))
with zipfile.ZipFile("payload", "a", zipfile.ZIP_DEFLATED) as archive:
    archive.writestr("native/x86_64", bytes(range(256)) * 256, zipfile.ZIP_STORED)
    archive.writestr("hermit.json", '{"FORMAT":1}')
data = open("payload", "rb").read()[offset:]
open("payload", "wb").write(data)
EOF
  "$out/pack_file" "$type" "$type" payload 65536 $launchers > /dev/null || exit 1
  chmod +x "$type"
  [ "$(unzip -p "$type" hermit.json 2> /dev/null)" = '{"FORMAT":1}' ] || fail "$type: unzip cannot read it"
  python3 -c 'import sys, zipfile; sys.exit(zipfile.ZipFile(sys.argv[1]).testzip() is not None)' "$type" || fail "$type: Python cannot read it"
done
for type in all windows-x86_64 windows-aarch64; do python3 "$here/check_pe.py" "$type" || fail "$type: PE rules"; done
for type in macos-x86_64 macos-aarch64; do python3 "$here/check_macho.py" "$type" || fail "$type: Mach-O rules"; done

started() { case $1 in *"target $2"*"arg a b"*) ;; *) fail "$3: $1" ;; esac }
export HERMIT_CACHE=$work/cache
started "$(./linux-x86_64 'a b' < /dev/null)" linux-x86_64 "linux-x86_64 through execve"
if have qemu-aarch64; then started "$(qemu-aarch64 ./linux-aarch64 'a b' < /dev/null)" linux-aarch64 "qemu"; else skip "no qemu-aarch64"; fi
if have wine; then
  wineserver=$(command -v wineserver || echo /usr/lib/wine/wineserver)
  export WINEPREFIX=$work/wine WINEDEBUG=-all
  for type in windows-x86_64 all; do
    cp "$type" "$type.exe"
    started "$(DISPLAY= timeout 120 wine "./$type.exe" 'a b' < /dev/null 2> /dev/null | tr -d '\r')" windows-x86_64 "$type under Wine"
  done
else skip "no Wine"; fi

# Every launcher comes back out of a file for several systems, and makes the same files again.
for type in all unix; do
  again=
  for target in linux-x86_64 linux-aarch64 macos-x86_64 macos-aarch64 windows-x86_64; do
    [ "$type $target" != 'unix windows-x86_64' ] || continue
    "$out/pack_file" extract "$type" "$target" "again-$target" || fail "$type: $target cannot be extracted"
    again="$again $target=again-$target"
    case $target in windows*) ;; *) cmp "again-$target" "x/$target" || fail "$type: $target changed" ;; esac
    "$out/pack_file" "$target" one payload 65536 "$target=again-$target" > /dev/null
    "$out/pack_file" "$target" two payload 65536 "$target=x/$target" > /dev/null
    cmp one two || fail "$target: another file from the extracted launcher"
  done
  "$out/pack_file" "$type" one payload 65536 $again > /dev/null
  "$out/pack_file" "$type" two payload 65536 $launchers > /dev/null
  cmp one two || fail "$type: not the same from its own launchers"
done
[ "$("$out/pack_file" list all | cut -d ' ' -f 1 | tr '\n' ' ')" = 'linux-x86_64 linux-aarch64 macos-x86_64 macos-aarch64 windows-x86_64 ' ] || fail "list of all"
[ "$("$out/pack_file" list macos-aarch64)" = 'macos-aarch64 0 0' ] || fail "list of macos-aarch64"

# Zip editors leave every byte before the first entry alone, and the file still starts.
printf '{"FORMAT":1,"edited":true}' > hermit.json
for type in all unix linux-x86_64 windows-x86_64; do
  for edit in 'zip -q' 'zip -q -d' 'zip -q -A' python; do
    cp "$type" edited
    case $edit in
      python) python3 -c 'import zipfile; zipfile.ZipFile("edited", "a").writestr("more", "x")' ;;
      'zip -q -A') zip -q -A edited > /dev/null 2>&1 ;;
      *) $edit edited hermit.json > /dev/null 2>&1 ;;
    esac
    offset=$(python3 -c 'import sys, zipfile; print(min(i.header_offset for i in zipfile.ZipFile("edited").infolist()))')
    cmp -n "$offset" "$type" edited || fail "$type: '$edit' changed the prefix"
    [ $((offset % 65536)) = 0 ] || fail "$type: '$edit' moved the first entry"
    case $type in
      windows*) ;;
      *) started "$(sh -c './edited "a b"' < /dev/null)" linux-x86_64 "$type after '$edit'" ;;
    esac
  done
done
if [ $failures = 0 ]; then echo "files_test: passed"; else echo "files_test: $failures failures"; exit 1; fi

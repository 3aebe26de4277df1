#!/bin/sh
# hermit.com packs itself to identical bytes, and so does the native build of the tool.
. "$(dirname "$0")/lib.sh"
pack=$(dirname "$HERMIT")/pack
expect 0 "$HERMIT" --allow-host -f "$pack/Hermitfile" -o self.com
cmp self.com "$HERMIT" || fail 'hermit.com packs itself to other bytes'
expect 0 ./self.com --allow-host -f "$pack/Hermitfile" -o again.com
cmp again.com "$HERMIT" || fail 'the copy packs itself to other bytes'
# So it does when it is interpreted: what the compiler makes does not depend on what runs it.
expect 0 env HERMIT_ENGINE=interp "$HERMIT" --allow-host -f "$pack/Hermitfile" -o interpreted.com
cmp interpreted.com "$HERMIT" || fail 'hermit.com, interpreted, packs itself to other bytes'
# Packing it without saying --allow-host is refused.
expect 1 "$HERMIT" -f "$pack/Hermitfile" -o refused.com
contains "$err" 'set-executable' 'the refusal names the grant'
# A single-platform build of the tool still builds for all.
expect 0 "$HERMIT" --allow-host --from "$HERMIT" --target linux-x86_64 -o tool
cp "$EXAMPLES/cowsay/cowsay.wasm" "$EXAMPLES/cowsay/Hermitfile" .
expect 0 ./tool -o cow.com
cmp cow.com "$EXAMPLES/cowsay.com" || fail 'the single-platform tool packs other bytes'
# So does the tool on AArch64.
if command -v qemu-aarch64 > /dev/null 2>&1; then
  expect 0 "$HERMIT" --allow-host --from "$HERMIT" --target linux-aarch64 -o tool-aarch64
  expect 0 qemu-aarch64 ./tool-aarch64 --allow-host -f "$pack/Hermitfile" -o aarch64.com
  cmp aarch64.com "$HERMIT" || fail 'hermit.com, on AArch64, packs itself to other bytes'
fi
expect 0 "$HERMIT" licenses
for library in libdeflate musl mingw-w64 'libc++' 'Apache License'; do contains "$out" "$library" 'licenses'; done

# Its own file is not replaced while it runs.
cp "$HERMIT" tool.com
expect 1 ./tool.com -f Hermitfile -o tool.com
contains "$err" 'tool.com: it is the running program; write to another name' 'writing over the running tool'
cmp tool.com "$HERMIT" || fail 'the running tool was changed'
[ "$(ls -A | grep -c 'tool.com.*tmp')" = 0 ] || fail 'a temporary file was left'
# On Windows (which the variable says) paths that depend on a current drive, and network paths, are refused.
for path in 'C:Hermitfile' '\Hermitfile' '\\server\share\Hermitfile' '//server/share/x' '\\?\C:\x'; do
  expect 1 env OS=Windows_NT "$HERMIT" -f "$path"
  case $err in
    *'current directory of drive C:'* | *'depends on the current drive'* | *'network and device paths'*) ;;
    *) fail "$path: $err" ;;
  esac
done

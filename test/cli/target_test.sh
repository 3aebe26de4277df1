#!/bin/sh
# Single-platform outputs: names, formats, conversion of an existing file.
. "$(dirname "$0")/lib.sh"

cp "$EXAMPLES/cowsay/cowsay.wasm" "$EXAMPLES/cowsay/Hermitfile" .
expect 0 "$HERMIT" --target linux-x86_64,linux-aarch64,windows-x86_64,windows-aarch64,macos-x86_64,macos-aarch64,unix
for name in cowsay-linux-x86_64 cowsay-linux-aarch64 cowsay-windows-x86_64.exe cowsay-windows-aarch64.exe \
  cowsay-macos-x86_64 cowsay-macos-aarch64 cowsay-unix.com; do
  [ -x $name ] || fail "$name was not written"
  expect 0 "$HERMIT" inspect $name
done
expect 0 "$NATIVE/bin/hermit" build --resources "$(dirname "$HERMIT")/pack" --target linux-x86_64 -o native
cmp native cowsay-linux-x86_64 || fail 'the native tool and hermit.com write different bytes'

# A converted file is the same as a packed one.
expect 0 "$HERMIT" --from "$EXAMPLES/cowsay.com" --target linux-x86_64 -o converted
cmp converted cowsay-linux-x86_64 || fail 'a converted file differs from a packed one'
expect 0 "$HERMIT" --from converted -o again.com
cmp again.com "$EXAMPLES/cowsay.com" || fail 'converting there and back changes bytes'

case $(uname -sm) in
  'Linux x86_64') native=cowsay-linux-x86_64 ;;
  'Linux aarch64') native=cowsay-linux-aarch64 ;;
  'Darwin x86_64') native=cowsay-macos-x86_64 ;;
  'Darwin arm64') native=cowsay-macos-aarch64 ;;
  *) exit 0 ;;
esac
# No shell is involved: execve starts it, with an empty environment too.
expect 0 python3 -c "import subprocess, sys; sys.exit(subprocess.run(['./$native', 'exec'], env={}).returncode)"
contains "$out" '< exec >' 'started by execve'
expect 0 sh ./cowsay-unix.com script
contains "$out" '< script >' 'the unix variant'
# Without -o a converted file takes the name of the file it comes from, never one that the file chooses.
cp "$EXAMPLES/cowsay.com" mine.com
expect 0 "$HERMIT" --from mine.com --target linux-x86_64
[ -x mine-linux-x86_64 ] || fail 'the name of a converted file'
expect 2 "$HERMIT" --from mine.com

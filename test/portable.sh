#!/bin/sh
# Packs build/portable/hermit.com and the examples again, with a native launcher built from the files that macOS uses (the `posix`
# preset), so that the tests of the command line run on those files too: no Mac is needed to see them work.
set -eu
[ "$(uname -s)" = Linux ] || { echo 'this system uses them anyway'; exit 77; }
build=$(dirname "$HERMIT")
out=$build/portable
rm -rf "$out"
mkdir -p "$out/pack" "$out/examples"
cp -R "$build/pack/." "$out/pack/"
cp "$build/posix/bin/launcher" "$out/pack/launchers/$(basename "$NATIVE")"
"$NATIVE/bin/hermit" build --resources "$out/pack" --allow-host -f "$out/pack/Hermitfile" -o "$out/hermit.com"
for hermitfile in "$EXAMPLES"/*/Hermitfile; do
  folder=$(dirname "$hermitfile")
  cp -R "$folder" "$out/examples/"
  "$out/hermit.com" -f "$hermitfile" -o "$out/examples/$(basename "$folder").com"
done

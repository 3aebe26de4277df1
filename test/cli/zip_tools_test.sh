#!/bin/sh
# Archives as other tools write them behind a launcher: offsets from the start of the archive, zip64 records, streamed entries,
# comments. And what is refused: encryption, unknown compression, two entries of one name.
. "$(dirname "$0")/lib.sh"
need zip unzip python3

app=$EXAMPLES/count_vowels.com
prefix=$(python3 -c 'import sys, zipfile; print(min(i.header_offset for i in zipfile.ZipFile(sys.argv[1]).infolist()))' "$app")
mkdir parts && (cd parts && unzip -q "$app") || fail 'unzip'

# rebuild NAME: puts new.zip behind the launchers, with offsets that count from the start of the archive
rebuild() {
  { head -c "$prefix" "$app" && cat new.zip; } > "$1" && chmod +x "$1"
  rm new.zip
}
runs() {
  expect 0 "./$1" education
  equal 5 "$out" "$1"
}

(cd parts && zip -q ../new.zip hermit.json main.wasm) && rebuild appended.com && runs appended.com
zip -qA appended.com && runs appended.com
echo 'a comment' | zip -qz appended.com > /dev/null && runs appended.com
(cd parts && zip -q - hermit.json main.wasm) > new.zip && rebuild streamed.com && runs streamed.com
(cd parts && zip -q -fz ../new.zip hermit.json main.wasm) && rebuild zip64.com && runs zip64.com
(cd parts && zip -q -0 ../new.zip hermit.json main.wasm) && rebuild stored.com && runs stored.com
(cd parts && python3 - ../new.zip << 'P'
import sys, zipfile
with zipfile.ZipFile(sys.argv[1], "w", zipfile.ZIP_DEFLATED) as z:
    for name in ("hermit.json", "main.wasm"):
        with z.open(name, "w", force_zip64=True) as f:
            f.write(open(name, "rb").read())
P
) && rebuild python.com && runs python.com

(cd parts && zip -q -P secret ../new.zip hermit.json main.wasm) && rebuild encrypted.com
expect 125 ./encrypted.com
contains "$err" 'encrypted' 'an encrypted entry'
if (cd parts && zip -q -Z bzip2 ../new.zip hermit.json main.wasm); then
  rebuild bzip2.com
  expect 126 ./bzip2.com
  contains "$err" 'unsupported compression method' 'bzip2'
fi
(cd parts && python3 - ../new.zip << 'P'
import sys, warnings, zipfile
warnings.simplefilter("ignore")
with zipfile.ZipFile(sys.argv[1], "w") as z:
    z.writestr("hermit.json", "{}")
    z.write("hermit.json")
    z.write("main.wasm")
P
) && rebuild twice.com
expect 125 ./twice.com
contains "$err" 'two zip entries of the same name' 'a repeated name'

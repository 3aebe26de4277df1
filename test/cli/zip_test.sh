#!/bin/sh
# The file is a zip: people look into it and change it with their own tools, and it still runs.
. "$(dirname "$0")/lib.sh"
need zip unzip python3

cp "$EXAMPLES/count_vowels.com" vowels.com
expect 0 unzip -p vowels.com hermit.json
contains "$out" '"VOWELS=aeiou"' 'the grants are readable'
expect 0 unzip -tq vowels.com
expect 0 ./vowels.com education
equal 5 "$out" 'before the change'

unzip -p vowels.com hermit.json | sed 's/aeiou/xyz/' > hermit.json
zip -q vowels.com hermit.json || fail 'zip cannot change the file'
expect 0 ./vowels.com xyzzy
equal 5 "$out" 'after zip'
expect 0 env -i /bin/sh ./vowels.com education
equal 0 "$out" 'after zip, started by sh'
zip -qA vowels.com || fail 'zip -A'
expect 0 ./vowels.com xyzzy
equal 5 "$out" 'after zip -A'

cp "$EXAMPLES/count_vowels.com" py.com
python3 - << 'P'
import zipfile
with zipfile.ZipFile("py.com", "a", zipfile.ZIP_DEFLATED) as z:
    z.writestr("notes.txt", "added by hand")
P
expect 0 ./py.com education
equal 5 "$out" 'after Python appended an entry'
zip -qd py.com notes.txt || fail 'zip -d'
expect 0 ./py.com education

# The same program with a different module: the launcher runs what the file holds.
cp "$EXAMPLES/cowsay/cowsay.wasm" main.wasm
cp "$EXAMPLES/count_vowels.com" cow.com
zip -q cow.com main.wasm
expect 0 ./cow.com moo
contains "$out" '< moo >' 'a replaced module'

for edit in 's/"FROM"/"FORM"/' 's/"ENV": \[/"ENV": [7,/' 's/{/{"NET": ["*example.org"],/' 's/}/,}/' 's/"FORMAT": 1/"FORMAT": 2/'; do
  unzip -p "$EXAMPLES/count_vowels.com" hermit.json | sed "$edit" > hermit.json
  cp "$EXAMPLES/count_vowels.com" bad.com
  zip -q bad.com hermit.json
  expect 125 ./bad.com
  contains "$err" 'hermit.json' "the error of $edit names the file"
done
cp "$EXAMPLES/count_vowels.com" bad.com
zip -qd bad.com main.wasm
expect 127 ./bad.com
printf 'garbage' > main.wasm
cp "$EXAMPLES/count_vowels.com" bad.com
zip -q bad.com main.wasm
expect 126 ./bad.com
head -c "$(($(wc -c < vowels.com) - 100))" vowels.com > cut.com && chmod +x cut.com
expect 125 ./cut.com

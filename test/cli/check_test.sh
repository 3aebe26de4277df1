#!/bin/sh
# Diagnostics: `hermit check` finds what a build would find; errors show place, line, caret and a suggestion; hermit.json is read with
# the same care.
. "$(dirname "$0")/lib.sh"

assemble a << 'W'
(module (memory (export "memory") 1) (func (export "_start")) (func (export "add") (param i32)))
W
mkdir files && echo x > files/x
printf 'FROM a.wasm\nCOPY files /data\nMAP .:/work\nWORKDIR /data\nLIMIT time=1s\n' > Hermitfile
expect 0 "$HERMIT" check
contains "$out" 'Hermitfile: no errors' 'a good file'
[ ! -e a.com ] || fail 'check wrote a file'
cp Hermitfile Other
expect 0 "$HERMIT" check -f Other
expect 2 "$HERMIT" check Other
expect 1 "$HERMIT" check -f missing

# finds MESSAGE HERMITFILE-TEXT: check and build say the same.
finds() {
  printf '%b' "$2" > Hermitfile
  expect 1 "$HERMIT" check
  contains "$err" "$1" "check: $2"
  first=$err
  expect 1 "$HERMIT"
  equal "$first" "$err" 'what build says'
  [ ! -e a.com ] || fail 'a file was written'
}
finds "Hermitfile:2:1: error: unknown directive MAPS
  MAPS /data
  ^~~~
  did you mean MAP?" 'FROM a.wasm\nMAPS /data\n'
finds 'did you mean memory?' 'FROM a.wasm\nLIMIT memmory=1MiB\n'
finds 'did you mean set-executable?' 'FROM a.wasm\nHOST set-executeable\n'
finds 'Hermitfile:2:11: error: unknown option' 'FROM a.wasm\nMAP /a:/b:rw\n'
finds 'missing.wasm' 'FROM missing.wasm\n'
finds 'Hermitfile:2:12: error: a.wasm: exports no function run; it exports _start, add' 'FROM a.wasm\nENTRYPOINT run\n'
finds 'Hermitfile:2:6: error: none: cannot open' 'FROM a.wasm\nCOPY none /x\n'
finds 'Hermitfile:2:6: error: the program asks for HOST set-executable: what WASI cannot confine needs --allow-host' 'FROM a.wasm\nHOST set-executable\n'
finds 'no FROM directive' '# nothing\n'
finds 'Hermitfile:2:7: error: NUL character' 'FROM a.wasm\nENV A=\0000\n'
finds 'Hermitfile:1:5: error: NUL character' 'FROM\0000 a.wasm\n'
finds 'already taken in line 2' 'FROM a.wasm\nMAP /x:/y\nMAP /z:/y\n'
# A read-only directory that another MAP makes writable is not read-only.
finds 'Hermitfile:2:11: error: this directory is read-only, but lies in /data, which another MAP makes writable' 'FROM a.wasm\nMAP /data /data/sub::ro\n'
finds 'is read-only, but lies in /data' 'FROM a.wasm\nMAP /data:/w /data:/r:ro\n'
finds 'is read-only, but lies in .,' 'FROM a.wasm\nMAP . ./sub::ro\n'
printf 'FROM a.wasm\nMAP /::ro . ~/x\n' > Hermitfile
expect 0 "$HERMIT" check

# CRLF and a byte order mark change nothing.
printf '\357\273\277FROM a.wasm\r\nMAP \\\r\n  /tmp::ro,optional\r\n' > Hermitfile
expect 0 "$HERMIT" check
printf '\357\273\277FROM a.wasm\r\nMAPS /x\r\n' > Hermitfile
expect 1 "$HERMIT" check
contains "$err" 'Hermitfile:2:1: error: unknown directive MAPS
  MAPS /x
  ^~~~' 'columns in a file with CRLF and a byte order mark'

# Ten thousand directives are read, packed and started; a thousand errors are not shown.
i=0; { echo 'FROM a.wasm'; while [ $i -lt 10000 ]; do echo "ENV VARIABLE_$i=$i"; i=$((i + 1)); done; } > Hermitfile
expect 0 "$HERMIT" check
expect 0 "$HERMIT" -o many.com
expect 0 ./many.com
sed 's/^ENV /MAP x/' Hermitfile > Other
expect 0 "$HERMIT" -f Other -o many.com
expect 125 ./many.com
sed 's/^ENV /VOLUME /' Hermitfile > Other
expect 1 "$HERMIT" check -f Other
[ "$(echo "$err" | wc -l)" -lt 100 ] || fail 'too many errors are shown'

# The same at start, for directories that only look different.
mkdir -p real/sub && ln -s real/sub alias
printf 'FROM a.wasm\nMAP real:/w ./alias:/r:ro\n' > Hermitfile
expect 0 "$HERMIT" -o overlap.com
expect 125 ./overlap.com
contains "$err" 'MAP ./alias:/r:ro: lies in the directory of MAP real:/w' 'a read-only alias of a writable directory'
printf 'FROM a.wasm\nMAP ./alias:/w real:/r:ro\n' > Hermitfile
expect 0 "$HERMIT" -o fine.com
expect 0 ./fine.com

# hermit.json, edited by hand: at start 125 with the key, and the same from inspect.
need zip unzip
echo 'FROM a.wasm' > Hermitfile
expect 0 "$HERMIT" -o json.com
edit() {  # edit JSON MESSAGE
  printf '%b' "$1" > hermit.json
  cp json.com bad.com
  zip -q bad.com hermit.json
  expect 125 ./bad.com
  contains "$err" "$2" "start: $1"
  expect 1 "$HERMIT" inspect bad.com
  contains "$err" "$2" "inspect: $1"
}
edit '{"MAPS": []}' 'hermit.json: unknown key "MAPS"; did you mean MAP?'
edit '{"map": []}' 'did you mean MAP?'
edit '{"COLOUR": 1}' 'unknown key "COLOUR": misspelt, or made by a newer hermit'
edit '{"MAP": ["/a", "/b", "/c:/d:rw"]}' 'hermit.json: MAP[2]: unknown option'
edit '{"LIMIT": {"memory": "1MB"}}' 'hermit.json: LIMIT.memory: a size has a unit'
edit '{"LIMIT": {"memory": 5}}' 'hermit.json: LIMIT.memory: expected a string'
edit '{"MAP": ["/a"], "MAP": []}' 'the key MAP is given twice'
edit '{"MAP": ["/a", "/a/b::ro"]}' 'is read-only, but lies in "/a"'
edit '{"ENV": ["A=1",]}' 'hermit.json:1:16:'
edit '{\n  "ENV": ["A=1"\n}' 'hermit.json:3:1:'
edit '{"FORMAT": 2}' 'FORMAT: "2"'
edit '{"WORKDIR": "/w", "ENV_PWD_IS_HOST_CWD": true}' 'exclude each other'
printf '{"WORKDIR": "/w"}' > hermit.json && cp json.com bad.com && zip -q bad.com hermit.json
expect 125 ./bad.com
contains "$err" 'WORKDIR /w: is not below' 'a WORKDIR of nothing'

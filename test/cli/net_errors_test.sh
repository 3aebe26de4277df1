#!/bin/sh
# What is wrong with NET is an error when building, at the place where it stands; so is a socket import of a type that neither
# extension has.
. "$(dirname "$0")/lib.sh"

assemble a << 'W'
(module (func (export "_start")) (memory (export "memory") 1))
W
# refuse ENTRY COLUMN MESSAGE
refuse() {
  printf 'FROM a.wasm\nNET %s\n' "$1" > Hermitfile
  expect 1 "$HERMIT" -o a.com
  contains "$err" "Hermitfile:2:$2: error" "the place of $1"
  contains "$err" "$3" "the reason for $1"
}
refuse '*github.com' 5 'whole labels at the start'
refuse 'a.*.com' 7 'whole labels at the start'
refuse 'example.org *' 17 'name the hosts'
refuse 'example.org:0' 17 '1 to 65535'
refuse 'example.org:65536' 17 '1 to 65535'
refuse 'example.org:' 17 '1 to 65535'
refuse 'example.org:http' 17 '1 to 65535'
refuse 'https://example.org' 5 'a URL'
refuse 'example.org/path' 16 'a path'
refuse 'user@example.org' 9 'a user name'
refuse 'bücher.example' 6 'xn--'
refuse '::1' 5 'brackets'
refuse '[::1' 5 '[ without ]'
refuse '127.1' 5 'four numbers'
refuse '0x7f000001' 5 'four numbers'
refuse '["ok.org", "1.2.3.256"]' 16 'four numbers'
printf 'FROM a.wasm\r\nNET ["*.Example.ORG:443", "localhost", "192.0.2.1:1", "[::1]:2"]\r\n' > Hermitfile
expect 0 "$HERMIT" -o a.com
expect 0 ./a.com
expect 0 "$HERMIT" inspect a.com
contains "$out" '*.example.org:443' 'inspect shows NET'

# A hermit.json that was edited gets the same care.
printf 'FROM a.wasm\nNET example.org\n' > Hermitfile
expect 0 "$HERMIT" -o a.com
need zip unzip
for entry in '*example.org' 'example.org:0' 'http://example.org' '127.1'; do
  cp a.com bad.com
  unzip -p a.com hermit.json | sed "s|example.org|$entry|" > hermit.json
  zip -q bad.com hermit.json || fail 'zip'
  expect 125 ./bad.com
  contains "$err" 'NET[0]' "the place of $entry"
done

# Imports: both types of a name are fine, others are refused by name.
assemble both << 'W'
(module
  (import "wasi_snapshot_preview1" "sock_open" (func $wamr (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "sock_open" (func $edge (param i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "sock_accept" (func (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "sock_accept" (func (param i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 1)
  (func (export "_start")
    (call $exit (i32.add
      (i32.mul (i32.const 10) (call $wamr (i32.const -1) (i32.const 0) (i32.const 1) (i32.const 64)))
      (call $edge (i32.const 1) (i32.const 2) (i32.const 68))))))
W
printf 'FROM both.wasm\n' > Hermitfile
expect 0 "$HERMIT" -o none.com
expect 22 ./none.com
printf 'FROM both.wasm\nNET localhost\n' > Hermitfile
expect 0 "$HERMIT" -o net.com
expect 0 ./net.com
assemble odd << 'W'
(module (import "wasi_snapshot_preview1" "sock_open" (func (param i32 i64) (result i32))) (func (export "_start")) (memory (export "memory") 1))
W
echo 'FROM odd.wasm' > Hermitfile
expect 1 "$HERMIT" -o odd.com
contains "$err" 'sock_open with type [i32 i64] -> [i32], but its type is [i32 i32 i32 i32] -> [i32] or [i32 i32 i32] -> [i32]' 'an unknown type'
assemble odd << 'W'
(module (import "wasi_snapshot_preview1" "sock_open_v2" (func (param i32 i32 i32) (result i32))) (func (export "_start")) (memory (export "memory") 1))
W
expect 1 "$HERMIT" -o odd.com
contains "$err" 'sock_open_v2, which hermit does not offer' 'an unknown name'

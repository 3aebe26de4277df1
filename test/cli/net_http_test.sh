#!/bin/sh
# NET with HTTP clients: a C program on WAMR's socket imports, a Go program on WasmEdge's, against a server on loopback.
. "$(dirname "$0")/lib.sh"
need python3

start_net_server web http 127.0.0.1 0
granted=$port
start_net_server other http 127.0.0.1 0
refused=$port
python3 -c 'import socket; socket.socket(socket.AF_INET6).bind(("::1", 0))' 2> /dev/null || skip 'no IPv6 loopback'
start_net_server web6 http ::1 0
granted6=$port

# check PROGRAM: with hermits c.com (granted by name), n.com (no NET), a.com (by address), d.com (any port)
check() {
  cp "$1" program.wasm
  for grants in "c NET localhost:$granted" 'n #' "a NET 127.0.0.1:$granted [::1]:$granted6" 'd NET localhost'; do
    printf 'FROM program.wasm\n%s\n' "${grants#* }" > Hermitfile
    expect 0 "$HERMIT" -o "${grants%% *}.com"
  done
  expect 0 ./c.com "http://localhost:$granted/a/b"
  equal "path=/a/b host=localhost:$granted" "$out" 'a page'
  expect 0 ./c.com "http://127.0.0.1:$granted/"
  expect 0 ./c.com "http://localhost:$granted/slow"
  equal "path=/slow host=localhost:$granted" "$out" 'a page in two parts'
  expect 1 ./c.com "http://localhost:$granted/none"
  contains "$err" 404 'the status of the answer'
  for url in "http://localhost:$refused/" "http://127.0.0.1:$refused/" "http://[::1]:$granted6/" http://example.org/ \
    "http://localhost.example.org:$granted/" "http://127.1:$granted/" "http://0:$granted/" "http://0.0.0.0:$granted/" \
    "http://2130706433:$granted/" "http://127.0.0.2:$granted/"; do
    expect 1 ./c.com "$url"
    equal '' "$out" "$url must not be fetched"
  done
  expect 0 ./d.com "http://localhost:$refused/"
  expect 0 ./d.com "http://[::1]:$granted6/v6"
  equal "path=/v6 host=[::1]:$granted6" "$out" 'over IPv6'
  expect 0 ./a.com "http://127.0.0.1:$granted/"
  expect 0 ./a.com "http://[::1]:$granted6/"
  expect 0 ./a.com "http://[::ffff:127.0.0.1]:$granted/"
  expect 1 ./a.com "http://[::ffff:127.0.0.1]:$refused/"
  expect 1 ./a.com "http://localhost:$granted/"
  for url in "http://localhost:$granted/" "http://127.0.0.1:$granted/"; do
    expect 1 ./n.com "$url"
    contains "$err" 'ermission denied' 'without NET'
  done
}

check "$EXAMPLES/http_get/http_get.wasm"
# Nobody listens: refused by the system, not by the gate.
printf 'FROM program.wasm\nNET 127.0.0.1\n' > Hermitfile
expect 0 "$HERMIT" -o any.com
expect 1 ./any.com http://127.0.0.1:1/
contains "$err" 'Connection refused' 'a port without a server'
[ ! -f "$EXAMPLES/http_get_go/http_get_go.wasm" ] || check "$EXAMPLES/http_get_go/http_get_go.wasm"

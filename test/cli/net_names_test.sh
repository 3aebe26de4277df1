#!/bin/sh
# NET by name: in a network of its own, where 192.0.2.10 is this machine and a hosts file gives it names, among them such as an
# attacker would choose, and a name server that tells what it was asked. Nothing leaves the machine: there is no other network.
. "$(dirname "$0")/lib.sh"
need unshare ip mount python3
unshare -n -m true 2> /dev/null || skip 'unshare is not permitted here'

if [ "${1:-}" != inside ]; then
  exec unshare -n -m sh "$0" inside
fi
ip link set lo up && ip addr add 192.0.2.10/32 dev lo && ip addr add 10.1.2.3/32 dev lo || skip 'addresses cannot be added here'
cat > hosts << 'H'
127.0.0.1 localhost
192.0.2.10 github.com api.github.com a.b.github.com evilgithub.com api.github.com.evil.test plain.test
127.0.0.1 rebind.test inside.github.com
::1 rebind6.test
10.1.2.3 private.test private.github.com
169.254.169.254 metadata.test
192.0.2.10 both.test
127.0.0.1 both.test
H
echo 'nameserver 127.0.0.1' > resolv.conf
mount --bind hosts /etc/hosts || skip 'mount is not permitted here'
[ -f /etc/resolv.conf ] && mount --bind resolv.conf /etc/resolv.conf || skip 'there is no /etc/resolv.conf'
start_net_server names dns 127.0.0.1 53
start_net_server web http 192.0.2.10 80
start_net_server loopback http 127.0.0.1 80
start_net_server private http 10.1.2.3 80
start_net_server high http 192.0.2.10 8080

cp "$EXAMPLES/http_get/http_get.wasm" .
pack() {  # pack NAME ENTRY...
  name=$1
  shift
  printf 'FROM http_get.wasm\nNET %s\n' "$*" > Hermitfile
  expect 0 "$HERMIT" -o "$name"
}
pack names.com '*.github.com' plain.test:80 rebind.test rebind6.test private.test metadata.test both.test
for host in api.github.com a.b.github.com API.GitHub.COM api.github.com. plain.test PLAIN.test. private.test both.test; do
  expect 0 ./names.com "http://$host/x"
  contains "$out" 'path=/x' "$host"
done
for host in github.com evilgithub.com api.github.com.evil.test localhost 192.0.2.10 unknown.test; do
  expect 1 ./names.com "http://$host/"
  contains "$err" 'Permission denied' "$host is not granted"
done
# Names that lead to where they should not: to this machine, to the link, into the private network by a wildcard.
for host in rebind.test rebind6.test inside.github.com metadata.test private.github.com; do
  expect 1 ./names.com "http://$host/"
  contains "$err" 'Permission denied' "$host leads inwards"
done
expect 1 ./names.com http://unknown.github.com/
contains "$err" 'Name does not resolve' 'a name that does not exist'
# The entry's port.
expect 1 ./names.com http://plain.test:8080/
contains "$err" 'Permission denied' 'another port of a granted name'
expect 0 ./names.com http://api.github.com:8080/

pack literal.com 127.0.0.1:80 rebind.test
expect 0 ./literal.com http://rebind.test/
pack address.com 192.0.2.10:80
expect 0 ./address.com http://192.0.2.10/
for host in plain.test 192.0.2.10:8080 192.0.2.11; do
  expect 1 ./address.com "http://$host/"
done

# The same through getaddrinfo of WasmEdge's extension.
if [ -f "$EXAMPLES/http_get_go/http_get_go.wasm" ]; then
  cp "$EXAMPLES/http_get_go/http_get_go.wasm" .
  printf 'FROM http_get_go.wasm\nNET *.github.com plain.test:80 rebind.test\n' > Hermitfile
  expect 0 "$HERMIT" -o go.com
  expect 0 ./go.com http://api.github.com/x
  equal 'path=/x host=api.github.com' "$out" 'by name, in Go'
  for host in evilgithub.com github.com rebind.test inside.github.com plain.test:8080 unknown.github.com; do
    expect 1 ./go.com "http://$host/"
  done
fi

# The name server is asked for granted names only: a question is a leak of its own.
pack dns.com '*.ok.test:80' exact.inward.test
expect 0 ./dns.com http://a.ok.test/
expect 0 ./dns.com http://A.B.OK.test./
expect 1 ./dns.com http://a.ok.test:8080/
expect 1 ./dns.com http://exact.inward.test/
contains "$err" 'Permission denied' 'an answer of a name server that points inwards'
for host in secret-data.evil.test ok.test xok.test a.ok.test.evil.test b.inward.test '*.ok.test' 'a b.ok.test'; do
  expect 1 ./dns.com "http://$host/"
  contains "$err" 'Permission denied' "$host"
done
equal 'a.b.ok.test
a.ok.test
exact.inward.test
unknown.github.com' "$(sort -u names.log)" 'the names that were asked for'
exit 0

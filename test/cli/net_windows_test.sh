#!/bin/sh
# NET on Windows (under Wine): Winsock behind the same gate, waiting, name resolution, datagrams.
. "$(dirname "$0")/lib.sh"
need python3
wine_run --version > /dev/null 2>&1 || skip 'wine64 does not run here'
start_net_server web http 127.0.0.1 0
granted=$port
start_net_server other http 127.0.0.1 0
refused=$port
start_net_server echo udp 127.0.0.1 0
datagrams=$port

cp "$EXAMPLES/http_get/http_get.wasm" .
printf 'FROM http_get.wasm\nNET localhost:%s 127.0.0.1:1\n' "$granted" > Hermitfile
expect 0 "$HERMIT" --target windows-x86_64 -o get.exe
expect 0 wine_run ./get.exe "http://localhost:$granted/slow"
equal "path=/slow host=localhost:$granted" "$out" 'a page in two parts'
expect 1 wine_run ./get.exe "http://localhost:$refused/"
contains "$err" 'Permission denied' 'another port'
expect 1 wine_run ./get.exe http://example.org/
contains "$err" 'Permission denied' 'another name'
expect 1 wine_run ./get.exe http://127.0.0.1:1/
contains "$err" 'Connection refused' 'a failed attempt is noticed while waiting'

compile client -I "$here/../../examples/http_get" << 'C'
#include "hermit_socket.h"
#include <poll.h>
#include <stdio.h>
static const char *why(int result) { return result < 0 ? strerror(errno) : "ok"; }
int main(int argc, char **argv) {
  struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(atoi(argv[1]))};
  struct sockaddr_in any = {.sin_family = AF_INET}, from;
  socklen_t size = sizeof from;
  to.sin_addr.s_addr = htonl(0x7f000001);
  int fd = socket(AF_INET, SOCK_DGRAM, 0);
  printf("bind: %s\n", why(bind(fd, (void *)&any, sizeof any)));
  struct timeval time = {0, 300000};
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &time, sizeof time);
  char buffer[64];
  printf("send: %s\n", why(sendto(fd, "hello", 5, 0, (void *)&to, sizeof to)));
  struct pollfd item = {fd, POLLIN, 0};
  printf("poll: %d\n", poll(&item, 1, 5000));
  int got = recvfrom(fd, buffer, sizeof buffer, 0, (void *)&from, &size);
  printf("%.*s %d\n", got, buffer, from.sin_port == to.sin_port);
  sendto(fd, "other", 5, 0, (void *)&to, sizeof to);
  got = recvfrom(fd, buffer, sizeof buffer, 0, (void *)&from, &size);
  printf("a stranger: %s\n", got < 0 ? "not seen" : "seen");
  to.sin_port = htons(atoi(argv[1]) ^ 1);
  printf("elsewhere: %s\n", why(sendto(fd, "x", 1, 0, (void *)&to, sizeof to)));
  return 0;
}
C
printf 'FROM client.wasm\nNET 127.0.0.1:%s\n' "$datagrams" > Hermitfile
expect 0 "$HERMIT" --target windows-x86_64 -o udp.exe
expect 0 wine_run ./udp.exe "$datagrams"
equal 'bind: ok
send: ok
poll: 1
hello 1
a stranger: not seen
elsewhere: Permission denied' "$(echo "$out" | tr -d '\r')" 'datagrams'

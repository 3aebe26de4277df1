#!/bin/sh
# Datagrams: to a granted address and back, with a timeout, and nothing from anybody else.
. "$(dirname "$0")/lib.sh"
need python3
start_net_server echo udp 127.0.0.1 0

compile client -I "$here/../../examples/http_get" << 'C'
#include "hermit_socket.h"
#include <poll.h>
#include <stdio.h>
#include <unistd.h>

static const char *why(int result) { return result < 0 ? strerror(errno) : "ok"; }
int main(int argc, char **argv) {
  struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(atoi(argv[1]))};
  struct sockaddr_in any = {.sin_family = AF_INET};
  struct sockaddr_in from;
  socklen_t size = sizeof from;
  to.sin_addr.s_addr = htonl(0x7f000001);
  int fd = socket(AF_INET, SOCK_DGRAM, 0);
  if (fd < 0) { printf("socket: %s\n", why(fd)); return 1; }
  printf("bind: %s\n", why(bind(fd, (void *)&any, sizeof any)));
  any.sin_port = htons(5353);
  int other = socket(AF_INET, SOCK_DGRAM, 0);
  printf("bind to a port: %s\n", why(bind(other, (void *)&any, sizeof any)));
  char buffer[64];
  struct timeval time = {0, 100000};
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &time, sizeof time);
  printf("nothing: %s\n", why(recvfrom(fd, buffer, sizeof buffer, 0, (void *)&from, &size)));
  printf("send: %s\n", why(sendto(fd, "hello", 5, 0, (void *)&to, sizeof to)));
  int got = recvfrom(fd, buffer, sizeof buffer, 0, (void *)&from, &size);
  printf("%.*s from the same port: %d\n", got, buffer, from.sin_port == to.sin_port);
  // Another port answers: not granted, not seen.
  sendto(fd, "other", 5, 0, (void *)&to, sizeof to);
  struct pollfd item = {fd, POLLIN, 0};
  printf("from a stranger: %s\n", why(recvfrom(fd, buffer, sizeof buffer, 0, (void *)&from, &size)));
  printf("poll: %d\n", poll(&item, 1, 50));
  printf("connect: %s\n", why(connect(fd, (void *)&to, sizeof to)));
  printf("write: %s\n", why(write(fd, "again", 5)));
  got = read(fd, buffer, sizeof buffer);
  printf("%.*s\n", got, buffer);
  to.sin_port = htons(atoi(argv[1]) ^ 1);
  printf("elsewhere: %s\n", why(sendto(other, "x", 1, 0, (void *)&to, sizeof to)));
  to.sin_addr.s_addr = 0xffffffff;
  int on = 1;
  setsockopt(other, SOL_SOCKET, SO_BROADCAST, &on, sizeof on);
  printf("everybody: %s\n", why(sendto(other, "x", 1, 0, (void *)&to, sizeof to)));
  return 0;
}
C
printf 'FROM client.wasm\nNET 127.0.0.1:%s\n' "$port" > Hermitfile
expect 0 "$HERMIT" -o client.com
expect 0 ./client.com "$port"
equal 'bind: ok
bind to a port: Permission denied
nothing: Resource temporarily unavailable
send: ok
hello from the same port: 1
from a stranger: Resource temporarily unavailable
poll: 0
connect: ok
write: ok
again
elsewhere: Permission denied
everybody: Permission denied' "$out" 'datagrams'
printf 'FROM client.wasm\n' > Hermitfile
expect 0 "$HERMIT" -o none.com
expect 1 ./none.com "$port"
equal 'socket: Permission denied' "$out" 'without NET'

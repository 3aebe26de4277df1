#!/bin/sh
# A real server: Redis on loopback, spoken to by a C program that sends many commands before it reads, waits with poll for the
# connection together with a timeout, and publishes to itself over a second connection.
. "$(dirname "$0")/lib.sh"
need redis-server python3
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
start_server redis redis-server --bind 127.0.0.1 --port "$port" --save '' --appendonly no --dir "$PWD" --daemonize no

compile client -I "$here/../../examples/http_get" << 'C'
#include "hermit_socket.h"
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <unistd.h>

static int dial(const char *port) {
  const struct addrinfo hints = {.ai_family = AF_INET, .ai_socktype = SOCK_STREAM};
  struct addrinfo *list;
  int error = getaddrinfo("localhost", port, &hints, &list);
  if (error) { printf("localhost: %s\n", gai_strerror(error)); exit(1); }
  int fd = socket(list->ai_family, list->ai_socktype, 0);
  const int on = 1;
  if (fd < 0 || connect(fd, list->ai_addr, list->ai_addrlen) || setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on)) {
    printf("connect: %s\n", strerror(errno));
    exit(1);
  }
  freeaddrinfo(list);
  return fd;
}
static void say(int fd, const char *text) {
  if (write(fd, text, strlen(text)) != (ssize_t)strlen(text)) { perror("write"); exit(1); }
}
// Reads until `end` comes last; what came.
static char *hear(int fd, const char *end) {
  static char text[200000];
  size_t size = 0, tail = strlen(end);
  while (size < tail || memcmp(text + size - tail, end, tail)) {
    struct pollfd item = {fd, POLLIN, 0};
    if (poll(&item, 1, 5000) != 1) { printf("nothing comes after %.*s\n", (int)size, text); exit(1); }
    ssize_t got = read(fd, text + size, sizeof text - 1 - size);
    if (got <= 0) { printf("read: %s\n", got ? strerror(errno) : "the end"); exit(1); }
    size += got;
  }
  text[size] = 0;
  return text;
}
int main(int argc, char **argv) {
  int a = dial(argv[1]);
  say(a, "SET key value\r\nGET key\r\n");
  printf("%s", hear(a, "$5\r\nvalue\r\n"));
  for (int i = 0; i < 1000; ++i) say(a, "INCR n\r\n");
  hear(a, ":1000\r\n");
  static char big[100000];
  memset(big, 'x', sizeof big - 1);
  char head[64];
  sprintf(head, "*3\r\n$3\r\nSET\r\n$3\r\nbig\r\n$%d\r\n", (int)sizeof big - 1);
  say(a, head), say(a, big), say(a, "\r\nSTRLEN big\r\n");
  printf("%s", hear(a, ":99999\r\n"));
  // Two connections: one waits, poll says which.
  int b = dial(argv[1]);
  say(b, "SUBSCRIBE news\r\n");
  hear(b, ":1\r\n");
  struct pollfd both[2] = {{a, POLLIN, 0}, {b, POLLIN, 0}};
  printf("quiet: %d\n", poll(both, 2, 50));
  say(a, "PUBLISH news hello\r\n");
  hear(a, ":1\r\n");
  printf("one: %d", poll(both, 2, 5000));
  printf(" %d\n", both[1].revents & POLLIN);
  printf("%s", hear(b, "hello\r\n"));
  // The other end closes.
  say(a, "QUIT\r\n");
  hear(a, "+OK\r\n");
  char byte;
  printf("end: %d\n", (int)read(a, &byte, 1));
  fcntl(b, F_SETFL, O_NONBLOCK);
  int result = read(b, &byte, 1);
  printf("nonblocking: %d %s\n", result, strerror(errno));
  return 0;
}
C
printf 'FROM client.wasm\nNET localhost:%s\n' "$port" > Hermitfile
expect 0 "$HERMIT" -o client.com
tries=0
until python3 -c "import socket; socket.create_connection(('127.0.0.1', $port))" 2> /dev/null; do
  tries=$((tries + 1))
  [ $tries -lt 100 ] || fail "redis does not start: $(cat redis.log)"
  sleep 0.1
done
expect 0 ./client.com "$port"
equal '+OK
$5
value
+OK
:99999
quiet: 0
one: 1 1
*3
$7
message
$4
news
$5
hello
end: 0
nonblocking: -1 Resource temporarily unavailable' "$(echo "$out" | tr -d '\r')" 'the conversation'
printf 'FROM client.wasm\nNET localhost:1\n' > Hermitfile
expect 0 "$HERMIT" -o refused.com
expect 1 ./refused.com "$port"
equal 'connect: Permission denied' "$out" 'another port'
printf 'FROM client.wasm\n' > Hermitfile
expect 0 "$HERMIT" -o none.com
expect 1 ./none.com "$port"
equal 'localhost: Permission denied' "$out" 'without NET'

// http_get URL: fetches a page over HTTP and writes it to standard output. Shows NET, and how a program in C reaches
// the network: hermit_socket.h, and otherwise plain BSD sockets.
//
// Exit codes: 0 fetched; 1 not (the reason is on standard error); 2 wrong usage.
#include "hermit_socket.h"

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <strings.h>
#include <unistd.h>

enum { kTimeoutMilliseconds = 10000, kMaxHead = 65536 };

static int complain(const char *what, const char *why) {
  fprintf(stderr, "http_get: %s: %s\n", what, why);
  return 1;
}

// Waits until the socket can be read or written; -1 with errno if not in time.
static int wait_for(int fd, short events) {
  struct pollfd item = {fd, events, 0};
  const int ready = poll(&item, 1, kTimeoutMilliseconds);
  if (ready == 0) errno = ETIMEDOUT;
  return ready > 0 ? 0 : -1;
}

static int is_pending(void) { return errno == EAGAIN || errno == EINTR; }

// Connects without blocking for longer than the timeout; -1 with errno.
static int open_connection(const struct addrinfo *to) {
  const int fd = socket(to->ai_family, to->ai_socktype, to->ai_protocol);
  if (fd < 0) return -1;
  struct sockaddr_storage peer;
  socklen_t size = sizeof peer;
  int ok = fcntl(fd, F_SETFL, O_NONBLOCK) == 0;
  ok = ok && (connect(fd, to->ai_addr, to->ai_addrlen) == 0 || errno == EINPROGRESS);
  ok = ok && wait_for(fd, POLLOUT) == 0;
  if (ok && getpeername(fd, (struct sockaddr *)&peer, &size) != 0) {
    char byte;  // the attempt has failed, and reading says why
    ok = read(fd, &byte, 1) >= 0;
  }
  if (ok) return fd;
  const int error = errno;
  close(fd);
  errno = error;
  return -1;
}

static int send_all(int fd, const char *data, size_t size) {
  while (size > 0) {
    const ssize_t sent = send(fd, data, size, 0);
    if (sent < 0 && !is_pending()) return -1;
    if (sent < 0 && wait_for(fd, POLLOUT) != 0) return -1;
    if (sent > 0) data += sent, size -= (size_t)sent;
  }
  return 0;
}

// One piece of what comes in; 0 at the end.
static ssize_t receive(int fd, char *buffer, size_t room) {
  while (1) {
    const ssize_t size = recv(fd, buffer, room, 0);
    if (size >= 0 || !is_pending()) return size;
    if (wait_for(fd, POLLIN) != 0) return -1;
  }
}

// Reads the answer to "Connection: close" under HTTP/1.0: a head, an empty line, and the body up to the end.
static int copy_answer(int fd, const char *url) {
  static char head[kMaxHead + 1];
  size_t size = 0;
  char *end = NULL;
  while (end == NULL) {
    if (size == kMaxHead) return complain(url, "the head of the answer is too long");
    const ssize_t got = receive(fd, head + size, kMaxHead - size);
    if (got < 0) return complain(url, strerror(errno));
    if (got == 0) return complain(url, "the connection was closed early");
    size += (size_t)got;
    head[size] = 0;
    end = strstr(head, "\r\n\r\n");
  }
  int status = 0;
  if (sscanf(head, "HTTP/1.%*1d %3d", &status) != 1) return complain(url, "this is not HTTP");
  char *body = end + 4;
  fwrite(body, 1, size - (size_t)(body - head), stdout);
  static char buffer[1 << 16];
  ssize_t got;
  while ((got = receive(fd, buffer, sizeof buffer)) > 0) fwrite(buffer, 1, (size_t)got, stdout);
  if (got < 0) return complain(url, strerror(errno));
  if (fflush(stdout) != 0) return complain("standard output", strerror(errno));
  if (status < 200 || status > 299) {
    *strstr(head, "\r\n") = 0;
    return complain(url, head);
  }
  return 0;
}

int main(int argc, char **argv) {
  char host[256], port[6] = "80";
  if (argc != 2) return fprintf(stderr, "usage: http_get http://host[:port]/path\n"), 2;
  const char *url = argv[1];
  if (strncasecmp(url, "http://", 7) != 0) return complain(url, "only http:// is understood"), 2;
  const char *name = url + 7;
  const char *path = name + strcspn(name, "/");
  const char *name_end = path;
  if (*name == '[') {
    const char *close = memchr(name, ']', (size_t)(path - name));
    if (close == NULL) return complain(url, "[ without ]"), 2;
    name_end = close;
    ++name;
  } else {
    const char *colon = memchr(name, ':', (size_t)(path - name));
    if (colon != NULL) name_end = colon;
  }
  const char *colon = memchr(name_end, ':', (size_t)(path - name_end));
  const size_t port_size = colon != NULL ? (size_t)(path - colon - 1) : 0;
  if ((size_t)(name_end - name) >= sizeof host || port_size >= sizeof port) return complain(url, "too long"), 2;
  memcpy(host, name, (size_t)(name_end - name));
  host[name_end - name] = 0;
  if (port_size > 0) memcpy(port, colon + 1, port_size), port[port_size] = 0;

  const struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
  struct addrinfo *list = NULL;
  const int error = getaddrinfo(host, port, &hints, &list);
  if (error != 0) return complain(host, gai_strerror(error));
  int fd = -1;
  for (const struct addrinfo *item = list; item != NULL && fd < 0; item = item->ai_next) fd = open_connection(item);
  freeaddrinfo(list);
  if (fd < 0) return complain(url, strerror(errno));

  static char request[4096];
  const int size = snprintf(request, sizeof request, "GET %s HTTP/1.0\r\nHost: %.*s\r\nConnection: close\r\n\r\n",
                            *path != 0 ? path : "/", (int)(path - url - 7), url + 7);
  if (size < 0 || (size_t)size >= sizeof request) return complain(url, "too long"), 2;
  int failed = 0;
  if (send_all(fd, request, (size_t)size) != 0 || shutdown(fd, SHUT_WR) != 0) failed = complain(url, strerror(errno));
  if (!failed) failed = copy_answer(fd, url);
  close(fd);
  return failed;
}

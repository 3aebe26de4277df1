// TCP and UDP clients for programs in C and C++ that are built for wasm32-wasip1: the parts of BSD sockets that
// wasi-libc leaves out (socket, connect, bind, getaddrinfo, sendto, recvfrom, getpeername, getsockname, setsockopt), on
// the socket imports that Hermit and WAMR offer. The rest comes from wasi-libc: read, write, send, recv, shutdown,
// poll, close, fcntl(O_NONBLOCK).
//
// Copy this file next to your program and include it; there is nothing to link. What may be reached is said by NET in
// the Hermitfile, and refused with EACCES otherwise.
//
// Not here: listening (NET is outbound), Unix sockets, sendmsg, canonical names, service names beyond the common ones.
#ifndef HERMIT_SOCKET_H
#define HERMIT_SOCKET_H

#include <errno.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>

#ifdef __cplusplus
extern "C" {
#endif

#ifndef SO_RCVTIMEO
#define SO_RCVTIMEO 20
#endif
#ifndef SO_SNDTIMEO
#define SO_SNDTIMEO 21
#endif
#ifndef SO_KEEPALIVE
#define SO_KEEPALIVE 9
#endif
#ifndef SO_BROADCAST
#define SO_BROADCAST 6
#endif
#ifndef TCP_NODELAY
#define TCP_NODELAY 1
#endif

struct addrinfo {
  int ai_flags;  // 0
  int ai_family;
  int ai_socktype;
  int ai_protocol;
  socklen_t ai_addrlen;
  struct sockaddr *ai_addr;
  char *ai_canonname;  // NULL
  struct addrinfo *ai_next;
};

#define EAI_NONAME (-2)
#define EAI_AGAIN (-3)
#define EAI_FAMILY (-6)
#define EAI_SOCKTYPE (-7)
#define EAI_MEMORY (-10)
#define EAI_SYSTEM (-11)

#define HERMIT_IMPORT(import) __attribute__((__import_module__("wasi_snapshot_preview1"), __import_name__(#import)))
int32_t hermit_sock_open(int32_t pool, int32_t family, int32_t type, int32_t *fd) HERMIT_IMPORT(sock_open);
int32_t hermit_sock_connect(int32_t fd, const void *address) HERMIT_IMPORT(sock_connect);
int32_t hermit_sock_bind(int32_t fd, const void *address) HERMIT_IMPORT(sock_bind);
int32_t hermit_sock_local(int32_t fd, void *address) HERMIT_IMPORT(sock_addr_local);
int32_t hermit_sock_remote(int32_t fd, void *address) HERMIT_IMPORT(sock_addr_remote);
int32_t hermit_sock_resolve(const char *host, const char *service, const void *hints, void *list, int32_t room,
                            int32_t *count) HERMIT_IMPORT(sock_addr_resolve);
int32_t hermit_sock_send_to(int32_t fd, const void *vectors, int32_t count, int32_t flags, const void *address,
                            int32_t *size) HERMIT_IMPORT(sock_send_to);
int32_t hermit_sock_recv_from(int32_t fd, const void *vectors, int32_t count, int32_t flags, void *address,
                              int32_t *size) HERMIT_IMPORT(sock_recv_from);
int32_t hermit_sock_recv_timeout(int32_t fd, int64_t microseconds) HERMIT_IMPORT(sock_set_recv_timeout);
int32_t hermit_sock_send_timeout(int32_t fd, int64_t microseconds) HERMIT_IMPORT(sock_set_send_timeout);
int32_t hermit_sock_keep_alive(int32_t fd, int32_t on) HERMIT_IMPORT(sock_set_keep_alive);
int32_t hermit_sock_broadcast(int32_t fd, int32_t on) HERMIT_IMPORT(sock_set_broadcast);
int32_t hermit_sock_no_delay(int32_t fd, int32_t on) HERMIT_IMPORT(sock_set_tcp_no_delay);
#undef HERMIT_IMPORT

// The addresses of the imports: numbers in the machine's byte order.
struct hermit_address {
  uint32_t kind;  // 0 IPv4, 1 IPv6
  union {
    struct {
      uint8_t bytes[4];
      uint16_t port;
    } v4;
    struct {
      uint16_t groups[8];
      uint16_t port;
    } v6;
  } u;
};
struct hermit_address_info {
  struct hermit_address address;
  uint32_t type;  // 0 datagram, 1 stream
};
#ifndef __cplusplus
_Static_assert(sizeof(struct hermit_address) == 24, "the layout of the imports");
_Static_assert(sizeof(struct hermit_address_info) == 28, "the layout of the imports");
#endif

static inline int hermit_result(int32_t error) {
  if (error == 0) return 0;
  errno = error;
  return -1;
}

static inline int32_t hermit_from_sockaddr(const struct sockaddr *from, socklen_t size, struct hermit_address *to) {
  memset(to, 0, sizeof *to);
  if (from == NULL) return EFAULT;
  if (from->sa_family == AF_INET && size >= sizeof(struct sockaddr_in)) {
    const struct sockaddr_in *v4 = (const struct sockaddr_in *)from;
    memcpy(to->u.v4.bytes, &v4->sin_addr, 4);
    to->u.v4.port = ntohs(v4->sin_port);
    return 0;
  }
  if (from->sa_family == AF_INET6 && size >= sizeof(struct sockaddr_in6)) {
    const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)from;
    to->kind = 1;
    for (int i = 0; i < 8; ++i) {
      to->u.v6.groups[i] = (uint16_t)(v6->sin6_addr.s6_addr[2 * i] << 8 | v6->sin6_addr.s6_addr[2 * i + 1]);
    }
    to->u.v6.port = ntohs(v6->sin6_port);
    return 0;
  }
  return EAFNOSUPPORT;
}

// Like the system calls: as much as fits, and the real size.
static inline void hermit_to_sockaddr(const struct hermit_address *from, struct sockaddr *to, socklen_t *size) {
  struct sockaddr_in v4;
  struct sockaddr_in6 v6;
  const void *whole = &v4;
  socklen_t length = sizeof v4;
  memset(&v4, 0, sizeof v4);
  memset(&v6, 0, sizeof v6);
  if (from->kind == 0) {
    v4.sin_family = AF_INET;
    v4.sin_port = htons(from->u.v4.port);
    memcpy(&v4.sin_addr, from->u.v4.bytes, 4);
  } else {
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(from->u.v6.port);
    for (int i = 0; i < 8; ++i) {
      v6.sin6_addr.s6_addr[2 * i] = (uint8_t)(from->u.v6.groups[i] >> 8);
      v6.sin6_addr.s6_addr[2 * i + 1] = (uint8_t)from->u.v6.groups[i];
    }
    whole = &v6;
    length = sizeof v6;
  }
  if (to == NULL || size == NULL) return;
  memcpy(to, whole, length < *size ? length : *size);
  *size = length;
}

static inline int socket(int family, int type, int protocol) {
  int32_t fd = -1;
  (void)protocol;
  if (family != AF_INET && family != AF_INET6) return hermit_result(EAFNOSUPPORT);
  const int kind = type & ~(SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (kind != SOCK_STREAM && kind != SOCK_DGRAM) return hermit_result(EPROTONOSUPPORT);
  if (type & SOCK_NONBLOCK) return hermit_result(EINVAL);  // use fcntl
  if (hermit_result(hermit_sock_open(-1, family == AF_INET6, kind == SOCK_STREAM, &fd)) != 0) return -1;
  return fd;
}

static inline int connect(int fd, const struct sockaddr *to, socklen_t size) {
  struct hermit_address address;
  const int32_t error = hermit_from_sockaddr(to, size, &address);
  return hermit_result(error != 0 ? error : hermit_sock_connect(fd, &address));
}

static inline int bind(int fd, const struct sockaddr *to, socklen_t size) {
  struct hermit_address address;
  const int32_t error = hermit_from_sockaddr(to, size, &address);
  return hermit_result(error != 0 ? error : hermit_sock_bind(fd, &address));
}

static inline int getpeername(int fd, struct sockaddr *address, socklen_t *size) {
  struct hermit_address end;
  const int32_t error = hermit_sock_remote(fd, &end);
  if (error == 0) hermit_to_sockaddr(&end, address, size);
  return hermit_result(error);
}

static inline int getsockname(int fd, struct sockaddr *address, socklen_t *size) {
  struct hermit_address end;
  const int32_t error = hermit_sock_local(fd, &end);
  if (error == 0) hermit_to_sockaddr(&end, address, size);
  return hermit_result(error);
}

static inline ssize_t sendto(int fd, const void *data, size_t size, int flags, const struct sockaddr *to,
                             socklen_t to_size) {
  if (to == NULL) return send(fd, data, size, flags);
  struct hermit_address address;
  const struct {
    const void *data;
    size_t size;
  } vector = {data, size};
  int32_t sent = 0;
  const int32_t error = hermit_from_sockaddr(to, to_size, &address);
  if (hermit_result(error != 0 ? error : hermit_sock_send_to(fd, &vector, 1, flags, &address, &sent)) != 0) return -1;
  return sent;
}

static inline ssize_t recvfrom(int fd, void *data, size_t size, int flags, struct sockaddr *from,
                               socklen_t *from_size) {
  if (from == NULL) return recv(fd, data, size, flags);
  struct hermit_address address;
  const struct {
    void *data;
    size_t size;
  } vector = {data, size};
  int32_t received = 0;
  if (hermit_result(hermit_sock_recv_from(fd, &vector, 1, flags, &address, &received)) != 0) return -1;
  hermit_to_sockaddr(&address, from, from_size);
  return received;
}

static inline int setsockopt(int fd, int level, int option, const void *value, socklen_t size) {
  if (level == SOL_SOCKET && (option == SO_RCVTIMEO || option == SO_SNDTIMEO) && size == sizeof(struct timeval)) {
    const struct timeval *time = (const struct timeval *)value;
    const int64_t microseconds = (int64_t)time->tv_sec * 1000000 + time->tv_usec;
    return hermit_result(option == SO_RCVTIMEO ? hermit_sock_recv_timeout(fd, microseconds)
                                               : hermit_sock_send_timeout(fd, microseconds));
  }
  if (size != sizeof(int)) return hermit_result(EINVAL);
  const int on = *(const int *)value != 0;
  if (level == SOL_SOCKET && option == SO_KEEPALIVE) return hermit_result(hermit_sock_keep_alive(fd, on));
  if (level == SOL_SOCKET && option == SO_BROADCAST) return hermit_result(hermit_sock_broadcast(fd, on));
  if (level == IPPROTO_TCP && option == TCP_NODELAY) return hermit_result(hermit_sock_no_delay(fd, on));
  return hermit_result(ENOPROTOOPT);
}

// One allocation holds the whole list.
static inline void freeaddrinfo(struct addrinfo *list) { free(list); }

static inline int getaddrinfo(const char *host, const char *service, const struct addrinfo *hints,
                              struct addrinfo **result) {
  enum { kRoom = 128 };  // more than hermit gives for one name
  struct entry {
    struct addrinfo info;
    union {
      struct sockaddr_in v4;
      struct sockaddr_in6 v6;
    } address;
  };
  struct {
    int32_t type;
    uint32_t family;
    uint8_t enabled;
  } wanted = {-1, 2, 1};
  if (hints != NULL) {
    if (hints->ai_family != AF_UNSPEC && hints->ai_family != AF_INET && hints->ai_family != AF_INET6) return EAI_FAMILY;
    if (hints->ai_socktype != 0 && hints->ai_socktype != SOCK_STREAM && hints->ai_socktype != SOCK_DGRAM) {
      return EAI_SOCKTYPE;
    }
    if (hints->ai_family != AF_UNSPEC) wanted.family = hints->ai_family == AF_INET6;
    if (hints->ai_socktype != 0) wanted.type = hints->ai_socktype == SOCK_STREAM;
  }
  struct hermit_address_info *list = (struct hermit_address_info *)malloc(kRoom * sizeof *list);
  if (list == NULL) return EAI_MEMORY;
  int32_t count = 0;
  const int32_t error = hermit_sock_resolve(host != NULL ? host : "localhost", service != NULL ? service : "", &wanted,
                                            list, kRoom, &count);
  if (count > kRoom) count = kRoom;
  if (error != 0 || count == 0) {
    free(list);
    if (error == 0) return EAI_NONAME;
    errno = error;
    return error == EAGAIN ? EAI_AGAIN : EAI_SYSTEM;
  }
  struct entry *entries = (struct entry *)calloc((size_t)count, sizeof *entries);
  for (int32_t i = 0; entries != NULL && i < count; ++i) {
    struct addrinfo *info = &entries[i].info;
    info->ai_addr = (struct sockaddr *)&entries[i].address;
    info->ai_addrlen = sizeof entries[i].address;
    hermit_to_sockaddr(&list[i].address, info->ai_addr, &info->ai_addrlen);
    info->ai_family = info->ai_addr->sa_family;
    info->ai_socktype = list[i].type == 1 ? SOCK_STREAM : SOCK_DGRAM;
    info->ai_protocol = list[i].type == 1 ? IPPROTO_TCP : IPPROTO_UDP;
    info->ai_next = i + 1 < count ? &entries[i + 1].info : NULL;
  }
  free(list);
  if (entries == NULL) return EAI_MEMORY;
  *result = &entries[0].info;
  return 0;
}

static inline const char *gai_strerror(int error) {
  switch (error) {
    case EAI_NONAME: return "Name does not resolve";
    case EAI_AGAIN: return "Try again";
    case EAI_FAMILY: return "Unrecognized address family";
    case EAI_SOCKTYPE: return "Unrecognized socket type";
    case EAI_MEMORY: return "Out of memory";
    case EAI_SYSTEM: return strerror(errno);
    default: return "Unknown error";
  }
}

#ifdef __cplusplus
}
#endif
#endif

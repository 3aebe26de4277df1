// The calls on inherited sockets that WASI preview 1 has.
#include "os/socket.h"

#include <algorithm>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "os/posix.h"

namespace hermit::os {
namespace {

template <typename Buffers>
SysResult<msghdr> message(const Buffers& buffers, iovec (&vectors)[kMaxBuffers]) {
  if (buffers.size() > kMaxBuffers) return fail(SysError::Invalid);
  for (size_t i = 0; i < buffers.size(); ++i) {
    vectors[i] = {const_cast<u8*>(buffers[i].data()), buffers[i].size()};
  }
  msghdr result{};
  result.msg_iov = vectors;
  result.msg_iovlen = static_cast<decltype(result.msg_iovlen)>(buffers.size());
  return result;
}

}  // namespace

bool is_datagram_socket(const Handle& socket) {
  int type = 0;
  socklen_t size = sizeof type;
  return ::getsockopt(fd_of(socket), SOL_SOCKET, SO_TYPE, &type, &size) == 0 && type == SOCK_DGRAM;
}

SysResult<Received> receive(const Handle& socket, ReadBuffers buffers, ReceiveOptions options) {
  iovec vectors[kMaxBuffers];
  TRY(msghdr header, message(buffers, vectors));
  const int flags = (options.peek ? MSG_PEEK : 0) | (options.wait_all ? MSG_WAITALL : 0);
  const ssize_t size = retry([&] { return ::recvmsg(fd_of(socket), &header, flags); });
  if (size == -1) return last_error();
  return Received{static_cast<size_t>(size), (header.msg_flags & MSG_TRUNC) != 0};
}

SysResult<size_t> send(const Handle& socket, WriteBuffers buffers) {
  iovec vectors[kMaxBuffers];
  TRY(msghdr header, message(buffers, vectors));
  const ssize_t size = retry([&] { return ::sendmsg(fd_of(socket), &header, 0); });
  if (size == -1) return last_error();
  return static_cast<size_t>(size);
}

SysResult<void> shut_down(const Handle& socket, bool reading, bool writing) {
  if (!reading && !writing) return fail(SysError::Invalid);
  const int how = reading && writing ? SHUT_RDWR : reading ? SHUT_RD : SHUT_WR;
  return done(::shutdown(fd_of(socket), how));
}

SysResult<Handle> accept(const Handle& socket, bool nonblocking) {
  const int fd = retry([&] { return ::accept(fd_of(socket), nullptr, nullptr); });
  if (fd == -1) return last_error();
  Handle connection(fd);
  (void)::fcntl(fd, F_SETFD, FD_CLOEXEC);
  const int flags = ::fcntl(fd, F_GETFL);  // macOS passes the listener's flags on, Linux does not
  if (::fcntl(fd, F_SETFL, nonblocking ? flags | O_NONBLOCK : flags & ~O_NONBLOCK) == -1) return last_error();
  return connection;
}

}  // namespace hermit::os

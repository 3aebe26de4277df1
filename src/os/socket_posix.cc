// BSD sockets.
//
// System calls on Linux (for a filter): socket, connect, bind, getsockname, getpeername, sendmsg, recvmsg, shutdown,
// accept (accept4), getsockopt, setsockopt, poll, fcntl, ioctl(FIONREAD), read, readv, write, writev, close; names:
// resolve_posix.cc. Without NET none of socket, connect and bind is made; the others serve inherited sockets.
#include "os/socket.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <unistd.h>

#include "os/posix.h"
#include "os/socket_options.h"

namespace hermit::os {
namespace {

constexpr i64 kMicrosecondsPerSecond = 1'000'000;
#ifdef MSG_NOSIGNAL
constexpr int kNoSignal = MSG_NOSIGNAL;
#else
constexpr int kNoSignal = 0;  // macOS: SO_NOSIGPIPE on the socket
#endif

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

// One of getsockname and getpeername.
template <typename Call>
SysResult<SocketAddress> name_of(const Handle& socket, Call call) {
  sockaddr_storage storage = {};
  socklen_t size = sizeof storage;
  if (call(fd_of(socket), reinterpret_cast<sockaddr*>(&storage), &size) == -1) return last_error();
  const auto address = to_address(storage, size);
  if (!address) return fail(SysError::AddressFamilyNotSupported);
  return *address;
}

// A connection attempt that a signal interrupted goes on without us; asking again would say "already".
SysResult<void> finish_connecting(int fd) {
  pollfd item = {fd, POLLOUT, 0};
  if (retry([&] { return ::poll(&item, 1, -1); }) == -1) return last_error();
  int error = 0;
  socklen_t size = sizeof error;
  if (::getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) == -1) return last_error();
  if (error != 0) return fail(from_errno(error));
  return {};
}

}  // namespace

bool is_datagram_socket(const Handle& socket) {
  int type = 0;
  socklen_t size = sizeof type;
  return ::getsockopt(fd_of(socket), SOL_SOCKET, SO_TYPE, &type, &size) == 0 && type == SOCK_DGRAM;
}

SysResult<Handle> open_socket(bool ipv6, SocketType type) {
  int kind = type == SocketType::Stream ? SOCK_STREAM : SOCK_DGRAM;
#ifdef SOCK_CLOEXEC
  kind |= SOCK_CLOEXEC;
#endif
  const int fd = ::socket(ipv6 ? AF_INET6 : AF_INET, kind, 0);
  if (fd == -1) return last_error();
  Handle handle(fd);
#ifndef SOCK_CLOEXEC
  (void)::fcntl(fd, F_SETFD, FD_CLOEXEC);
#endif
#ifdef SO_NOSIGPIPE
  const int on = 1;
  if (::setsockopt(fd, SOL_SOCKET, SO_NOSIGPIPE, &on, sizeof on) == -1) return last_error();
#endif
  return handle;
}

SysResult<void> connect(const Handle& socket, const SocketAddress& to) {
  const NativeAddress native(to);
  if (::connect(fd_of(socket), native.get(), static_cast<socklen_t>(native.size)) == 0) return {};
  if (errno == EINTR) return finish_connecting(fd_of(socket));
  return last_error();
}

SysResult<void> bind(const Handle& socket, const SocketAddress& to) {
  const NativeAddress native(to);
  return done(::bind(fd_of(socket), native.get(), static_cast<socklen_t>(native.size)));
}

SysResult<SocketAddress> local_address(const Handle& socket) { return name_of(socket, ::getsockname); }
SysResult<SocketAddress> remote_address(const Handle& socket) { return name_of(socket, ::getpeername); }

SysResult<Received> receive(const Handle& socket, ReadBuffers buffers, ReceiveOptions options) {
  iovec vectors[kMaxBuffers];
  TRY(msghdr header, message(buffers, vectors));
  sockaddr_storage from = {};
  header.msg_name = &from;
  header.msg_namelen = sizeof from;
  const int flags = (options.peek ? MSG_PEEK : 0) | (options.wait_all ? MSG_WAITALL : 0);
  const ssize_t size = retry([&] { return ::recvmsg(fd_of(socket), &header, flags); });
  if (size == -1) return last_error();
  return Received{static_cast<size_t>(size), (header.msg_flags & MSG_TRUNC) != 0, to_address(from, header.msg_namelen)};
}

SysResult<size_t> send(const Handle& socket, WriteBuffers buffers, const SendOptions& options) {
  iovec vectors[kMaxBuffers];
  TRY(msghdr header, message(buffers, vectors));
  std::optional<NativeAddress> to;
  if (options.to) {
    to.emplace(*options.to);
    header.msg_name = &to->storage;
    header.msg_namelen = static_cast<socklen_t>(to->size);
  }
  const ssize_t size = retry([&] { return ::sendmsg(fd_of(socket), &header, options.signal ? 0 : kNoSignal); });
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

SysResult<i64> get_option(const Handle& socket, SocketOption option) {
  const OptionPlace place = place_of(option);
  if (place.option == 0) return fail(SysError::NoProtocolOption);
  union {
    int number;
    linger lingering;
    timeval time;
  } value = {};
  socklen_t size = place.form == OptionPlace::Linger ? sizeof value.lingering
                   : place.form == OptionPlace::Time ? sizeof value.time
                                                     : sizeof value.number;
  if (::getsockopt(fd_of(socket), place.level, place.option, &value, &size) == -1) return last_error();
  switch (place.form) {
    case OptionPlace::Number: return value.number;
    case OptionPlace::Truth: return value.number != 0;
    case OptionPlace::Linger: return value.lingering.l_onoff != 0 ? value.lingering.l_linger : -1;
    case OptionPlace::Time: return i64{value.time.tv_sec} * kMicrosecondsPerSecond + value.time.tv_usec;
    case OptionPlace::Error: return value.number == 0 ? -1 : static_cast<i64>(from_errno(value.number));
  }
  return fail(SysError::Invalid);
}

SysResult<void> set_option(const Handle& socket, SocketOption option, i64 value) {
  const OptionPlace place = place_of(option);
  if (place.option == 0) return fail(SysError::NoProtocolOption);
  const auto set = [&](const auto& native) {
    return done(::setsockopt(fd_of(socket), place.level, place.option, &native, sizeof native));
  };
  switch (place.form) {
    case OptionPlace::Number: return set(clamp_to_int(value));
    case OptionPlace::Truth: return set(value != 0 ? 1 : 0);
    case OptionPlace::Linger: {
      linger native = {};
      native.l_onoff = value >= 0 ? 1 : 0;
      native.l_linger = value >= 0 ? clamp_to_int(value) : 0;
      return set(native);
    }
    case OptionPlace::Time: {
      timeval native = {};
      native.tv_sec = static_cast<decltype(native.tv_sec)>(value / kMicrosecondsPerSecond);
      native.tv_usec = static_cast<decltype(native.tv_usec)>(value % kMicrosecondsPerSecond);
      return set(native);
    }
    case OptionPlace::Error: return fail(SysError::NoProtocolOption);
  }
  return fail(SysError::Invalid);
}

SysResult<void> set_membership(const Handle& socket, const IpAddress& group, u32 interface_number, bool join) {
  if (group.is_v6) {
    ipv6_mreq request = {};
    std::memcpy(&request.ipv6mr_multiaddr, group.bytes.data(), 16);
    request.ipv6mr_interface = interface_number;
    return done(
        ::setsockopt(fd_of(socket), IPPROTO_IPV6, join ? IPV6_JOIN_GROUP : IPV6_LEAVE_GROUP, &request, sizeof request));
  }
  ip_mreq request = {};
  std::memcpy(&request.imr_multiaddr, group.bytes.data(), 4);
  std::memcpy(&request.imr_interface, &interface_number, 4);
  return done(
      ::setsockopt(fd_of(socket), IPPROTO_IP, join ? IP_ADD_MEMBERSHIP : IP_DROP_MEMBERSHIP, &request, sizeof request));
}

}  // namespace hermit::os

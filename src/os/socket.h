// Sockets: those that the process inherited as standard streams, and TCP and UDP clients. Everything gives NotSocket on
// other files.
//
// Who may talk to whom is decided above (host/network_gate.h); nothing here asks.
#pragma once

#include <array>
#include <optional>

#include "os/file.h"

namespace hermit::os {

struct IpAddress {
  bool is_v6 = false;
  std::array<u8, 16> bytes = {};  // network order; the first 4 for IPv4, the others 0
  bool operator==(const IpAddress&) const = default;
};
struct SocketAddress {
  IpAddress ip;
  u16 port = 0;
  bool operator==(const SocketAddress&) const = default;
};

enum class SocketType : u8 { Stream, Datagram };  // TCP, UDP

// A new socket, not connected and blocking. A write to a closed connection gives BrokenPipe and never a signal.
SysResult<Handle> open_socket(bool ipv6, SocketType type);
// InProgress if the socket is non-blocking and the connection is not there yet: it becomes writable when the attempt
// has ended, and SocketOption::Error says how.
SysResult<void> connect(const Handle& socket, const SocketAddress& to);
SysResult<void> bind(const Handle& socket, const SocketAddress& to);
SysResult<SocketAddress> local_address(const Handle& socket);
SysResult<SocketAddress> remote_address(const Handle& socket);

struct ReceiveOptions {
  bool peek = false;
  bool wait_all = false;
};
struct Received {
  size_t size = 0;
  bool truncated = false;  // a datagram was longer than the buffers
  std::optional<SocketAddress> from;  // of an IPv4 or IPv6 datagram
};

SysResult<Received> receive(const Handle& socket, ReadBuffers buffers, ReceiveOptions options);

struct SendOptions {
  bool signal = true;  // writing to a closed connection raises SIGPIPE, where the system has it, like write()
  std::optional<SocketAddress> to;  // datagrams: the receiver, else the one that the socket is connected to
};
SysResult<size_t> send(const Handle& socket, WriteBuffers buffers, const SendOptions& options = {});
SysResult<void> shut_down(const Handle& socket, bool reading, bool writing);
// The next connection of a listening socket. `nonblocking` is the new socket's flag.
SysResult<Handle> accept(const Handle& socket, bool nonblocking);

enum class SocketOption : u8 {
#define SOCKET_OPTION(name, level, option, form) name,
#include "os/socket_options.def"
#undef SOCKET_OPTION
};
// Numbers and truth values as they are; Linger in seconds, -1 for off; timeouts in microseconds, 0 for none; Error is a
// SysError, -1 for none (reading it clears it). NoProtocolOption where the system does not know the option.
SysResult<i64> get_option(const Handle& socket, SocketOption option);
SysResult<void> set_option(const Handle& socket, SocketOption option, i64 value);

// Receives what is sent to the multicast address `group` on an interface: of IPv4 by its address (4 bytes, network
// order, as a number whose lowest byte comes first), of IPv6 by its index; 0 leaves the choice to the system.
SysResult<void> set_membership(const Handle& socket, const IpAddress& group, u32 interface_number, bool join);

}  // namespace hermit::os

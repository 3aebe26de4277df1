// WAMR's socket extension. An address is 24 bytes: kind @0 (u32: 0 IPv4, 1 IPv6); IPv4: four bytes @4, port @8; IPv6:
// eight u16 @4, port @20. Ports and groups are numbers in the guest's byte order.
#include "host/services.h"
#include "wasi1/sockets.h"

namespace hermit::wasi1::wamr {
namespace {

constexpr u32 kAddressSize = 24;
constexpr u32 kIpSize = 20;         // the same without a port
constexpr u32 kAddressInfoSize = 28;  // an address, and the type of its socket @24
constexpr u32 kHintsSize = 12;      // type @0, family @4, enabled (u8) @8
constexpr u32 kKindV4 = 0, kKindV6 = 1;
constexpr u32 kFamilyV4 = 0, kFamilyV6 = 1, kFamilyAny = 2;
constexpr u32 kDatagram = 0, kStream = 1, kAnyType = ~u32{0};
constexpr u32 kMaxHost = 255, kMaxService = 63;
// Longer timeouts are this long: 31 years in microseconds.
constexpr u64 kMaxTimeout = 1'000'000'000'000'000;

Outcome<os::IpAddress> load_ip(const u8* p) {
  os::IpAddress ip;
  switch (load_le<u32>(p)) {
    case kKindV4: std::copy_n(p + 4, 4, ip.bytes.begin()); return ip;
    case kKindV6:
      ip.is_v6 = true;
      for (size_t i = 0; i < 8; ++i) store_be<u16>(ip.bytes.data() + 2 * i, load_le<u16>(p + 4 + 2 * i));
      return ip;
    default: return fail(Errno::Afnosupport);
  }
}

Outcome<os::SocketAddress> load_address(const Call& call, size_t i) {
  TRY(const std::span<u8> record, call.bytes(call.arg(i), kAddressSize));
  TRY(const os::IpAddress ip, load_ip(record.data()));
  return os::SocketAddress{ip, load_le<u16>(record.data() + (ip.is_v6 ? 20 : 8))};
}

void store_address(u8* p, const os::SocketAddress& address) {
  std::fill_n(p, kAddressSize, u8{0});
  store_le<u32>(p, address.ip.is_v6 ? kKindV6 : kKindV4);
  if (address.ip.is_v6) {
    for (size_t i = 0; i < 8; ++i) store_le<u16>(p + 4 + 2 * i, load_be<u16>(address.ip.bytes.data() + 2 * i));
  } else {
    std::copy_n(address.ip.bytes.begin(), 4, p + 4);
  }
  store_le<u16>(p + (address.ip.is_v6 ? 20 : 8), address.port);
}

// The text up to a NUL, which must come within `max` bytes.
Outcome<std::string_view> text(const Call& call, size_t i, u32 max) {
  for (u32 length = 0; length <= max; ++length) {
    TRY(const std::span<u8> bytes, call.bytes(call.arg(i), u64{length} + 1));
    if (bytes[length] == 0) return std::string_view(reinterpret_cast<const char*>(bytes.data()), length);
  }
  return fail(Errno::Nametoolong);
}

struct Hints {
  os::AddressFamily family = os::AddressFamily::Any;
  bool streams = true, datagrams = true;
};

Outcome<Hints> load_hints(const Call& call, size_t i) {
  TRY(const std::span<u8> record, call.bytes(call.arg(i), kHintsSize));
  Hints hints;
  if (record[8] == 0) return hints;
  const u32 type = load_le<u32>(record.data());
  if (type != kDatagram && type != kStream && type != kAnyType) return fail(Errno::Inval);
  hints.streams = type != kDatagram;
  hints.datagrams = type != kStream;
  switch (load_le<u32>(record.data() + 4)) {
    case kFamilyV4: hints.family = os::AddressFamily::V4; break;
    case kFamilyV6: hints.family = os::AddressFamily::V6; break;
    case kFamilyAny: break;
    default: return fail(Errno::Afnosupport);
  }
  return hints;
}

// One of the two ends of a socket, where argument 1 points.
template <auto kEnd>
Outcome<void> store_end(Call& call) {
  TRY(host::Descriptor * socket, call.socket(0, 0));
  TRY(const std::span<u8> record, call.bytes(call.arg(1), kAddressSize));
  TRY(const os::SocketAddress address, kEnd(socket->handle));
  store_address(record.data(), address);
  return {};
}

// The value of an option as a number of `size` bytes.
Outcome<void> get_option(const Call& call, os::SocketOption option, size_t size) {
  TRY(host::Descriptor * socket, call.socket(0, 0));
  TRY(const std::span<u8> place, call.bytes(call.arg(1), size));
  TRY(const i64 value, os::get_option(socket->handle, option));
  for (size_t i = 0; i < size; ++i) place[i] = static_cast<u8>(static_cast<u64>(value) >> (8 * i));
  return {};
}

Outcome<void> set_option(const Call& call, os::SocketOption option, size_t size) {
  TRY(host::Descriptor * socket, call.socket(0, 0));
  const u64 value = size == 8 ? std::min(call.arg64(1), kMaxTimeout) : call.arg(1);
  TRY_VOID(os::set_option(socket->handle, option, static_cast<i64>(value)));
  return {};
}

Outcome<void> change_membership(Call& call, bool join) {
  TRY(host::Descriptor * socket, call.socket(0, 0));
  TRY(const std::span<u8> record, call.bytes(call.arg(1), kIpSize));
  TRY(const os::IpAddress group, load_ip(record.data()));
  TRY_VOID(call.host().set_membership(*socket, group, call.arg(2), join));
  return {};
}

os::SocketOption multicast_loop(const Call& call) {
  return call.arg(1) != 0 ? os::SocketOption::MulticastLoopV6 : os::SocketOption::MulticastLoopV4;
}

}  // namespace

// The first argument names an address pool that nobody has.
Outcome<void> sock_open(Call& call) {
  const u32 family = call.arg(1);
  const u32 type = call.arg(2);
  if (family != kFamilyV4 && family != kFamilyV6) return fail(Errno::Afnosupport);
  if (type != kDatagram && type != kStream) return fail(Errno::Protonosupport);
  return open_socket(call, family == kFamilyV6, type == kStream ? os::SocketType::Stream : os::SocketType::Datagram, 3);
}

Outcome<void> sock_connect(Call& call) {
  TRY(host::Descriptor * socket, call.socket(0, 0));
  TRY(const os::SocketAddress to, load_address(call, 1));
  TRY_VOID(call.host().connect(*socket, to));
  return {};
}

Outcome<void> sock_bind(Call& call) {
  TRY(host::Descriptor * socket, call.socket(0, 0));
  TRY(const os::SocketAddress to, load_address(call, 1));
  TRY_VOID(call.host().bind(*socket, to));
  return {};
}

Outcome<void> sock_listen(Call&) { return fail(Errno::Acces); }  // NET is outbound

Outcome<void> sock_addr_local(Call& call) { return store_end<os::local_address>(call); }
Outcome<void> sock_addr_remote(Call& call) { return store_end<os::remote_address>(call); }

// Stores as many as fit and tells how many there are. A name that does not exist has none.
Outcome<void> sock_addr_resolve(Call& call) {
  TRY(const std::string_view host, text(call, 0, kMaxHost));
  TRY(const std::string_view service, text(call, 1, kMaxService));
  TRY(const Hints hints, load_hints(call, 2));
  const u32 room = call.arg(4);
  TRY(const std::span<u8> list, call.bytes(call.arg(3), u64{room} * kAddressInfoSize));
  TRY_VOID(call.bytes(call.arg(5), 4));
  const auto port = host::port_of_service(service);
  if (!port) return fail(Errno::Inval);
  const auto addresses = call.host().resolve(host, hints.family);
  if (!addresses && addresses.error() != os::SysError::NotFound) return std::unexpected(Failure(addresses.error()));
  u32 count = 0;
  const auto add = [&](const os::IpAddress& ip, u32 type) {
    if (count++ >= room) return;
    u8* const record = list.data() + size_t{count - 1} * kAddressInfoSize;
    store_address(record, {ip, *port});
    store_le<u32>(record + kAddressSize, type);
  };
  for (size_t i = 0; addresses && i < addresses->size(); ++i) {
    if (hints.streams) add((*addresses)[i], kStream);
    if (hints.datagrams) add((*addresses)[i], kDatagram);
  }
  return call.store(call.arg(5), count);
}

Outcome<void> sock_send_to(Call& call) {
  TRY(host::Descriptor * socket, call.socket(0, rights::kFdWrite));
  Buffers<const u8> buffers;
  TRY_VOID(call.buffers(1, buffers));
  if (call.arg(3) != 0) return fail(Errno::Inval);  // no flags are defined
  TRY(const os::SocketAddress to, load_address(call, 4));
  TRY_VOID(call.bytes(call.arg(5), 4));
  TRY(const size_t count, call.host().send(*socket, buffers.get(), to));
  return call.store(call.arg(5), static_cast<u32>(count));
}

Outcome<void> sock_recv_from(Call& call) {
  TRY(host::Descriptor * socket, call.socket(0, rights::kFdRead));
  Buffers<u8> buffers;
  TRY_VOID(call.buffers(1, buffers));
  TRY(const os::ReceiveOptions options, receive_options(call.arg(3)));
  TRY(const std::span<u8> from, call.bytes(call.arg(4), kAddressSize));
  TRY_VOID(call.bytes(call.arg(5), 4));
  TRY(os::Received received, call.host().receive(*socket, buffers.get(), options));
  if (!received.from) {  // a stream: the other end
    const auto end = os::remote_address(socket->handle);
    received.from = end ? *end : os::SocketAddress();
  }
  store_address(from.data(), *received.from);
  return call.store(call.arg(5), static_cast<u32>(received.size));
}

Outcome<void> sock_close(Call& call) {
  TRY_VOID(call.socket(0, 0));
  TRY_VOID(call.host().descriptors().close(call.arg(0)));
  return {};
}

Outcome<void> sock_get_linger(Call& call) {
  TRY(host::Descriptor * socket, call.socket(0, 0));
  TRY_VOID(call.bytes(call.arg(1), 1));
  TRY_VOID(call.bytes(call.arg(2), 4));
  TRY(const i64 seconds, os::get_option(socket->handle, os::SocketOption::Linger));
  TRY_VOID(call.store(call.arg(1), static_cast<u8>(seconds >= 0)));
  return call.store(call.arg(2), static_cast<u32>(std::max<i64>(seconds, 0)));
}

Outcome<void> sock_set_linger(Call& call) {
  TRY(host::Descriptor * socket, call.socket(0, 0));
  const i64 seconds = std::max(i64{static_cast<i32>(call.arg(2))}, i64{0});
  TRY_VOID(os::set_option(socket->handle, os::SocketOption::Linger, call.arg(1) != 0 ? seconds : -1));
  return {};
}

Outcome<void> sock_get_ip_multicast_loop(Call& call) {
  TRY(host::Descriptor * socket, call.socket(0, 0));
  TRY_VOID(call.bytes(call.arg(2), 1));
  TRY(const i64 value, os::get_option(socket->handle, multicast_loop(call)));
  return call.store(call.arg(2), static_cast<u8>(value));
}

Outcome<void> sock_set_ip_multicast_loop(Call& call) {
  TRY(host::Descriptor * socket, call.socket(0, 0));
  TRY_VOID(os::set_option(socket->handle, multicast_loop(call), call.arg(2)));
  return {};
}

Outcome<void> sock_set_ip_add_membership(Call& call) { return change_membership(call, true); }
Outcome<void> sock_set_ip_drop_membership(Call& call) { return change_membership(call, false); }

#define OPTION(name, option, type)                                                                               \
  Outcome<void> sock_get_##name(Call& call) { return get_option(call, os::SocketOption::option, sizeof(type)); } \
  Outcome<void> sock_set_##name(Call& call) { return set_option(call, os::SocketOption::option, sizeof(type)); }
OPTION(recv_buf_size, ReceiveBuffer, u32)
OPTION(send_buf_size, SendBuffer, u32)
OPTION(reuse_addr, ReuseAddress, u8)
OPTION(reuse_port, ReusePort, u8)
OPTION(keep_alive, KeepAlive, u8)
OPTION(broadcast, Broadcast, u8)
OPTION(recv_timeout, ReceiveTimeout, u64)
OPTION(send_timeout, SendTimeout, u64)
OPTION(tcp_no_delay, NoDelay, u8)
OPTION(tcp_quick_ack, QuickAck, u8)
OPTION(tcp_keep_idle, KeepIdle, u32)
OPTION(tcp_keep_intvl, KeepInterval, u32)
OPTION(tcp_fastopen_connect, FastOpenConnect, u8)
OPTION(ip_multicast_ttl, MulticastTimeToLive, u8)
OPTION(ip_ttl, TimeToLive, u8)
OPTION(ipv6_only, OnlyV6, u8)
#undef OPTION

}  // namespace hermit::wasi1::wamr

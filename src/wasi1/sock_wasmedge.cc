// WasmEdge's socket extension. An address is a record {pointer, length} of its bytes in network order, and the port an
// argument of its own; the length tells the form: 4 an IPv4 and 16 an IPv6 address, 128 a family (u16) and the address
// behind it. Families: 1 IPv4, 2 IPv6. Types: 1 datagram, 2 stream.
#include "host/services.h"
#include "wasi1/sockets.h"

namespace hermit::wasi1::wasmedge {
namespace {

constexpr u32 kFamilyAny = 0, kFamilyV4 = 1, kFamilyV6 = 2;
constexpr u32 kAnyType = 0, kDatagram = 1, kStream = 2;
constexpr u32 kProtocolTcp = 1, kProtocolUdp = 2;  // 0: any
constexpr u16 kNumericHost = 4;  // aiflags
constexpr size_t kStorageSize = 128;
constexpr u32 kMaxHost = 256, kMaxService = 64;  // with the NUL that the libraries add

// struct addrinfo: flags u16 @0, family u8 @2, type u8 @3, protocol u8 @4, address length @8, pointers to the address
// @12 and the canonical name @16, its length @20, pointer to the next record @24.
constexpr u32 kAddressInfoSize = 28;
// struct sockaddr: family u8 @0, length of the data @4, pointer to the data @8.
constexpr u32 kSocketAddressSize = 12;
// The data: the port and the address, both in network order, as the Go library reads it. (WasmEdge itself leaves four
// bytes of flow information in front of an IPv6 address, where no published client looks for it: docs/decisions.md.)
constexpr u32 kDataSizeV4 = 14, kDataSizeV6 = 18;

// The bytes that the record at `record` points to.
Outcome<std::span<u8>> address_bytes(const Call& call, u32 record) {
  TRY(const std::span<u8> pair, call.bytes(record, 8));
  TRY(const std::span<u8> bytes, call.bytes(load_le<u32>(pair.data()), load_le<u32>(pair.data() + 4)));
  if (bytes.size() != 4 && bytes.size() != 16 && bytes.size() != kStorageSize) return fail(Errno::Inval);
  return bytes;
}

Outcome<os::SocketAddress> load_address(const Call& call, size_t i, u32 port) {
  TRY(std::span<u8> bytes, address_bytes(call, call.arg(i)));
  if (port > 65535) return fail(Errno::Inval);
  os::SocketAddress address;
  address.port = static_cast<u16>(port);
  address.ip.is_v6 = bytes.size() == 16;
  if (bytes.size() == kStorageSize) {
    const u16 family = load_le<u16>(bytes.data());
    if (family != kFamilyV4 && family != kFamilyV6) return fail(Errno::Afnosupport);
    address.ip.is_v6 = family == kFamilyV6;
    bytes = bytes.subspan(2);
  }
  std::copy_n(bytes.begin(), address.ip.is_v6 ? 16 : 4, address.ip.bytes.begin());
  return address;
}

// Inval if the address does not fit into the form that the guest has chosen.
Outcome<void> store_address(std::span<u8> bytes, const os::IpAddress& ip) {
  if (ip.is_v6 && bytes.size() == 4) return fail(Errno::Inval);
  if (bytes.size() == kStorageSize) {
    store_le<u16>(bytes.data(), ip.is_v6 ? kFamilyV6 : kFamilyV4);
    bytes = bytes.subspan(2);
  }
  std::copy_n(ip.bytes.begin(), ip.is_v6 ? 16 : 4, bytes.begin());
  return {};
}

// Arguments: socket, address, [family,] port; `is_storage` is the form that carries the family itself.
template <auto kEnd>
Outcome<void> store_end(Call& call, bool is_storage) {
  TRY(host::Descriptor * socket, call.socket(0, 0));
  TRY(const std::span<u8> bytes, address_bytes(call, call.arg(1)));
  if (is_storage != (bytes.size() == kStorageSize)) return fail(Errno::Inval);
  const size_t port_at = is_storage ? 2 : 3;
  TRY_VOID(call.bytes(call.arg(port_at), 4));
  if (!is_storage) TRY_VOID(call.bytes(call.arg(2), 4));
  TRY(const os::SocketAddress address, kEnd(socket->handle));
  TRY_VOID(store_address(bytes, address.ip));
  // Not the numbers of sock_open: 4 and 6, as WasmEdge has always answered.
  if (!is_storage) TRY_VOID(call.store(call.arg(2), address.ip.is_v6 ? u32{6} : u32{4}));
  return call.store(call.arg(port_at), u32{address.port});
}

// A text argument with its length; it ends at the first NUL.
Outcome<std::string_view> text(const Call& call, size_t i, u32 max) {
  const u32 length = call.arg(i + 1);
  TRY(const std::span<u8> bytes, call.bytes(call.arg(i), length));
  if (length > max) return fail(Errno::Nametoolong);
  const std::string_view whole(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  return whole.substr(0, whole.find('\0'));
}

struct Hints {
  os::AddressFamily family = os::AddressFamily::Any;
  bool numeric_host = false;
  bool streams = true, datagrams = true;
};

Outcome<Hints> load_hints(const Call& call, size_t i) {
  TRY(const std::span<u8> record, call.bytes(call.arg(i), kAddressInfoSize));
  Hints hints;
  hints.numeric_host = (load_le<u16>(record.data()) & kNumericHost) != 0;
  const u32 family = record[2], type = record[3], protocol = record[4];
  if (family > kFamilyV6) return fail(Errno::Aifamily);
  if (type > kStream || protocol > kProtocolUdp) return fail(Errno::Aisocktype);
  if (family != kFamilyAny) hints.family = family == kFamilyV4 ? os::AddressFamily::V4 : os::AddressFamily::V6;
  hints.streams = (type == kAnyType || type == kStream) && protocol != kProtocolUdp;
  hints.datagrams = (type == kAnyType || type == kDatagram) && protocol != kProtocolTcp;
  if (!hints.streams && !hints.datagrams) return fail(Errno::Aisocktype);
  return hints;
}

// Fills one record of the guest's list, and what it points to. False if the guest left too little room for it.
Outcome<bool> store_result(const Call& call, std::span<u8> record, const os::SocketAddress& address, bool stream) {
  TRY(const std::span<u8> target, call.bytes(load_le<u32>(record.data() + 12), kSocketAddressSize));
  // The length is what the guest says it has; the Rust library says 14 and skips IPv6.
  TRY(const std::span<u8> data, call.bytes(load_le<u32>(target.data() + 8), load_le<u32>(target.data() + 4)));
  const u32 size = address.ip.is_v6 ? kDataSizeV6 : kDataSizeV4;
  if (data.size() < size) return false;
  std::fill_n(data.begin(), size, u8{0});
  store_be<u16>(data.data(), address.port);
  std::copy_n(address.ip.bytes.begin(), address.ip.is_v6 ? 16 : 4, data.begin() + 2);
  target[0] = address.ip.is_v6 ? kFamilyV6 : kFamilyV4;
  store_le<u32>(target.data() + 4, size);
  store_le<u16>(record.data(), u16{0});
  record[2] = target[0];
  record[3] = stream ? kStream : kDatagram;
  record[4] = stream ? kProtocolTcp : kProtocolUdp;
  store_le<u32>(record.data() + 8, size + 2);
  store_le<u32>(record.data() + 20, 0);  // no canonical name
  return true;
}

Errno lookup_error(os::SysError error) {
  switch (error) {
    case os::SysError::Access: return Errno::Acces;
    case os::SysError::NotFound: return Errno::Ainoname;
    case os::SysError::Again: return Errno::Aiagain;
    default: return Errno::Aifail;
  }
}

// The options by WasmEdge's numbers. Type is no option of ours, and binding to a device is refused.
constexpr u32 kOptionType = 1, kOptionDevice = 14;
constexpr os::SocketOption kOptions[] = {
    os::SocketOption::ReuseAddress,    os::SocketOption::Error,  // the second place is kOptionType
    os::SocketOption::Error,           os::SocketOption::DontRoute,     os::SocketOption::Broadcast,
    os::SocketOption::SendBuffer,      os::SocketOption::ReceiveBuffer, os::SocketOption::KeepAlive,
    os::SocketOption::OutOfBandInline, os::SocketOption::Linger,        os::SocketOption::ReceiveLowWater,
    os::SocketOption::ReceiveTimeout,  os::SocketOption::SendTimeout,   os::SocketOption::Accepting,
};

constexpr i64 kMicrosecondsPerSecond = 1'000'000;
constexpr i64 kMaxSeconds = 1'000'000'000;  // longer timeouts are this long: 31 years

// How many bytes a value takes: an i32; Linger two (on, seconds); a timeout two i64 (seconds, microseconds).
u32 size_of(os::SocketOption option) {
  if (option == os::SocketOption::Linger) return 8;
  return option == os::SocketOption::ReceiveTimeout || option == os::SocketOption::SendTimeout ? 16 : 4;
}

Outcome<os::SocketOption> to_option(u32 level, u32 name) {
  if (level != 0 || name > kOptionDevice) return fail(Errno::Inval);
  if (name == kOptionDevice) return fail(Errno::Acces);
  return kOptions[name];
}

void store_value(u8* p, os::SocketOption option, i64 value) {
  switch (option) {
    case os::SocketOption::Linger:
      store_le<u32>(p, value >= 0 ? 1 : 0);
      store_le<u32>(p + 4, static_cast<u32>(std::max<i64>(value, 0)));
      return;
    case os::SocketOption::ReceiveTimeout:
    case os::SocketOption::SendTimeout:
      store_le<i64>(p, value / kMicrosecondsPerSecond);
      store_le<i64>(p + 8, value % kMicrosecondsPerSecond);
      return;
    case os::SocketOption::Error:
      store_le<u32>(p, value < 0 ? 0 : static_cast<u32>(to_errno(static_cast<os::SysError>(value))));
      return;
    default: store_le<u32>(p, static_cast<u32>(value));
  }
}

Outcome<i64> load_value(const u8* p, os::SocketOption option) {
  switch (option) {
    case os::SocketOption::Linger: return load_le<u32>(p) != 0 ? i64{load_le<u32>(p + 4) & 0x7fffffff} : -1;
    case os::SocketOption::ReceiveTimeout:
    case os::SocketOption::SendTimeout: {
      const i64 seconds = load_le<i64>(p);
      const i64 rest = load_le<i64>(p + 8);
      if (seconds < 0 || rest < 0 || rest >= kMicrosecondsPerSecond) return fail(Errno::Inval);
      return std::min(seconds, kMaxSeconds) * kMicrosecondsPerSecond + rest;
    }
    default: return i64{load_le<i32>(p)};
  }
}

}  // namespace

Outcome<void> sock_open(Call& call) {
  const u32 family = call.arg(0) & 0xff;
  const u32 type = call.arg(1) & 0xff;
  if (family != kFamilyV4 && family != kFamilyV6) return fail(Errno::Afnosupport);
  if (type != kDatagram && type != kStream) return fail(Errno::Protonosupport);
  return open_socket(call, family == kFamilyV6, type == kStream ? os::SocketType::Stream : os::SocketType::Datagram, 2);
}

Outcome<void> sock_connect(Call& call) {
  TRY(host::Descriptor * socket, call.socket(0, 0));
  TRY(const os::SocketAddress to, load_address(call, 1, call.arg(2)));
  TRY_VOID(call.host().connect(*socket, to));
  return {};
}

Outcome<void> sock_bind(Call& call) {
  TRY(host::Descriptor * socket, call.socket(0, 0));
  TRY(const os::SocketAddress to, load_address(call, 1, call.arg(2)));
  TRY_VOID(call.host().bind(*socket, to));
  return {};
}

// Only what was inherited can listen.
Outcome<void> sock_accept(Call& call) { return accept_connection(call, 0, 1); }

Outcome<void> sock_recv_from(Call& call) {
  TRY(host::Descriptor * socket, call.socket(0, rights::kFdRead));
  Buffers<u8> buffers;
  TRY_VOID(call.buffers(1, buffers));
  TRY(const std::span<u8> from, address_bytes(call, call.arg(3)));
  TRY(const os::ReceiveOptions options, receive_options(call.arg(4)));
  TRY_VOID(call.bytes(call.arg(5), 2));
  TRY_VOID(call.bytes(call.arg(6), 4));
  TRY_VOID(call.bytes(call.arg(7), 2));
  TRY(os::Received received, call.host().receive(*socket, buffers.get(), options));
  if (!received.from) {  // a stream: the other end
    const auto end = os::remote_address(socket->handle);
    received.from = end ? *end : os::SocketAddress();
  }
  TRY_VOID(store_address(from, received.from->ip));
  TRY_VOID(call.store(call.arg(5), received.from->port));
  TRY_VOID(call.store(call.arg(6), static_cast<u32>(received.size)));
  return call.store(call.arg(7), received.truncated ? kTruncated : u16{0});
}

Outcome<void> sock_send_to(Call& call) {
  TRY(host::Descriptor * socket, call.socket(0, rights::kFdWrite));
  Buffers<const u8> buffers;
  TRY_VOID(call.buffers(1, buffers));
  TRY(const os::SocketAddress to, load_address(call, 3, call.arg(4)));
  if (call.arg(5) != 0) return fail(Errno::Inval);  // no flags are defined
  TRY_VOID(call.bytes(call.arg(6), 4));
  TRY(const size_t count, call.host().send(*socket, buffers.get(), to));
  return call.store(call.arg(6), static_cast<u32>(count));
}

// The guest hands over a list of records to fill, as long as argument 6 says; no more of it is looked at than there are
// answers.
Outcome<void> sock_getaddrinfo(Call& call) {
  TRY(const std::string_view host, text(call, 0, kMaxHost));
  TRY(const std::string_view service, text(call, 2, kMaxService));
  TRY(const Hints hints, load_hints(call, 4));
  TRY(const std::span<u8> first, call.bytes(call.arg(5), 4));
  TRY_VOID(call.bytes(call.arg(7), 4));
  const auto port = host::port_of_service(service);
  if (!port) return fail(Errno::Aiservice);
  if (hints.numeric_host && !host::is_numeric(host)) return fail(Errno::Ainoname);
  const auto addresses = call.host().resolve(host, hints.family);
  if (!addresses) return fail(lookup_error(addresses.error()));

  const u32 room = call.arg(6);
  u32 record_at = load_le<u32>(first.data());
  u32 count = 0;
  const auto add = [&](const os::IpAddress& ip, bool stream) -> Outcome<void> {
    if (count == room) return {};
    TRY(const std::span<u8> record, call.bytes(record_at, kAddressInfoSize));
    TRY(const bool stored, store_result(call, record, {ip, *port}, stream));
    if (!stored) return {};
    record_at = load_le<u32>(record.data() + 24);
    ++count;
    return {};
  };
  for (const os::IpAddress& ip : *addresses) {
    if (hints.streams) TRY_VOID(add(ip, true));
    if (hints.datagrams) TRY_VOID(add(ip, false));
  }
  return call.store(call.arg(7), count);
}

// The last argument points to the size of the room (Rust) or is that size itself (Go): no pointer is that small, since
// the first kilobyte of a memory is unused or the far end of the stack.
Outcome<void> sock_getsockopt(Call& call) {
  constexpr u32 kLargestSize = 16;
  TRY(host::Descriptor * socket, call.socket(0, 0));
  const bool is_size = call.arg(4) <= kLargestSize;
  u32 room = call.arg(4);
  if (!is_size) {
    TRY(const std::span<u8> size, call.bytes(call.arg(4), 4));
    room = load_le<u32>(size.data());
  }
  TRY(const std::span<u8> place, call.bytes(call.arg(3), room));
  TRY(const os::SocketOption option, to_option(call.arg(1), call.arg(2)));
  const bool is_type = call.arg(2) == kOptionType;
  const u32 size = is_type ? 4 : size_of(option);
  if (room < size) return fail(Errno::Inval);
  if (is_type) {
    store_le<u32>(place.data(), socket->type == os::FileType::SocketStream ? kStream : kDatagram);
  } else {
    TRY(const i64 value, os::get_option(socket->handle, option));
    store_value(place.data(), option, value);
  }
  if (is_size) return {};
  return call.store(call.arg(4), size);
}

Outcome<void> sock_setsockopt(Call& call) {
  TRY(host::Descriptor * socket, call.socket(0, 0));
  TRY(const std::span<u8> place, call.bytes(call.arg(3), call.arg(4)));
  TRY(const os::SocketOption option, to_option(call.arg(1), call.arg(2)));
  if (call.arg(2) == kOptionType) return fail(Errno::Noprotoopt);
  if (place.size() < size_of(option)) return fail(Errno::Inval);
  TRY(const i64 value, load_value(place.data(), option));
  TRY_VOID(os::set_option(socket->handle, option, value));
  return {};
}

Outcome<void> sock_getlocaladdr(Call& call) { return store_end<os::local_address>(call, false); }
Outcome<void> sock_getpeeraddr(Call& call) { return store_end<os::remote_address>(call, false); }
Outcome<void> sock_getlocaladdr_any(Call& call) { return store_end<os::local_address>(call, true); }
Outcome<void> sock_getpeeraddr_any(Call& call) { return store_end<os::remote_address>(call, true); }

}  // namespace hermit::wasi1::wasmedge

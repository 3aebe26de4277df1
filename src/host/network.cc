// Sockets as descriptors. Every address that leaves the guest passes the gate here, and nowhere else: connect, send to
// an address, resolve, join a group. What was connected stays connected, so plain reads and writes ask no more; only
// datagrams are looked at one by one, because anybody may send them.
#include "base/decimal.h"
#include "host/host.h"

#include <algorithm>
#include <cstdio>

namespace hermit::host {
namespace {

bool is_socket(const Descriptor& file) {
  return file.type == os::FileType::SocketStream || file.type == os::FileType::SocketDatagram;
}

// What a stranger sent does not stay in the guest's memory.
void erase(os::ReadBuffers buffers, size_t size) {
  for (const std::span<u8> buffer : buffers) {
    const size_t count = std::min(size, buffer.size());
    std::ranges::fill(buffer.first(count), u8{0});
    size -= count;
  }
}

// As an entry of NET has it: "192.0.2.1:80", "[2001:db8::1]:80".
std::string to_text(const SocketAddress& to) {
  std::string text;
  if (to.ip.is_v6) {
    for (size_t i = 0; i < 16; i += 2) {
      char group[8];
      std::snprintf(group, sizeof group, "%s%x", i == 0 ? "[" : ":", to.ip.bytes[i] << 8 | to.ip.bytes[i + 1]);
      text += group;
    }
    text += "]";
  } else {
    for (size_t i = 0; i < 4; ++i) text += (i == 0 ? "" : ".") + decimal(to.ip.bytes[i]);
  }
  text += ":" + decimal(to.port);
  const auto entry = grants::parse_net(text);  // the canonical form
  return entry ? grants::to_text(*entry) : text;
}

}  // namespace

void Host::deny_network(std::string_view operation, std::string_view target) const {
  if (!config_.trace) return;
  config_.trace.deny(std::string(operation) + " " + std::string(target), "no entry of NET covers it",
                     Trace::directive("NET", target));
}

SysResult<std::vector<IpAddress>> Host::resolve(std::string_view host, os::AddressFamily family) {
  TRY(const grants::Net name, gate_.may_resolve(host).or_else([&](SysError error) -> SysResult<grants::Net> {
    deny_network("resolve", host);
    return os::fail(error);
  }));
  const auto wanted = [family](const IpAddress& address) {
    return family == os::AddressFamily::Any || (family == os::AddressFamily::V6) == address.is_v6;
  };
  std::vector<IpAddress> answers;
  const auto answer = [&](const IpAddress& address) {
    if (wanted(address)) answers.push_back(address);
  };
  if (name.kind != grants::Net::Kind::Name) {
    answer({.is_v6 = name.kind == grants::Net::Kind::IPv6, .bytes = name.address});
  } else if (name.host == "localhost") {
    answer({.is_v6 = false, .bytes = {127, 0, 0, 1}});
    answer({.is_v6 = true, .bytes = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}});
  } else {
    TRY(const std::vector<IpAddress> all, os::resolve(name.host, family));
    answers = gate_.admit(name, all);
    if (answers.empty()) return os::fail(SysError::Access);
  }
  if (answers.empty()) return os::fail(SysError::NotFound);
  return answers;
}

SysResult<Descriptor> Host::open_socket(bool ipv6, os::SocketType type) {
  if (!gate_.is_open()) return os::fail(SysError::Access);
  Descriptor socket;
  TRY(socket.handle, os::open_socket(ipv6, type));
  socket.type = type == os::SocketType::Stream ? os::FileType::SocketStream : os::FileType::SocketDatagram;
  socket.readable = true;
  socket.writable = true;
  socket.is_own_socket = true;
  return socket;
}

SysResult<void> Host::connect(Descriptor& socket, const SocketAddress& to) {
  if (!is_socket(socket)) return os::fail(SysError::NotSocket);
  if (!gate_.may_connect(to)) {
    deny_network("connect to", to_text(to));
    return os::fail(SysError::Access);
  }
  return os::connect(socket.handle, to);
}

SysResult<void> Host::bind(Descriptor& socket, const SocketAddress& to) {
  if (!is_socket(socket)) return os::fail(SysError::NotSocket);
  const bool outbound = socket.is_own_socket && socket.type == os::FileType::SocketDatagram && to.port == 0;
  if (!gate_.is_open() || !outbound) {
    config_.trace.deny("bind to " + to_text(to), "NET is for outgoing connections", "");
    return os::fail(SysError::Access);
  }
  return os::bind(socket.handle, to);
}

SysResult<void> Host::set_membership(Descriptor& socket, const IpAddress& group, u32 interface_number, bool join) {
  if (!is_socket(socket)) return os::fail(SysError::NotSocket);
  if (!gate_.has_entry_for(group)) return os::fail(SysError::Access);
  return os::set_membership(socket.handle, group, interface_number, join);
}

SysResult<size_t> Host::send(Descriptor& socket, os::WriteBuffers buffers, const std::optional<SocketAddress>& to) {
  if (!is_socket(socket)) return os::fail(SysError::NotSocket);
  if (to && !gate_.may_connect(*to)) {
    deny_network("send to", to_text(*to));
    return os::fail(SysError::Access);
  }
  return os::send(socket.handle, buffers, {.signal = !socket.is_own_socket, .to = to});
}

SysResult<os::Received> Host::receive(Descriptor& socket, os::ReadBuffers buffers, os::ReceiveOptions options) {
  if (!is_socket(socket)) return os::fail(SysError::NotSocket);
  const bool is_checked = socket.is_own_socket && socket.type == os::FileType::SocketDatagram;
  while (true) {
    TRY(const os::Received received, os::receive(socket.handle, buffers, options));
    // Nothing from nobody is the end of the input, after a shutdown.
    if (!is_checked || (!received.from && received.size == 0)) return received;
    if (received.from && gate_.may_connect(*received.from)) return received;
    erase(buffers, received.size);
    if (options.peek) (void)os::receive(socket.handle, {}, {});
  }
}

}  // namespace hermit::host

// The gate compares whole things only: names label by label from the dot in front of the suffix ("*.github.com" is not
// the suffix "github.com", which evilgithub.com has too), addresses as bytes, never as text.
//
// DNS rebinding: whoever owns a name chooses its addresses, so an answer may point at this machine or into this
// network. Loopback and link-local answers are dropped for every name, private ones for wildcards, where the owner of
// the zone makes up names at will. `localhost` is answered here and asks nobody (RFC 6761).
#include "host/network_gate.h"

#include <algorithm>

namespace hermit::host {
namespace {

constexpr IpAddress kLoopbackV4 = {.is_v6 = false, .bytes = {127, 0, 0, 1}};
constexpr IpAddress kLoopbackV6 = {.is_v6 = true, .bytes = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}};

bool starts_with(const IpAddress& address, std::initializer_list<u8> prefix) {
  return std::equal(prefix.begin(), prefix.end(), address.bytes.begin());
}

IpAddress embedded_v4(const IpAddress& address, size_t offset) {
  IpAddress inner;
  std::copy_n(address.bytes.begin() + static_cast<ptrdiff_t>(offset), 4, inner.bytes.begin());
  return inner;
}

// RFC 6890 and the IANA registries it begins.
AddressKind kind_of_v4(const IpAddress& address) {
  const u8 a = address.bytes[0];
  const u8 b = address.bytes[1];
  if (a == 0 || a == 127 || a >= 224 || (a == 169 && b == 254)) return AddressKind::Unreachable;
  const bool is_private =
      a == 10 || (a == 172 && b >= 16 && b < 32) || (a == 192 && b == 168) || (a == 100 && b >= 64 && b < 128);
  return is_private ? AddressKind::Private : AddressKind::Public;
}

IpAddress address_of(const grants::Net& net) {
  return {.is_v6 = net.kind == grants::Net::Kind::IPv6, .bytes = net.address};
}

bool is_address(const grants::Net& net) {
  return net.kind == grants::Net::Kind::IPv4 || net.kind == grants::Net::Kind::IPv6;
}

bool is_localhost(const grants::Net& net) { return net.kind == grants::Net::Kind::Name && net.host == "localhost"; }

// Whether an entry that is no address covers a name.
bool covers(const grants::Net& entry, const grants::Net& name) {
  if (entry.kind == grants::Net::Kind::Name) return entry.host == name.host;
  if (entry.kind != grants::Net::Kind::Wildcard) return false;
  // At least one label and its dot stand before the suffix.
  const size_t before = name.host.size() - std::min(name.host.size(), entry.host.size());
  return before >= 2 && name.host[before - 1] == '.' && name.host.ends_with(entry.host);
}

// Whether an entry that covers a name grants an address of this kind as its answer.
bool grants_answer(const grants::Net& entry, const grants::Net& name, AddressKind kind) {
  const bool is_wildcard = entry.kind == grants::Net::Kind::Wildcard;
  if (kind == AddressKind::Unreachable || (kind == AddressKind::Private && is_wildcard)) return false;
  return covers(entry, name);
}

bool port_passes(u16 granted, u16 port) { return granted == 0 || granted == port; }

}  // namespace

IpAddress unmapped(const IpAddress& address) {
  if (!address.is_v6 || !starts_with(address, {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff})) return address;
  return embedded_v4(address, 12);
}

bool is_numeric(std::string_view host) {
  const auto net = grants::parse_net_host(host);
  return net && is_address(*net);
}

AddressKind kind_of(const IpAddress& address) {
  const IpAddress plain = unmapped(address);
  if (!plain.is_v6) return kind_of_v4(plain);
  if (starts_with(plain, {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0})) {
    // ::, ::1 and the compatible addresses that nobody uses any more.
    return AddressKind::Unreachable;
  }
  if (starts_with(plain, {0, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0})) return kind_of_v4(embedded_v4(plain, 12));
  if (starts_with(plain, {0x20, 0x02})) return kind_of_v4(embedded_v4(plain, 2));
  const u8 a = plain.bytes[0];
  const u8 b = plain.bytes[1];
  if (a == 0xff || (a == 0xfe && (b & 0xc0) == 0x80)) return AddressKind::Unreachable;
  if ((a & 0xfe) == 0xfc || (a == 0xfe && (b & 0xc0) == 0xc0)) return AddressKind::Private;
  return AddressKind::Public;
}

SysResult<grants::Net> NetworkGate::may_resolve(std::string_view host) const {
  const auto asked = grants::parse_net_host(host);
  if (!asked) return os::fail(SysError::Access);
  if (is_address(*asked)) {
    const IpAddress address = address_of(*asked);
    const bool known = has_entry_for(address) || std::ranges::find(learnt_, address, &Learnt::address) != learnt_.end();
    if (!known) return os::fail(SysError::Access);
    return *asked;
  }
  if (std::ranges::none_of(entries_, [&](const auto& entry) { return covers(entry, *asked); }))
    return os::fail(SysError::Access);
  return *asked;
}

std::vector<IpAddress> NetworkGate::admit(const grants::Net& name, std::span<const IpAddress> answers) {
  std::vector<IpAddress> result;
  for (const IpAddress& answer : answers) {
    const IpAddress address = unmapped(answer);
    const AddressKind kind = kind_of(address);
    if (std::ranges::any_of(entries_, [&](const auto& entry) { return grants_answer(entry, name, kind); })) {
      learn({address, name});
    } else if (!has_entry_for(address)) {
      continue;
    }
    result.push_back(answer);
  }
  return result;
}

void NetworkGate::learn(Learnt grant) {
  if (std::ranges::find(learnt_, grant) != learnt_.end()) return;
  if (learnt_.size() < kMaxLearnt) {
    learnt_.push_back(std::move(grant));
    return;
  }
  learnt_[oldest_] = std::move(grant);
  oldest_ = (oldest_ + 1) % kMaxLearnt;
}

bool NetworkGate::may_connect(const SocketAddress& to) const {
  const IpAddress address = unmapped(to.ip);
  const bool is_loopback = address == kLoopbackV4 || address == kLoopbackV6;
  for (const grants::Net& entry : entries_) {
    const bool same = is_address(entry) ? address_of(entry) == address : is_loopback && is_localhost(entry);
    if (same && port_passes(entry.port, to.port)) return true;
  }
  const AddressKind kind = kind_of(address);
  for (const Learnt& known : learnt_) {
    if (known.address != address) continue;
    for (const grants::Net& entry : entries_) {
      if (port_passes(entry.port, to.port) && grants_answer(entry, known.name, kind)) return true;
    }
  }
  return false;
}

bool NetworkGate::has_entry_for(const IpAddress& ip) const {
  const IpAddress address = unmapped(ip);
  const bool is_loopback = address == kLoopbackV4 || address == kLoopbackV6;
  return std::ranges::any_of(entries_, [&](const grants::Net& entry) {
    return is_address(entry) ? address_of(entry) == address : is_loopback && is_localhost(entry);
  });
}

}  // namespace hermit::host

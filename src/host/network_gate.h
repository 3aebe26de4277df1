// Which names a guest may ask for and which addresses it may reach: the one decision below every socket interface.
//
// The entries of NET are the grants (docs/hermitfile.md). An address passes if it has an entry of its own, or because a
// permitted name was resolved to it before. Entries do not tell TCP from UDP. Nothing here asks the system.
#pragma once

#include <string_view>
#include <vector>

#include "grants/grants.h"
#include "os/resolve.h"
#include "os/socket.h"

namespace hermit::host {

using os::IpAddress;
using os::SocketAddress;
using os::SysError;
using os::SysResult;

// What kind of network an address belongs to, for answers that a name server should not give. Addresses that hold an
// IPv4 address (mapped, compatible, NAT64, 6to4) are of that one's kind.
enum class AddressKind : u8 {
  Public,
  Private,  // 10/8, 172.16/12, 192.168/16, 100.64/10, fc00::/7, fec0::/10
  Unreachable  // loopback, link-local, unspecified, multicast, reserved: never a host of the net
};
AddressKind kind_of(const IpAddress& address);

// Whether a host is an address and not a name.
bool is_numeric(std::string_view host);

// IPv4-mapped IPv6 addresses as IPv4, everything else as it is.
IpAddress unmapped(const IpAddress& address);

class NetworkGate {
 public:
  NetworkGate() = default;
  explicit NetworkGate(std::vector<grants::Net> entries) : entries_(std::move(entries)) {}

  // Whether there is any entry: without one every call of the guest is refused.
  [[nodiscard]] bool is_open() const { return !entries_.empty(); }

  // What `host`, as the guest wrote it, stands for: an address with an entry or a grant, or a name that an entry
  // covers, in normal form. Access otherwise, without a word to any name server.
  [[nodiscard]] SysResult<grants::Net> may_resolve(std::string_view host) const;

  // The answers to a permitted name that the guest may see, in their order. Each becomes reachable on the ports of the
  // entries that cover the name. Dropped are unreachable kinds, and private ones if only a wildcard covers the name,
  // unless the address has an entry of its own (then that entry alone says on which ports it is reached). Requires:
  // `name` came from may_resolve.
  std::vector<IpAddress> admit(const grants::Net& name, std::span<const IpAddress> answers);

  // Connecting, and sending a datagram; and receiving one from there.
  [[nodiscard]] bool may_connect(const SocketAddress& to) const;

  // Joining a multicast group needs an entry for its address.
  [[nodiscard]] bool has_entry_for(const IpAddress& address) const;

  // Addresses learnt from names, the oldest are forgotten beyond this: the guest asks again.
  static constexpr size_t kMaxLearnt = 1024;

 private:
  struct Learnt {
    IpAddress address;
    grants::Net name;
    bool operator==(const Learnt&) const = default;
  };
  void learn(Learnt grant);

  std::vector<grants::Net> entries_;
  std::vector<Learnt> learnt_;
  size_t oldest_ = 0;
};

}  // namespace hermit::host

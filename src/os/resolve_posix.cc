// getaddrinfo. On Linux it is musl's, inside the launcher: it reads /etc/hosts and /etc/resolv.conf and asks the name
// servers over UDP, long answers over TCP. On macOS it asks the system's resolver process. Services are never looked up
// here (host/services.h), so /etc/services is not needed.
//
// System calls on Linux (for a filter): openat, read, fstat, close on the two files; socket, bind, connect,
// getsockname, setsockopt, sendto, sendmsg, recvfrom, recvmsg, poll, clock_gettime, close.
#include "os/resolve.h"

#include <algorithm>
#include <memory>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "os/posix.h"
#include "os/socket_options.h"

namespace hermit::os {
namespace {

std::unexpected<SysError> fail_lookup(int code) {
  switch (code) {
    case EAI_AGAIN: return fail(SysError::Again);
    case EAI_MEMORY: return fail(SysError::OutOfMemory);
    case EAI_SYSTEM: return errno == EACCES || errno == EPERM ? last_error() : fail(SysError::Again);
    case EAI_FAIL: return fail(SysError::Io);
    default: return fail(SysError::NotFound);
  }
}

}  // namespace

SysResult<std::vector<IpAddress>> resolve(const std::string& name, AddressFamily family) {
  addrinfo hints = {};
  hints.ai_family = family == AddressFamily::V4 ? AF_INET : family == AddressFamily::V6 ? AF_INET6 : AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;  // else every address comes once for each type
  addrinfo* list = nullptr;
  if (const int code = ::getaddrinfo(name.c_str(), nullptr, &hints, &list); code != 0) return fail_lookup(code);
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owner(list, ::freeaddrinfo);
  std::vector<IpAddress> result;
  for (const addrinfo* item = list; item != nullptr && result.size() < kMaxAddresses; item = item->ai_next) {
    sockaddr_storage storage = {};
    std::memcpy(&storage, item->ai_addr, std::min<size_t>(item->ai_addrlen, sizeof storage));
    const auto address = to_address(storage, item->ai_addrlen);
    if (address && std::ranges::find(result, address->ip) == result.end()) result.push_back(address->ip);
  }
  if (result.empty()) return fail(SysError::NotFound);
  return result;
}

}  // namespace hermit::os

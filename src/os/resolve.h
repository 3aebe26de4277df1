// Names of hosts to addresses, as the system does it: hosts file, name servers, and whatever else it is set up to ask.
#pragma once

#include <string>
#include <vector>

#include "os/socket.h"

namespace hermit::os {

enum class AddressFamily : u8 { Any, V4, V6 };

// At most this many addresses of one name are used.
inline constexpr size_t kMaxAddresses = 64;

// The addresses of `name` without duplicates, in the order in which the system would try them. Asks the network: the
// caller has checked that the name may be asked for. May take seconds. NotFound if there is no such name or it has no
// address of the family, Again if nobody answers.
// Requires: letters, digits, '-', '_' and '.' only.
SysResult<std::vector<IpAddress>> resolve(const std::string& name, AddressFamily family);

}  // namespace hermit::os

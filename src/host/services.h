// Names of services to port numbers, the same on every system and without a file to read.
#pragma once

#include <optional>
#include <string_view>

#include "base/types.h"

namespace hermit::host {

// A decimal number up to 65535 or a well-known name ("http"); empty is 0.
std::optional<u16> port_of_service(std::string_view service);

}  // namespace hermit::host

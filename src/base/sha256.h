// SHA-256 (FIPS 180-4): content hashes of launchers, modules and Mach-O pages.
#pragma once

#include <array>
#include <string>

#include "base/bytes.h"

namespace hermit {

using Sha256Digest = std::array<u8, 32>;

// The digest of `bytes`.
Sha256Digest sha256(ByteView bytes);

// Lower-case hexadecimal digits, two a byte.
std::string to_hex(ByteView bytes);

}  // namespace hermit

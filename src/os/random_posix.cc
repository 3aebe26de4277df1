// getentropy, in the 256-byte pieces it allows.
#include "os/random.h"

#include <algorithm>
#include <sys/random.h>
#include <unistd.h>

#include "os/posix.h"

namespace hermit::os {

SysResult<void> fill_random(std::span<u8> bytes) {
  while (!bytes.empty()) {
    const size_t piece = std::min<size_t>(bytes.size(), 256);
    if (retry([&] { return ::getentropy(bytes.data(), piece); }) == -1) return last_error();
    bytes = bytes.subspan(piece);
  }
  return {};
}

}  // namespace hermit::os

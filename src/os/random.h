// Random bytes from the system's cryptographic generator.
#pragma once

#include <span>

#include "os/sys_error.h"

namespace hermit::os {

// Fills all of `bytes`, however long. Waits until the generator has been seeded.
SysResult<void> fill_random(std::span<u8> bytes);

}  // namespace hermit::os

// A moment at which the process ends, whatever it is doing.
#pragma once

#include <string_view>

#include "base/types.h"

namespace hermit::os {

// After `milliseconds` of wall-clock time writes `message` to standard error and ends the process with `exit_code`,
// also out of a loop that never leaves the guest and out of a system call that blocks. Call it at most once. Nothing is
// started before: a program without a deadline pays nothing. False if the system refused.
[[nodiscard]] bool end_process_after(u64 milliseconds, std::string_view message, int exit_code);

}  // namespace hermit::os

// The two halves of confine() on Linux.
#pragma once

#include <linux/filter.h>
#include <vector>

#include "base/types.h"
#include "os/confine.h"

namespace hermit::os {

// Landlock. False if the kernel has none, or one too old (ABI 1 refuses every rename between directories).
bool confine_files(const Confinement& confinement);

// seccomp. False if the kernel takes no filters.
bool confine_calls(const Confinement& confinement);

// The processor whose call numbers a filter is for. Both can be built anywhere, so both are tested anywhere.
enum class CallAbi : u8 { X86_64, AArch64 };

// The filter itself. `process` is this process's id: signals go nowhere else.
std::vector<sock_filter> call_filter(CallAbi abi, const Confinement& confinement, u32 process);

}  // namespace hermit::os

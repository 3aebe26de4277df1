// What an x86-64 processor can do.
#pragma once

#if defined(__x86_64__)
#include "base/types.h"

namespace hermit {

// ECX of CPUID leaf 1, which every such processor has. Asked once in a process: in a virtual machine CPUID is left to
// its host, which takes ten to twenty microseconds, a fiftieth of a start.
u32 cpu_features_x86();
inline constexpr u32 kCpuPclmul = 1u << 1, kCpuSsse3 = 1u << 9, kCpuSse41 = 1u << 19, kCpuSse42 = 1u << 20,
                     kCpuPopcnt = 1u << 23;

}  // namespace hermit
#endif

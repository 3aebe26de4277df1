// What an x86-64 processor can do beyond the instructions that each has.
//
// Found out by executing some: CPUID would tell, but in a virtual machine it is left to the host, which takes 4 to 17
// microseconds, up to a tenth of what a start takes here.
#pragma once

#if defined(__x86_64__)
#include "base/types.h"

namespace hermit {

// Requires of both: an illegal instruction that is_tried() knows continues at after_tried(), with 0 as the function's
// result (os/trap.h: handle_faults).
// x86-64-v2, as far as compiled code uses it: SSSE3, SSE4.1, SSE4.2, POPCNT.
bool can_execute_v2();
// AVX, and a system that keeps its registers.
bool can_execute_avx();

bool is_tried(const u8* instruction);
const u8* after_tried();

}  // namespace hermit
#endif

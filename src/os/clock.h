// Clocks, and giving up the processor.
#pragma once

#include "os/sys_error.h"

namespace hermit::os {

enum class Clock : u8 { RealTime, Monotonic, ProcessCpu, ThreadCpu };

// Nanoseconds since 1970 (RealTime, 0 before it), since some start (Monotonic), or used by the process or thread.
// NotSupported where the system has no such clock.
SysResult<u64> clock_time(Clock clock);
// The smallest step of the clock in nanoseconds, at least 1.
SysResult<u64> clock_resolution(Clock clock);

void yield_processor();

}  // namespace hermit::os

// Clocks on POSIX systems.
#include "os/clock.h"

#include <sched.h>
#include <time.h>

#include "os/posix.h"

namespace hermit::os {
namespace {

constexpr u64 kNanosecondsPerSecond = 1'000'000'000;

clockid_t to_posix(Clock clock) {
  switch (clock) {
    case Clock::RealTime: return CLOCK_REALTIME;
    case Clock::Monotonic: return CLOCK_MONOTONIC;
    case Clock::ProcessCpu: return CLOCK_PROCESS_CPUTIME_ID;
    case Clock::ThreadCpu: return CLOCK_THREAD_CPUTIME_ID;
  }
  return CLOCK_REALTIME;
}

u64 nanoseconds(const timespec& time) {
  if (time.tv_sec < 0) return 0;
  return static_cast<u64>(time.tv_sec) * kNanosecondsPerSecond + static_cast<u64>(time.tv_nsec);
}

}  // namespace

SysResult<u64> clock_time(Clock clock) {
  timespec now;
  if (::clock_gettime(to_posix(clock), &now) == -1) return last_error();
  return nanoseconds(now);
}

SysResult<u64> clock_resolution(Clock clock) {
  timespec step;
  if (::clock_getres(to_posix(clock), &step) == -1) return last_error();
  const u64 result = nanoseconds(step);
  return result == 0 ? 1 : result;
}

void yield_processor() { (void)::sched_yield(); }

}  // namespace hermit::os

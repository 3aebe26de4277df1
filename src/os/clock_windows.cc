// Clocks on Windows. Its own unit is 100 ns; processor time advances with the system's tick, usually 15.6 ms.
#include "os/clock.h"

#include "os/status_windows.h"

namespace hermit::os {
namespace {

constexpr u64 kNanosecondsPerSecond = 1'000'000'000;

u64 ticks_of(const FILETIME& time) { return (u64{time.dwHighDateTime} << 32) | time.dwLowDateTime; }

u64 frequency() {
  LARGE_INTEGER value;
  QueryPerformanceFrequency(&value);
  return static_cast<u64>(value.QuadPart);
}

u64 monotonic() {
  LARGE_INTEGER value;
  QueryPerformanceCounter(&value);
  const auto count = static_cast<u64>(value.QuadPart);
  const u64 rate = frequency();
  return count / rate * kNanosecondsPerSecond + count % rate * kNanosecondsPerSecond / rate;
}

}  // namespace

SysResult<u64> clock_time(Clock clock) {
  FILETIME created;
  FILETIME exited;
  FILETIME kernel;
  FILETIME user;
  switch (clock) {
    case Clock::RealTime: {
      const TimeStamp time = to_time_stamp(windows_now());
      return time.seconds < 0 ? 0 : static_cast<u64>(time.seconds) * kNanosecondsPerSecond + time.nanoseconds;
    }
    case Clock::Monotonic: return monotonic();
    case Clock::ProcessCpu:
      if (GetProcessTimes(GetCurrentProcess(), &created, &exited, &kernel, &user) == 0) return fail_last();
      return (ticks_of(kernel) + ticks_of(user)) * 100;
    case Clock::ThreadCpu:
      if (GetThreadTimes(GetCurrentThread(), &created, &exited, &kernel, &user) == 0) return fail_last();
      return (ticks_of(kernel) + ticks_of(user)) * 100;
  }
  return fail(SysError::Invalid);
}

SysResult<u64> clock_resolution(Clock clock) {
  switch (clock) {
    case Clock::RealTime: return 100;
    case Clock::Monotonic: {
      const u64 step = kNanosecondsPerSecond / frequency();
      return step == 0 ? 1 : step;
    }
    case Clock::ProcessCpu:
    case Clock::ThreadCpu: {
      DWORD adjustment = 0;
      DWORD increment = 0;
      BOOL disabled = FALSE;
      if (GetSystemTimeAdjustment(&adjustment, &increment, &disabled) == 0) return fail_last();
      return u64{increment} * 100;
    }
  }
  return fail(SysError::Invalid);
}

void yield_processor() { SwitchToThread(); }

}  // namespace hermit::os

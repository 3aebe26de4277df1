// Arguments, environment, clocks, randomness, signals: the functions of WASI preview 1 that need no descriptor.
#include "os/clock.h"
#include "os/random.h"
#include "os/signal.h"
#include "wasi1/call.h"

namespace hermit::wasi1 {
namespace {

// `count` and total size in bytes, each string with its NUL.
Outcome<void> store_sizes(const Call& call, const std::vector<std::string>& strings) {
  u64 size = 0;
  for (const std::string& text : strings) size += text.size() + 1;
  if (strings.size() > 0xffffffff || size > 0xffffffff) return fail(Errno::Overflow);
  TRY_VOID(call.store(call.arg(0), static_cast<u32>(strings.size())));
  return call.store(call.arg(1), static_cast<u32>(size));
}

// Pointers at the first argument, the strings themselves from the second on.
Outcome<void> store_strings(const Call& call, const std::vector<std::string>& strings) {
  u64 pointer = call.arg(0);
  u64 text_at = call.arg(1);
  for (const std::string& text : strings) {
    TRY_VOID(call.store(pointer, static_cast<u32>(text_at)));
    TRY(const std::span<u8> place, call.bytes(text_at, text.size() + 1));
    std::memcpy(place.data(), text.c_str(), place.size());
    pointer += 4;
    text_at += place.size();
  }
  return {};
}

Outcome<os::Clock> to_clock(u32 id) {
  switch (id) {
    case 0: return os::Clock::RealTime;
    case 1: return os::Clock::Monotonic;
    case 2: return os::Clock::ProcessCpu;
    case 3: return os::Clock::ThreadCpu;
    default: return fail(Errno::Inval);
  }
}

}  // namespace

Outcome<void> args_sizes_get(Call& call) { return store_sizes(call, call.host().args()); }
Outcome<void> args_get(Call& call) { return store_strings(call, call.host().args()); }
Outcome<void> environ_sizes_get(Call& call) { return store_sizes(call, call.host().environment()); }
Outcome<void> environ_get(Call& call) { return store_strings(call, call.host().environment()); }

Outcome<void> clock_res_get(Call& call) {
  TRY(const os::Clock clock, to_clock(call.arg(0)));
  TRY(const u64 resolution, os::clock_resolution(clock));
  return call.store(call.arg(1), resolution);
}

// The precision (argument 1) allows for a later answer than the exact one; ours is always exact.
Outcome<void> clock_time_get(Call& call) {
  TRY(const os::Clock clock, to_clock(call.arg(0)));
  TRY(const u64 time, os::clock_time(clock));
  return call.store(call.arg(2), time);
}

Outcome<void> random_get(Call& call) {
  TRY(const std::span<u8> buffer, call.bytes(call.arg(0), call.arg(1)));
  TRY_VOID(os::fill_random(buffer));
  return {};
}

Outcome<void> sched_yield(Call&) {
  os::yield_processor();
  return {};
}

Outcome<void> proc_raise(Call& call) {
  const u32 signal = call.arg(0);
  if (call.wasi().workers != nullptr && call.wasi().workers->self) return fail(Errno::Perm);  // it has no process
  if (signal > static_cast<u32>(os::Signal::Sys)) return fail(Errno::Inval);
  TRY_VOID(os::raise_signal(static_cast<os::Signal>(signal)));
  return {};
}

}  // namespace hermit::wasi1

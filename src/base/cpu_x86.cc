#include "base/cpu_x86.h"

#if defined(__x86_64__)
#include <atomic>
#include <cpuid.h>

#include "base/memory_functions.h"

namespace hermit {

u32 cpu_features_x86() {
  static std::atomic<u32> known = 0;  // a processor without any of them is asked each time
  u32 features = known.load(std::memory_order_relaxed);
  if (features != 0) return features;
  u32 a = 0, b = 0, d = 0;
  __cpuid(1, a, b, features, d);
  constexpr u32 kAvx = 1u << 28, kOsxsave = 1u << 27;
  if ((features & (kAvx | kOsxsave)) == (kAvx | kOsxsave)) {
    constexpr u32 kSseAndAvxState = 6;  // of XCR0: what the system keeps for a thread
    u32 low = 0, high = 0;
    asm("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    if ((low & kSseAndAvxState) == kSseAndAvxState) __atomic_store_n(&memory_functions_use_avx, true, __ATOMIC_RELAXED);
  }
  known.store(features, std::memory_order_relaxed);
  return features;
}

}  // namespace hermit

// In place of libdeflate's lib/x86/cpu_features.c (declared in its cpu_features.h), which executes CPUID three times
// before the first CRC. What that finds beyond this are variants for AVX and BMI2: nothing for the few kilobytes that a
// start checks.
extern "C" {
extern volatile hermit::u32 libdeflate_x86_cpu_features;
volatile hermit::u32 libdeflate_x86_cpu_features = 0;
void libdeflate_init_x86_cpu_features();
void libdeflate_init_x86_cpu_features() {
  constexpr hermit::u32 kSse2 = 1, kPclmul = 2, kKnown = 0x80000000;
  const bool has_pclmul = (hermit::cpu_features_x86() & hermit::kCpuPclmul) != 0;
  libdeflate_x86_cpu_features = kKnown | kSse2 | (has_pclmul ? kPclmul : 0);
}
}
#endif

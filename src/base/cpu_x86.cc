#include "base/cpu_x86.h"

#if defined(__x86_64__)

// What is tried lies between the first function and the label where a fault goes on. Labels of the assembler's own (the
// prefix says so) do not end a function for macOS's linker, which may move what lies between two others.
#if defined(__APPLE__)
#define HERMIT_LABEL "L"
#else
#define HERMIT_LABEL ".L"
#endif
extern "C" {
hermit::u32 hermit_try_v2() asm("hermit_try_v2");
hermit::u32 hermit_try_avx() asm(HERMIT_LABEL "hermit_try_avx");
void hermit_tried() asm(HERMIT_LABEL "hermit_tried");
}
asm(".text\n"
    "hermit_try_v2:\n"
    "pshufb %xmm0, %xmm0\n"  // SSSE3
    "pmaxsd %xmm0, %xmm0\n"  // SSE4.1
    "pcmpgtq %xmm0, %xmm0\n"  // SSE4.2
    "popcnt %eax, %eax\n"
    "movl $1, %eax\n"
    "ret\n" HERMIT_LABEL
    "hermit_try_avx:\n"
    "vpxor %xmm0, %xmm0, %xmm0\n"  // illegal where one of 256 bits is
    "movl $1, %eax\n" HERMIT_LABEL
    "hermit_tried:\n"
    "ret\n");

namespace hermit {

bool can_execute_v2() { return hermit_try_v2() != 0; }
bool can_execute_avx() { return hermit_try_avx() != 0; }

bool is_tried(const u8* instruction) {
  return instruction >= reinterpret_cast<const u8*>(&hermit_try_v2) &&
         instruction < reinterpret_cast<const u8*>(&hermit_tried);
}
const u8* after_tried() { return reinterpret_cast<const u8*>(&hermit_tried); }

}  // namespace hermit

// In place of libdeflate's lib/x86/cpu_features.c (declared in its cpu_features.h), which executes CPUID three times
// before the first CRC. Its variants for other instructions bring nothing to the few kilobytes that a start checks, and
// inflating takes far longer than a CRC of the same bytes.
extern "C" {
extern volatile hermit::u32 libdeflate_x86_cpu_features;
constexpr hermit::u32 kSse2 = 1, kKnown = 0x80000000;
volatile hermit::u32 libdeflate_x86_cpu_features = kKnown | kSse2;
void libdeflate_init_x86_cpu_features();
void libdeflate_init_x86_cpu_features() {}
}
#endif

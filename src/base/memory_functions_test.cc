#include "base/memory_functions.h"

#include <cstring>
#include <vector>

#include <gtest/gtest.h>

#include "base/types.h"

#if defined(__x86_64__)
#include <cpuid.h>
#endif

namespace hermit {
namespace {

// The functions as a program calls them: not what the compiler makes of a call whose size it knows.
void* (*volatile move_bytes)(void*, const void*, size_t) = std::memmove;
void* (*volatile copy_bytes)(void*, const void*, size_t) = std::memcpy;
void* (*volatile fill_bytes)(void*, int, size_t) = std::memset;

constexpr size_t kSizes[] = {0,   1,   2,   3,   4,   5,   7,   8,   9,   15,  16,  17,  24,  31,  32,   33,   47,  48,
                             63,  64,  65,  95,  96,  97,  127, 128, 129, 143, 144, 145, 159, 160, 161,  191,  192, 193,
                             223, 255, 256, 257, 287, 288, 289, 383, 384, 385, 511, 512, 513, 640, 1000, 4099, 9001};

std::vector<u8> numbered(size_t size) {
  std::vector<u8> bytes(size);
  for (size_t i = 0; i < size; ++i) bytes[i] = static_cast<u8>(i * 167 + i / 251);
  return bytes;
}

#if defined(__x86_64__)
// As Intel's manual asks for it (volume 1, 14.3): the processor has it, and the system keeps its registers.
bool has_avx() {
  constexpr u32 kAvxAndOsxsave = 1u << 28 | 1u << 27, kSseAndAvxState = 6;
  u32 a = 0, b = 0, c = 0, d = 0;
  __cpuid(1, a, b, c, d);
  if ((c & kAvxAndOsxsave) != kAvxAndOsxsave) return false;
  asm("xgetbv" : "=a"(a), "=d"(d) : "c"(0));
  return (a & kSseAndAvxState) == kSseAndAvxState;
}
#endif

// Runs `test` with 128-bit registers and, where they may be used, with 256-bit ones.
template <typename Test>
void with_each_register_size(Test test) {
#if defined(__x86_64__)
  const bool use_avx = memory_functions_use_avx;
  memory_functions_use_avx = false;
  test();
  memory_functions_use_avx = has_avx();
  if (memory_functions_use_avx) test();
  memory_functions_use_avx = use_avx;
#else
  test();
#endif
}

TEST(MemoryFunctions, MoveAtAnyDistance) {
  with_each_register_size([] {
    for (const size_t size : kSizes) {
      for (const ptrdiff_t distance :
           {-9500, -512, -130, -129, -65, -64, -33, -32, -31, -17, -16, -15, -8,  -3,  -1,  0,
            1,     3,    8,    15,   16,  17,  31,  32,  33,  64,  65,  129, 130, 512, 9500}) {
        for (const size_t start : {0, 1, 7, 16, 31}) {
          constexpr size_t kMargin = 10'000;
          std::vector<u8> bytes = numbered(size + 3 * kMargin), expected = bytes;
          const size_t from = kMargin + start, to = from + static_cast<size_t>(distance);
          const std::vector<u8> moved(bytes.begin() + static_cast<ptrdiff_t>(from),
                                      bytes.begin() + static_cast<ptrdiff_t>(from + size));
          for (size_t i = 0; i < size; ++i) expected[to + i] = moved[i];
          ASSERT_EQ(move_bytes(bytes.data() + to, bytes.data() + from, size), bytes.data() + to);
          ASSERT_EQ(bytes, expected) << size << " bytes by " << distance << " from " << start;
        }
      }
    }
  });
}

TEST(MemoryFunctions, CopyAndFillExactlyTheirBytes) {
  with_each_register_size([] {
    for (const size_t size : kSizes) {
      for (size_t start = 0; start < 33; ++start) {
        const std::vector<u8> source = numbered(size + 70);
        std::vector<u8> bytes(size + 100, 0xAA), expected = bytes;
        for (size_t i = 0; i < size; ++i) expected[start + i] = source[i + start % 5];
        ASSERT_EQ(copy_bytes(bytes.data() + start, source.data() + start % 5, size), bytes.data() + start);
        ASSERT_EQ(bytes, expected) << size << " bytes to " << start;
        for (size_t i = 0; i < size; ++i) expected[start + i] = 0x5C;
        ASSERT_EQ(fill_bytes(bytes.data() + start, 0xF5C, size), bytes.data() + start);  // the lowest eight bits count
        ASSERT_EQ(bytes, expected) << size << " bytes from " << start;
      }
    }
  });
}

}  // namespace
}  // namespace hermit

// Every size up to some rounds of the loops, at several distances, with the bytes around untouched.
#include <gtest/gtest.h>

#include <cstring>
#include <vector>

#include "base/types.h"

namespace hermit {
namespace {

// The compiler may not see what is called, or it would do the work itself.
void* (*volatile copy)(void*, const void*, size_t) = std::memcpy;
void* (*volatile move)(void*, const void*, size_t) = std::memmove;
void* (*volatile set)(void*, int, size_t) = std::memset;

std::vector<u8> pattern(size_t size) {
  std::vector<u8> bytes(size);
  for (size_t i = 0; i < size; ++i) bytes[i] = static_cast<u8>(i * 7 + i / 256);
  return bytes;
}

TEST(MemoryFunctions, MoveBetweenPlacesThatOverlap) {
  for (size_t size = 0; size <= 300; ++size) {
    for (const size_t from : {0u, 1u, 3u, 16u, 40u, 63u, 64u, 65u, 130u}) {
      for (const size_t to : {0u, 1u, 2u, 17u, 41u, 64u, 66u, 131u}) {
        std::vector<u8> bytes = pattern(600);
        std::vector<u8> expected = bytes;
        for (size_t i = 0; i < size; ++i) expected[to + i] = bytes[from + i];
        EXPECT_EQ(move(bytes.data() + to, bytes.data() + from, size), bytes.data() + to);
        ASSERT_EQ(bytes, expected) << size << " bytes from " << from << " to " << to;
      }
    }
  }
}

TEST(MemoryFunctions, CopyAndSetExactlyTheirBytes) {
  for (size_t size = 0; size <= 300; ++size) {
    const std::vector<u8> source = pattern(310);
    std::vector<u8> bytes(320, 0xee);
    std::vector<u8> expected = bytes;
    for (size_t i = 0; i < size; ++i) expected[9 + i] = source[3 + i];
    EXPECT_EQ(copy(bytes.data() + 9, source.data() + 3, size), bytes.data() + 9);
    ASSERT_EQ(bytes, expected) << size;
    for (size_t i = 0; i < size; ++i) expected[5 + i] = 0xa5;
    EXPECT_EQ(set(bytes.data() + 5, 0x1a5, size), bytes.data() + 5);
    ASSERT_EQ(bytes, expected) << size;
  }
}

}  // namespace
}  // namespace hermit

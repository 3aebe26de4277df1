#include "os/memory.h"

#include <gtest/gtest.h>

namespace hermit::os {
namespace {

TEST(Memory, PageSizeDividesAWasmPage) {
  EXPECT_GE(page_size(), 4096u);
  EXPECT_EQ(65536 % page_size(), 0u);
}

TEST(Memory, CommittedPagesAreZeroAndKeepTheirContent) {
  constexpr u64 kSize = u64{1} << 30;
  u8* start = reserve_pages(kSize);
  ASSERT_NE(start, nullptr);
  ASSERT_TRUE(commit_pages(start, 65536));
  EXPECT_EQ(start[0], 0);
  EXPECT_EQ(start[65535], 0);
  start[65535] = 7;
  ASSERT_TRUE(commit_pages(start, 131072));
  EXPECT_EQ(start[65535], 7);
  EXPECT_EQ(start[131071], 0);
  release_pages(start, kSize);
}

TEST(Memory, AnImpossibleReservationIsRefused) {
  EXPECT_EQ(reserve_pages(0), nullptr);
  EXPECT_EQ(reserve_pages(u64{1} << 62), nullptr);
}

}  // namespace
}  // namespace hermit::os

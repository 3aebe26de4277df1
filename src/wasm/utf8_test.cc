#include "wasm/utf8.h"

#include <gtest/gtest.h>

namespace hermit::wasm {
namespace {

bool valid(std::string_view text) { return is_utf8(as_bytes(text)); }

// First and last code point of each encoded length, and around the surrogates.
TEST(Utf8, Borders) {
  EXPECT_TRUE(valid(std::string_view("\0\x7f", 2)));
  EXPECT_TRUE(valid("\xc2\x80\xdf\xbf"));
  EXPECT_TRUE(valid("\xe0\xa0\x80\xef\xbf\xbf"));
  EXPECT_TRUE(valid("\xed\x9f\xbf\xee\x80\x80"));
  EXPECT_TRUE(valid("\xf0\x90\x80\x80\xf4\x8f\xbf\xbf"));
}

TEST(Utf8, IllFormed) {
  for (const char* text : {"\x80", "\xbf", "\xc0\x80", "\xc1\xbf", "\xe0\x9f\xbf", "\xed\xa0\x80", "\xed\xbf\xbf",
                           "\xf0\x8f\xbf\xbf", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xff", "\xc2", "\xe1\x80", "\xf1\x80\x80",
                           "\xc2\x41", "\xe1\x80\x41", "\xf1\x80\x80\xc0"}) {
    EXPECT_FALSE(valid(text)) << testing::PrintToString(std::string(text));
  }
}

}  // namespace
}  // namespace hermit::wasm

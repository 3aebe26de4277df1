#include "base/utf8.h"

#include <gtest/gtest.h>

#include <string>

namespace hermit {
namespace {

TEST(Utf8, DecodesEveryScalarValueAndNothingElse) {
  for (char32_t c = 0; c <= 0x10ffff; ++c) {
    if (c >= 0xd800 && c <= 0xdfff) continue;
    std::string text;
    append_utf8(text, c);
    const Utf8Char decoded = decode_utf8(text);
    ASSERT_EQ(decoded.value, c);
    ASSERT_EQ(decoded.size, text.size());
  }
}

TEST(Utf8, RefusesWhatRfc3629Refuses) {
  for (const std::string_view bad :
       {"\x80", "\xbf", "\xc0\x80", "\xc1\xbf", "\xe0\x9f\xbf", "\xed\xa0\x80", "\xf0\x8f\xbf\xbf", "\xf4\x90\x80\x80",
        "\xf5\x80\x80\x80", "\xff", "\xc3", "\xe2\x82", "\xe2\x28\xa1", "\xf0\x9f\x98"}) {
    EXPECT_EQ(decode_utf8(bad).size, 0u) << bad;
  }
  EXPECT_EQ(find_invalid_utf8("gr\xc3\xbc\xc3"), 4u);
  EXPECT_EQ(find_invalid_utf8("gr\xc3\xbc"), 4u);
}

}  // namespace
}  // namespace hermit

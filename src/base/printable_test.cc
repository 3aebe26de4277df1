#include "base/printable.h"

#include <gtest/gtest.h>

namespace hermit {
namespace {

TEST(Printable, NothingSteersTheTerminal) {
  EXPECT_EQ(printable("gr\xc3\xbc\xc3\x9f 100%\\"), "gr\xc3\xbc\xc3\x9f 100%\\");
  EXPECT_EQ(printable("a\x1b[2J\tb\n\x7f"), "a\\x1b[2J\\x09b\\x0a\\x7f");
  EXPECT_EQ(printable("\xff\xc3"), "\\xff\\xc3");
  EXPECT_EQ(printable("\xe2\x80\xae\xc2\x9b\xef\xbb\xbf"), "\\u202e\\u009b\\ufeff");
  EXPECT_EQ(printable("\xf3\xa0\x80\x81"), "\\u0e0001");
  EXPECT_EQ(printable(std::string_view("\0", 1)), "\\x00");
}

TEST(Printable, QuoteIsCutBetweenCharacters) {
  EXPECT_EQ(quote("a b"), "\"a b\"");
  EXPECT_EQ(quote(std::string(100, 'x')), '"' + std::string(60, 'x') + "...\"");
  EXPECT_EQ(quote(std::string(59, 'x') + "\xc3\xbc" + "yz"), '"' + std::string(59, 'x') + "...\"");
}

}  // namespace
}  // namespace hermit

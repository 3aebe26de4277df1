#include "os/command_line_windows.h"

#include <gtest/gtest.h>

namespace hermit::os {
namespace {

using Arguments = std::vector<std::string>;

// The table of the C runtime's documentation, and the corners between its rows.
TEST(WindowsCommandLine, FollowsTheRulesOfTheCRuntime) {
  EXPECT_EQ(split_command_line(LR"(x "abc" d e)"), (Arguments{"x", "abc", "d", "e"}));
  EXPECT_EQ(split_command_line(LR"(x a\\b d"e f"g h)"), (Arguments{"x", R"(a\\b)", "de fg", "h"}));
  EXPECT_EQ(split_command_line(LR"(x a\\\"b c d)"), (Arguments{"x", R"(a\"b)", "c", "d"}));
  EXPECT_EQ(split_command_line(LR"(x a\\\\"b c" d e)"), (Arguments{"x", R"(a\\b c)", "d", "e"}));
  EXPECT_EQ(split_command_line(LR"(x a"b"" c d)"), (Arguments{"x", R"(ab" c d)"}));
  EXPECT_EQ(split_command_line(LR"(x """a""" b)"), (Arguments{"x", R"("a")", "b"}));
  EXPECT_EQ(split_command_line(LR"(x "" b "")"), (Arguments{"x", "", "b", ""}));
  EXPECT_EQ(split_command_line(LR"(x "a\\" b)"), (Arguments{"x", R"(a\)", "b"}));
  EXPECT_EQ(split_command_line(LR"(x a\ b)"), (Arguments{"x", R"(a\)", "b"}));
  EXPECT_EQ(split_command_line(LR"(x "open end \)"), (Arguments{"x", R"(open end \)"}));
}

TEST(WindowsCommandLine, TheProgramNameHasNoEscapes) {
  EXPECT_EQ(split_command_line(LR"("C:\Program Files\a\" b)"), (Arguments{R"(C:\Program Files\a\)", "b"}));
  EXPECT_EQ(split_command_line(LR"(C:\"Program Files"\x.com b)"), (Arguments{R"(C:\Program Files\x.com)", "b"}));
  EXPECT_EQ(split_command_line(L"x.com \t  a\t"), (Arguments{"x.com", "a"}));
  EXPECT_EQ(split_command_line(L"x \xe4 \xd83d\xde00"), (Arguments{"x", "\xc3\xa4", "\xf0\x9f\x98\x80"}));
  EXPECT_EQ(split_command_line(L""), (Arguments{""}));
  EXPECT_EQ(split_command_line(L" a"), (Arguments{"", "a"}));
}

}  // namespace
}  // namespace hermit::os

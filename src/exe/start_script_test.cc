// The script's text and its table. test/formats/script_test.sh runs it.
#include "exe/start_script.h"

#include <gtest/gtest.h>

namespace hermit::exe {
namespace {

std::vector<ScriptRow> all_rows(u64 number) {
  std::vector<ScriptRow> rows;
  for (Target target : kAllTargets) {
    if (system_of(target) != System::Windows) rows.push_back({target, "0123456789abcdef", number, number});
  }
  return rows;
}

TEST(StartScript, TableIsReadBack) {
  auto rows = parse_script_table(start_script(all_rows(77), true) + std::string("\0\xff binary", 9));
  ASSERT_TRUE(rows);
  ASSERT_EQ(rows->size(), 4u);
  EXPECT_EQ((*rows)[3].target, Target::MacosAarch64);
  EXPECT_EQ((*rows)[3].digest, "0123456789abcdef");
  EXPECT_EQ((*rows)[3].block, 77u);
  EXPECT_EQ((*rows)[3].size, 77u);
}

// Eight sections' headers, 0x248 bytes at a multiple of 8, fit below 0x1000 behind the script.
TEST(StartScript, LeavesRoomForPeHeaders) {
  EXPECT_LE(0x40 + start_script(all_rows(9'999'999'999), true).size() + 0x248 + 8, 0x1000u);
}

TEST(StartScript, IsAsciiAndEndsInExit) {
  std::string script = start_script(all_rows(1), true);
  for (char c : script) EXPECT_TRUE(c == '\n' || (c >= 32 && c < 127));
  EXPECT_TRUE(script.ends_with("\nexit 126\n"));
}

TEST(StartScript, BadRowsAreMalformed) {
  std::string good = "x)_n=hermit-0123456789abcdef-linux-x86_64 _b=1 _z=2;;\n";
  ASSERT_TRUE(parse_script_table(good));
  ASSERT_EQ(parse_script_table(good)->size(), 1u);
  for (std::string_view bad : {
           "x)_n=hermit-0123456789abcdeg-linux-x86_64 _b=1 _z=2;;\n", "x)_n=hermit-0123456789abcdef-linux-riscv _b=1 _z=2;;\n",
           "x)_n=hermit-0123456789abcdef-windows-x86_64 _b=1 _z=2;;\n", "x)_n=hermit-0123456789abcdef-linux-x86_64 _b= _z=2;;\n",
           "x)_n=hermit-0123456789abcdef-linux-x86_64 _b=1 _z=2;; rm\n", "x)_n=hermit-\n",
           "x)_n=hermit-0123456789abcdef-linux-x86_64 _b=1 _z=9999999999999999;;\n"}) {
    EXPECT_FALSE(parse_script_table(bad)) << bad;
  }
  EXPECT_FALSE(parse_script_table(good + good)) << "the same target twice";
}

}  // namespace
}  // namespace hermit::exe

// Single passes on IR that is written down.
#include <gtest/gtest.h>

#include "compiler/division.h"
#include "compiler/gvn.h"
#include "compiler/ir_text.h"
#include "compiler/ir_verify.h"
#include "compiler/prune.h"

namespace hermit::compiler {
namespace {

// The function behind `pass` and a prune, verified; `body` is what stands in block0.
std::string after(void (*pass)(Function&), const std::string& body) {
  const std::string text =
      "function 0 (i32, i32) -> (i32) locals 0 {\n  v2: i32 = const 0x7\n  v3: i32 = const 0x10\nblock0:\n"
      "  v0: i32 = param 0\n  v1: i32 = param 1\n" +
      body + "}\n";
  auto function = parse(text);
  EXPECT_TRUE(function) << function.error().what << " in line " << function.error().where;
  EXPECT_EQ(verify(*function), "");
  pass(*function);
  EXPECT_EQ(verify(*function), "");
  prune(*function);
  EXPECT_EQ(verify(*function), "");
  return print(*function);
}

size_t count(const std::string& text, std::string_view what) {
  size_t n = 0;
  for (size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) ++n;
  return n;
}

TEST(Gvn, ComputesEqualThingsOnce) {
  const std::string out = after(number_values, R"(  v4: i32 = i32.mul v0, v1
  v5: i32 = i32.mul v0, v1
  v6: i32 = i32.div_u v4, v1 @0x1
  v7: i32 = i32.div_u v5, v1 @0x2
  v8: i32 = i32.xor v6, v7
  v9: i32 = i32.or v8, v4
  return v9
)");
  EXPECT_EQ(count(out, "i32.mul"), 1u) << out;
  EXPECT_EQ(count(out, "i32.div_u"), 1u) << out;
  EXPECT_EQ(count(out, "i32.xor"), 0u) << out;  // of two equal values
}

TEST(Gvn, WhatABranchComputedIsNotThereOnTheOtherSide) {
  const std::string out = after(number_values, R"(  branch v0, block1, block2
block1:
  v4: i32 = i32.mul v0, v1
  jump block3(v4)
block2:
  v5: i32 = i32.mul v0, v1
  jump block3(v5)
block3(v6: i32):
  v7: i32 = i32.mul v0, v1
  v8: i32 = i32.add v6, v7
  return v8
)");
  EXPECT_EQ(count(out, "i32.mul"), 3u) << out;
}

TEST(Gvn, LoadsAreTakenFromEarlierAccessesUntilSomethingMayOverwriteThem) {
  const auto loads_behind = [](const std::string& between) {
    const std::string out = after(number_values, "  v4: i32 = i32.load v0 + 8 @0x1\n" + between +
                                                     "  v5: i32 = i32.load v0 + 8 @0x2\n  v6: i32 = i32.mul v4, v5\n"
                                                     "  return v6\n");
    return count(out, "i32.load v0 + 8");
  };
  EXPECT_EQ(loads_behind(""), 1u);
  EXPECT_EQ(loads_behind("  i32.store v0 + 12, v1 @0x3\n"), 1u);   // the same base, other bytes
  EXPECT_EQ(loads_behind("  i32.store8 v0 + 11, v1 @0x3\n"), 2u);  // overlaps
  EXPECT_EQ(loads_behind("  i32.store v1 + 12, v1 @0x3\n"), 2u);   // may be anywhere
  EXPECT_EQ(loads_behind("  call direct 0 type 0 results 0 (v0, v1) @0x3\n"), 2u);
  EXPECT_EQ(loads_behind("  i32.store v0 + 8, v1 @0x3\n"), 1u);  // the second is what was stored
  EXPECT_EQ(loads_behind("  global.set v1, 0\n"), 1u);
}

TEST(Gvn, GlobalsAreKnownUntilACall) {
  const auto gets_behind = [](const std::string& between) {
    const std::string out = after(number_values, "  v4: i32 = global.get 0\n" + between +
                                                     "  v5: i32 = global.get 0\n  v6: i32 = i32.mul v4, v5\n"
                                                     "  return v6\n");
    return count(out, "global.get");
  };
  EXPECT_EQ(gets_behind(""), 1u);
  EXPECT_EQ(gets_behind("  global.set v1, 0\n"), 1u);
  EXPECT_EQ(gets_behind("  global.set v1, 1\n"), 2u);  // two imported globals may be the same one
  EXPECT_EQ(gets_behind("  call exit 0 results 0 (v0, v1) @0x3\n"), 2u);
}

TEST(Divisions, ByConstantsNeitherDivideNorTrap) {
  for (const char* op : {"div_u", "div_s", "rem_u", "rem_s"}) {
    const std::string out =
        after(expand_divisions, std::string("  v4: i32 = i32.") + op + " v0, v2 @0x1\n  return v4\n");
    EXPECT_EQ(count(out, op), 0u) << out;
    EXPECT_EQ(count(out, "@"), 0u) << out;
  }
  const std::string variable = after(expand_divisions, "  v4: i32 = i32.div_u v0, v1 @0x1\n  return v4\n");
  EXPECT_EQ(count(variable, "i32.div_u"), 1u);
}

}  // namespace
}  // namespace hermit::compiler

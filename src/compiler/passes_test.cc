// Single passes on IR that is written down.
#include <gtest/gtest.h>

#include "compiler/cfg.h"
#include "compiler/division.h"
#include "compiler/gvn.h"
#include "compiler/ir_text.h"
#include "compiler/ir_verify.h"
#include "compiler/licm.h"
#include "compiler/prune.h"
#include "compiler/ranges.h"
#include "compiler/wide_products.h"

namespace hermit::compiler {
namespace {

// The function behind `pass` and a prune, verified; `body` is what stands in block0.
std::string after(void (*pass)(Function&), const std::string& body, u32 headroom = 0) {
  const std::string text = "function 0 (i32, i32) -> (i32) locals 0 headroom " + std::to_string(headroom) +
                           " {\n  v2: i32 = const 0x7\n  v3: i32 = const 0x10\nblock0:\n"
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

// `address` computes v4, with v2 = 7 and v3 = 16; what is loaded from there, offset included.
std::string load_at(const std::string& address) {
  const std::string out = after(fold_addresses, address + "  v9: i32 = i32.load v4 + 4 @0x1\n  return v9\n");
  const size_t at = out.find("i32.load ");
  return out.substr(at, out.find(" @", at) - at);
}

TEST(Addresses, ConstantsJoinTheOffsetOnlyWhereTheSumCannotWrap) {
  EXPECT_EQ(load_at("  v4: i32 = i32.add v0, v2\n"), "i32.load v4 + 4");  // v0 may be 2^32 - 1
  EXPECT_EQ(load_at("  v5: i32 = i32.and v0, v3\n  v4: i32 = i32.add v5, v2\n"), "i32.load v5 + 11");
  EXPECT_EQ(load_at("  v5: i32 = i32.load8_u v0 + 0 @0x2\n  v4: i32 = i32.add v5, v2\n"), "i32.load v5 + 11");
  EXPECT_EQ(load_at("  v5: i32 = i32.load8_s v0 + 0 @0x2\n  v4: i32 = i32.add v5, v2\n"), "i32.load v4 + 4");
  EXPECT_EQ(load_at("  v5: i32 = i32.rem_u v0, v2 @0x2\n  v4: i32 = i32.add v5, v3\n"), "i32.load v5 + 20");
  // Two sums, each of which stays below 2^32.
  EXPECT_EQ(load_at("  v5: i32 = i32.shr_u v0, v3\n  v6: i32 = i32.add v5, v2\n  v4: i32 = i32.add v6, v3\n"),
            "i32.load v5 + 27");
}

TEST(Addresses, TheBoundIsExact) {
  const auto folds = [](const char* constant) {
    auto function = parse(
        std::string("function 0 (i32) -> (i32) locals 0 {\n  v1: i32 = const 0xff\n  v2: i32 = const ") + constant +
        "\nblock0:\n  v0: i32 = param 0\n  v3: i32 = i32.and v0, v1\n  v4: i32 = i32.add v3, v2\n"
        "  v5: i32 = i32.load v4 + 0 @0x1\n  return v5\n}\n");
    fold_addresses(*function);
    return print(*function).find("i32.load v3") != std::string::npos;
  };
  EXPECT_TRUE(folds("0xffffff00"));
  EXPECT_FALSE(folds("0xffffff01"));
  EXPECT_FALSE(folds("0xffffffff"));
}

TEST(Gvn, WhatMemoryHoldsIsKnownWhereAllWaysAgree) {
  const auto loads_behind = [](const std::string& inside) {
    const std::string out =
        after(number_values, "  v4: i32 = i32.load v0 + 8 @0x1\n  branch v1, block1, block2\nblock1:\n" + inside +
                                 "  jump block3\nblock2:\n  jump block3\nblock3:\n"
                                 "  v5: i32 = i32.load v0 + 8 @0x2\n  v6: i32 = i32.mul v4, v5\n"
                                 "  return v6\n");
    return count(out, "i32.load v0 + 8");
  };
  EXPECT_EQ(loads_behind(""), 1u);
  EXPECT_EQ(loads_behind("  i32.store v0 + 12, v1 @0x3\n"), 1u);
  EXPECT_EQ(loads_behind("  i32.store v1 + 12, v1 @0x3\n"), 2u);
  EXPECT_EQ(loads_behind("  i32.store v0 + 8, v1 @0x3\n"), 2u);  // known on this way, but another value
}

TEST(Gvn, ALoopKeepsWhatNothingInsideOverwrites) {
  const auto loads_with = [](const std::string& inside) {
    const std::string out = after(number_values,
                                  "  v4: i32 = i32.load v0 + 8 @0x1\n  jump block1(v1)\nblock1(v5: i32):\n"
                                  "  v6: i32 = i32.load v0 + 8 @0x2\n  v7: i32 = i32.sub v5, v6\n" +
                                      inside + "  branch v7, block1(v7), block2\nblock2:\n  return v4\n");
    return count(out, "i32.load v0 + 8");
  };
  EXPECT_EQ(loads_with(""), 1u);
  EXPECT_EQ(loads_with("  i32.store v5 + 8, v1 @0x3\n"), 2u);
  EXPECT_EQ(loads_with("  call direct 0 type 0 results 0 (v0, v1) @0x3\n"), 2u);
  EXPECT_EQ(loads_with("  global.set v1, 0\n"), 1u);
}

TEST(Gvn, StoresAKnownDistanceAwayOverwriteNothing) {
  const auto loads_behind = [](const std::string& store) {
    const std::string out =
        after(number_values,
              "  v4: i32 = i32.add v0, v2\n  v5: i32 = i32.add v0, v3\n"
              "  v6: i32 = i32.load v4 + 8 @0x1\n" +
                  store + "  v7: i32 = i32.load v4 + 8 @0x2\n  v8: i32 = i32.mul v6, v7\n  return v8\n");
    return count(out, "i32.load ");
  };
  // v4 + 8 is v0 + 15; v5 is v0 + 16.
  EXPECT_EQ(loads_behind("  i32.store8 v5 + 3, v1 @0x3\n"), 1u);
  EXPECT_EQ(loads_behind("  i32.store8 v5 + 2, v1 @0x3\n"), 2u);
  EXPECT_EQ(loads_behind("  i32.store v0 + 11, v1 @0x3\n"), 1u);
  EXPECT_EQ(loads_behind("  i32.store v0 + 12, v1 @0x3\n"), 2u);
  EXPECT_EQ(loads_behind("  i32.store8 v5 + 4294967295, v1 @0x3\n"), 2u);  // - 1 modulo 2^32: v0 + 15
  EXPECT_EQ(loads_behind("  i32.store v1 + 100, v1 @0x3\n"), 2u);
}

// v4 is v0 + 7, v5 is v0 + 16 modulo 2^32: v4 + 9 and v5 + 0 are the same bytes, or v4 + 9 lies beyond the end.
TEST(Gvn, TheSameBytesFromAnotherBaseAreKnownAndTheirTrapStays) {
  const auto load_behind = [](const std::string& before, const std::string& load) {
    const std::string out =
        after(number_values, "  v4: i32 = i32.add v0, v2\n  v5: i32 = i32.add v0, v3\n" + before +
                                 "  v7: i32 = " + load + " @0x2\n  v8: i32 = i32.add v7, v0\n  return v8\n");
    return std::pair(count(out, "i32.load"), count(out, "i32.add v7, v0"));
  };
  using Counts = std::pair<size_t, size_t>;  // loads that are left, uses of what they give
  const std::string from_above = "  i32.store v5 + 0, v1 @0x1\n";
  EXPECT_EQ(load_behind(from_above, "i32.load v4 + 9"), Counts(1, 0));
  EXPECT_EQ(load_behind(from_above, "i32.load v5 + 0"), Counts(0, 0));
  EXPECT_EQ(load_behind(from_above, "i32.load v4 + 8"), Counts(1, 1));
  EXPECT_EQ(load_behind(from_above, "i32.load8_u v4 + 9"), Counts(1, 1));
  // Once that base was good for as much, what is left traps no more.
  EXPECT_EQ(load_behind("  i32.store v4 + 13, v1 @0x3\n" + from_above, "i32.load v4 + 9"), Counts(0, 0));
  EXPECT_EQ(load_behind("  i32.store8 v4 + 12, v1 @0x3\n" + from_above, "i32.load v4 + 9"), Counts(0, 0));
  EXPECT_EQ(load_behind("  i32.store8 v4 + 8, v1 @0x3\n" + from_above, "i32.load v4 + 9"), Counts(1, 0));
  // v4 + 9 was no address beyond 2^32, so v5 did not wrap.
  const std::string from_below = "  i32.store v4 + 9, v1 @0x1\n";
  EXPECT_EQ(load_behind(from_below, "i32.load v5 + 0"), Counts(0, 0));
  EXPECT_EQ(load_behind(from_below, "i32.load v5 + 1"), Counts(1, 1));
}

// v4 is v0 + 7, v5 is v0 + 16 modulo 2^32.
TEST(Gvn, AnAccessTakesABaseThatWasReachedAsFarDown) {
  const auto last_load = [](const std::string& before, const std::string& load, u32 headroom = 0) {
    const std::string out = after(number_values,
                                  "  v4: i32 = i32.add v0, v2\n  v5: i32 = i32.add v0, v3\n" + before +
                                      "  v7: i32 = " + load + " @0x2\n  return v7\n",
                                  headroom);
    const size_t at = out.rfind("v7: i32 = ") + 10;
    return out.substr(at, out.find(" @", at) - at);
  };
  EXPECT_EQ(last_load("", "i32.load v5 + 1"), "i32.load v5 + 1");
  EXPECT_EQ(last_load("  i32.store8 v4 + 9, v1 @0x1\n", "i32.load v5 + 1"), "i32.load v4 + 10");
  EXPECT_EQ(last_load("  i32.store8 v4 + 8, v1 @0x1\n", "i32.load v5 + 1"), "i32.load v5 + 1");  // v5 may be 0
  EXPECT_EQ(last_load("  i32.store v0 + 13, v1 @0x1\n", "i32.load v5 + 1"), "i32.load v0 + 17");
  EXPECT_EQ(last_load("  i32.store v0 + 12, v1 @0x1\n", "i32.load v5 + 1"), "i32.load v5 + 1");
  EXPECT_EQ(last_load("  i32.store v5 + 100, v1 @0x1\n", "i32.load v4 + 0"), "i32.load v4 + 0");  // further down
  EXPECT_EQ(last_load("  i32.store v1 + 100, v1 @0x1\n", "i32.load v5 + 1"), "i32.load v5 + 1");
  EXPECT_EQ(last_load("  i32.store v0 + 13, v1 @0x1\n", "i32.load v5 + 4094"), "i32.load v5 + 4094");
  // … where the last page below 2^32 is never part of the memory: as far as that is large.
  EXPECT_EQ(last_load("  i32.store8 v4 + 8, v1 @0x1\n", "i32.load v5 + 1", 1), "i32.load v4 + 10");
  EXPECT_EQ(last_load("  i32.store8 v0 + 10, v1 @0x1\n", "i32.load v5 + 1", 5), "i32.load v5 + 1");
  EXPECT_EQ(last_load("  i32.store8 v0 + 10, v1 @0x1\n", "i32.load v5 + 1", 6), "i32.load v0 + 17");
  EXPECT_EQ(last_load("  i32.store v5 + 100, v1 @0x1\n", "i32.load v4 + 0", 65536), "i32.load v4 + 0");
  // What reached as far as this reaches as far as the next.
  EXPECT_EQ(last_load("  i32.store8 v0 + 7, v1 @0x1\n  i32.store8 v4 + 9, v1 @0x3\n", "i32.load v5 + 1"),
            "i32.load v0 + 17");
  // Only on the ways that come by there.
  const std::string way = "  branch v1, block1, block2\nblock1:\n  i32.store v0 + 13, v1 @0x1\n";
  EXPECT_EQ(last_load(way + "  jump block2\nblock2:\n", "i32.load v5 + 1"), "i32.load v5 + 1");
  EXPECT_EQ(last_load(way + "  return v0\nblock2:\n", "i32.load v5 + 1"), "i32.load v5 + 1");
  EXPECT_EQ(last_load("  branch v1, block2, block1\nblock1:\n  i32.store v0 + 13, v1 @0x1\n  jump block3\nblock2:\n"
                      "  return v0\nblock3:\n",
                      "i32.load v5 + 1"),
            "i32.load v0 + 17");
}

TEST(Gvn, AStoreBelowAnAccessFromTheSameBaseIsMarked) {
  const auto is_marked = [](const std::string& before, const std::string& store) {
    const std::string out =
        after(number_values, "  v4: i32 = i32.add v0, v2\n" + before + "  " + store + ", v1 @0x2\n  return v1\n");
    return count(out, " reached, v1 @0x2") == 1;
  };
  EXPECT_FALSE(is_marked("", "i32.store v0 + 4"));
  EXPECT_TRUE(is_marked("  i32.store v0 + 4, v1 @0x1\n", "i32.store v0 + 4"));
  EXPECT_TRUE(is_marked("  v5: i32 = i32.load8_u v0 + 7 @0x1\n", "i32.store v0 + 4"));
  EXPECT_FALSE(is_marked("  v5: i32 = i32.load8_u v0 + 6 @0x1\n", "i32.store v0 + 4"));
  EXPECT_TRUE(is_marked("  v5: i32 = i32.load v0 + 7 @0x1\n", "i32.store v4 + 0"));
  EXPECT_FALSE(is_marked("  v5: i32 = i32.load16_u v0 + 7 @0x1\n", "i32.store v4 + 0"));
  EXPECT_TRUE(is_marked("  v5: i32 = i32.load v0 + 1052000 @0x1\n", "i32.store v0 + 1052000"));
  EXPECT_FALSE(is_marked("  v5: i32 = i32.load v4 + 100 @0x1\n", "i32.store v0 + 0"));  // v4 may have wrapped
  EXPECT_FALSE(is_marked("  branch v1, block1, block2\nblock1:\n  i32.store v0 + 4, v1 @0x1\n  jump block2\nblock2:\n",
                         "i32.store v0 + 4"));
}

// What stands in front of the loop, which goes round v1 times; `inside` may use v5, which changes.
std::string before_loop(const std::string& inside, const std::string& result = "v6") {
  auto function = parse(
      "function 0 (i32, i32) -> (i32) locals 0 {\n  v2: i32 = const 0x1\nblock0:\n"
      "  v0: i32 = param 0\n  v1: i32 = param 1\n  jump block1(v1)\nblock1(v5: i32):\n" +
      inside + "  v9: i32 = i32.sub v5, v2\n  branch v9, block1(v9), block2\nblock2:\n  return " + result + "\n}\n");
  EXPECT_TRUE(function) << function.error().what << " in line " << function.error().where;
  split_critical_edges(*function);
  find_loops(*function);
  hoist_invariants(*function);
  EXPECT_EQ(verify(*function), "");
  const std::string out = print(*function);
  return out.substr(0, out.find("jump"));
}

TEST(Licm, MovesWhatCostsSomethingAndDoesNotChange) {
  EXPECT_EQ(count(before_loop("  v6: i32 = i32.mul v0, v1\n"), "i32.mul"), 1u);
  EXPECT_EQ(count(before_loop("  v6: i32 = i32.mul v0, v5\n"), "i32.mul"), 0u);
  EXPECT_EQ(count(before_loop("  v6: i32 = i32.add v0, v2\n"), "i32.add"), 0u);  // costs less than a register
  const std::string chain = before_loop("  v6: i32 = i32.add v0, v2\n  v7: i32 = i32.mul v6, v6\n");
  EXPECT_EQ(count(chain, "i32.add") + count(chain, "i32.mul"), 2u);
}

TEST(Licm, LoadsMoveIfNothingInsideWrites) {
  const std::string load = "  v6: i32 = i32.load v0 + 8 @0x1\n";
  EXPECT_EQ(count(before_loop(load), "i32.load"), 1u);
  EXPECT_EQ(count(before_loop(load + "  i32.store v5 + 0, v6 @0x2\n"), "i32.load"), 0u);
  EXPECT_EQ(count(before_loop(load + "  call exit 0 results 0 (v0, v1) @0x2\n"), "i32.load"), 0u);
  EXPECT_EQ(count(before_loop(load + "  global.set v5, 0\n"), "i32.load"), 1u);
  EXPECT_EQ(count(before_loop("  v6: i32 = global.get 0\n  i32.store v5 + 0, v6 @0x2\n"), "global.get"), 1u);
  EXPECT_EQ(count(before_loop("  v6: i32 = global.get 0\n  global.set v5, 1\n"), "global.get"), 0u);
  EXPECT_EQ(count(before_loop("  v6: i32 = memory.size 0\n"), "memory.size"), 1u);
  EXPECT_EQ(count(before_loop("  v6: i32 = memory.size 0\n  call exit 0 results 0 (v0, v1) @0x2\n"), "memory.size"),
            0u);
}

TEST(Licm, ATrapStaysBehindWhatCanBeObservedBefore) {
  const std::string load = "  v6: i32 = i32.load v0 + 8 @0x1\n";
  EXPECT_EQ(count(before_loop("  v7: i32 = i32.div_u v0, v5 @0x2\n" + load), "i32.load"), 0u);
  EXPECT_EQ(count(before_loop("  v7: i32 = i32.load v5 + 0 @0x2\n" + load), "i32.load"), 0u);
  EXPECT_EQ(count(before_loop("  global.set v5, 0\n" + load), "i32.load"), 0u);
  // One that moves itself is no obstacle, and the order stays.
  const std::string both = before_loop("  v7: i32 = i32.div_u v0, v1 @0x2\n" + load);
  EXPECT_LT(both.find("i32.div_u"), both.find("i32.load"));
  EXPECT_NE(both.find("i32.load"), std::string::npos);
}

TEST(Licm, ATrapThatALoopNeedNotComeToStays) {
  auto function = parse(R"(function 0 (i32, i32) -> (i32) locals 0 {
block0:
  v0: i32 = param 0
  v1: i32 = param 1
  jump block1(v1)
block1(v3: i32):
  branch v3, block2, block3
block2:
  v4: i32 = i32.load v0 + 8 @0x1
  v5: i32 = i32.mul v0, v1
  v6: i32 = i32.mul v5, v4
  jump block1(v6)
block3:
  return v0
}
)");
  ASSERT_TRUE(function) << function.error().where;
  split_critical_edges(*function);
  find_loops(*function);
  hoist_invariants(*function);
  EXPECT_EQ(verify(*function), "");
  const std::string out = print(*function);
  EXPECT_GT(out.find("i32.load"), out.find("block1")) << out;
  EXPECT_LT(out.find("i32.mul v0, v1"), out.find("jump block1")) << out;
}

TEST(Licm, LeavesSeveralLoops) {
  auto function = parse(R"(function 0 (i32, i32) -> (i32) locals 0 {
  v2: i32 = const 0x1
block0:
  v0: i32 = param 0
  v1: i32 = param 1
  jump block1(v1)
block1(v3: i32):
  jump block2(v3)
block2(v4: i32):
  v5: i32 = i32.mul v0, v1
  v6: i32 = i32.mul v0, v3
  v7: i32 = i32.add v5, v6
  v8: i32 = i32.sub v4, v7
  branch v8, block2(v8), block3
block3:
  v9: i32 = i32.sub v3, v2
  branch v9, block1(v9), block4
block4:
  return v9
}
)");
  ASSERT_TRUE(function) << function.error().where;
  split_critical_edges(*function);
  find_loops(*function);
  hoist_invariants(*function);
  EXPECT_EQ(verify(*function), "");
  const std::string out = print(*function);
  EXPECT_LT(out.find("i32.mul v0, v1"), out.find("block1")) << out;
  EXPECT_GT(out.find("i32.mul v0, v3"), out.find("block1")) << out;
  EXPECT_LT(out.find("i32.mul v0, v3"), out.find("block2(v")) << out;
}

// Both halves of v0 * v1 by one of the two usual ways; `v39` and `v38` are the upper and lower one.
constexpr char kPieces[] = R"(function 0 (i64, i64) -> (i64, i64) locals 0 {
  v2: i64 = const 0x20
  v3: i64 = const 0xffffffff
block0:
  v0: i64 = param 0
  v1: i64 = param 1
  v4: i64 = i64.and v0, v3
  v5: i64 = i64.shr_u v0, v2
  v6: i64 = i64.and v1, v3
  v7: i64 = i64.shr_u v1, v2
  v10: i64 = i64.mul v4, v6
  v11: i64 = i64.mul v5, v6
  v12: i64 = i64.mul v7, v4
  v13: i64 = i64.mul v5, v7
  v14: i64 = i64.shr_u v10, v2
)";
constexpr char kInTurn[] = R"(  v20: i64 = i64.add v14, v11
  v21: i64 = i64.and v20, v3
  v22: i64 = i64.add v12, v21
  v23: i64 = i64.shr_u v20, v2
  v24: i64 = i64.shr_u v22, v2
  v25: i64 = i64.add v13, v23
  v39: i64 = i64.add v25, v24
)";
constexpr char kAtOnce[] = R"(  v20: i64 = i64.and v11, v3
  v21: i64 = i64.and v12, v3
  v22: i64 = i64.add v20, v14
  v23: i64 = i64.add v22, v21
  v24: i64 = i64.shr_u v23, v2
  v25: i64 = i64.shr_u v11, v2
  v26: i64 = i64.shr_u v12, v2
  v27: i64 = i64.add v25, v13
  v28: i64 = i64.add v27, v24
  v39: i64 = i64.add v28, v26
)";
std::string products_of(const std::string& text) {
  auto function = parse(text);
  EXPECT_TRUE(function) << function.error().what << " in line " << function.error().where;
  find_wide_products(*function);
  EXPECT_EQ(verify(*function), "");
  prune(*function);
  EXPECT_EQ(verify(*function), "");
  return print(*function);
}

TEST(WideProducts, AreFoundInBothForms) {
  const std::string low = "  v35: i64 = i64.and v10, v3\n  v36: i64 = i64.shl v22, v2\n  v38: i64 = i64.or v36, v35\n";
  const std::string turn = products_of(std::string(kPieces) + kInTurn + low + "  return v39, v38\n}\n");
  EXPECT_EQ(count(turn, "i64.mul_high_u v0, v1") + count(turn, "i64.mul_high_u v1, v0"), 1u) << turn;
  EXPECT_EQ(count(turn, "i64.mul "), 1u) << turn;
  EXPECT_EQ(count(turn, "i64.shr_u"), 0u) << turn;
  const std::string once = products_of(std::string(kPieces) + kAtOnce + "  return v39, v39\n}\n");
  EXPECT_EQ(count(once, "i64.mul_high_u"), 1u) << once;
  EXPECT_EQ(count(once, "i64.mul ") + count(once, "i64.shr_u"), 0u) << once;
}

TEST(WideProducts, WhatElseIsAddedStays) {
  const std::string out =
      products_of(std::string(kPieces) + kInTurn +
                  "  v40: i64 = i64.add v39, v0\n  v41: i64 = i64.add v40, v1\n  return v41, v0\n}\n");
  EXPECT_EQ(count(out, "i64.mul_high_u"), 1u) << out;
  EXPECT_EQ(count(out, "i64.add"), 2u) << out;
}

TEST(WideProducts, WhatDiffersInOnePlaceIsAnotherComputation) {
  const std::string whole = std::string(kPieces) + kInTurn + "  return v39, v39\n}\n";
  const auto found_with = [&](const std::string& from, const std::string& to) {
    std::string changed = whole;
    const size_t at = changed.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    changed.replace(at, from.size(), to);
    return count(products_of(changed), "i64.mul_high_u");
  };
  EXPECT_EQ(found_with("add v14, v11", "add v11, v14"), 1u);
  EXPECT_EQ(found_with("mul v7, v4", "mul v4, v7"), 1u);
  EXPECT_EQ(found_with("mul v7, v4", "mul v7, v6"), 0u);  // y1 * y0
  EXPECT_EQ(found_with("mul v7, v4", "mul v5, v6"), 0u);  // the same product twice
  EXPECT_EQ(found_with("mul v5, v7", "mul v5, v5"), 0u);
  EXPECT_EQ(found_with("and v20, v3", "and v20, v2"), 0u);
  EXPECT_EQ(found_with("shr_u v20, v2", "shr_u v20, v3"), 0u);
  EXPECT_EQ(found_with("add v25, v24", "add v25, v23"), 0u);
  EXPECT_EQ(found_with("shr_u v22, v2", "shr_s v22, v2"), 0u);
  EXPECT_EQ(found_with("0xffffffff", "0x7fffffff"), 0u);
  EXPECT_EQ(found_with("const 0x20", "const 0x1f"), 0u);
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

TEST(Returns, EachWayToAShortEndHasItsOwn) {
  const std::string text = R"(  branch v0, block1, block2(v2)
block1:
  v4: i32 = i32.mul v0, v1
  jump block2(v4)
block2(v5: i32):
  v6: i32 = i32.add v5, v1
  v7: i32 = OP v6, v3
  return v7
)";
  const auto with = [&](std::string_view op) { return std::string(text).replace(text.find("OP"), 2, op); };
  const std::string copied = after(copy_returns, with("i32.xor"));
  EXPECT_EQ(count(copied, "return"), 2u) << copied;
  EXPECT_EQ(count(copied, "i32.add v2, v1"), 1u) << copied;
  EXPECT_EQ(count(copied, "i32.add v4, v1"), 1u) << copied;
  EXPECT_EQ(count(copied, "jump"), 0u) << copied;
  // Not what may trap: its place in the code is one.
  EXPECT_EQ(count(after(copy_returns, with("i32.div_u")), "return"), 1u);
}

}  // namespace
}  // namespace hermit::compiler

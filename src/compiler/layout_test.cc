#include "compiler/layout.h"

#include <gtest/gtest.h>

#include "compiler/ir_text.h"
#include "compiler/listing_test.h"

namespace hermit::compiler {
namespace {

TEST(Layout, ALoopThatTestsAtItsTopEndsWithTheTest) {
  // while (v0 != 0) { store; v0 = v0 - 1; } with the test first, as written without an optimiser.
  const std::string code = x64_of(R"(function 0 (i32) -> () locals 0 {
  v1: i32 = const 0x1
block0:
  v0: i32 = param 0
  jump block1(v0)
block1(v2: i32):
  branch v2, block2, block3
block2:
  i32.store v2 + 16, v2 @0x1
  v3: i32 = i32.sub v2, v1
  jump block1(v3)
block3:
  return
}
)");
  // One jump inside: the conditional one, back to the store.
  const size_t store = code.find("mov dword ptr [r15");
  const size_t test = code.find("test");
  const size_t back = code.find("jne L2");
  ASSERT_NE(store, std::string::npos) << code;
  EXPECT_LT(store, test) << code;
  EXPECT_LT(test, back) << code;
  EXPECT_EQ(code.substr(store, back - store).find("jmp"), std::string::npos) << code;
}

TEST(Layout, WhatTrapsComesLast) {
  const std::string code = x64_of(R"(function 0 (i32) -> (i32) locals 0 {
block0:
  v0: i32 = param 0
  branch v0, block1, block2
block1:
  trap 1 @0x1
block2:
  v1: i32 = i32.popcnt v0
  return v1
}
)");
  EXPECT_LT(code.find("ret"), code.find("ud2")) << code;
  EXPECT_EQ(code.find("jmp"), std::string::npos) << code;
}

TEST(Layout, WhatLeavesALoopFollowsIt) {
  const std::string code = x64_of(R"(function 0 (i32, i32) -> (i32) locals 0 {
  v2: i32 = const 0x1
block0:
  v0: i32 = param 0
  v1: i32 = param 1
  jump block1(v0)
block1(v3: i32):
  v4: i32 = i32.load v3 + 0 @0x1
  branch v4, block2, block3
block2:
  v5: i32 = i32.popcnt v4
  return v5
block3:
  v6: i32 = i32.add v3, v2
  v7: i32 = i32.lt_u v6, v1
  branch v7, block1(v6), block4
block4:
  return v2
}
)");
  EXPECT_LT(code.find("cmp"), code.find("popcnt")) << code;
}

}  // namespace
}  // namespace hermit::compiler

// What a reader of the machine code would look for: each optimisation of selection, in a function of a few
// instructions.
#include "compiler/listing_test.h"

namespace hermit::compiler {
namespace {

// The code of a function (i32, i64) -> (i32) with v0 and v1 its parameters and v2 to v5 the constants 1, 3, 0 and 3.
std::string body_of(const std::string& body) {
  return x64_of(
      "function 0 (i32, i64) -> (i32) locals 0 {\n  v2: i32 = const 0x1\n  v3: i32 = const 0x3\n  v4: i32 = const 0x0\n"
      "  v5: i64 = const 0x3\nblock0:\n  v0: i32 = param 0\n  v1: i64 = param 1\n" +
      body + "}\n");
}
bool has(const std::string& code, std::string_view what) { return code.find(what) != std::string::npos; }

TEST(ListingX64, ABranchOnBitsTestsThem) {
  const std::string branch = "  branch v7, block1, block2\nblock1:\n  return v0\nblock2:\n  return v2\n";
  const std::string one = body_of("  v7: i32 = i32.and v0, v3\n" + branch);
  EXPECT_TRUE(has(one, "test al, 3")) << one;
  EXPECT_FALSE(has(one, "and ")) << one;
  const std::string zero = body_of("  v6: i64 = i64.and v1, v5\n  v7: i32 = i64.eqz v6\n" + branch);
  EXPECT_TRUE(has(zero, "test cl, 3")) << zero;
  const std::string registers = body_of("  v6: i32 = i32.wrap_i64 v1\n  v7: i32 = i32.and v0, v6\n" + branch);
  EXPECT_TRUE(has(registers, "test eax, ")) << registers;
  EXPECT_FALSE(has(registers, "and ")) << registers;
}

TEST(ListingX64, BitsThatAreNeededElsewhereAreMade) {
  const std::string code =
      body_of("  v7: i32 = i32.and v0, v3\n  branch v7, block1, block2\nblock1:\n  return v7\nblock2:\n  return v2\n");
  EXPECT_TRUE(has(code, "and ")) << code;
}

TEST(ListingX64, AComparisonIsPartOfItsBranch) {
  const std::string code =
      body_of("  v7: i32 = i32.lt_u v0, v3\n  branch v7, block1, block2\nblock1:\n  return v0\nblock2:\n  return v2\n");
  EXPECT_TRUE(has(code, "cmp eax, 3")) << code;
  EXPECT_FALSE(has(code, "setb")) << code;
}

TEST(ListingX64, AccessesTakeTheIndexAsItIs) {
  const std::string code = body_of("  v6: i32 = i32.add v0, v3\n  v7: i32 = i32.load v6 + 8 @0x1\n  return v7\n");
  EXPECT_TRUE(has(code, "add eax, 3")) << code;  // wraps at 32 bits, so it is no part of the address
  EXPECT_TRUE(has(code, "+8]")) << code;
  EXPECT_FALSE(has(code, "movsxd")) << code;
  EXPECT_FALSE(has(code, "cmp")) << code;
}

TEST(ListingX64, AScaledIndexIsPartOfTheAddressIfNoBitIsLost) {
  // v3 is both the mask and the shift: (v0 & 3) << 3, then v0 << 3.
  const std::string masked = body_of(
      "  v6: i32 = i32.and v0, v3\n  v7: i32 = i32.shl v6, v3\n  v8: i32 = i32.load v7 + 8 @0x1\n  return v8\n");
  EXPECT_TRUE(has(masked, "*8+8]")) << masked;
  EXPECT_FALSE(has(masked, "shl")) << masked;
  const std::string whole = body_of("  v7: i32 = i32.shl v0, v3\n  v8: i32 = i32.load v7 + 8 @0x1\n  return v8\n");
  EXPECT_TRUE(has(whole, "shl")) << whole;
}

TEST(ListingX64, ProductsWithThreeFiveAndNineAreSums) {
  const std::string code = body_of("  v7: i32 = i32.mul v0, v3\n  return v7\n");
  EXPECT_TRUE(has(code, "*2]")) << code;
  EXPECT_FALSE(has(code, "imul")) << code;
}

TEST(ListingX64, WhatALoopChangesStaysInItsRegister) {
  // A sum: two values go round, and nothing is moved.
  const std::string code = body_of(R"(  jump block1(v0, v4)
block1(v6: i32, v7: i32):
  v8: i32 = i32.add v7, v6
  v9: i32 = i32.sub v6, v2
  branch v9, block1(v9, v8), block2
block2:
  return v8
)");
  const size_t loop = code.find("L1:");
  const size_t back = code.find("jne L1");
  ASSERT_NE(back, std::string::npos) << code;
  EXPECT_EQ(code.substr(loop, back - loop).find("mov"), std::string::npos) << code;
}

}  // namespace
}  // namespace hermit::compiler

// What a reader of the machine code would look for: each optimisation of selection, in a function of a few
// instructions.
#include "compiler/listing_test.h"

namespace hermit::compiler {
namespace {

std::string body_of(const std::string& body) { return code_of(abi::Isa::Arm64, small_function(body)); }

// Of two ways: v0, or 1.
const std::string kBranch = "  branch v7, block1, block2\nblock1:\n  return v0\nblock2:\n  return v2\n";
const std::string kReturnWide = "  v20: i32 = i32.wrap_i64 v19\n  return v20\n";

TEST(ListingArm64, ABranchOnBitsTestsThem) {
  const std::string one = body_of("  v7: i32 = i32.and v0, v3\n" + kBranch);
  EXPECT_TRUE(has(one, "tst w0, 3")) << one;
  EXPECT_FALSE(has(one, "and ")) << one;
  const std::string zero = body_of("  v6: i64 = i64.and v1, v5\n  v7: i32 = i64.eqz v6\n" + kBranch);
  EXPECT_TRUE(has(zero, "tst x1, 3")) << zero;
  const std::string registers = body_of("  v6: i32 = i32.wrap_i64 v1\n  v7: i32 = i32.and v0, v6\n" + kBranch);
  EXPECT_TRUE(has(registers, "tst w0, w")) << registers;
  // Needed elsewhere, too.
  const std::string kept =
      body_of("  v7: i32 = i32.and v0, v3\n  branch v7, block1, block2\nblock1:\n  return v7\nblock2:\n  return v2\n");
  EXPECT_TRUE(has(kept, "and w")) << kept;
  EXPECT_FALSE(has(kept, "tst ")) << kept;
}

TEST(ListingArm64, AComparisonIsPartOfItsBranch) {
  const std::string number = body_of("  v7: i32 = i32.lt_u v0, v3\n" + kBranch);
  EXPECT_TRUE(has(number, "cmp w0, 3")) << number;
  EXPECT_FALSE(has(number, "cset")) << number;
  const std::string zero = body_of("  v7: i32 = i32.eqz v0\n" + kBranch);
  EXPECT_TRUE(has(zero, "cbnz w0") || has(zero, "cbz w0")) << zero;
  EXPECT_FALSE(has(zero, "cmp ")) << zero;
}

TEST(ListingArm64, AComparisonIsPartOfItsSelect) {
  const std::string code =
      body_of("  v6: i32 = i32.wrap_i64 v1\n  v7: i32 = i32.lt_s v6, v3\n  v8: i32 = select v0, v6, v7\n  return v8\n");
  EXPECT_TRUE(has(code, "csel w")) << code;
  EXPECT_FALSE(has(code, "cset")) << code;
}

TEST(ListingArm64, AComparisonIsAdded) {
  const std::string carry = body_of(
      "  v6: i64 = i64.add v1, v5\n  v7: i32 = i64.lt_u v6, v1\n  v8: i64 = i64.extend_i32_u v7\n"
      "  v19: i64 = i64.add v6, v8\n" +
      kReturnWide);
  EXPECT_TRUE(has(carry, "cinc x")) << carry;
  EXPECT_FALSE(has(carry, "cset")) << carry;
  const std::string equal = body_of("  v7: i32 = i32.eq v0, v3\n  v8: i32 = i32.add v7, v0\n  return v8\n");
  EXPECT_TRUE(has(equal, "cinc w")) << equal;
  // Not if it is needed by itself.
  const std::string kept =
      body_of("  v7: i32 = i32.lt_u v0, v3\n  v8: i32 = i32.add v0, v7\n  v9: i32 = i32.mul v8, v7\n  return v9\n");
  EXPECT_TRUE(has(kept, "cset")) << kept;
}

TEST(ListingArm64, AccessesTakeTheIndexAsItIs) {
  const std::string plain = body_of("  v7: i32 = i32.load v0 + 0 @0x1\n  return v7\n");
  EXPECT_TRUE(has(plain, "ldr w0, [x27, w0")) << plain;
  const std::string offset = body_of("  v6: i32 = i32.add v0, v3\n  v7: i32 = i32.load v6 + 8 @0x1\n  return v7\n");
  EXPECT_TRUE(has(offset, "add w8, w0, 3")) << offset;  // wraps at 32 bits, so it is no part of the address
  EXPECT_TRUE(has(offset, "[x16, 8]")) << offset;
  EXPECT_FALSE(has(offset, "cmp")) << offset;
}

TEST(ListingArm64, AScaledIndexIsPartOfTheAddressIfNoBitIsLost) {
  // v3 is both the mask and the shift: (v0 & 3) << 3, then v0 << 3.
  const std::string masked = "  v6: i32 = i32.and v0, v3\n  v7: i32 = i32.shl v6, v3\n";
  const std::string wide = body_of(masked + "  v19: i64 = i64.load v7 + 0 @0x1\n" + kReturnWide);
  EXPECT_TRUE(has(wide, "uxtw 3]")) << wide;
  EXPECT_FALSE(has(wide, "lsl")) << wide;
  const std::string offset = body_of(masked + "  v8: i32 = i32.load v7 + 8 @0x1\n  return v8\n");
  EXPECT_FALSE(has(offset, "lsl")) << offset;
  // The machine shifts by the size of what is accessed.
  const std::string narrow = body_of(masked + "  v8: i32 = i32.load v7 + 0 @0x1\n  return v8\n");
  EXPECT_TRUE(has(narrow, "lsl")) << narrow;
  const std::string whole = body_of("  v7: i32 = i32.shl v0, v3\n  v19: i64 = i64.load v7 + 0 @0x1\n" + kReturnWide);
  EXPECT_TRUE(has(whole, "lsl")) << whole;
}

TEST(ListingArm64, StoresOfZeroNeedNoRegisterAndOnlyThoseThatMayTrapAreProbed) {
  const std::string first = body_of("  i32.store v0 + 4, v4 @0x1\n  return v0\n");
  EXPECT_TRUE(has(first, "str wzr")) << first;
  EXPECT_TRUE(has(first, "ldr wzr")) << first;
  const std::string reached =
      body_of("  i32.store v0 + 4 reached, v4 @0x1\n  i32.store v0 + 0 reached, v2 @0x2\n  return v0\n");
  EXPECT_TRUE(has(reached, "str wzr")) << reached;
  EXPECT_FALSE(has(reached, "ldr wzr")) << reached;
  const std::string byte = body_of("  i32.store8 v0 + 4, v4 @0x1\n  return v0\n");
  EXPECT_TRUE(has(byte, "strb wzr")) << byte;
  EXPECT_FALSE(has(byte, "ldr")) << byte;
}

TEST(ListingArm64, ASumTakesAShiftOrAProduct) {
  const std::string number = "  v6: i32 = i32.wrap_i64 v1\n";
  const std::string shift = body_of(number + "  v7: i32 = i32.shl v6, v3\n  v8: i32 = i32.add v0, v7\n  return v8\n");
  EXPECT_TRUE(has(shift, "add w0, w0, w8, 3")) << shift;
  EXPECT_FALSE(has(shift, "lsl w")) << shift;
  const std::string product = body_of(number + "  v7: i32 = i32.mul v6, v0\n  v8: i32 = i32.add v0, v7\n  return v8\n");
  EXPECT_TRUE(has(product, "madd ")) << product;
  const std::string less = body_of(number + "  v7: i32 = i32.mul v6, v0\n  v8: i32 = i32.sub v0, v7\n  return v8\n");
  EXPECT_TRUE(has(less, "msub ")) << less;
}

TEST(ListingArm64, BitsFromTheMiddleAreOneInstruction) {
  const std::string code = body_of("  v6: i32 = i32.shr_u v0, v3\n  v7: i32 = i32.and v6, v3\n  return v7\n");
  EXPECT_TRUE(has(code, "ubfx w0, w0, 3, 2")) << code;
  EXPECT_FALSE(has(code, "lsr")) << code;
}

TEST(ListingArm64, BothHalvesOfAProductAreTwoInstructions) {
  const std::string code = body_of(
      "  v6: i64 = i64.mul v1, v1\n  v7: i64 = i64.mul_high_u v1, v1\n  v19: i64 = i64.xor v6, v7\n" + kReturnWide);
  EXPECT_EQ(count(code, "\nmul x"), 1u) << code;
  EXPECT_EQ(count(code, "umulh x"), 1u) << code;
}

TEST(ListingArm64, WhatALoopChangesStaysInItsRegister) { EXPECT_TRUE(moves_nothing(body_of(kSum), "cbnz w0, L1")); }

}  // namespace
}  // namespace hermit::compiler

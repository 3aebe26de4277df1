// What a reader of the machine code would look for: each optimisation of selection, in a function of a few
// instructions.
#include "compiler/listing_test.h"

namespace hermit::compiler {
namespace {

std::string body_of(const std::string& body) { return x64_of(small_function(body)); }

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

TEST(ListingX64, WhatALoopChangesStaysInItsRegister) { EXPECT_TRUE(moves_nothing(body_of(kSum), "jne L1")); }

TEST(ListingX64, ACarryIsAdded) {
  const std::string carry = body_of(
      "  v6: i64 = i64.add v1, v5\n  v7: i32 = i64.lt_u v6, v1\n  v8: i64 = i64.extend_i32_u v7\n"
      "  v9: i64 = i64.add v6, v8\n  v10: i32 = i32.wrap_i64 v9\n  return v10\n");
  EXPECT_TRUE(has(carry, "adc ")) << carry;
  EXPECT_FALSE(has(carry, "setb")) << carry;
  // Not if it is needed by itself, nor if it is another comparison.
  const std::string kept =
      body_of("  v7: i32 = i32.lt_u v0, v3\n  v8: i32 = i32.add v0, v7\n  v9: i32 = i32.mul v8, v7\n  return v9\n");
  EXPECT_FALSE(has(kept, "adc ")) << kept;
  const std::string is_signed = body_of("  v7: i32 = i32.lt_s v0, v3\n  v8: i32 = i32.add v0, v7\n  return v8\n");
  EXPECT_FALSE(has(is_signed, "adc ")) << is_signed;
}

TEST(ListingX64, TheFlagOfASumIsItsCarry) {
  // Three numbers of two words, v1:v8, v6:v9 and v7:v10. As compilers write it: all low words, then all high ones.
  const std::string numbers =
      "  v6: i64 = i64.mul v1, v1\n  v7: i64 = i64.mul v6, v5\n  v8: i64 = i64.mul v7, v1\n"
      "  v9: i64 = i64.mul v8, v6\n  v10: i64 = i64.mul v9, v7\n  v11: i64 = i64.add v1, v6\n"
      "  v12: i64 = i64.add v11, v7\n";
  const std::string high =
      "  v13: i64 = i64.add v8, v9\n  v14: i32 = i64.lt_u v11, v1\n  v15: i64 = i64.extend_i32_u v14\n"
      "  v16: i64 = i64.add v13, v15\n  v17: i64 = i64.add v16, v10\n  v18: i32 = i64.gt_u v7, v12\n"
      "  v19: i64 = i64.extend_i32_u v18\n  v20: i64 = i64.add v17, v19\n";
  const auto code_with = [&](const std::string& between, const std::string& low) {
    return body_of(numbers + between + high + "  v30: i64 = i64.xor v20, " + low +
                   "\n  v31: i32 = i32.wrap_i64 v30\n  return v31\n");
  };
  const std::string plain = code_with("", "v12");
  EXPECT_EQ(count(plain, "\nadc "), 2u) << plain;
  EXPECT_EQ(count(plain, "\nadd "), 2u) << plain;
  EXPECT_FALSE(has(plain, "cmp r")) << plain;
  // A shift of the sum waits for the high word, too.
  EXPECT_FALSE(has(code_with("  v21: i64 = i64.shr_u v12, v5\n", "v21"), "cmp r"));
  // Unless that is needed before, too.
  EXPECT_EQ(count(code_with("  v21: i64 = i64.shr_u v12, v5\n  i64.store v0 + 0, v21 @0x1\n", "v21"), "cmp r"), 2u);
  // Whoever needs the sum before that does not.
  const std::string stored = code_with("  i64.store v0 + 0, v11 @0x1\n", "v12");
  EXPECT_EQ(count(stored, "\ncmp r"), 1u) << stored;
  EXPECT_EQ(count(stored, "\nadc "), 2u) << stored;
}

TEST(ListingX64, BothHalvesOfAProductAreOneInstruction) {
  const auto products = [](const std::string& order) {
    return body_of(order + "  v8: i64 = i64.xor v6, v7\n  v9: i32 = i32.wrap_i64 v8\n  return v9\n");
  };
  for (const std::string& code : {products("  v6: i64 = i64.mul v1, v1\n  v7: i64 = i64.mul_high_u v1, v1\n"),
                                  products("  v7: i64 = i64.mul_high_u v1, v1\n  v6: i64 = i64.mul v1, v1\n")}) {
    EXPECT_TRUE(has(code, "\nmul ")) << code;
    EXPECT_FALSE(has(code, "imul ")) << code;
  }
}

// More values than registers, round a loop of two blocks that both call: what one hands to the other stays where it is.
TEST(ListingX64, WhatEdgesHandOverStaysInItsSlot) {
  constexpr u32 kValues = 24;
  const auto each = [](const auto& text) {
    std::string all;
    for (u32 i = 0; i < kValues; ++i) all += (i == 0 ? "" : ", ") + text(std::to_string(i));
    return all;
  };
  std::string body;
  for (u32 i = 0; i < kValues; ++i) {
    body += "  v1" + std::to_string(i) + "0: i32 = i32.load v0 + " + std::to_string(8 * i) + " @0x1\n";
  }
  const auto values = [&](const std::string& digit) {
    return each([&](const std::string& i) { return "v1" + i + digit; });
  };
  const auto params = [&](const std::string& digit) {
    return each([&](const std::string& i) { return "v1" + i + digit + ": i32"; });
  };
  const std::string call = "  call exit 0 results 0 (v4, v4) @0x2\n";
  body += "  jump block1(" + values("0") + ")\nblock1(" + params("1") + "):\n" + call + "  jump block2(" + values("1") +
          ")\nblock2(" + params("2") + "):\n" + call + "  branch v102, block3, block4\nblock3:\n  jump block1(" +
          values("2") + ")\nblock4:\n";
  std::string sum = "v102";
  for (u32 i = 1; i < kValues; ++i) {
    const std::string next = "v" + std::to_string(500 + i);
    body += "  " + next + ": i32 = i32.add " + sum + ", v1" + std::to_string(i) + "2\n";
    sum = next;
  }
  const std::string code = body_of(body + "  return " + sum + "\n");
  EXPECT_FALSE(has(code, "xmm15")) << code;  // the way from memory to memory
}

TEST(ListingX64, FlagsThatAreThereAreNotMadeAgain) {
  const std::string branch = "  branch v7, block1(v7), block2\nblock1(v9: i32):\n  return v9\nblock2:\n  return v2\n";
  const std::string there = body_of("  v7: i32 = i32.and v0, v3\n" + branch);
  EXPECT_TRUE(has(there, "and ")) << there;
  EXPECT_FALSE(has(there, "test ")) << there;
  // `not` leaves them alone, and so does `lea`.
  const std::string flipped = x64_of(
      "function 0 (i32) -> (i32) locals 0 {\n  v2: i32 = const 0xffffffff\nblock0:\n  v0: i32 = param 0\n"
      "  v7: i32 = i32.xor v0, v2\n" +
      branch + "}\n");
  EXPECT_TRUE(has(flipped, "not ")) << flipped;
  EXPECT_TRUE(has(flipped, "test ")) << flipped;
}

TEST(ListingX64, AShortWayHasNoFrame) {
  const std::string code = body_of(
      "  branch v0, block1, block2\nblock1:\n  jump block3(v2)\nblock2:\n"
      "  v6: i32 = call exit 0 results 1 (v0, v4) @0x1\n  v9: i32 = call exit 0 results 1 (v6, v4) @0x2\n"
      "  v7: i32 = i32.add v6, v9\n  jump block3(v7)\n"
      "block3(v8: i32):\n  return v8\n");
  // Two returns: one of the frame chain alone, one that gives back what was saved.
  EXPECT_TRUE(has(code, "pop rbp")) << code;
  EXPECT_TRUE(has(code, "leave")) << code;
  const size_t branch = code.find("test eax, eax");
  ASSERT_NE(branch, std::string::npos) << code;
  EXPECT_EQ(code.substr(0, branch).find("push rbx"), std::string::npos) << code;
  EXPECT_EQ(code.substr(0, branch).find("cmp rsp"), std::string::npos) << code;
  EXPECT_TRUE(has(code, "push rbx")) << code;
}

}  // namespace
}  // namespace hermit::compiler

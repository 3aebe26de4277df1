// The numeric functions against values worked out by hand from the specification (section 4.3), not from another
// engine.
#include "abi/numeric.h"

#include <gtest/gtest.h>

#include <cmath>

namespace hermit::numeric {
namespace {

constexpr u32 kMin32 = 0x80000000;
constexpr u64 kMin64 = u64{1} << 63;
constexpr f64 kInf = std::numeric_limits<f64>::infinity();
const f64 kNaN = std::numeric_limits<f64>::quiet_NaN();
u64 bits(f64 x) { return std::bit_cast<u64>(x); }
u32 bits(f32 x) { return std::bit_cast<u32>(x); }
f64 signalling64() { return std::bit_cast<f64>(u64{0x7ff0000000000001}); }
f32 signalling32() { return std::bit_cast<f32>(u32{0x7f800001}); }

TEST(Numeric, DivisionTrapsOnlyWhereTheResultHasNoValue) {
  EXPECT_EQ(div_s<u32>(7, 0).trap, Trap::IntegerDivideByZero);
  EXPECT_EQ(div_u<u32>(7, 0).trap, Trap::IntegerDivideByZero);
  EXPECT_EQ(rem_s<u32>(7, 0).trap, Trap::IntegerDivideByZero);
  EXPECT_EQ(rem_u<u64>(7, 0).trap, Trap::IntegerDivideByZero);
  EXPECT_EQ(div_s<u32>(kMin32, ~0u).trap, Trap::IntegerOverflow);
  EXPECT_EQ(div_s<u64>(kMin64, ~u64{0}).trap, Trap::IntegerOverflow);
  EXPECT_EQ(rem_s<u32>(kMin32, ~0u).trap, Trap::None);
  EXPECT_EQ(rem_s<u32>(kMin32, ~0u).value, 0u);
  EXPECT_EQ(rem_s<u64>(kMin64, ~u64{0}).value, 0u);
  EXPECT_EQ(div_u<u32>(kMin32, ~0u).value, 0u);
  EXPECT_EQ(div_s<u32>(static_cast<u32>(-7), 2).value, static_cast<u32>(-3));
  EXPECT_EQ(rem_s<u32>(static_cast<u32>(-7), 2).value, static_cast<u32>(-1));
}

TEST(Numeric, ShiftCountsAreTakenModuloTheWidth) {
  for (const u32 count : {0u, 1u, 31u, 32u, 33u, 64u, 127u, ~0u}) {
    EXPECT_EQ(shl<u32>(0x80000001, count), 0x80000001u << (count % 32)) << count;
    EXPECT_EQ(shr_u<u32>(0x80000001, count), 0x80000001u >> (count % 32)) << count;
    EXPECT_EQ(shl<u64>(1, count), u64{1} << (count % 64)) << count;
    EXPECT_EQ(rotr<u32>(rotl<u32>(0x12345678, count), count), 0x12345678u) << count;
  }
  EXPECT_EQ(shr_s<u32>(kMin32, 31), ~0u);
  EXPECT_EQ(shr_s<u64>(kMin64, 127), ~u64{0});
  EXPECT_EQ(rotl<u32>(0x80000000, 1), 1u);
}

TEST(Numeric, CountingBits) {
  EXPECT_EQ(clz<u32>(0), 32u);
  EXPECT_EQ(ctz<u32>(0), 32u);
  EXPECT_EQ(clz<u64>(0), 64u);
  EXPECT_EQ(ctz<u64>(kMin64), 63u);
  EXPECT_EQ(popcnt<u64>(~u64{0}), 64u);
}

TEST(Numeric, Extensions) {
  EXPECT_EQ((extend<u32, i8, u32>(0x1ff)), 0xffffffffu);
  EXPECT_EQ((extend<u32, i16, u32>(0x18000)), 0xffff8000u);
  EXPECT_EQ((extend<u64, i32, u64>(0x180000000)), 0xffffffff80000000u);
  EXPECT_EQ((extend<u64, i32, u32>(0x80000000)), 0xffffffff80000000u);
}

TEST(Numeric, MinAndMaxOrderZerosAndPropagateNaN) {
  EXPECT_EQ(bits(min(0.0, -0.0)), bits(-0.0));
  EXPECT_EQ(bits(min(-0.0, 0.0)), bits(-0.0));
  EXPECT_EQ(bits(max(0.0, -0.0)), bits(0.0));
  EXPECT_EQ(bits(max(-0.0, 0.0)), bits(0.0));
  EXPECT_EQ(bits(max(-0.0, -0.0)), bits(-0.0));
  EXPECT_TRUE(std::isnan(min(1.0, kNaN)));
  EXPECT_TRUE(std::isnan(max(kNaN, 1.0)));
  EXPECT_EQ(min(-kInf, 1.0), -kInf);
  EXPECT_EQ(max(2.0f, 3.0f), 3.0f);
}

TEST(Numeric, RoundingTiesAndSigns) {
  EXPECT_EQ(nearest(0.5), 0.0);
  EXPECT_EQ(nearest(1.5), 2.0);
  EXPECT_EQ(nearest(2.5), 2.0);
  EXPECT_EQ(nearest(-2.5), -2.0);
  EXPECT_EQ(bits(nearest(-0.5)), bits(-0.0));
  EXPECT_EQ(bits(ceil(-0.5)), bits(-0.0));
  EXPECT_EQ(bits(trunc(-0.9)), bits(-0.0));
  EXPECT_EQ(bits(floor(-0.0)), bits(-0.0));
  EXPECT_EQ(floor(-0.5), -1.0);
  EXPECT_EQ(ceil(0.5), 1.0);
  EXPECT_EQ(nearest(4503599627370495.5), 4503599627370496.0);
  EXPECT_EQ(nearest(8388607.5f), 8388608.0f);
  EXPECT_EQ(trunc(1e300), 1e300);
  EXPECT_EQ(floor(-kInf), -kInf);
  EXPECT_EQ(nearest(4.9406564584124654e-324), 0.0);
}

TEST(Numeric, RoundingQuietsSignallingNaN) {
  for (const f64 x : {nearest(signalling64()), ceil(signalling64()), floor(signalling64()), trunc(signalling64())}) {
    EXPECT_EQ(bits(x) & 0x7ff8000000000000, 0x7ff8000000000000u);
  }
  EXPECT_EQ(bits(nearest(signalling32())) & 0x7fc00000, 0x7fc00000u);
}

TEST(Numeric, SignOperationsKeepEveryOtherBitOfANaN) {
  EXPECT_EQ(neg_bits<u32>(0x7f800001), 0xff800001u);
  EXPECT_EQ(abs_bits<u64>(0xfff0000000000001), 0x7ff0000000000001u);
  EXPECT_EQ(copysign_bits<u32>(0x7f800001, 0x80000000), 0xff800001u);
}

TEST(Numeric, TruncationChecksItsRange) {
  EXPECT_EQ((trunc_checked<i32, f64>(-2147483648.9)).value, kMin32);
  EXPECT_EQ((trunc_checked<i32, f64>(-2147483648.9)).trap, Trap::None);
  EXPECT_EQ((trunc_checked<i32, f64>(-2147483649.0)).trap, Trap::IntegerOverflow);
  EXPECT_EQ((trunc_checked<i32, f64>(2147483647.9)).value, 0x7fffffffu);
  EXPECT_EQ((trunc_checked<i32, f64>(2147483648.0)).trap, Trap::IntegerOverflow);
  EXPECT_EQ((trunc_checked<i32, f32>(-2147483648.0f)).value, kMin32);
  EXPECT_EQ((trunc_checked<i32, f32>(2147483648.0f)).trap, Trap::IntegerOverflow);
  EXPECT_EQ((trunc_checked<u32, f64>(-0.9)).value, 0u);
  EXPECT_EQ((trunc_checked<u32, f64>(-0.9)).trap, Trap::None);
  EXPECT_EQ((trunc_checked<u32, f32>(-1.0f)).trap, Trap::IntegerOverflow);
  EXPECT_EQ((trunc_checked<u32, f64>(4294967295.9)).value, 0xffffffffu);
  EXPECT_EQ((trunc_checked<u64, f64>(18446744073709549568.0)).value, 18446744073709549568u);
  EXPECT_EQ((trunc_checked<u64, f64>(18446744073709551616.0)).trap, Trap::IntegerOverflow);
  EXPECT_EQ((trunc_checked<i64, f64>(-9223372036854775808.0)).value, kMin64);
  EXPECT_EQ((trunc_checked<i64, f32>(9223372036854775808.0f)).trap, Trap::IntegerOverflow);
  EXPECT_EQ((trunc_checked<i32, f64>(kNaN)).trap, Trap::InvalidConversionToInteger);
}

TEST(Numeric, SaturatingTruncationNeverTraps) {
  EXPECT_EQ((trunc_sat<i32, f64>(1e10)), 0x7fffffffu);
  EXPECT_EQ((trunc_sat<i32, f64>(-1e10)), kMin32);
  EXPECT_EQ((trunc_sat<u32, f64>(-1e10)), 0u);
  EXPECT_EQ((trunc_sat<u64, f32>(1e30f)), ~u64{0});
  EXPECT_EQ((trunc_sat<i64, f64>(kNaN)), 0u);
  EXPECT_EQ((trunc_sat<i64, f64>(-kInf)), kMin64);
}

TEST(Numeric, ConversionsRoundOnce) {
  EXPECT_EQ((convert<f32, u64>(0x7fffff4000000001)), 0x1.fffffep+62f);
  EXPECT_EQ((convert<f64, u64>(~u64{0})), 18446744073709551616.0);
  EXPECT_EQ((convert<f32, i32>(static_cast<u32>(-16777217))), -16777216.0f);
  EXPECT_EQ((convert<f64, i64>(static_cast<u64>(-1))), -1.0);
}

}  // namespace
}  // namespace hermit::numeric

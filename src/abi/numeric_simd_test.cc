// SIMD functions against lane by lane results worked out with numeric.h's functions or by hand. The official scripts
// have many more values; these are the ones that implementations get wrong.
#include "abi/numeric_simd.h"

#include <gtest/gtest.h>

#include <array>
#include <cmath>

namespace hermit::simd {
namespace {

template <typename T>
using Array = std::array<T, kLanes<T>>;
template <typename T>
V128 make(const Array<T>& lanes) {
  return std::bit_cast<V128>(lanes);
}
template <typename T>
Array<T> lanes(V128 a) {
  return std::bit_cast<Array<T>>(a);
}

TEST(NumericSimd, SaturationEndsAtTheLimits) {
  const V128 a = make<i16>({32767, -32768, 1, 0, 30000, -30000, 5, -1});
  const V128 b = make<i16>({1, -1, 1, -1, 30000, -30000, -6, 1});
  EXPECT_EQ(lanes<i16>(add_sat<i16>(a, b)), (Array<i16>{32767, -32768, 2, -1, 32767, -32768, -1, 0}));
  EXPECT_EQ(
      lanes<u16>(sub_sat<u16>(make<u16>({0, 1, 2, 65535, 0, 0, 0, 0}), make<u16>({1, 1, 1, 65535, 0, 0, 0, 65535}))),
      (Array<u16>{0, 0, 1, 0, 0, 0, 0, 0}));
  EXPECT_EQ(lanes<i16>(q15mulr_sat(make<i16>({-32768, -32768, 16384, 1, 0, 0, 0, 0}),
                                   make<i16>({-32768, 32767, 16384, 16384, 0, 0, 0, 0}))),
            (Array<i16>{32767, -32767, 8192, 1, 0, 0, 0, 0}));
}

TEST(NumericSimd, NarrowingTakesTheSignedValueAndTheSecondOperandHigh) {
  const V128 a = make<i16>({-1, 255, 256, -32768, 127, 128, -128, -129});
  const V128 b = make<i16>({1, 2, 3, 4, 5, 6, 7, 8});
  EXPECT_EQ(lanes<u8>(narrow<u8, i16>(a, b)), (Array<u8>{0, 255, 255, 0, 127, 128, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8}));
  EXPECT_EQ(lanes<i8>(narrow<i8, i16>(a, b)),
            (Array<i8>{-1, 127, 127, -128, 127, 127, -128, -128, 1, 2, 3, 4, 5, 6, 7, 8}));
}

TEST(NumericSimd, AbsOfTheLeastAndTheAverageThatWouldOverflow) {
  EXPECT_EQ(lanes<i8>(abs<i8>(splat<u8>(0x80)))[0], -128);
  EXPECT_EQ(lanes<i64>(abs<i64>(make<i64>({INT64_MIN, -5}))), (Array<i64>{INT64_MIN, 5}));
  EXPECT_EQ(lanes<u8>(avgr<u8>(splat<u8>(255), splat<u8>(254)))[3], 255);
  EXPECT_EQ(lanes<u8>(avgr<u8>(splat<u8>(0), splat<u8>(1)))[3], 1);
}

TEST(NumericSimd, ShiftsTakeTheCountModuloTheLane) {
  const V128 a = splat<u64>(u64{1} << 63);
  EXPECT_EQ(lanes<i64>(shr<i64>(a, 64 + 1))[1], static_cast<i64>(u64{3} << 62));
  EXPECT_EQ(lanes<u64>(shr<u64>(a, 63))[0], 1u);
  EXPECT_EQ(lanes<u8>(shl<u8>(splat<u8>(3), 9))[5], 6);
}

TEST(NumericSimd, ShufflesAndSwizzlesByBytes) {
  const V128 a = make<u8>({0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15});
  const V128 b = make<u8>({16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31});
  const Array<u8> picked = {31, 0, 15, 16, 5, 5, 5, 5, 30, 29, 28, 1, 2, 3, 4, 17};
  EXPECT_EQ(lanes<u8>(shuffle(a, b, picked.data())), picked);
  const V128 index = make<u8>({15, 16, 255, 0, 128, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11});
  EXPECT_EQ(lanes<u8>(swizzle(a, index)), (Array<u8>{15, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}));
}

TEST(NumericSimd, ZerosNaNAndConversionsOfFloats) {
  const f32 nan = std::numeric_limits<f32>::quiet_NaN();
  const V128 a = make<f32>({0.0f, -0.0f, nan, 1});
  const V128 b = make<f32>({-0.0f, 0.0f, 1, nan});
  const auto least = lanes<f32>(map2<f32, numeric::min<f32>>(a, b));
  EXPECT_TRUE(std::signbit(least[0]) && std::signbit(least[1]));
  EXPECT_TRUE(std::isnan(least[2]) && std::isnan(least[3]));
  const auto pseudo = lanes<f32>(pmin<f32>(a, b));  // b < a ? b : a
  EXPECT_FALSE(std::signbit(pseudo[0]));
  EXPECT_TRUE(std::isnan(pseudo[2]));
  EXPECT_EQ(pseudo[3], 1);
  const V128 big = make<f32>({nan, -1, 5e9f, 1.9f});
  EXPECT_EQ(lanes<u32>((map<f32, u32, numeric::trunc_sat<u32, f32>>(big))), (Array<u32>{0, 0, 0xffffffff, 1}));
  EXPECT_EQ(lanes<u32>(trunc_sat_f64_zero<i32>(make<f64>({-1.5, 1e10}))), (Array<u32>{0xffffffff, 0x7fffffff, 0, 0}));
  EXPECT_EQ(lanes<f32>(convert_f32<u32>(splat<u32>(0xffffffff)))[2], 4294967296.0f);
  EXPECT_EQ(std::bit_cast<u32>(lanes<f32>(splat<f32>(-0.0f))[1]), 0x80000000u);
}

TEST(NumericSimd, PairwiseSumsAndProductsKeepSignsApart) {
  const V128 a = make<i8>({-128, -128, 127, 127, -1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0});
  EXPECT_EQ(lanes<i16>(extadd_pairwise<i16>(a))[0], -256);
  EXPECT_EQ(lanes<u16>(extadd_pairwise<u16>(a))[0], 256);
  EXPECT_EQ(lanes<i32>(dot<i32>(splat<u16>(0x8000), splat<u16>(0x8000)))[0], INT32_MIN);  // wraps
  EXPECT_EQ((lanes<i64>(extmul<i64, i32, true>(make<i32>({1, 2, -3, 4}), make<i32>({5, 6, 7, -8})))),
            (Array<i64>{-21, -32}));
}

TEST(NumericSimd, Masks) {
  EXPECT_EQ(bitmask<i8>(make<i8>({-1, 0, 0, 0, 0, 0, 0, -1, 0, 0, 0, 0, 0, 0, 0, -128})), 0x8081u);
  EXPECT_EQ(all_true<u32>(make<u32>({1, 2, 0, 4})), 0u);
  EXPECT_EQ(all_true<u32>(make<u32>({1, 2, 3, 0x80000000})), 1u);
  EXPECT_EQ(any_true(make<u8>({0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1})), 1u);
}

}  // namespace
}  // namespace hermit::simd

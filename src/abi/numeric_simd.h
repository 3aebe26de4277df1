// The SIMD instructions of WebAssembly (core specification 3.0, section 4.3, "vector operations"; fixed and relaxed) as
// functions on 128-bit values, for every engine (numeric_simd_ops.def maps instructions to them).
//
// They are written with the compiler's vector types, which lower to whatever the target has. Lanes are numbered from
// the low bytes; hosts are little-endian. Requirements on the floating-point environment are those of numeric.h.
//
// Relaxed instructions have one fixed meaning here on every host: products are rounded before they are added, selects
// are by bit, conversions saturate, and products of bytes treat both as signed.
#pragma once

#include <cstring>

#include "abi/numeric.h"

namespace hermit::simd {

// A v128. part[0] holds the low 64 bits: the first of the two slots.
struct V128 {
  u64 part[2];
};

template <typename T>
using Vec = T __attribute__((vector_size(16)));
template <typename T>
inline constexpr int kLanes = 16 / static_cast<int>(sizeof(T));

template <typename T>
inline Vec<T> as(V128 a) {
  Vec<T> v;
  std::memcpy(&v, &a, 16);
  return v;
}
template <typename V>
inline V128 from(V v) {
  static_assert(sizeof(V) == 16);
  V128 a;
  std::memcpy(&a, &v, 16);
  return a;
}

// --- lanes, one by one: for what has no vector form. Not unrolled, for size. ---

template <typename T, typename R, R (*kFunction)(T)>
inline V128 map(V128 a) {
  static_assert(sizeof(T) == sizeof(R));
  T in[kLanes<T>];
  R out[kLanes<T>];
  std::memcpy(in, &a, 16);
#pragma clang loop unroll(disable) vectorize(disable)
  for (int i = 0; i < kLanes<T>; ++i) out[i] = kFunction(in[i]);
  std::memcpy(&a, out, 16);
  return a;
}
template <typename T, T (*kFunction)(T, T)>
inline V128 map2(V128 a, V128 b) {
  T x[kLanes<T>], y[kLanes<T>];
  std::memcpy(x, &a, 16);
  std::memcpy(y, &b, 16);
#pragma clang loop unroll(disable) vectorize(disable)
  for (int i = 0; i < kLanes<T>; ++i) x[i] = kFunction(x[i], y[i]);
  std::memcpy(&a, x, 16);
  return a;
}

template <typename T>
inline V128 splat(T x) {
  return from(Vec<T>{} + x);
}
template <>
inline V128 splat(f32 x) {
  return splat(std::bit_cast<u32>(x));  // adding 0 would lose the sign of -0
}
template <>
inline V128 splat(f64 x) {
  return splat(std::bit_cast<u64>(x));
}
// Requires: lane < kLanes<T>.
template <typename T>
inline T extract(V128 a, u32 lane) {
  T x;
  std::memcpy(&x, reinterpret_cast<const u8*>(&a) + lane * sizeof(T), sizeof(T));
  return x;
}
template <typename T>
inline V128 replace(V128 a, u32 lane, T x) {
  std::memcpy(reinterpret_cast<u8*>(&a) + lane * sizeof(T), &x, sizeof(T));
  return a;
}

// The bytes of `a` then `b` that `lanes` names, each below 32.
inline V128 shuffle(V128 a, V128 b, const u8* lanes) {
  u8 in[32], out[16];
  std::memcpy(in, &a, 16);
  std::memcpy(in + 16, &b, 16);
#pragma clang loop unroll(disable) vectorize(disable)
  for (int i = 0; i < 16; ++i) out[i] = in[lanes[i] & 31];
  std::memcpy(&a, out, 16);
  return a;
}
inline V128 swizzle(V128 a, V128 b) {
  u8 in[16], index[16];
  std::memcpy(in, &a, 16);
  std::memcpy(index, &b, 16);
#pragma clang loop unroll(disable) vectorize(disable)
  for (int i = 0; i < 16; ++i) index[i] = index[i] < 16 ? in[index[i]] : u8{0};
  std::memcpy(&a, index, 16);
  return a;
}

// --- bits ---

inline V128 bit_not(V128 a) { return from(~as<u64>(a)); }
inline V128 bit_and(V128 a, V128 b) { return from(as<u64>(a) & as<u64>(b)); }
inline V128 bit_andnot(V128 a, V128 b) { return from(as<u64>(a) & ~as<u64>(b)); }
inline V128 bit_or(V128 a, V128 b) { return from(as<u64>(a) | as<u64>(b)); }
inline V128 bit_xor(V128 a, V128 b) { return from(as<u64>(a) ^ as<u64>(b)); }
inline V128 bitselect(V128 a, V128 b, V128 mask) {
  return from((as<u64>(a) & as<u64>(mask)) | (as<u64>(b) & ~as<u64>(mask)));
}
inline u32 any_true(V128 a) { return (a.part[0] | a.part[1]) != 0; }
template <typename T>
inline u32 all_true(V128 a) {
  return !any_true(from(as<T>(a) == Vec<T>{}));
}
// The sign bits of the lanes.
template <typename T>
inline u32 bitmask(V128 a) {
  T lanes[kLanes<T>];
  std::memcpy(lanes, &a, 16);
  u32 mask = 0;
#pragma clang loop unroll(disable) vectorize(disable)
  for (int i = 0; i < kLanes<T>; ++i) mask |= u32{lanes[i] < 0} << i;
  return mask;
}

// --- integers; U is unsigned where signedness does not matter, so that everything wraps ---

template <typename U>
inline V128 add(V128 a, V128 b) {
  return from(as<U>(a) + as<U>(b));
}
template <typename U>
inline V128 sub(V128 a, V128 b) {
  return from(as<U>(a) - as<U>(b));
}
template <typename U>
inline V128 mul(V128 a, V128 b) {
  return from(as<U>(a) * as<U>(b));
}
template <typename U>
inline V128 neg(V128 a) {
  return from(Vec<U>{} - as<U>(a));
}
template <typename S>
inline V128 abs(V128 a) {
  using U = std::make_unsigned_t<S>;
  const auto sign = std::bit_cast<Vec<U>>(as<S>(a) >> static_cast<S>(sizeof(S) * 8 - 1));
  return from((as<U>(a) ^ sign) - sign);
}
template <typename T>
inline V128 add_sat(V128 a, V128 b) {
  return from(__builtin_elementwise_add_sat(as<T>(a), as<T>(b)));
}
template <typename T>
inline V128 sub_sat(V128 a, V128 b) {
  return from(__builtin_elementwise_sub_sat(as<T>(a), as<T>(b)));
}
template <typename T>
inline V128 min(V128 a, V128 b) {
  return from(__builtin_elementwise_min(as<T>(a), as<T>(b)));
}
template <typename T>
inline V128 max(V128 a, V128 b) {
  return from(__builtin_elementwise_max(as<T>(a), as<T>(b)));
}
template <typename U>
inline V128 avgr(V128 a, V128 b) {  // (a + b + 1) / 2 without the carry
  return from((as<U>(a) | as<U>(b)) - ((as<U>(a) ^ as<U>(b)) >> U{1}));
}
inline V128 popcnt(V128 a) {
  const Vec<u8> v = as<u8>(a);
  const Vec<u8> pairs = v - ((v >> u8{1}) & u8{0x55});
  const Vec<u8> fours = (pairs & u8{0x33}) + ((pairs >> u8{2}) & u8{0x33});
  return from((fours + (fours >> u8{4})) & u8{0x0f});
}
template <typename T>
inline T lane_count(u32 count) {
  return static_cast<T>(count & (sizeof(T) * 8 - 1));
}
template <typename U>
inline V128 shl(V128 a, u32 count) {
  return from(as<U>(a) << lane_count<U>(count));
}
// By the signedness of T.
template <typename T>
inline V128 shr(V128 a, u32 count) {
  return from(as<T>(a) >> lane_count<T>(count));
}

template <typename T>
inline V128 eq(V128 a, V128 b) {
  return from(as<T>(a) == as<T>(b));
}
template <typename T>
inline V128 ne(V128 a, V128 b) {
  return from(as<T>(a) != as<T>(b));
}
template <typename T>
inline V128 lt(V128 a, V128 b) {
  return from(as<T>(a) < as<T>(b));
}
template <typename T>
inline V128 gt(V128 a, V128 b) {
  return from(as<T>(a) > as<T>(b));
}
template <typename T>
inline V128 le(V128 a, V128 b) {
  return from(as<T>(a) <= as<T>(b));
}
template <typename T>
inline V128 ge(V128 a, V128 b) {
  return from(as<T>(a) >= as<T>(b));
}

// --- between widths ---

template <typename T>
using Half = T __attribute__((vector_size(8)));
template <typename T>
using Double = T __attribute__((vector_size(32)));

template <typename To, typename From>
inline Vec<To> extended_half(V128 a, bool is_high) {
  Half<From> half;
  std::memcpy(&half, &a.part[is_high ? 1 : 0], 8);
  return __builtin_convertvector(half, Vec<To>);
}
template <typename To, typename From, bool kHigh>
inline V128 extend(V128 a) {
  return from(extended_half<To, From>(a, kHigh));
}
// To and From have one signedness; the product always fits.
template <typename To, typename From, bool kHigh>
inline V128 extmul(V128 a, V128 b) {
  return from(extended_half<To, From>(a, kHigh) * extended_half<To, From>(b, kHigh));
}
// Each lane of T is two of half the width: the low and the high one, extended by the signedness of T.
template <typename T>
inline Vec<T> low_part(V128 a) {
  constexpr T kBits = sizeof(T) * 4;
  return std::bit_cast<Vec<T>>(as<std::make_unsigned_t<T>>(a) << std::make_unsigned_t<T>{kBits}) >> kBits;
}
template <typename T>
inline Vec<T> high_part(V128 a) {
  return as<T>(a) >> T{sizeof(T) * 4};
}
template <typename T>
inline V128 extadd_pairwise(V128 a) {
  return from(low_part<T>(a) + high_part<T>(a));
}
// Sums of two products of signed halves; wraps.
template <typename T>
inline V128 dot(V128 a, V128 b) {
  using U = std::make_unsigned_t<T>;
  const auto bits = [](Vec<T> v) { return std::bit_cast<Vec<U>>(v); };
  return from(bits(low_part<T>(a)) * bits(low_part<T>(b)) + bits(high_part<T>(a)) * bits(high_part<T>(b)));
}
inline V128 dot_add(V128 a, V128 b, V128 c) { return add<u32>(extadd_pairwise<i32>(dot<i16>(a, b)), c); }

// From is signed; values are saturated to To.
template <typename To, typename From>
inline V128 narrow(V128 a, V128 b) {
  Double<From> both;
  std::memcpy(&both, &a, 16);
  std::memcpy(reinterpret_cast<u8*>(&both) + 16, &b, 16);
  const Double<From> least = Double<From>{} + static_cast<From>(std::numeric_limits<To>::min());
  const Double<From> most = Double<From>{} + static_cast<From>(std::numeric_limits<To>::max());
  both = __builtin_elementwise_min(__builtin_elementwise_max(both, least), most);
  return from(__builtin_convertvector(both, Vec<To>));
}
// (a * b + 2^14) / 2^15 of fixed-point fractions; only -1 * -1 does not fit.
inline V128 q15mulr_sat(V128 a, V128 b) {
  Double<i32> product =
      __builtin_convertvector(as<i16>(a), Double<i32>) * __builtin_convertvector(as<i16>(b), Double<i32>);
  product = (product + 0x4000) >> 15;
  product = __builtin_elementwise_min(product, Double<i32>{} + 0x7fff);
  return from(__builtin_convertvector(product, Vec<i16>));
}

// --- floats ---

template <typename F>
inline V128 fdiv(V128 a, V128 b) {
  return from(as<F>(a) / as<F>(b));
}
template <typename F>
inline V128 sqrt(V128 a) {
  return from(__builtin_elementwise_sqrt(as<F>(a)));
}
template <typename U>
inline V128 fneg(V128 a) {
  return from(as<U>(a) ^ (U{1} << (sizeof(U) * 8 - 1)));
}
template <typename U>
inline V128 fabs(V128 a) {
  return from(as<U>(a) & ~(U{1} << (sizeof(U) * 8 - 1)));
}
template <typename F>
inline V128 pmin(V128 a, V128 b) {
  return bitselect(b, a, lt<F>(b, a));
}
template <typename F>
inline V128 pmax(V128 a, V128 b) {
  return bitselect(b, a, lt<F>(a, b));
}
template <typename F>
inline V128 madd(V128 a, V128 b, V128 c) {
  return add<F>(mul<F>(a, b), c);
}
template <typename F>
inline V128 nmadd(V128 a, V128 b, V128 c) {
  return sub<F>(c, mul<F>(a, b));
}

// Int says the signedness of integers.
template <typename Int>
inline V128 convert_f32(V128 a) {
  return from(__builtin_convertvector(as<Int>(a), Vec<f32>));
}
template <typename Int>
inline V128 convert_low_f64(V128 a) {
  return from(extended_half<f64, Int>(a, false));
}
inline V128 promote_low(V128 a) { return from(extended_half<f64, f32>(a, false)); }
inline V128 demote_zero(V128 a) {
  const Half<f32> low = __builtin_convertvector(as<f64>(a), Half<f32>);
  return {{std::bit_cast<u64>(low), 0}};
}
template <typename Int>
inline V128 trunc_sat_f64_zero(V128 a) {
  const u64 first = numeric::trunc_sat<Int, f64>(std::bit_cast<f64>(a.part[0]));
  const u64 second = numeric::trunc_sat<Int, f64>(std::bit_cast<f64>(a.part[1]));
  return {{first | second << 32, 0}};
}

}  // namespace hermit::simd

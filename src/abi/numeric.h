// The numeric instructions of WebAssembly (core specification 2.0, section 4.3) as functions on plain values.
//
// They stand once and serve every engine: the interpreter executes them, the compiler folds constants with them
// (numeric_ops.def maps instructions to them). Everything C++ leaves undefined or to the platform is spelled out here:
// shift counts are masked, integers wrap, float-to-integer conversions check their range, min and max know NaN and the
// sign of zero, rounding does not depend on libm. The caller's floating-point environment must be the default one
// (round to nearest, ties to even, no flush to zero), and the build must not contract a * b + c (-ffp-contract=off).
//
// NaN: a result that is NaN is always quiet. Its payload and sign are the hardware's, which the specification permits.
#pragma once

#include <bit>
#include <concepts>
#include <limits>
#include <type_traits>

#include "abi/trap.h"
#include "base/types.h"

namespace hermit::numeric {

static_assert(std::numeric_limits<f32>::is_iec559 && std::numeric_limits<f64>::is_iec559);

// A result that may be a trap instead; value is meaningless unless trap == Trap::None.
template <typename T>
struct Checked {
  T value;
  Trap trap;
};

template <typename F>
using BitsOf = std::conditional_t<sizeof(F) == 4, u32, u64>;
template <typename F>
inline constexpr BitsOf<F> kSignBit = BitsOf<F>{1} << (sizeof(F) * 8 - 1);

template <std::unsigned_integral U>
using SignedOf = std::make_signed_t<U>;

// --- integers: operands and results are unsigned bit patterns ---

template <typename U>
constexpr U add(U a, U b) {
  return a + b;
}
template <typename U>
constexpr U sub(U a, U b) {
  return a - b;
}
template <typename U>
constexpr U mul(U a, U b) {
  return a * b;
}
template <typename U>
constexpr U bit_and(U a, U b) {
  return a & b;
}
template <typename U>
constexpr U bit_or(U a, U b) {
  return a | b;
}
template <typename U>
constexpr U bit_xor(U a, U b) {
  return a ^ b;
}

template <std::unsigned_integral U>
constexpr unsigned shift_count(U b) {
  return static_cast<unsigned>(b & (sizeof(U) * 8 - 1));
}
template <typename U>
constexpr U shl(U a, U b) {
  return a << shift_count(b);
}
template <typename U>
constexpr U shr_u(U a, U b) {
  return a >> shift_count(b);
}
template <typename U>
constexpr U shr_s(U a, U b) {
  return static_cast<U>(static_cast<SignedOf<U>>(a) >> shift_count(b));
}
template <typename U>
constexpr U rotl(U a, U b) {
  return std::rotl(a, static_cast<int>(shift_count(b)));
}
template <typename U>
constexpr U rotr(U a, U b) {
  return std::rotr(a, static_cast<int>(shift_count(b)));
}

template <typename U>
constexpr U clz(U a) {
  return static_cast<U>(std::countl_zero(a));
}
template <typename U>
constexpr U ctz(U a) {
  return static_cast<U>(std::countr_zero(a));
}
template <typename U>
constexpr U popcnt(U a) {
  return static_cast<U>(std::popcount(a));
}

template <typename U>
constexpr Checked<U> div_u(U a, U b) {
  if (b == 0) return {0, Trap::IntegerDivideByZero};
  return {a / b, Trap::None};
}
template <typename U>
constexpr Checked<U> rem_u(U a, U b) {
  if (b == 0) return {0, Trap::IntegerDivideByZero};
  return {a % b, Trap::None};
}
template <typename U>
constexpr Checked<U> div_s(U a, U b) {
  using S = SignedOf<U>;
  if (b == 0) return {0, Trap::IntegerDivideByZero};
  if (static_cast<S>(a) == std::numeric_limits<S>::min() && static_cast<S>(b) == -1) return {0, Trap::IntegerOverflow};
  return {static_cast<U>(static_cast<S>(a) / static_cast<S>(b)), Trap::None};
}
template <typename U>
constexpr Checked<U> rem_s(U a, U b) {
  using S = SignedOf<U>;
  if (b == 0) return {0, Trap::IntegerDivideByZero};
  if (static_cast<S>(b) == -1) return {0, Trap::None};  // the quotient may overflow, the remainder is 0 by definition
  return {static_cast<U>(static_cast<S>(a) % static_cast<S>(b)), Trap::None};
}

template <typename U>
constexpr u32 eqz(U a) {
  return a == 0;
}
template <typename T>
constexpr u32 eq(T a, T b) {
  return a == b;
}
template <typename T>
constexpr u32 ne(T a, T b) {
  return a != b;
}
template <typename T>
constexpr u32 lt(T a, T b) {
  return a < b;
}  // unsigned integers and floats
template <typename T>
constexpr u32 gt(T a, T b) {
  return a > b;
}
template <typename T>
constexpr u32 le(T a, T b) {
  return a <= b;
}
template <typename T>
constexpr u32 ge(T a, T b) {
  return a >= b;
}
template <typename U>
constexpr u32 lt_s(U a, U b) {
  return static_cast<SignedOf<U>>(a) < static_cast<SignedOf<U>>(b);
}
template <typename U>
constexpr u32 gt_s(U a, U b) {
  return static_cast<SignedOf<U>>(a) > static_cast<SignedOf<U>>(b);
}
template <typename U>
constexpr u32 le_s(U a, U b) {
  return static_cast<SignedOf<U>>(a) <= static_cast<SignedOf<U>>(b);
}
template <typename U>
constexpr u32 ge_s(U a, U b) {
  return static_cast<SignedOf<U>>(a) >= static_cast<SignedOf<U>>(b);
}

// The low bits of `a`, as a signed `Narrow`, widened to U.
template <typename U, typename Narrow, typename From>
constexpr U extend(From a) {
  return static_cast<U>(static_cast<SignedOf<U>>(static_cast<Narrow>(a)));
}
template <typename To, typename From>
constexpr To zero_extend_or_wrap(From a) {
  return static_cast<To>(a);
}

// --- floats ---

template <typename F>
constexpr F fadd(F a, F b) {
  return a + b;
}
template <typename F>
constexpr F fsub(F a, F b) {
  return a - b;
}
template <typename F>
constexpr F fmul(F a, F b) {
  return a * b;
}
template <typename F>
constexpr F fdiv(F a, F b) {
  return a / b;
}
inline f32 sqrt(f32 a) { return __builtin_sqrtf(a); }
inline f64 sqrt(f64 a) { return __builtin_sqrt(a); }

// abs, neg and copysign change the sign bit and nothing else, even of a signalling NaN: they work on bits.
template <typename U>
constexpr U abs_bits(U a) {
  return a & static_cast<U>(~(U{1} << (sizeof(U) * 8 - 1)));
}
template <typename U>
constexpr U neg_bits(U a) {
  return a ^ (U{1} << (sizeof(U) * 8 - 1));
}
template <typename U>
constexpr U copysign_bits(U a, U b) {
  constexpr U kSign = U{1} << (sizeof(U) * 8 - 1);
  return (a & ~kSign) | (b & kSign);
}
template <typename F>
constexpr F with_sign_of(F magnitude, F sign) {
  return std::bit_cast<F>(copysign_bits(std::bit_cast<BitsOf<F>>(magnitude), std::bit_cast<BitsOf<F>>(sign)));
}

template <typename F>
constexpr bool is_nan(F value) {
  return __builtin_isnan(value);
}

template <typename F>
constexpr F min(F a, F b) {
  if (is_nan(a) || is_nan(b)) return a + b;  // quiet NaN
  if (a == b) return std::bit_cast<F>(std::bit_cast<BitsOf<F>>(a) | std::bit_cast<BitsOf<F>>(b));  // -0 below +0
  return a < b ? a : b;
}
template <typename F>
constexpr F max(F a, F b) {
  if (is_nan(a) || is_nan(b)) return a + b;
  if (a == b) return std::bit_cast<F>(std::bit_cast<BitsOf<F>>(a) & std::bit_cast<BitsOf<F>>(b));
  return a > b ? a : b;
}

// From this magnitude on every value is an integer: 2^23 for f32, 2^52 for f64.
template <typename F>
inline constexpr F kIntegral = static_cast<F>(u64{1} << (std::numeric_limits<F>::digits - 1));

// True for infinities, NaN and everything that has no fraction bits.
template <typename F>
constexpr bool is_beyond_fractions(F a) {
  const F magnitude = std::bit_cast<F>(abs_bits(std::bit_cast<BitsOf<F>>(a)));
  return !(magnitude < kIntegral<F>);
}
// `a`, with the quiet bit set if it is NaN. In bits: an optimizer may take a + 0 for a.
template <typename F>
constexpr F quieted(F a) {
  constexpr BitsOf<F> kQuiet = BitsOf<F>{1} << (std::numeric_limits<F>::digits - 2);
  return is_nan(a) ? std::bit_cast<F>(std::bit_cast<BitsOf<F>>(a) | kQuiet) : a;
}

template <typename F>
constexpr F trunc(F a) {
  if (is_beyond_fractions(a)) return quieted(a);
  return with_sign_of(static_cast<F>(static_cast<i64>(a)), a);
}
template <typename F>
constexpr F floor(F a) {
  if (is_beyond_fractions(a)) return quieted(a);
  const F whole = static_cast<F>(static_cast<i64>(a));
  return with_sign_of(whole > a ? whole - F{1} : whole, a);
}
template <typename F>
constexpr F ceil(F a) {
  if (is_beyond_fractions(a)) return quieted(a);
  const F whole = static_cast<F>(static_cast<i64>(a));
  return with_sign_of(whole < a ? whole + F{1} : whole, a);
}
// Adding and removing kIntegral rounds to nearest, ties to even, in the addition.
template <typename F>
constexpr F nearest(F a) {
  if (is_beyond_fractions(a)) return quieted(a);
  const F magnitude = std::bit_cast<F>(abs_bits(std::bit_cast<BitsOf<F>>(a)));
  return with_sign_of((magnitude + kIntegral<F>)-kIntegral<F>, a);
}

// --- conversions; `Int` says the signedness, results are bit patterns ---

// Is the fraction-free part of a (not NaN) a value of Int? Below -2^31 (or 0), values down to but excluding min - 1
// still truncate to min; where F cannot tell min - 1 from min, the border is min itself.
template <typename Int, typename F>
constexpr bool fits(F a) {
  constexpr F kEnd = static_cast<F>(u64{1} << (sizeof(Int) * 8 - 1)) * (std::is_signed_v<Int> ? F{1} : F{2});
  constexpr F kMin = static_cast<F>(std::numeric_limits<Int>::min());
  if constexpr (kMin - F{1} == kMin) {
    return a >= kMin && a < kEnd;
  } else {
    return a > kMin - F{1} && a < kEnd;
  }
}
template <typename Int, typename F>
constexpr Checked<std::make_unsigned_t<Int>> trunc_checked(F a) {
  if (is_nan(a)) return {0, Trap::InvalidConversionToInteger};
  if (!fits<Int>(a)) return {0, Trap::IntegerOverflow};
  return {static_cast<std::make_unsigned_t<Int>>(static_cast<Int>(a)), Trap::None};
}
template <typename Int, typename F>
constexpr std::make_unsigned_t<Int> trunc_sat(F a) {
  using U = std::make_unsigned_t<Int>;
  if (is_nan(a)) return 0;
  if (!fits<Int>(a)) {
    return static_cast<U>(a < F{0} ? std::numeric_limits<Int>::min() : std::numeric_limits<Int>::max());
  }
  return static_cast<U>(static_cast<Int>(a));
}
template <typename F, typename Int>
constexpr F convert(std::make_unsigned_t<Int> a) {
  return static_cast<F>(static_cast<Int>(a));
}
template <typename To, typename From>
constexpr To convert_float(From a) {
  return static_cast<To>(a);
}
template <typename T>
constexpr T same_bits(T a) {
  return a;
}

}  // namespace hermit::numeric

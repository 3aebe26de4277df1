// Emission of vector operations. What NEON has as one instruction is a row of a table; the rest are sequences, which
// use v30, v31 and x16, x17 alone.
#include "compiler/arm64/emitter.h"

#include <algorithm>

namespace hermit::arm64 {

namespace {

// How an instruction looks at a register: lanes of 1 to 8 bytes, in 8 or all 16 bytes.
enum Arrangement : u8 { kB8, kH4, kS2, kD1, kB16, kH8, kS4, kD2 };

a64::Vec arranged(u32 reg, Arrangement as) {
  const a64::VecV v(reg - kFloatBase);
  switch (as) {
    case kB8: return v.b8();
    case kH4: return v.h4();
    case kS2: return v.s2();
    case kD1: return a64::VecD(reg - kFloatBase);
    case kB16: return v.b16();
    case kH8: return v.h8();
    case kS4: return v.s4();
    case kD2: return v.d2();
  }
  __builtin_unreachable();
}

enum class Pattern : u8 {
  Unary,  // def <- op a
  Binary,  // def <- a op b
  Swapped,  // def <- b op a
  Not,  // def <- not (a op b)
};
struct Row {
  Op op;
  Pattern pattern;
  u16 id;
  Arrangement to, from;
};

#define UNARY(op, id, to, from) {Op::op, Pattern::Unary, Id::kId##id##_v, to, from},
#define BINARY(op, id, as) {Op::op, Pattern::Binary, Id::kId##id##_v, as, as},
#define SWAPPED(op, id, as) {Op::op, Pattern::Swapped, Id::kId##id##_v, as, as},
#define INVERTED(op, id, as) {Op::op, Pattern::Not, Id::kId##id##_v, as, as},
#define WIDENED(op, id, to, from) {Op::op, Pattern::Binary, Id::kId##id##_v, to, from},
#define INTEGER_COMPARISONS(shape, as) \
  BINARY(shape##Eq, Cmeq, as)          \
  INVERTED(shape##Ne, Cmeq, as)        \
  BINARY(shape##GtS, Cmgt, as) BINARY(shape##GeS, Cmge, as) SWAPPED(shape##LtS, Cmgt, as) SWAPPED(shape##LeS, Cmge, as)
#define UNSIGNED_COMPARISONS(shape, as) \
  BINARY(shape##GtU, Cmhi, as) BINARY(shape##GeU, Cmhs, as) SWAPPED(shape##LtU, Cmhi, as) SWAPPED(shape##LeU, Cmhs, as)
#define FLOAT_OPERATIONS(shape, as)     \
  BINARY(shape##Eq, Fcmeq, as)          \
  INVERTED(shape##Ne, Fcmeq, as)        \
  BINARY(shape##Gt, Fcmgt, as)          \
  BINARY(shape##Ge, Fcmge, as)          \
  SWAPPED(shape##Lt, Fcmgt, as)         \
  SWAPPED(shape##Le, Fcmge, as)         \
  UNARY(shape##Abs, Fabs, as, as)       \
  UNARY(shape##Neg, Fneg, as, as)       \
  UNARY(shape##Sqrt, Fsqrt, as, as)     \
  UNARY(shape##Ceil, Frintp, as, as)    \
  UNARY(shape##Floor, Frintm, as, as)   \
  UNARY(shape##Trunc, Frintz, as, as)   \
  UNARY(shape##Nearest, Frintn, as, as) \
  BINARY(shape##Add, Fadd, as)          \
  BINARY(shape##Sub, Fsub, as)          \
  BINARY(shape##Mul, Fmul, as)          \
  BINARY(shape##Div, Fdiv, as)          \
  BINARY(shape##Min, Fmin, as)          \
  BINARY(shape##Max, Fmax, as) BINARY(shape##RelaxedMin, Fmin, as) BINARY(shape##RelaxedMax, Fmax, as)
#define INTEGER_OPERATIONS(shape, as) \
  BINARY(shape##Add, Add, as) BINARY(shape##Sub, Sub, as) UNARY(shape##Abs, Abs, as, as) UNARY(shape##Neg, Neg, as, as)
#define INTEGER_EXTREMES(shape, as) \
  BINARY(shape##MinS, Smin, as)     \
  BINARY(shape##MinU, Umin, as) BINARY(shape##MaxS, Smax, as) BINARY(shape##MaxU, Umax, as)
#define SATURATING(shape, as)       \
  BINARY(shape##AddSatS, Sqadd, as) \
  BINARY(shape##AddSatU, Uqadd, as) \
  BINARY(shape##SubSatS, Sqsub, as) BINARY(shape##SubSatU, Uqsub, as) BINARY(shape##AvgrU, Urhadd, as)
// Lanes of `to`, made of those of `low` (half a register) or `all` (its upper half).
#define WIDENING(to_shape, from_shape, to, low, all)            \
  UNARY(to_shape##ExtendLow##from_shape##S, Sxtl, to, low)      \
  UNARY(to_shape##ExtendLow##from_shape##U, Uxtl, to, low)      \
  UNARY(to_shape##ExtendHigh##from_shape##S, Sxtl2, to, all)    \
  UNARY(to_shape##ExtendHigh##from_shape##U, Uxtl2, to, all)    \
  WIDENED(to_shape##ExtmulLow##from_shape##S, Smull, to, low)   \
  WIDENED(to_shape##ExtmulLow##from_shape##U, Umull, to, low)   \
  WIDENED(to_shape##ExtmulHigh##from_shape##S, Smull2, to, all) \
  WIDENED(to_shape##ExtmulHigh##from_shape##U, Umull2, to, all)

constexpr Row kRows[] = {
    INTEGER_COMPARISONS(I8x16, kB16) INTEGER_COMPARISONS(I16x8, kH8) INTEGER_COMPARISONS(
        I32x4, kS4) INTEGER_COMPARISONS(I64x2, kD2) UNSIGNED_COMPARISONS(I8x16, kB16) UNSIGNED_COMPARISONS(I16x8, kH8)
        UNSIGNED_COMPARISONS(I32x4, kS4) INTEGER_OPERATIONS(I8x16, kB16) INTEGER_OPERATIONS(
            I16x8, kH8) INTEGER_OPERATIONS(I32x4, kS4) INTEGER_OPERATIONS(I64x2, kD2) INTEGER_EXTREMES(I8x16, kB16)
            INTEGER_EXTREMES(I16x8, kH8) INTEGER_EXTREMES(I32x4, kS4) SATURATING(I8x16, kB16) SATURATING(I16x8, kH8)
                FLOAT_OPERATIONS(F32x4, kS4) FLOAT_OPERATIONS(F64x2, kD2) WIDENING(I16x8, I8x16, kH8, kB8, kB16)
                    WIDENING(I32x4, I16x8, kS4, kH4, kH8) WIDENING(I64x2, I32x4, kD2, kS2, kS4)
                        UNARY(I16x8ExtaddPairwiseI8x16S, Saddlp, kH8, kB16) UNARY(
                            I16x8ExtaddPairwiseI8x16U, Uaddlp, kH8, kB16) UNARY(I32x4ExtaddPairwiseI16x8S, Saddlp,
                                                                                kS4, kH8)
                            UNARY(I32x4ExtaddPairwiseI16x8U, Uaddlp, kS4, kH8) UNARY(V128Not, Not, kB16, kB16) BINARY(
                                V128And, And, kB16) BINARY(V128Andnot, Bic, kB16) BINARY(V128Or, Orr, kB16)
                                BINARY(V128Xor, Eor, kB16) BINARY(I16x8Mul, Mul, kH8) BINARY(I32x4Mul, Mul, kS4) UNARY(
                                    I8x16Popcnt, Cnt, kB16, kB16) BINARY(I16x8Q15mulrSatS, Sqrdmulh, kH8)
                                    BINARY(I16x8RelaxedQ15mulrS, Sqrdmulh, kH8) BINARY(I8x16Swizzle, Tbl, kB16) BINARY(
                                        I8x16RelaxedSwizzle, Tbl, kB16) UNARY(I32x4TruncSatF32x4S, Fcvtzs, kS4, kS4)
                                        UNARY(I32x4TruncSatF32x4U, Fcvtzu, kS4, kS4)
                                            UNARY(I32x4RelaxedTruncF32x4S, Fcvtzs, kS4, kS4)
                                                UNARY(I32x4RelaxedTruncF32x4U, Fcvtzu, kS4, kS4)
                                                    UNARY(F32x4ConvertI32x4S, Scvtf, kS4, kS4)
                                                        UNARY(F32x4ConvertI32x4U, Ucvtf, kS4, kS4)
                                                            UNARY(F32x4DemoteF64x2Zero, Fcvtn, kS2, kD2)
                                                                UNARY(F64x2PromoteLowF32x4, Fcvtl, kD2, kS2)};

#undef UNARY
#undef BINARY
#undef SWAPPED
#undef INVERTED
#undef WIDENED
#undef INTEGER_COMPARISONS
#undef UNSIGNED_COMPARISONS
#undef FLOAT_OPERATIONS
#undef INTEGER_OPERATIONS
#undef INTEGER_EXTREMES
#undef SATURATING
#undef WIDENING

// kRows by operation, so that each is found at once.
constexpr u32 kFirstOp = static_cast<u32>(Op::I8x16Splat);
constexpr u32 kOps = static_cast<u32>(Op::Count) - kFirstOp;
struct Index {
  u8 row[kOps];  // plus 1; 0: none
};
static_assert(std::size(kRows) < 255);
constexpr Index make_index() {
  Index index{};
  for (u32 i = 0; i < std::size(kRows); ++i)
    index.row[static_cast<u32>(kRows[i].op) - kFirstOp] = static_cast<u8>(i + 1);
  return index;
}
constexpr Index kIndex = make_index();

// The lanes of an operation on one shape.
Arrangement lanes_of(Op op) {
  switch (op) {
    case Op::I8x16Shl:
    case Op::I8x16ShrS:
    case Op::I8x16ShrU:
    case Op::I8x16AllTrue: return kB16;
    case Op::I16x8Shl:
    case Op::I16x8ShrS:
    case Op::I16x8ShrU:
    case Op::I16x8AllTrue: return kH8;
    case Op::I32x4Shl:
    case Op::I32x4ShrS:
    case Op::I32x4ShrU:
    case Op::I32x4AllTrue: return kS4;
    default: return kD2;
  }
}
u32 lane_bits(Arrangement as) { return 8u << (as & 3); }

enum class Shift : u8 { Left, RightSigned, RightUnsigned };
Shift shift_of(Op op) {
  switch (op) {
    case Op::I8x16Shl:
    case Op::I16x8Shl:
    case Op::I32x4Shl:
    case Op::I64x2Shl: return Shift::Left;
    case Op::I8x16ShrS:
    case Op::I16x8ShrS:
    case Op::I32x4ShrS:
    case Op::I64x2ShrS: return Shift::RightSigned;
    default: return Shift::RightUnsigned;
  }
}

constexpr u32 kTemp = kFloatScratch;
constexpr u32 kTemp2 = kCycleScratch;

}  // namespace

// --- constants, shuffles ---

void Emitter::vector_constant(u32 to, const Vector& bits) {
  const a64::VecV v(to - kFloatBase);
  if (bits.low == bits.high && a64::Utils::isByteMaskImm8(bits.low)) {
    a_.movi(v.d2(), imm(bits.low));
  } else if (bits.low == bits.high && bits.low == (bits.low & 0xff) * 0x0101010101010101) {
    a_.movi(v.b16(), imm(bits.low & 0xff));
  } else if (reach_ == Reach::Far) {
    a_.mov(a64::x16, imm(bits.low));
    a_.mov(a64::x17, imm(bits.high));
    a_.fmov(vec(to, 8), a64::x16);
    a_.ins(v.d(1), a64::x17);
  } else {
    constexpr size_t kLookBack = 64;  // a body may hold hundreds of thousands
    Label at;
    const size_t first = pool_.size() - std::min(pool_.size(), kLookBack);
    for (size_t i = pool_.size(); i-- != first;) {
      if (pool_[i].bits.low == bits.low && pool_[i].bits.high == bits.high) at = pool_[i].at;
    }
    if (!at.isValid()) {
      at = a_.newLabel();
      pool_.push_back({bits, at});
    }
    a_.ldr(v, a64::ptr(at));
  }
}

// Patterns that are one instruction; everything else looks its bytes up in a table of registers.
void Emitter::shuffle(const MachineInst& inst) {
  const u32 to = place(inst, 0).number();
  const u32 a = place(inst, 1).number();
  const u32 b = place(inst, 2).number();
  Vector lanes = inst.vector();
  u8 lane[16];
  const auto read_lanes = [&] {
    for (u32 i = 0; i < 16; ++i) lane[i] = static_cast<u8>((i < 8 ? lanes.low : lanes.high) >> (i % 8 * 8));
  };
  read_lanes();
  bool from_a = true, from_b = true;
  for (const u8 l : lane) {
    from_a &= l < 16;
    from_b &= l >= 16;
  }
  const bool is_single = from_a || from_b || a == b;
  const u32 only = from_b ? b : a;
  if (is_single) {
    lanes = {lanes.low & 0x0f0f0f0f0f0f0f0f, lanes.high & 0x0f0f0f0f0f0f0f0f};
    read_lanes();
  }
  const u32 first = is_single ? only : a;
  const u32 second = is_single ? only : b;
  // Consecutive bytes of both.
  const u32 wrap = is_single ? 15 : 31;
  bool consecutive = lane[0] < 16;
  for (u32 i = 1; i < 16; ++i) consecutive &= lane[i] == ((lane[0] + i) & wrap);
  if (consecutive) {
    a_.ext(arranged(to, kB16), arranged(first, kB16), arranged(second, kB16), imm(lane[0]));
    return;
  }
  for (u32 log = 0; log < 4; ++log) {
    const u32 size = 1u << log;
    const auto as = static_cast<Arrangement>(kB16 + log);
    // One lane everywhere.
    bool same = lane[0] % size == 0;
    for (u32 i = 0; i < 16; ++i) same &= lane[i] == lane[0] + i % size;
    if (same) {
      const a64::VecV from(a64::VecV((lane[0] < 16 ? first : second) - kFloatBase));
      const u32 n = lane[0] % 16 / size;
      a_.dup(arranged(to, as), log == 0   ? a64::Vec(from.b(n))
                               : log == 1 ? a64::Vec(from.h(n))
                               : log == 2 ? a64::Vec(from.s(n))
                                          : a64::Vec(from.d(n)));
      return;
    }
    // The rows of zip, uzp and trn: lane i of the result is lane `source` of both.
    const u32 count = 16 / size;
    struct Permutation {
      Id id;
      u32 (*source)(u32 i, u32 count);
    };
    constexpr Permutation kPermutations[] = {
        {Id::kIdZip1_v, [](u32 i, u32 n) { return i / 2 + (i % 2) * n; }},
        {Id::kIdZip2_v, [](u32 i, u32 n) { return n / 2 + i / 2 + (i % 2) * n; }},
        {Id::kIdUzp1_v, [](u32 i, u32) { return 2 * i; }},
        {Id::kIdUzp2_v, [](u32 i, u32) { return 2 * i + 1; }},
        {Id::kIdTrn1_v, [](u32 i, u32 n) { return i / 2 * 2 + (i % 2) * n; }},
        {Id::kIdTrn2_v, [](u32 i, u32 n) { return i / 2 * 2 + 1 + (i % 2) * n; }},
    };
    for (const Permutation& p : kPermutations) {
      bool fits = true;
      for (u32 i = 0; i < 16; ++i) {
        const u32 wanted = p.source(i / size, count) * size + i % size;
        fits &= lane[i] == (wanted & wrap);
      }
      if (!fits) continue;
      a_.emit(p.id, arranged(to, as), arranged(first, as), arranged(second, as));
      return;
    }
  }
  if (is_single) {
    vector_constant(kTemp, lanes);
    a_.tbl(arranged(to, kB16), arranged(first, kB16), arranged(kTemp, kB16));
    return;
  }
  // A table of two registers has consecutive numbers.
  a_.mov(arranged(kTemp2, kB16), arranged(first, kB16));
  a_.mov(arranged(kTemp, kB16), arranged(second, kB16));
  vector_constant(to, lanes);
  a_.tbl(arranged(to, kB16), arranged(kTemp2, kB16), arranged(kTemp, kB16), arranged(to, kB16));
}

// --- lanes ---

bool Emitter::vector_lane(const MachineInst& inst, Op op) {
  const u32 n = inst.condition;
  const a64::VecV a(place(inst, 1).number() - kFloatBase);  // of extractions
  switch (op) {
    case Op::I8x16Splat: a_.dup(arranged(place(inst, 0).number(), kB16), gp_at(inst, 1, 4)); return true;
    case Op::I16x8Splat: a_.dup(arranged(place(inst, 0).number(), kH8), gp_at(inst, 1, 4)); return true;
    case Op::I32x4Splat: a_.dup(arranged(place(inst, 0).number(), kS4), gp_at(inst, 1, 4)); return true;
    case Op::I64x2Splat: a_.dup(arranged(place(inst, 0).number(), kD2), gp_at(inst, 1, 8)); return true;
    case Op::F32x4Splat: a_.dup(arranged(place(inst, 0).number(), kS4), a.s(0)); return true;
    case Op::F64x2Splat: a_.dup(arranged(place(inst, 0).number(), kD2), a.d(0)); return true;
    case Op::I8x16ExtractLaneS: a_.smov(gp_at(inst, 0, 4), a.b(n)); return true;
    case Op::I8x16ExtractLaneU: a_.umov(gp_at(inst, 0, 4), a.b(n)); return true;
    case Op::I16x8ExtractLaneS: a_.smov(gp_at(inst, 0, 4), a.h(n)); return true;
    case Op::I16x8ExtractLaneU: a_.umov(gp_at(inst, 0, 4), a.h(n)); return true;
    case Op::I32x4ExtractLane: a_.umov(gp_at(inst, 0, 4), a.s(n)); return true;
    case Op::I64x2ExtractLane: a_.umov(gp_at(inst, 0, 8), a.d(n)); return true;
    case Op::F32x4ExtractLane: a_.dup(vec_at(inst, 0, 4), a.s(n)); return true;
    case Op::F64x2ExtractLane: a_.dup(vec_at(inst, 0, 8), a.d(n)); return true;
    case Op::I8x16ReplaceLane:
    case Op::I16x8ReplaceLane:
    case Op::I32x4ReplaceLane:
    case Op::I64x2ReplaceLane:
    case Op::F32x4ReplaceLane:
    case Op::F64x2ReplaceLane: break;
    default: return false;
  }
  // The scalar may be in the result's register.
  const u32 to = place(inst, 0).number();
  const u32 through = to == place(inst, 2).number() ? kTemp : to;
  const a64::VecV v(through - kFloatBase);
  const a64::VecV scalar(place(inst, 2).number() - kFloatBase);  // of floats
  if (through != place(inst, 1).number()) a_.mov(v.b16(), a.b16());
  switch (op) {
    case Op::I8x16ReplaceLane: a_.ins(v.b(n), gp_at(inst, 2, 4)); break;
    case Op::I16x8ReplaceLane: a_.ins(v.h(n), gp_at(inst, 2, 4)); break;
    case Op::I32x4ReplaceLane: a_.ins(v.s(n), gp_at(inst, 2, 4)); break;
    case Op::I64x2ReplaceLane: a_.ins(v.d(n), gp_at(inst, 2, 8)); break;
    case Op::F32x4ReplaceLane: a_.ins(v.s(n), scalar.s(0)); break;
    default: a_.ins(v.d(n), scalar.d(0));
  }
  if (through != to) a_.mov(arranged(to, kB16), v.b16());
  return true;
}

// --- tests ---

// Is any bit set? Of "all lanes": does none equal zero?
void Emitter::vector_test(const MachineInst& inst, Op op) {
  u32 from = place(inst, 1).number();
  if (op != Op::V128AnyTrue) {
    const Arrangement as = lanes_of(op);
    a_.cmeq(arranged(kTemp, as), arranged(from, as), imm(0));
    from = kTemp;
  }
  a_.umaxp(arranged(kTemp, kS4), arranged(from, kS4), arranged(from, kS4));
  a_.fmov(a64::x16, vec(kTemp, 8));
  a_.cmp(a64::x16, imm(0));
  a_.cset(gp_at(inst, 0, 4), imm(op == Op::V128AnyTrue ? CondCode::kNE : CondCode::kEQ));
}

// Lanes become all ones or zeros, then one bit each, then they are added up.
void Emitter::vector_bitmask(const MachineInst& inst, Op op) {
  const u32 a = place(inst, 1).number();
  const a64::Gp to = gp_at(inst, 0, 4);
  const a64::VecV v = a64::v31;
  if (op == Op::I64x2Bitmask) {
    a_.ushr(v.d2(), arranged(a, kD2), imm(63));
    a_.umov(a64::x16, v.d(0));
    a_.umov(a64::x17, v.d(1));
    a_.add(to, a64::w16, a64::w17, imm(a64::lsl(1)));
    return;
  }
  if (op == Op::I32x4Bitmask) {
    a_.cmlt(v.s4(), arranged(a, kS4), imm(0));
    a_.xtn(v.h4(), v.s4());
    a_.mov(a64::x16, imm(0x0008'0004'0002'0001));
    a_.fmov(vec(kTemp2, 8), a64::x16);
    a_.and_(v.b8(), v.b8(), arranged(kTemp2, kB8));
    a_.addv(v.h(), v.h4());
  } else if (op == Op::I16x8Bitmask) {
    a_.cmlt(v.h8(), arranged(a, kH8), imm(0));
    a_.xtn(v.b8(), v.h8());
    a_.mov(a64::x16, imm(0x80402010'08040201));
    a_.fmov(vec(kTemp2, 8), a64::x16);
    a_.and_(v.b8(), v.b8(), arranged(kTemp2, kB8));
    a_.addv(v.b(), v.b8());
  } else {
    a_.cmlt(v.b16(), arranged(a, kB16), imm(0));
    a_.mov(a64::x16, imm(0x80402010'08040201));
    a_.dup(arranged(kTemp2, kD2), a64::x16);
    a_.and_(v.b16(), v.b16(), arranged(kTemp2, kB16));
    a_.ext(arranged(kTemp2, kB16), v.b16(), v.b16(), imm(8));
    a_.zip1(v.b16(), v.b16(), arranged(kTemp2, kB16));
    a_.addv(v.h(), v.h8());
  }
  a_.fmov(to, vec(kTemp, 4));
}

// --- shifts ---

void Emitter::vector_shift(const MachineInst& inst) {
  const auto op = static_cast<Op>(inst.code);
  const Arrangement as = lanes_of(op);
  const a64::Vec to = arranged(place(inst, 0).number(), as);
  const a64::Vec from = arranged(place(inst, 1).number(), as);
  const u64 count = inst.immediate & (lane_bits(as) - 1);
  if (count == 0) {
    // Shifts to the right by 0 do not exist.
    if (place(inst, 0) != place(inst, 1)) a_.mov(vec_at(inst, 0, 16).b16(), vec_at(inst, 1, 16).b16());
    return;
  }
  const Shift shift = shift_of(op);
  a_.emit(shift == Shift::Left          ? Id::kIdShl_v
          : shift == Shift::RightSigned ? Id::kIdSshr_v
                                        : Id::kIdUshr_v,
          to, from, imm(count));
}

// The machine shifts to the left by the signed low byte of each lane.
void Emitter::vector_shift_by(const MachineInst& inst, Op op) {
  const Arrangement as = lanes_of(op);
  const Shift shift = shift_of(op);
  a_.and_(a64::w16, gp_at(inst, 2, 4), imm(lane_bits(as) - 1));
  if (shift != Shift::Left) a_.neg(a64::x16, a64::x16);
  a_.dup(arranged(kTemp, as), gp(kScratch, as == kD2 ? 8 : 4));
  a_.emit(shift == Shift::RightSigned ? Id::kIdSshl_v : Id::kIdUshl_v, arranged(place(inst, 0).number(), as),
          arranged(place(inst, 1).number(), as), arranged(kTemp, as));
}

// --- sequences ---

// Bits of a where the mask is set, else of b, with the instruction that overwrites what the result overwrites.
void Emitter::bitselect(const MachineInst& inst) {
  const a64::Vec to = vec_at(inst, 0, 16).b16();
  const a64::Vec a = vec_at(inst, 1, 16).b16();
  const a64::Vec b = vec_at(inst, 2, 16).b16();
  const a64::Vec mask = vec_at(inst, 3, 16).b16();
  if (place(inst, 0) == place(inst, 1)) {
    a_.bif(to, b, mask);
  } else if (place(inst, 0) == place(inst, 2)) {
    a_.bit(to, a, mask);
  } else {
    if (place(inst, 0) != place(inst, 3)) a_.mov(to, mask);
    a_.bsl(to, a, b);
  }
}

bool Emitter::vector_simple(const MachineInst& inst, Op op) {
  const u32 index = static_cast<u32>(op) - kFirstOp;
  if (index >= kOps || kIndex.row[index] == 0) return false;
  const Row& row = kRows[kIndex.row[index] - 1];
  const a64::Vec to = arranged(place(inst, 0).number(), row.to);
  const a64::Vec a = arranged(place(inst, 1).number(), row.from);
  if (row.pattern == Pattern::Unary) {
    a_.emit(row.id, to, a);
    return true;
  }
  const a64::Vec b = arranged(place(inst, 2).number(), row.from);
  if (row.pattern == Pattern::Swapped) {
    a_.emit(row.id, to, b, a);
  } else {
    a_.emit(row.id, to, a, b);
  }
  if (row.pattern == Pattern::Not) a_.not_(vec_at(inst, 0, 16).b16(), vec_at(inst, 0, 16).b16());
  return true;
}

void Emitter::vector(const MachineInst& inst) {
  const auto op = static_cast<Op>(inst.code);
  if (vector_simple(inst, op) || vector_lane(inst, op)) return;
  const auto at = [&](u32 n, Arrangement as) { return arranged(place(inst, n).number(), as); };
  const a64::VecV t = a64::v31;
  const a64::VecV t2 = a64::v30;
  const auto narrow = [&](Id low, Id high, Arrangement half, Arrangement whole, Arrangement from) {
    const u32 to = place(inst, 0).number() == place(inst, 2).number() ? kTemp : place(inst, 0).number();
    a_.emit(low, arranged(to, half), at(1, from));
    a_.emit(high, arranged(to, whole), at(2, from));
    if (to == kTemp) a_.mov(at(0, kB16), t.b16());
  };
  const auto choose_second = [&](Arrangement as, u32 greater, u32 less) {  // b if `greater` > `less`, else a
    a_.fcmgt(arranged(kTemp, as), at(greater, as), at(less, as));
    a_.bsl(t.b16(), at(2, kB16), at(1, kB16));
    a_.mov(at(0, kB16), t.b16());
  };
  const auto multiply_add = [&](Arrangement as, bool is_minus) {
    a_.fmul(arranged(kTemp, as), at(1, as), at(2, as));
    if (is_minus) {
      a_.fsub(at(0, as), at(3, as), arranged(kTemp, as));
    } else {
      a_.fadd(at(0, as), arranged(kTemp, as), at(3, as));
    }
  };
  switch (op) {
    case Op::V128AnyTrue:
    case Op::I8x16AllTrue:
    case Op::I16x8AllTrue:
    case Op::I32x4AllTrue:
    case Op::I64x2AllTrue: return vector_test(inst, op);
    case Op::I8x16Bitmask:
    case Op::I16x8Bitmask:
    case Op::I32x4Bitmask:
    case Op::I64x2Bitmask: return vector_bitmask(inst, op);
#define HERMIT_SIMD_SHIFT(name, function) case Op::name:
#include "abi/numeric_simd_ops.def"
      return vector_shift_by(inst, op);
    case Op::V128Bitselect:
    case Op::I8x16RelaxedLaneselect:
    case Op::I16x8RelaxedLaneselect:
    case Op::I32x4RelaxedLaneselect:
    case Op::I64x2RelaxedLaneselect: return bitselect(inst);
    case Op::I8x16NarrowI16x8S: return narrow(Id::kIdSqxtn_v, Id::kIdSqxtn2_v, kB8, kB16, kH8);
    case Op::I8x16NarrowI16x8U: return narrow(Id::kIdSqxtun_v, Id::kIdSqxtun2_v, kB8, kB16, kH8);
    case Op::I16x8NarrowI32x4S: return narrow(Id::kIdSqxtn_v, Id::kIdSqxtn2_v, kH4, kH8, kS4);
    case Op::I16x8NarrowI32x4U: return narrow(Id::kIdSqxtun_v, Id::kIdSqxtun2_v, kH4, kH8, kS4);
    case Op::I32x4DotI16x8S:
      a_.smull(t2.s4(), at(1, kH4), at(2, kH4));
      a_.smull2(t.s4(), at(1, kH8), at(2, kH8));
      a_.addp(at(0, kS4), t2.s4(), t.s4());
      return;
    case Op::I16x8RelaxedDotI8x16I7x16S:
    case Op::I32x4RelaxedDotI8x16I7x16AddS:
      a_.smull(t2.h8(), at(1, kB8), at(2, kB8));
      a_.smull2(t.h8(), at(1, kB16), at(2, kB16));
      if (op == Op::I16x8RelaxedDotI8x16I7x16S) {
        a_.addp(at(0, kH8), t2.h8(), t.h8());
        return;
      }
      a_.addp(t.h8(), t2.h8(), t.h8());
      a_.saddlp(t.s4(), t.h8());
      a_.add(at(0, kS4), t.s4(), at(3, kS4));
      return;
    case Op::I64x2Mul: {
      const a64::VecV a(place(inst, 1).number() - kFloatBase);
      const a64::VecV b(place(inst, 2).number() - kFloatBase);
      for (const u32 n : {0u, 1u}) {
        a_.umov(a64::x16, a.d(n));
        a_.umov(a64::x17, b.d(n));
        a_.mul(a64::x16, a64::x16, a64::x17);
        a_.ins(t.d(n), a64::x16);
      }
      a_.mov(at(0, kB16), t.b16());
      return;
    }
    case Op::F32x4Pmin: return choose_second(kS4, 1, 2);
    case Op::F32x4Pmax: return choose_second(kS4, 2, 1);
    case Op::F64x2Pmin: return choose_second(kD2, 1, 2);
    case Op::F64x2Pmax: return choose_second(kD2, 2, 1);
    case Op::F32x4RelaxedMadd: return multiply_add(kS4, false);
    case Op::F32x4RelaxedNmadd: return multiply_add(kS4, true);
    case Op::F64x2RelaxedMadd: return multiply_add(kD2, false);
    case Op::F64x2RelaxedNmadd: return multiply_add(kD2, true);
    case Op::I32x4TruncSatF64x2SZero:
    case Op::I32x4RelaxedTruncF64x2SZero:
      a_.fcvtzs(t.d2(), at(1, kD2));
      a_.sqxtn(at(0, kS2), t.d2());
      return;
    case Op::I32x4TruncSatF64x2UZero:
    case Op::I32x4RelaxedTruncF64x2UZero:
      a_.fcvtzu(t.d2(), at(1, kD2));
      a_.uqxtn(at(0, kS2), t.d2());
      return;
    case Op::F64x2ConvertLowI32x4S:
      a_.sxtl(t.d2(), at(1, kS2));
      a_.scvtf(at(0, kD2), t.d2());
      return;
    case Op::F64x2ConvertLowI32x4U:
      a_.uxtl(t.d2(), at(1, kS2));
      a_.ucvtf(at(0, kD2), t.d2());
      return;
    default: CHECK(false && "a vector operation that is not known here");
  }
}

}  // namespace hermit::arm64

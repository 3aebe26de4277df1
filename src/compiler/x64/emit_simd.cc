// Vector operations that SSE4.2 has no single instruction for. Operand 0 is the result and already holds the first
// operand, unless the two are in different register files; the others are in registers that differ from it. The two
// scratch registers are free within a sequence.
#include "compiler/x64/emitter.h"

namespace hermit::x64 {

namespace {

constexpr u64 kBytes = 0x0101010101010101;
constexpr u64 kWords = 0x0001000100010001;
constexpr u64 kDoubles = 0x0000000100000001;
constexpr u64 kTwoTo31 = 0x4f0000004f000000;  // as f32, twice
constexpr u64 kTwoTo52 = 0x4330000000000000;  // as f64
const x86::Xmm kX = x86::xmm15;
const x86::Xmm kY = x86::xmm14;

struct Compared {
  Op op;
  Id id;
  u8 mode;
};

}  // namespace

// Lanes that are equal, greater, ... and then the opposite.
void Emitter::vector_not(const x86::Xmm& to) {
  a_.pcmpeqd(kX, kX);
  a_.pxor(to, kX);
}

bool Emitter::vector_compare(const MachineInst& inst, Op op) {
  constexpr Compared kInverted[] = {
      {Op::I8x16Ne, Id::kIdPcmpeqb, 0},  {Op::I16x8Ne, Id::kIdPcmpeqw, 0},  {Op::I32x4Ne, Id::kIdPcmpeqd, 0},
      {Op::I64x2Ne, Id::kIdPcmpeqq, 0},  {Op::I8x16LeS, Id::kIdPcmpgtb, 0}, {Op::I16x8LeS, Id::kIdPcmpgtw, 0},
      {Op::I32x4LeS, Id::kIdPcmpgtd, 0}, {Op::I64x2LeS, Id::kIdPcmpgtq, 0}, {Op::I8x16GeS, Id::kIdPcmpgtb, 0},
      {Op::I16x8GeS, Id::kIdPcmpgtw, 0}, {Op::I32x4GeS, Id::kIdPcmpgtd, 0}, {Op::I64x2GeS, Id::kIdPcmpgtq, 0},
  };
  for (const Compared& row : kInverted) {
    if (row.op != op) continue;
    a_.emit(row.id, xmm_at(inst, 0), xmm_at(inst, 2));
    vector_not(xmm_at(inst, 0));
    return true;
  }
  constexpr Compared kFloats[] = {
      {Op::F32x4Eq, Id::kIdCmpps, 0}, {Op::F32x4Ne, Id::kIdCmpps, 4}, {Op::F32x4Lt, Id::kIdCmpps, 1},
      {Op::F32x4Gt, Id::kIdCmpps, 1}, {Op::F32x4Le, Id::kIdCmpps, 2}, {Op::F32x4Ge, Id::kIdCmpps, 2},
      {Op::F64x2Eq, Id::kIdCmppd, 0}, {Op::F64x2Ne, Id::kIdCmppd, 4}, {Op::F64x2Lt, Id::kIdCmppd, 1},
      {Op::F64x2Gt, Id::kIdCmppd, 1}, {Op::F64x2Le, Id::kIdCmppd, 2}, {Op::F64x2Ge, Id::kIdCmppd, 2},
  };
  for (const Compared& row : kFloats) {
    if (row.op != op) continue;
    a_.emit(row.id, xmm_at(inst, 0), xmm_at(inst, 2), imm(row.mode));
    return true;
  }
  // Unsigned: a >= b where max(a, b) is a; the others from that.
  struct Unsigned {
    Op op;
    Id choose, equal;
    bool invert;
  };
  constexpr Unsigned kUnsigned[] = {
      {Op::I8x16GeU, Id::kIdPmaxub, Id::kIdPcmpeqb, false}, {Op::I8x16LeU, Id::kIdPminub, Id::kIdPcmpeqb, false},
      {Op::I8x16GtU, Id::kIdPminub, Id::kIdPcmpeqb, true},  {Op::I8x16LtU, Id::kIdPmaxub, Id::kIdPcmpeqb, true},
      {Op::I16x8GeU, Id::kIdPmaxuw, Id::kIdPcmpeqw, false}, {Op::I16x8LeU, Id::kIdPminuw, Id::kIdPcmpeqw, false},
      {Op::I16x8GtU, Id::kIdPminuw, Id::kIdPcmpeqw, true},  {Op::I16x8LtU, Id::kIdPmaxuw, Id::kIdPcmpeqw, true},
      {Op::I32x4GeU, Id::kIdPmaxud, Id::kIdPcmpeqd, false}, {Op::I32x4LeU, Id::kIdPminud, Id::kIdPcmpeqd, false},
      {Op::I32x4GtU, Id::kIdPminud, Id::kIdPcmpeqd, true},  {Op::I32x4LtU, Id::kIdPmaxud, Id::kIdPcmpeqd, true},
  };
  for (const Unsigned& row : kUnsigned) {
    if (row.op != op) continue;
    a_.movdqa(kX, xmm_at(inst, 0));
    a_.emit(row.choose, kX, xmm_at(inst, 2));
    a_.emit(row.equal, xmm_at(inst, 0), kX);
    if (row.invert) vector_not(xmm_at(inst, 0));
    return true;
  }
  return false;
}

// To or from an integer register, or a scalar float.
bool Emitter::vector_lane(const MachineInst& inst, Op op) {
  const u8 lane = inst.condition;
  const auto to = [&] { return xmm_at(inst, 0); };
  const auto from = [&] { return xmm_at(inst, 1); };
  const auto all_true = [&](Id equal) {
    a_.pxor(kX, kX);
    a_.emit(equal, kX, from());
    a_.xor_(gp_at(inst, 0, 4), gp_at(inst, 0, 4));
    a_.ptest(kX, kX);
    a_.setz(gp_at(inst, 0, 1));
  };
  switch (op) {
    case Op::I8x16Splat:
      a_.movd(to(), gp_at(inst, 1, 4));
      a_.pxor(kX, kX);
      a_.pshufb(to(), kX);
      return true;
    case Op::I16x8Splat:
      a_.movd(to(), gp_at(inst, 1, 4));
      a_.pshuflw(to(), to(), 0);
      a_.pshufd(to(), to(), 0);
      return true;
    case Op::I32x4Splat:
      a_.movd(to(), gp_at(inst, 1, 4));
      a_.pshufd(to(), to(), 0);
      return true;
    case Op::I64x2Splat:
      a_.movq(to(), gp_at(inst, 1, 8));
      a_.punpcklqdq(to(), to());
      return true;
    case Op::I8x16ExtractLaneS:
      a_.pextrb(gp_at(inst, 0, 4), from(), lane);
      a_.movsx(gp_at(inst, 0, 4), gp_at(inst, 0, 1));
      return true;
    case Op::I8x16ExtractLaneU: a_.pextrb(gp_at(inst, 0, 4), from(), lane); return true;
    case Op::I16x8ExtractLaneS:
      a_.pextrw(gp_at(inst, 0, 4), from(), lane);
      a_.movsx(gp_at(inst, 0, 4), gp_at(inst, 0, 2));
      return true;
    case Op::I16x8ExtractLaneU: a_.pextrw(gp_at(inst, 0, 4), from(), lane); return true;
    case Op::I32x4ExtractLane:
      if (lane == 0) return a_.movd(gp_at(inst, 0, 4), from()), true;
      a_.pextrd(gp_at(inst, 0, 4), from(), lane);
      return true;
    case Op::I64x2ExtractLane:
      if (lane == 0) return a_.movq(gp_at(inst, 0, 8), from()), true;
      a_.pextrq(gp_at(inst, 0, 8), from(), lane);
      return true;
    case Op::F32x4ExtractLane:
    case Op::F64x2ExtractLane:
      if (lane != 0) {
        a_.pshufd(to(), from(), op == Op::F32x4ExtractLane ? lane : 0xee);
      } else if (place(inst, 0) != place(inst, 1)) {
        a_.movaps(to(), from());
      }
      return true;
    case Op::I8x16ReplaceLane: a_.pinsrb(to(), gp_at(inst, 2, 4), lane); return true;
    case Op::I16x8ReplaceLane: a_.pinsrw(to(), gp_at(inst, 2, 4), lane); return true;
    case Op::I32x4ReplaceLane: a_.pinsrd(to(), gp_at(inst, 2, 4), lane); return true;
    case Op::I64x2ReplaceLane: a_.pinsrq(to(), gp_at(inst, 2, 8), lane); return true;
    case Op::F32x4ReplaceLane: a_.insertps(to(), xmm_at(inst, 2), lane << 4); return true;
    case Op::F64x2ReplaceLane:
      if (lane == 0) {
        a_.movsd(to(), xmm_at(inst, 2));
      } else {
        a_.punpcklqdq(to(), xmm_at(inst, 2));
      }
      return true;
    case Op::V128AnyTrue:
      a_.xor_(gp_at(inst, 0, 4), gp_at(inst, 0, 4));
      a_.ptest(from(), from());
      a_.setnz(gp_at(inst, 0, 1));
      return true;
    case Op::I8x16AllTrue: return all_true(Id::kIdPcmpeqb), true;
    case Op::I16x8AllTrue: return all_true(Id::kIdPcmpeqw), true;
    case Op::I32x4AllTrue: return all_true(Id::kIdPcmpeqd), true;
    case Op::I64x2AllTrue: return all_true(Id::kIdPcmpeqq), true;
    case Op::I8x16Bitmask: a_.pmovmskb(gp_at(inst, 0, 4), from()); return true;
    case Op::I16x8Bitmask:
      a_.movdqa(kX, from());
      a_.pxor(kY, kY);
      a_.packsswb(kX, kY);
      a_.pmovmskb(gp_at(inst, 0, 4), kX);
      return true;
    case Op::I32x4Bitmask: a_.movmskps(gp_at(inst, 0, 4), from()); return true;
    case Op::I64x2Bitmask: a_.movmskpd(gp_at(inst, 0, 4), from()); return true;
    default: return false;
  }
}

// By a variable count, taken modulo the width of a lane.
bool Emitter::vector_shift(const MachineInst& inst, Op op) {
  struct Shift {
    Op op;
    Id id;
    u8 mask;
  };
  constexpr Shift kShifts[] = {
      {Op::I16x8Shl, Id::kIdPsllw, 15}, {Op::I16x8ShrS, Id::kIdPsraw, 15}, {Op::I16x8ShrU, Id::kIdPsrlw, 15},
      {Op::I32x4Shl, Id::kIdPslld, 31}, {Op::I32x4ShrS, Id::kIdPsrad, 31}, {Op::I32x4ShrU, Id::kIdPsrld, 31},
      {Op::I64x2Shl, Id::kIdPsllq, 63}, {Op::I64x2ShrU, Id::kIdPsrlq, 63}, {Op::I64x2ShrS, Id::kIdPsrlq, 63},
      {Op::I8x16Shl, Id::kIdPsllw, 7},  {Op::I8x16ShrU, Id::kIdPsrlw, 7},  {Op::I8x16ShrS, Id::kIdPsrlw, 7},
  };
  for (const Shift& row : kShifts) {
    if (row.op != op) continue;
    const x86::Xmm to = xmm_at(inst, 0);
    a_.mov(x86::r11d, gp_at(inst, 2, 4));
    a_.and_(x86::r11d, row.mask);
    a_.movd(kY, x86::r11d);
    a_.emit(row.id, to, kY);
    if (op == Op::I64x2ShrS) {  // the sign's bit has moved, too; x ^ bit - bit extends it
      a_.movdqa(kX, pool(u64{1} << 63, true));
      a_.psrlq(kX, kY);
      a_.pxor(to, kX);
      a_.psubq(to, kX);
    } else if (row.mask == 7) {  // bits that came from the neighbouring byte go: byte 0 of the mask, in all bytes
      a_.pcmpeqd(kX, kX);
      if (op != Op::I8x16Shl) a_.psrlw(kX, 8);
      a_.emit(row.id, kX, kY);
      a_.pxor(kY, kY);
      a_.pshufb(kX, kY);
      a_.pand(to, kX);
      if (op == Op::I8x16ShrS) {
        a_.pavgb(kX, kY);  // the mask has all bits below the sign's and that itself: (mask + 1) / 2
        a_.pxor(to, kX);
        a_.psubb(to, kX);
      }
    }
    return true;
  }
  return false;
}

// By a constant, where there is no instruction.
void Emitter::vector_shift_by_constant(const MachineInst& inst) {
  const auto op = static_cast<Op>(inst.code);
  const x86::Xmm to = xmm_at(inst, 0);
  const auto count = static_cast<u32>(inst.immediate);
  if (op == Op::I64x2ShrS) {
    if (count == 0) return;
    a_.psrlq(to, count);
    a_.movdqa(kX, pool(u64{1} << (63 - count), true));
    a_.pxor(to, kX);
    a_.psubq(to, kX);
    return;
  }
  const u64 mask = (op == Op::I8x16Shl ? 0xffu << count & 0xff : 0xffu >> count) * kBytes;
  a_.emit(op == Op::I8x16Shl ? Id::kIdPsllw : Id::kIdPsrlw, to, imm(count));
  a_.pand(to, pool(mask, true));
  if (op == Op::I8x16ShrS) {
    a_.movdqa(kX, pool((0x80u >> count) * kBytes, true));
    a_.pxor(to, kX);
    a_.psubb(to, kX);
  }
}

// Which of the two operands the machine's minimum gives depends on their order where one is a NaN or both are zeros, so
// it is asked both ways. NaNs become the canonical one.
bool Emitter::vector_min_max(const MachineInst& inst, Op op) {
  const bool is_f32 =
      op == Op::F32x4Min || op == Op::F32x4Max || op == Op::F32x4RelaxedMin || op == Op::F32x4RelaxedMax;
  const bool is_min =
      op == Op::F32x4Min || op == Op::F64x2Min || op == Op::F32x4RelaxedMin || op == Op::F64x2RelaxedMin;
  const bool is_max =
      op == Op::F32x4Max || op == Op::F64x2Max || op == Op::F32x4RelaxedMax || op == Op::F64x2RelaxedMax;
  if (!is_min && !is_max) return false;
  const x86::Xmm to = xmm_at(inst, 0);
  const x86::Xmm other = xmm_at(inst, 2);
  a_.movaps(kX, other);
  if (is_min) {
    const Id min = is_f32 ? Id::kIdMinps : Id::kIdMinpd;
    a_.emit(min, kX, to);
    a_.emit(min, to, other);
    a_.orps(kX, to);  // -0 wins over 0, and a NaN's exponent over any
  } else {
    const Id max = is_f32 ? Id::kIdMaxps : Id::kIdMaxpd;
    a_.emit(max, kX, to);
    a_.emit(max, to, other);
    a_.xorps(to, kX);  // nothing, the sign of zeros, or parts of NaNs
    a_.orps(kX, to);
    a_.emit(is_f32 ? Id::kIdSubps : Id::kIdSubpd, kX, to);  // -0 - -0 is 0
  }
  // All ones where kX is a NaN; shifted they are what to leave out of all ones to have the canonical NaN.
  a_.emit(is_f32 ? Id::kIdCmpps : Id::kIdCmppd, to, kX, imm(3));
  a_.orps(kX, to);
  a_.emit(is_f32 ? Id::kIdPsrld : Id::kIdPsrlq, to, imm(is_f32 ? 10 : 13));
  a_.andnps(to, kX);
  return true;
}

bool Emitter::vector_widths(const MachineInst& inst, Op op) {
  const x86::Xmm to = xmm_at(inst, 0);
  const auto high = [&](Id id) {
    a_.pshufd(to, to, 0xee);
    a_.emit(id, to, to);
  };
  const auto bytes = [&](Id extend, bool is_high) {
    const x86::Xmm other = xmm_at(inst, 2);
    if (is_high) {
      a_.pshufd(kX, other, 0xee);
      a_.pshufd(to, to, 0xee);
    }
    a_.emit(extend, kX, is_high ? kX : other);
    a_.emit(extend, to, to);
    a_.pmullw(to, kX);
  };
  const auto words = [&](Id upper, Id interleave) {
    a_.movdqa(kX, to);
    a_.pmullw(to, xmm_at(inst, 2));
    a_.emit(upper, kX, xmm_at(inst, 2));
    a_.emit(interleave, to, kX);
  };
  const auto doubles = [&](Id multiply, u32 lanes) {
    a_.pshufd(kX, xmm_at(inst, 2), lanes);
    a_.pshufd(to, to, lanes);
    a_.emit(multiply, to, kX);
  };
  switch (op) {
    case Op::I16x8ExtendHighI8x16S: return high(Id::kIdPmovsxbw), true;
    case Op::I16x8ExtendHighI8x16U: return high(Id::kIdPmovzxbw), true;
    case Op::I32x4ExtendHighI16x8S: return high(Id::kIdPmovsxwd), true;
    case Op::I32x4ExtendHighI16x8U: return high(Id::kIdPmovzxwd), true;
    case Op::I64x2ExtendHighI32x4S: return high(Id::kIdPmovsxdq), true;
    case Op::I64x2ExtendHighI32x4U: return high(Id::kIdPmovzxdq), true;
    case Op::I16x8ExtmulLowI8x16S: return bytes(Id::kIdPmovsxbw, false), true;
    case Op::I16x8ExtmulLowI8x16U: return bytes(Id::kIdPmovzxbw, false), true;
    case Op::I16x8ExtmulHighI8x16S: return bytes(Id::kIdPmovsxbw, true), true;
    case Op::I16x8ExtmulHighI8x16U: return bytes(Id::kIdPmovzxbw, true), true;
    case Op::I32x4ExtmulLowI16x8S: return words(Id::kIdPmulhw, Id::kIdPunpcklwd), true;
    case Op::I32x4ExtmulLowI16x8U: return words(Id::kIdPmulhuw, Id::kIdPunpcklwd), true;
    case Op::I32x4ExtmulHighI16x8S: return words(Id::kIdPmulhw, Id::kIdPunpckhwd), true;
    case Op::I32x4ExtmulHighI16x8U: return words(Id::kIdPmulhuw, Id::kIdPunpckhwd), true;
    case Op::I64x2ExtmulLowI32x4S: return doubles(Id::kIdPmuldq, 0x50), true;
    case Op::I64x2ExtmulLowI32x4U: return doubles(Id::kIdPmuludq, 0x50), true;
    case Op::I64x2ExtmulHighI32x4S: return doubles(Id::kIdPmuldq, 0xfa), true;
    case Op::I64x2ExtmulHighI32x4U: return doubles(Id::kIdPmuludq, 0xfa), true;
    case Op::I16x8ExtaddPairwiseI8x16S:  // the first operand's bytes count as unsigned, the second's as signed
      a_.movdqa(kX, pool(kBytes, true));
      a_.pmaddubsw(kX, to);
      a_.movdqa(to, kX);
      return true;
    case Op::I16x8ExtaddPairwiseI8x16U: a_.pmaddubsw(to, pool(kBytes, true)); return true;
    case Op::I32x4ExtaddPairwiseI16x8S: a_.pmaddwd(to, pool(kWords, true)); return true;
    case Op::I32x4ExtaddPairwiseI16x8U:  // as signed numbers, each too small by 2^15
      a_.pxor(to, pool(kWords << 15, true));
      a_.pmaddwd(to, pool(kWords, true));
      a_.paddd(to, pool(kDoubles << 16, true));
      return true;
    default: return false;
  }
}

// (even bytes, odd bytes) of both as signed 16-bit numbers, multiplied and added.
void Emitter::dot_bytes(const MachineInst& inst) {
  const x86::Xmm to = xmm_at(inst, 0);
  const x86::Xmm other = xmm_at(inst, 2);
  a_.movdqa(kX, to);
  a_.psllw(kX, 8);
  a_.psraw(kX, 8);
  a_.movdqa(kY, other);
  a_.psllw(kY, 8);
  a_.psraw(kY, 8);
  a_.pmullw(kX, kY);
  a_.psraw(to, 8);
  a_.movdqa(kY, other);
  a_.psraw(kY, 8);
  a_.pmullw(to, kY);
  a_.paddw(to, kX);
}

bool Emitter::vector_integer(const MachineInst& inst, Op op) {
  const x86::Xmm to = xmm_at(inst, 0);
  const auto negate = [&](Id subtract) {
    a_.pxor(kX, kX);
    a_.emit(subtract, kX, to);
    a_.movdqa(to, kX);
  };
  switch (op) {
    case Op::V128Not: return vector_not(to), true;
    case Op::V128Bitselect:
    case Op::I8x16RelaxedLaneselect:
    case Op::I16x8RelaxedLaneselect:
    case Op::I32x4RelaxedLaneselect:
    case Op::I64x2RelaxedLaneselect:  // ((a ^ b) & c) ^ b
      a_.pxor(to, xmm_at(inst, 2));
      a_.pand(to, xmm_at(inst, 3));
      a_.pxor(to, xmm_at(inst, 2));
      return true;
    case Op::I8x16Swizzle:
    case Op::I8x16RelaxedSwizzle:  // an index of at least 16 gets its top bit, which makes the lane 0
      a_.movdqa(kX, xmm_at(inst, 2));
      a_.paddusb(kX, pool(0x70 * kBytes, true));
      a_.pshufb(to, kX);
      return true;
    case Op::I8x16Neg: return negate(Id::kIdPsubb), true;
    case Op::I16x8Neg: return negate(Id::kIdPsubw), true;
    case Op::I32x4Neg: return negate(Id::kIdPsubd), true;
    case Op::I64x2Neg: return negate(Id::kIdPsubq), true;
    case Op::I64x2Abs:
      a_.pxor(kX, kX);
      a_.pcmpgtq(kX, to);
      a_.pxor(to, kX);
      a_.psubq(to, kX);
      return true;
    case Op::I64x2Mul:  // low * low + ((high * low + low * high) << 32)
      a_.movdqa(kX, to);
      a_.psrlq(kX, 32);
      a_.pmuludq(kX, xmm_at(inst, 2));
      a_.movdqa(kY, xmm_at(inst, 2));
      a_.psrlq(kY, 32);
      a_.pmuludq(kY, to);
      a_.paddq(kX, kY);
      a_.psllq(kX, 32);
      a_.pmuludq(to, xmm_at(inst, 2));
      a_.paddq(to, kX);
      return true;
    case Op::I8x16Popcnt: {  // of each half of a byte by a table
      const x86::Mem halves = pool(0x0f * kBytes, true);
      a_.movdqa(kX, to);
      a_.pand(kX, halves);
      a_.psrlw(to, 4);
      a_.pand(to, halves);
      const x86::Mem counts = pool_16(0x0302020102010100, 0x0403030203020201);
      a_.movdqa(kY, counts);
      a_.pshufb(kY, kX);
      a_.movdqa(kX, counts);
      a_.pshufb(kX, to);
      a_.paddb(kX, kY);
      a_.movdqa(to, kX);
      return true;
    }
    case Op::I16x8Q15mulrSatS:
    case Op::I16x8RelaxedQ15mulrS:  // -1 * -1 is the only product out of range
      a_.pmulhrsw(to, xmm_at(inst, 2));
      a_.movdqa(kX, pool(kWords << 15, true));
      a_.pcmpeqw(kX, to);
      a_.pxor(to, kX);
      return true;
    case Op::I16x8RelaxedDotI8x16I7x16S: return dot_bytes(inst), true;
    case Op::I32x4RelaxedDotI8x16I7x16AddS:
      dot_bytes(inst);
      a_.pmaddwd(to, pool(kWords, true));
      a_.paddd(to, xmm_at(inst, 3));
      return true;
    default: return false;
  }
}

bool Emitter::vector_float(const MachineInst& inst, Op op) {
  const x86::Xmm to = xmm_at(inst, 0);
  const auto add_product = [&](Id multiply, Id add) {
    a_.emit(multiply, to, xmm_at(inst, 2));
    a_.emit(add, to, xmm_at(inst, 3));
  };
  const auto subtract_product = [&](Id multiply, Id subtract) {
    a_.emit(multiply, to, xmm_at(inst, 2));
    a_.movaps(kX, xmm_at(inst, 3));
    a_.emit(subtract, kX, to);
    a_.movaps(to, kX);
  };
  switch (op) {
    case Op::F32x4RelaxedMadd: return add_product(Id::kIdMulps, Id::kIdAddps), true;
    case Op::F64x2RelaxedMadd: return add_product(Id::kIdMulpd, Id::kIdAddpd), true;
    case Op::F32x4RelaxedNmadd: return subtract_product(Id::kIdMulps, Id::kIdSubps), true;
    case Op::F64x2RelaxedNmadd: return subtract_product(Id::kIdMulpd, Id::kIdSubpd), true;
    case Op::I32x4TruncSatF32x4S:
    case Op::I32x4RelaxedTruncF32x4S:  // NaN to 0; too large gives 80000000, which becomes 7fffffff
      a_.movaps(kX, to);
      a_.cmpps(kX, kX, 0);
      a_.andps(to, kX);
      a_.movaps(kX, pool(kTwoTo31, true));
      a_.cmpps(kX, to, 2);
      a_.cvttps2dq(to, to);
      a_.pxor(to, kX);
      return true;
    case Op::I32x4TruncSatF32x4U:
    case Op::I32x4RelaxedTruncF32x4U:  // up to 2^31 and what is above that, apart
      a_.xorps(kX, kX);
      a_.maxps(to, kX);  // NaN to 0, too
      a_.movaps(kX, pool(kTwoTo31, true));
      a_.movaps(kY, to);
      a_.subps(kY, kX);
      a_.cvttps2dq(to, to);
      a_.cmpps(kX, kY, 2);
      a_.cvttps2dq(kY, kY);
      a_.pxor(kY, kX);
      a_.pxor(kX, kX);
      a_.pmaxsd(kY, kX);
      a_.paddd(to, kY);
      return true;
    case Op::I32x4TruncSatF64x2SZero:
    case Op::I32x4RelaxedTruncF64x2SZero:
      a_.movaps(kX, to);
      a_.cmppd(kX, kX, 0);
      a_.andps(kX, pool(0x41dfffffffc00000, true));  // 2^31 - 1, or 0 in place of a NaN
      a_.minpd(to, kX);
      a_.cvttpd2dq(to, to);
      return true;
    case Op::I32x4TruncSatF64x2UZero:
    case Op::I32x4RelaxedTruncF64x2UZero:  // 2^52 added, the number is the fraction's low half
      a_.xorps(kX, kX);
      a_.maxpd(to, kX);
      a_.minpd(to, pool(0x41efffffffe00000, true));  // 2^32 - 1
      a_.roundpd(to, to, 11);
      a_.addpd(to, pool(kTwoTo52, true));
      a_.shufps(to, kX, 0x88);
      return true;
    case Op::F32x4ConvertI32x4U:  // the low half is exact, the high half over 2 is, and their sum is rounded once
      a_.movdqa(kX, to);
      a_.pand(kX, pool(kDoubles * 0xffff, true));
      a_.psubd(to, kX);
      a_.cvtdq2ps(kX, kX);
      a_.psrld(to, 1);
      a_.cvtdq2ps(to, to);
      a_.addps(to, to);
      a_.addps(to, kX);
      return true;
    case Op::F64x2ConvertLowI32x4U:
      a_.unpcklps(to, pool(kDoubles * (kTwoTo52 >> 32), true));
      a_.subpd(to, pool(kTwoTo52, true));
      return true;
    default: return false;
  }
}

void Emitter::vector(const MachineInst& inst) {
  const auto op = static_cast<Op>(inst.code);
  CHECK(vector_lane(inst, op) || vector_compare(inst, op) || vector_shift(inst, op) || vector_min_max(inst, op) ||
        vector_widths(inst, op) || vector_integer(inst, op) || vector_float(inst, op));
}

// Lanes of the second operand are 16 to 31; a mask byte with its top bit gives 0.
void Emitter::shuffle(const MachineInst& inst) {
  const x86::Xmm to = xmm_at(inst, 0);
  const Vector lanes = inst.vector();
  if (inst.operands == 2) {
    a_.pshufb(to, pool_16(lanes.low, lanes.high));
    return;
  }
  const auto mask = [](u64 eight, u64 from) {
    u64 result = 0;
    for (u32 i = 0; i < 64; i += 8) {
      const u64 lane = eight >> i & 0xff;
      result |= (lane / 16 == from ? lane % 16 : 0x80) << i;
    }
    return result;
  };
  a_.movdqa(kX, xmm_at(inst, 2));
  a_.pshufb(kX, pool_16(mask(lanes.low, 1), mask(lanes.high, 1)));
  a_.pshufb(to, pool_16(mask(lanes.low, 0), mask(lanes.high, 0)));
  a_.por(to, kX);
}

}  // namespace hermit::x64

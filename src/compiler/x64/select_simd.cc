// Selection of vector operations: one line each. What SSE4.2 has as one instruction is chosen here, everything else is
// a sequence of emit_simd.cc (form kVector), whose scratch registers need no allocation.
//
// Vectors in guest memory are never operands of these instructions: legacy SSE wants them aligned, and most read 16
// bytes whatever the operation needs. Only instructions that read exactly what the load would have read take it over.
#include "compiler/x64/selector.h"

namespace hermit::x64 {

// def (reuses a) <- a op b
void Selector::vector_binary(Id id, Value a, Value b, bool commutative) {
  if (commutative && uses_[a] > 1 && uses_[b] == 1) std::swap(a, b);
  const VReg left = reg(a);
  const VReg right = reg(b);
  add(kBinary, static_cast<u16>(id), 16);
  hint(result(), left);
  def_reuse(result());
  use(left);
  use_any(right);
}

// def <- op a; `mode` for instructions that end with a byte
void Selector::vector_unary(Id id, Value a, u64 mode) {
  // An operand of 8 bytes in memory, where the instruction reads no more.
  const bool reads_8 = id == Id::kIdPmovsxbw || id == Id::kIdPmovzxbw || id == Id::kIdPmovsxwd ||
                       id == Id::kIdPmovzxwd || id == Id::kIdPmovsxdq || id == Id::kIdPmovzxdq || id == Id::kIdMovddup;
  const Op from = f_.insts[a].op;
  if (reads_8 && (from == Op::V128Load64Zero || from == Op::F64Load) && used_once_here(a) &&
      epoch_[a] == epoch_[current_]) {
    const Address where = take_load(a);
    MachineInst& load = add(kLoad, static_cast<u16>(id), 8);
    load.source = where.source;
    load.type = Type::V128;
    def(result());
    address(where);
    return;
  }
  const VReg operand_reg = reg(a);
  add(kUnary, static_cast<u16>(id), 16).immediate = mode;
  piece_.back().type = Type::V128;
  def(result());
  use(operand_reg);
}

// A sequence: def (reuses a) <- a, b, c.
void Selector::vector_sequence(Op op, Value a, Value b, Value c) {
  const VReg first = reg(a);
  const VReg second = b == kNone ? kNone : reg(b);
  const VReg third = c == kNone ? kNone : reg(c);
  add(kVector, static_cast<u16>(op), 16);
  hint(result(), first);
  def_reuse(result());
  use(first);
  if (second != kNone) use(second);
  if (third != kNone) use(third);
}

// A sequence between register files: def <- a.
void Selector::vector_convert(Op op, Value a, u32 lane) {
  const VReg operand_reg = reg(a);
  add(kVector, static_cast<u16>(op), 16).condition = static_cast<u8>(lane);
  def(result());
  use(operand_reg);
}

// By a constant, the instruction with a byte; a variable count is masked first.
void Selector::vector_shift(Id id, u32 lane_bits, Value a, Value b) {
  const bool has_instruction = id != Id::kIdNone;
  if (!f_.is_const(b)) return vector_sequence(f_.insts[current_].op, a, b);
  const u64 count = f_.const_bits(b) & (lane_bits - 1);
  const VReg operand_reg = reg(a);
  if (has_instruction) {
    add(kVectorImm, static_cast<u16>(id), 16).immediate = count;
  } else {
    add(kVectorShift, static_cast<u16>(f_.insts[current_].op), 16).immediate = count;
  }
  hint(result(), operand_reg);
  def_reuse(result());
  use(operand_reg);
}

void Selector::vector_constant(VReg to, const Vector& bits) {
  MachineInst& inst = add(kVectorConstant, 0, 16);
  inst.set_vector(bits.low, bits.high);
  def(to);
}

void Selector::shuffle(const Inst& inst) {
  const Vector lanes = f_.vectors[inst.c];
  u8 lane[16];
  bool from_a = true, from_b = true, words = true;
  for (u32 i = 0; i < 16; ++i) {
    lane[i] = static_cast<u8>((i < 8 ? lanes.low : lanes.high) >> (i % 8 * 8));
    from_a &= lane[i] < 16;
    from_b &= lane[i] >= 16;
    words &= i % 4 == 0 ? lane[i] % 4 == 0 : lane[i] == lane[i - 1] + 1;
  }
  if (inst.a == inst.b) from_a = true;
  if (from_a || from_b) {
    const Value only = from_a ? inst.a : inst.b;
    if (words) {  // four bytes each stay together
      u64 mode = 0;
      for (size_t i = 0; i < 4; ++i) mode |= static_cast<u64>(lane[4 * i] % 16 / 4) << (2 * i);
      return vector_unary(Id::kIdPshufd, only, mode);
    }
    const VReg operand_reg = reg(only);
    MachineInst& one = add(kShuffle, 0, 16);
    one.set_vector(lanes.low & 0x0f0f0f0f0f0f0f0f, lanes.high & 0x0f0f0f0f0f0f0f0f);
    hint(result(), operand_reg);
    def_reuse(result());
    use(operand_reg);
    return;
  }
  // Lanes of both in turn, from the lower or upper halves: one instruction.
  struct Interleave {
    u32 bytes;
    Id low, high;
  };
  constexpr Interleave kInterleaves[] = {{1, Id::kIdPunpcklbw, Id::kIdPunpckhbw},
                                         {2, Id::kIdPunpcklwd, Id::kIdPunpckhwd},
                                         {4, Id::kIdPunpckldq, Id::kIdPunpckhdq},
                                         {8, Id::kIdPunpcklqdq, Id::kIdPunpckhqdq}};
  for (const Interleave& row : kInterleaves) {
    for (const u32 start : {0u, 8u}) {
      bool fits = true;
      for (u32 i = 0; i < 16; ++i) {
        const u32 pair = i / (2 * row.bytes) * row.bytes;
        fits &= lane[i] == start + pair + i % row.bytes + (i / row.bytes % 2 != 0 ? 16 : 0);
      }
      if (fits) return vector_binary(start == 0 ? row.low : row.high, inst.a, inst.b, false);
    }
  }
  const VReg first = reg(inst.a);
  const VReg second = reg(inst.b);
  MachineInst& both = add(kShuffle, 0, 16);
  both.set_vector(lanes.low, lanes.high);
  hint(result(), first);
  def_reuse(result());
  use(first);
  use(second);
}

void Selector::replace_lane(const Inst& inst) {
  const VReg vector = reg(inst.a);
  const VReg scalar = reg(inst.b);
  add(kVector, static_cast<u16>(inst.op), 16).condition = static_cast<u8>(inst.c);
  hint(result(), vector);
  def_reuse(result());
  use(vector);
  use(scalar);
}

bool Selector::simd(Value v) {
  const Inst inst = f_.insts[v];
  const Value a = inst.a;
  const Value b = inst.b;
  constexpr u64 kNearest = 8, kFloor = 9, kCeil = 10, kTrunc = 11;
  switch (inst.op) {
#define BINARY(op, id) \
  case Op::op: vector_binary(Id::kId##id, a, b, false); return true;
#define COMMUTATIVE(op, id) \
  case Op::op: vector_binary(Id::kId##id, a, b, true); return true;
#define SWAPPED(op, id) \
  case Op::op: vector_binary(Id::kId##id, b, a, false); return true;
#define UNARY(op, id, mode) \
  case Op::op: vector_unary(Id::kId##id, a, mode); return true;
#define SHIFT(op, id, bits) \
  case Op::op: vector_shift(Id::kId##id, bits, a, b); return true;
    BINARY(I8x16GtS, Pcmpgtb)
    BINARY(I16x8GtS, Pcmpgtw)
    BINARY(I32x4GtS, Pcmpgtd)
    BINARY(I64x2GtS, Pcmpgtq)
    SWAPPED(I8x16LtS, Pcmpgtb)
    SWAPPED(I16x8LtS, Pcmpgtw)
    SWAPPED(I32x4LtS, Pcmpgtd)
    SWAPPED(I64x2LtS, Pcmpgtq)
    COMMUTATIVE(I8x16Eq, Pcmpeqb)
    COMMUTATIVE(I16x8Eq, Pcmpeqw)
    COMMUTATIVE(I32x4Eq, Pcmpeqd)
    COMMUTATIVE(I64x2Eq, Pcmpeqq)
    COMMUTATIVE(V128And, Pand)
    COMMUTATIVE(V128Or, Por)
    COMMUTATIVE(V128Xor, Pxor)
    SWAPPED(V128Andnot, Pandn)
    COMMUTATIVE(I8x16Add, Paddb)
    COMMUTATIVE(I16x8Add, Paddw)
    COMMUTATIVE(I32x4Add, Paddd)
    COMMUTATIVE(I64x2Add, Paddq)
    BINARY(I8x16Sub, Psubb)
    BINARY(I16x8Sub, Psubw)
    BINARY(I32x4Sub, Psubd)
    BINARY(I64x2Sub, Psubq)
    COMMUTATIVE(I8x16AddSatS, Paddsb)
    COMMUTATIVE(I8x16AddSatU, Paddusb)
    COMMUTATIVE(I16x8AddSatS, Paddsw)
    COMMUTATIVE(I16x8AddSatU, Paddusw)
    BINARY(I8x16SubSatS, Psubsb)
    BINARY(I8x16SubSatU, Psubusb)
    BINARY(I16x8SubSatS, Psubsw)
    BINARY(I16x8SubSatU, Psubusw)
    COMMUTATIVE(I8x16MinS, Pminsb)
    COMMUTATIVE(I8x16MinU, Pminub)
    COMMUTATIVE(I8x16MaxS, Pmaxsb)
    COMMUTATIVE(I8x16MaxU, Pmaxub)
    COMMUTATIVE(I16x8MinS, Pminsw)
    COMMUTATIVE(I16x8MinU, Pminuw)
    COMMUTATIVE(I16x8MaxS, Pmaxsw)
    COMMUTATIVE(I16x8MaxU, Pmaxuw)
    COMMUTATIVE(I32x4MinS, Pminsd)
    COMMUTATIVE(I32x4MinU, Pminud)
    COMMUTATIVE(I32x4MaxS, Pmaxsd)
    COMMUTATIVE(I32x4MaxU, Pmaxud)
    COMMUTATIVE(I8x16AvgrU, Pavgb)
    COMMUTATIVE(I16x8AvgrU, Pavgw)
    COMMUTATIVE(I16x8Mul, Pmullw)
    COMMUTATIVE(I32x4Mul, Pmulld)
    COMMUTATIVE(I32x4DotI16x8S, Pmaddwd)
    BINARY(I8x16NarrowI16x8S, Packsswb)
    BINARY(I8x16NarrowI16x8U, Packuswb)
    BINARY(I16x8NarrowI32x4S, Packssdw)
    BINARY(I16x8NarrowI32x4U, Packusdw)
    UNARY(I8x16Abs, Pabsb, 0)
    UNARY(I16x8Abs, Pabsw, 0)
    UNARY(I32x4Abs, Pabsd, 0)
    UNARY(I16x8ExtendLowI8x16S, Pmovsxbw, 0)
    UNARY(I16x8ExtendLowI8x16U, Pmovzxbw, 0)
    UNARY(I32x4ExtendLowI16x8S, Pmovsxwd, 0)
    UNARY(I32x4ExtendLowI16x8U, Pmovzxwd, 0)
    UNARY(I64x2ExtendLowI32x4S, Pmovsxdq, 0)
    UNARY(I64x2ExtendLowI32x4U, Pmovzxdq, 0)
    SHIFT(I8x16Shl, None, 8)
    SHIFT(I16x8Shl, Psllw, 16)
    SHIFT(I32x4Shl, Pslld, 32)
    SHIFT(I64x2Shl, Psllq, 64)
    SHIFT(I8x16ShrS, None, 8)
    SHIFT(I16x8ShrS, Psraw, 16)
    SHIFT(I32x4ShrS, Psrad, 32)
    SHIFT(I64x2ShrS, None, 64)
    SHIFT(I8x16ShrU, None, 8)
    SHIFT(I16x8ShrU, Psrlw, 16)
    SHIFT(I32x4ShrU, Psrld, 32)
    SHIFT(I64x2ShrU, Psrlq, 64)
    UNARY(F32x4Sqrt, Sqrtps, 0)
    UNARY(F64x2Sqrt, Sqrtpd, 0)
    UNARY(F32x4Ceil, Roundps, kCeil)
    UNARY(F32x4Floor, Roundps, kFloor)
    UNARY(F32x4Trunc, Roundps, kTrunc)
    UNARY(F32x4Nearest, Roundps, kNearest)
    UNARY(F64x2Ceil, Roundpd, kCeil)
    UNARY(F64x2Floor, Roundpd, kFloor)
    UNARY(F64x2Trunc, Roundpd, kTrunc)
    UNARY(F64x2Nearest, Roundpd, kNearest)
    BINARY(F32x4Add, Addps)
    BINARY(F32x4Sub, Subps)
    BINARY(F32x4Mul, Mulps)
    BINARY(F32x4Div, Divps)
    BINARY(F64x2Add, Addpd)
    BINARY(F64x2Sub, Subpd)
    BINARY(F64x2Mul, Mulpd)
    BINARY(F64x2Div, Divpd)
    // min and max of the machine give the second operand unless the first is less (greater): b < a ? b : a.
    SWAPPED(F32x4Pmin, Minps)
    SWAPPED(F32x4Pmax, Maxps)
    SWAPPED(F64x2Pmin, Minpd)
    SWAPPED(F64x2Pmax, Maxpd)
    UNARY(F32x4ConvertI32x4S, Cvtdq2ps, 0)
    UNARY(F64x2ConvertLowI32x4S, Cvtdq2pd, 0)
    UNARY(F32x4DemoteF64x2Zero, Cvtpd2ps, 0)
    UNARY(F64x2PromoteLowF32x4, Cvtps2pd, 0)
#undef BINARY
#undef COMMUTATIVE
#undef SWAPPED
#undef UNARY
#undef SHIFT
    case Op::F32x4Abs: sign_mask(Id::kIdAndps, 0x7fffffff7fffffff, a); return true;
    case Op::F64x2Abs: sign_mask(Id::kIdAndps, 0x7fffffffffffffff, a); return true;
    case Op::F32x4Neg: sign_mask(Id::kIdXorps, 0x8000000080000000, a); return true;
    case Op::F64x2Neg: sign_mask(Id::kIdXorps, 0x8000000000000000, a); return true;
    // The machine compares for "less"; greater is that with the operands exchanged.
    case Op::F32x4Gt:
    case Op::F32x4Ge:
    case Op::F64x2Gt:
    case Op::F64x2Ge: vector_sequence(inst.op, b, a); return true;
    case Op::I8x16LeS:
    case Op::I16x8LeS:
    case Op::I32x4LeS:
    case Op::I64x2LeS: vector_sequence(inst.op, a, b); return true;
    // Greater or equal is "not greater" with the operands exchanged.
    case Op::I8x16GeS:
    case Op::I16x8GeS:
    case Op::I32x4GeS:
    case Op::I64x2GeS: vector_sequence(inst.op, b, a); return true;
    case Op::I8x16Shuffle: shuffle(inst); return true;
#define HERMIT_SIMD_SPLAT(name, lane) case Op::name:
#define HERMIT_SIMD_TEST(name, function) case Op::name:
#include "abi/numeric_simd_ops.def"
      if (inst.op == Op::F32x4Splat) {
        vector_unary(Id::kIdPshufd, a, 0);
      } else if (inst.op == Op::F64x2Splat) {
        vector_unary(Id::kIdMovddup, a, 0);
      } else {
        vector_convert(inst.op, a, 0);
      }
      return true;
#define HERMIT_SIMD_EXTRACT(name, lane, scalar) case Op::name:
#include "abi/numeric_simd_ops.def"
      vector_convert(inst.op, a, inst.c);
      return true;
#define HERMIT_SIMD_REPLACE(name, lane) case Op::name:
#include "abi/numeric_simd_ops.def"
      replace_lane(inst);
      return true;
    default: break;
  }
  if (!is_vector(inst.op)) return false;
  const Shape shape = op_info(inst.op).shape;
  vector_sequence(inst.op, a, shape == Shape::Unary ? kNone : b, shape == Shape::Ternary ? inst.c : kNone);
  return true;
}

}  // namespace hermit::x64

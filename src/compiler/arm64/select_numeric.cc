// Selection of numeric operations.
#include <algorithm>
#include <bit>
#include <utility>

#include "compiler/arm64/selector.h"

namespace hermit::arm64 {

namespace {

bool is_mask(u64 value, u8 width) {
  return asmjit::a64::Utils::isLogicalImm(width == 4 ? static_cast<u32>(value) : value, 8u * width);
}

}  // namespace

// def <- a op b
void Selector::two(u16 form, u32 code, u8 width, VReg a, VReg b) {
  add(form, code, width).type = type(current_);
  def(result());
  use(a);
  use(b);
}

void Selector::one(u16 form, u32 code, u8 width, VReg a) {
  add(form, code, width).type = type(current_);
  def(result());
  use(a);
}

// a op (b << n), in one instruction.
bool Selector::shifted(Id id, Value a, Value b) {
  using asmjit::arm::ShiftOp;
  const Inst& inst = f_.insts[b];
  ShiftOp op;
  switch (inst.op) {
    case Op::I32Shl:
    case Op::I64Shl: op = ShiftOp::kLSL; break;
    case Op::I32ShrU:
    case Op::I64ShrU: op = ShiftOp::kLSR; break;
    case Op::I32ShrS:
    case Op::I64ShrS: op = ShiftOp::kASR; break;
    default: return false;
  }
  if (a == b || f_.is_const(a) || !f_.is_const(inst.b) || !used_once_here(b)) return false;
  const u8 width = width_of(type(a));
  const VReg left = reg(a);
  const VReg right = reg(inst.a);
  MachineInst& out = add(kBinaryShifted, id, width);
  out.condition = static_cast<u8>(op);
  out.displacement = static_cast<i32>(f_.const_bits(inst.b) & (8u * width - 1));
  def(result());
  use(left);
  use(right);
  return true;
}

// sum + x * y or sum - x * y
bool Selector::multiply_add(Id id, Value sum, Value product) {
  const Inst& inst = f_.insts[product];
  if ((inst.op != Op::I32Mul && inst.op != Op::I64Mul) || sum == product || !used_once_here(product)) return false;
  const VReg c = reg(sum);
  const VReg a = reg(inst.a);
  const VReg b = reg(inst.b);
  add(kMulAdd, id, width_of(type(sum)));
  def(result());
  use(a);
  use(b);
  use(c);
  return true;
}

bool Selector::add_constant(Value a, i64 value) {
  if (value <= -(1 << 24) || value >= 1 << 24) return false;
  const VReg left = reg(a);
  add(kAddImm, 0, width_of(type(a))).immediate = static_cast<u64>(value);
  def(result());
  use(left);
  return true;
}

// a + (x < y) or another comparison: a carry, or something counted.
bool Selector::increment(Value a, Value b) {
  const bool is_wide = f_.insts[b].op == Op::I64ExtendI32U && used_once_here(b);
  const Value condition = is_wide ? f_.insts[b].a : b;
  if (f_.is_const(a) || !is_comparison(f_.insts[condition].op) || !used_once_here(condition)) return false;
  const VReg left = reg(a);
  const Comparison c = compare(condition);
  MachineInst& out = add(kIncrement);
  out.type = type(current_);
  def(result());
  use(left);
  comparison(out, c);
  return true;
}

void Selector::add_or_subtract(Id id, Value a, Value b) {
  const bool is_add = id == Id::kIdAdd;
  if (const auto value = integer(b)) {
    const i64 sum = is_add ? *value : static_cast<i64>(0 - static_cast<u64>(*value));
    if (add_constant(a, sum)) return;
  }
  if (multiply_add(is_add ? Id::kIdMadd : Id::kIdMsub, a, b) || shifted(id, a, b)) return;
  if (is_add && (multiply_add(Id::kIdMadd, b, a) || shifted(id, b, a))) return;
  if (is_add && (increment(a, b) || increment(b, a))) return;
  const VReg left = reg(a);
  two(kBinary, id, width_of(type(a)), left, reg(b));
}

// (x >> n) & m with m = 2^k - 1, unsigned.
bool Selector::bit_field(Value a, Value b) {
  const Inst& shift = f_.insts[a];
  if ((shift.op != Op::I32ShrU && shift.op != Op::I64ShrU) || !f_.is_const(shift.b) || !f_.is_const(b)) return false;
  const u64 mask = f_.const_bits(b);
  if (mask == 0 || (mask & (mask + 1)) != 0 || !used_once_here(a)) return false;
  const u8 width = width_of(type(a));
  const auto lowest = static_cast<u32>(f_.const_bits(shift.b) & (8u * width - 1));
  const VReg from = reg(shift.a);
  MachineInst& out = add(kBits, 0, width);
  out.immediate = lowest;
  out.displacement = static_cast<i32>(std::min<u32>(static_cast<u32>(std::popcount(mask)), 8u * width - lowest));
  def(result());
  use(from);
  return true;
}

void Selector::logical(Id id, Value a, Value b) {
  const u8 width = width_of(type(a));
  if (id == Id::kIdAnd && bit_field(a, b)) return;
  if (const auto value = integer(b); value && is_mask(static_cast<u64>(*value), width)) {
    const VReg left = reg(a);
    add(kBinaryImm, id, width).immediate = width == 4 ? static_cast<u32>(*value) : static_cast<u64>(*value);
    def(result());
    use(left);
    return;
  }
  if (shifted(id, a, b) || shifted(id, b, a)) return;
  const VReg left = reg(a);
  two(kBinary, id, width, left, reg(b));
}

void Selector::shift(Id id, Value a, Value b) {
  const u8 width = width_of(type(a));
  const VReg left = reg(a);
  if (f_.is_const(b)) {
    add(kBinaryImm, id, width).immediate = f_.const_bits(b) & (8u * width - 1);
    def(result());
    use(left);
    return;
  }
  two(kBinary, id, width, left, reg(b));
}

void Selector::rotate_left(Value a, Value b) {
  const u8 width = width_of(type(a));
  const VReg left = reg(a);
  if (f_.is_const(b)) {
    add(kBinaryImm, Id::kIdRor, width).immediate = (0 - f_.const_bits(b)) & (8u * width - 1);
    def(result());
    use(left);
    return;
  }
  two(kRotateLeft, 0, width, left, reg(b));
}

void Selector::divide(Division division, Value a, Value b) {
  const VReg dividend = reg(a);
  const VReg divisor = reg(b);
  add(kDivide, 0, width_of(type(a))).condition = static_cast<u8>(division);
  def(result());
  use(dividend);
  use(divisor);
}

void Selector::truncate(Value a, u8 flags) {
  const VReg from = reg(a);
  one(kTruncate, 0, width_of(type(a)), from);
  piece_.back().condition = flags;
}

void Selector::convert_integer(Id id, u8 width, Value a) { one(kConvertInt, id, width, reg(a)); }

void Selector::numeric(Value v) {
  const Inst& inst = f_.insts[v];
  const Value a = inst.a;
  const Value b = inst.b;
  const u8 width =
      op_info(inst.op).shape == Shape::Unary || op_info(inst.op).shape == Shape::Binary ? width_of(type(a)) : u8{8};
  const auto binary = [&](Id id) {
    const VReg left = reg(a);
    two(kBinary, id, width, left, reg(b));
  };
  const auto unary = [&](Id id) { one(kUnary, id, width, reg(a)); };
  switch (inst.op) {
    case Op::I32Add:
    case Op::I64Add: return add_or_subtract(Id::kIdAdd, a, b);
    case Op::I32Sub:
    case Op::I64Sub: return add_or_subtract(Id::kIdSub, a, b);
    case Op::I32And:
    case Op::I64And: return logical(Id::kIdAnd, a, b);
    case Op::I32Or:
    case Op::I64Or: return logical(Id::kIdOrr, a, b);
    case Op::I32Xor:
    case Op::I64Xor: return logical(Id::kIdEor, a, b);
    case Op::I32Mul:
    case Op::I64Mul: return binary(Id::kIdMul);
    case Op::I32Shl:
    case Op::I64Shl: return shift(Id::kIdLsl, a, b);
    case Op::I32ShrS:
    case Op::I64ShrS: return shift(Id::kIdAsr, a, b);
    case Op::I32ShrU:
    case Op::I64ShrU: return shift(Id::kIdLsr, a, b);
    case Op::I32Rotl:
    case Op::I64Rotl: return rotate_left(a, b);
    case Op::I32Rotr:
    case Op::I64Rotr: return shift(Id::kIdRor, a, b);
    case Op::I32DivS:
    case Op::I64DivS: return divide(Division::DivS, a, b);
    case Op::I32DivU:
    case Op::I64DivU: return divide(Division::DivU, a, b);
    case Op::I32RemS:
    case Op::I64RemS: return divide(Division::RemS, a, b);
    case Op::I32RemU:
    case Op::I64RemU: return divide(Division::RemU, a, b);
    case Op::I64MulHighU: return binary(Id::kIdUmulh);
    case Op::I64MulHighS: return binary(Id::kIdSmulh);
    case Op::I32Clz:
    case Op::I64Clz: return unary(Id::kIdClz);
    case Op::I32Ctz:
    case Op::I64Ctz: return one(kCtz, 0, width, reg(a));
    case Op::I32Popcnt:
    case Op::I64Popcnt: return one(kPopcnt, 0, width, reg(a));
    case Op::I32WrapI64: return one(kUnary, Id::kIdMov, 4, reg(a));
    case Op::I64ExtendI32U: return one(kCopy, 0, 8, reg(a));  // an i32 is zero-extended wherever it is
    case Op::I64ExtendI32S:
    case Op::I64Extend32S: return one(kUnary, Id::kIdSxtw, 4, reg(a));
    case Op::I32Extend8S:
    case Op::I64Extend8S: return one(kUnary, Id::kIdSxtb, 4, reg(a));
    case Op::I32Extend16S:
    case Op::I64Extend16S: return one(kUnary, Id::kIdSxth, 4, reg(a));

    case Op::F32Abs:
    case Op::F64Abs: return unary(Id::kIdFabs_v);
    case Op::F32Neg:
    case Op::F64Neg: return unary(Id::kIdFneg_v);
    case Op::F32Ceil:
    case Op::F64Ceil: return unary(Id::kIdFrintp_v);
    case Op::F32Floor:
    case Op::F64Floor: return unary(Id::kIdFrintm_v);
    case Op::F32Trunc:
    case Op::F64Trunc: return unary(Id::kIdFrintz_v);
    case Op::F32Nearest:
    case Op::F64Nearest: return unary(Id::kIdFrintn_v);
    case Op::F32Sqrt:
    case Op::F64Sqrt: return unary(Id::kIdFsqrt_v);
    case Op::F32DemoteF64:
    case Op::F64PromoteF32: return unary(Id::kIdFcvt_v);
    case Op::F32Add:
    case Op::F64Add: return binary(Id::kIdFadd_v);
    case Op::F32Sub:
    case Op::F64Sub: return binary(Id::kIdFsub_v);
    case Op::F32Mul:
    case Op::F64Mul: return binary(Id::kIdFmul_v);
    case Op::F32Div:
    case Op::F64Div: return binary(Id::kIdFdiv_v);
    case Op::F32Min:
    case Op::F64Min: return binary(Id::kIdFmin_v);
    case Op::F32Max:
    case Op::F64Max: return binary(Id::kIdFmax_v);
    case Op::F32Copysign:
    case Op::F64Copysign: {
      const VReg left = reg(a);
      return two(kCopysign, 0, width, left, reg(b));
    }

    case Op::I32TruncF32S: return truncate(a, 0);
    case Op::I32TruncF32U: return truncate(a, kTruncateUnsigned);
    case Op::I32TruncF64S: return truncate(a, kTruncateFromF64);
    case Op::I32TruncF64U: return truncate(a, kTruncateFromF64 | kTruncateUnsigned);
    case Op::I64TruncF32S: return truncate(a, kTruncateTo64);
    case Op::I64TruncF32U: return truncate(a, kTruncateTo64 | kTruncateUnsigned);
    case Op::I64TruncF64S: return truncate(a, kTruncateTo64 | kTruncateFromF64);
    case Op::I64TruncF64U: return truncate(a, kTruncateTo64 | kTruncateFromF64 | kTruncateUnsigned);
    case Op::I32TruncSatF32S: return truncate(a, kTruncateSaturating);
    case Op::I32TruncSatF32U: return truncate(a, kTruncateSaturating | kTruncateUnsigned);
    case Op::I32TruncSatF64S: return truncate(a, kTruncateSaturating | kTruncateFromF64);
    case Op::I32TruncSatF64U: return truncate(a, kTruncateSaturating | kTruncateFromF64 | kTruncateUnsigned);
    case Op::I64TruncSatF32S: return truncate(a, kTruncateSaturating | kTruncateTo64);
    case Op::I64TruncSatF32U: return truncate(a, kTruncateSaturating | kTruncateTo64 | kTruncateUnsigned);
    case Op::I64TruncSatF64S: return truncate(a, kTruncateSaturating | kTruncateTo64 | kTruncateFromF64);
    case Op::I64TruncSatF64U:
      return truncate(a, kTruncateSaturating | kTruncateTo64 | kTruncateFromF64 | kTruncateUnsigned);
    case Op::F32ConvertI32S:
    case Op::F64ConvertI32S:
    case Op::F32ConvertI64S:
    case Op::F64ConvertI64S: return convert_integer(Id::kIdScvtf_v, width, a);
    case Op::F32ConvertI32U:
    case Op::F64ConvertI32U:
    case Op::F32ConvertI64U:
    case Op::F64ConvertI64U: return convert_integer(Id::kIdUcvtf_v, width, a);
    case Op::I32ReinterpretF32:
    case Op::F32ReinterpretI32:
    case Op::I64ReinterpretF64:
    case Op::F64ReinterpretI64: return one(kMoveBits, 0, width, reg(a));

    default: {  // comparisons
      const Comparison c = compare_values(inst.op, a, b);
      MachineInst& set = add(kSet);
      def(result());
      comparison(set, c);
    }
  }
}

}  // namespace hermit::arm64

// Selection of numeric operations.
#include <bit>
#include <utility>

#include "compiler/x64/selector.h"

namespace hermit::x64 {

namespace {

constexpr u64 kSign32 = 0x80000000'80000000;
constexpr u64 kSign64 = u64{1} << 63;
constexpr u64 kNearest = 8, kFloor = 9, kCeil = 10, kTrunc = 11;  // roundss/roundsd without the inexact exception

}  // namespace

// def <- a op b where the result overwrites a copy of a.
void Selector::integer_binary(Id id, Value a, Value b, bool commutative) {
  const u8 width = width_of(type(a));
  if (const auto small = immediate(b)) {
    const VReg left = reg(a);
    add(kBinaryImm, static_cast<u16>(id), width).immediate = static_cast<u64>(i64{*small});
    hint(result(), left);
    def_reuse(result());
    use(left);
    return;
  }
  // Better overwrite what the result takes the place of in the next round, or a value that nobody needs any more; read
  // the other from memory if it is there.
  const auto is_replaced = [&](Value operand) { return next_round_of_[current_] == operand; };
  if (commutative && (takes_load(a, width) || is_replaced(b) ||
                      (uses_[a] > 1 && uses_[b] == 1 && !is_replaced(a) && !takes_load(b, width))))
    std::swap(a, b);
  if (a != b && takes_load(b, width)) {
    const VReg left = reg(a);
    const Address from = take_load(b);
    MachineInst& inst = add(kBinaryLoad, static_cast<u16>(id), width);
    inst.source = from.source;
    hint(result(), left);
    def_reuse(result());
    use(left);
    address(from);
    return;
  }
  const VReg left = reg(a);
  const VReg right = reg(b);
  add(kBinary, static_cast<u16>(id), width);
  hint(result(), left);
  def_reuse(result());
  use(left);
  use_any(right);
}

// a + (b << 1..3), in one instruction.
bool Selector::add_scaled(Value a, Value b) {
  const Inst& shift = f_.insts[b];
  if ((shift.op != Op::I32Shl && shift.op != Op::I64Shl) || !used_once_here(b) || !f_.is_const(shift.b)) return false;
  const u64 count = f_.const_bits(shift.b);
  if (count == 0 || count > 3 || f_.is_const(a)) return false;
  const u8 width = width_of(type(a));
  const VReg base = reg(a);
  const VReg index = reg(shift.a);
  add(kLea, 0, width).condition = static_cast<u8>(1u << count);
  def(result());
  use(base);
  use(index);
  return true;
}

// The comparison x < y or y > x, unsigned, if `v` is that and nobody else needs it.
std::optional<Value> Selector::carry(Value v) const {
  const bool is_wide = f_.insts[v].op == Op::I64ExtendI32U;
  if (is_wide && (uses_[v] != 1 || vreg_of_[v] != kNone)) return std::nullopt;
  const Value condition = is_wide ? f_.insts[v].a : v;
  if (!used_once_here(condition)) return std::nullopt;
  const Op op = f_.insts[condition].op;
  const bool is_carry = op == Op::I32LtU || op == Op::I64LtU || op == Op::I32GtU || op == Op::I64GtU;
  return is_carry ? std::optional(condition) : std::nullopt;
}

// a + (x < y), unsigned: the carry of an addition that came before, as compilers write sums of several words.
bool Selector::add_carry(Value a, Value b) {
  const auto condition = carry(b);
  if (!condition || f_.is_const(a)) return false;
  if (add_words(a, *condition)) return true;
  const Inst& compared = f_.insts[*condition];
  const bool is_less = compared.op == Op::I32LtU || compared.op == Op::I64LtU;
  const VReg left = reg(a);
  const Comparison c = compare_values(is_less                     ? compared.op
                                      : compared.op == Op::I32GtU ? Op::I32LtU
                                                                  : Op::I64LtU,
                                      is_less ? compared.a : compared.b, is_less ? compared.b : compared.a);
  MachineInst& sum = add(kAddCarry);
  sum.type = type(current_);
  hint(result(), left);
  def_reuse(result());
  use(left);
  comparison(sum, c);
  return true;
}

// The same if the addition itself can wait until here: the flag that it leaves is the carry. All who need the sum must
// have been selected, or be selected no more. Compilers add all low words first, and their sums would have to be kept
// for the comparisons.
bool Selector::add_words(Value a, Value condition) {
  constexpr u32 kMostUsers = 16;  // each such sum looks at all of them; real ones have two or three
  const Inst& compared = f_.insts[condition];
  const bool is_less = compared.op == Op::I32LtU || compared.op == Op::I64LtU;
  const Value sum = is_less ? compared.a : compared.b;
  const Value part = is_less ? compared.b : compared.a;
  const Inst& low = f_.insts[sum];
  if ((low.op != Op::I32Add && low.op != Op::I64Add) || block_of_[sum] != current_block_) return false;
  if ((low.a != part && low.b != part) || f_.is_const(low.a)) return false;
  if (first_user_.empty()) find_users();
  if (is_early_[sum] || first_user_[sum + 1] - first_user_[sum] > kMostUsers) return false;
  std::vector<Value> waiting;  // users that can stand behind this, too
  for (u32 i = first_user_[sum]; i < first_user_[sum + 1]; ++i) {
    const Value user = users_[i];
    if (is_selected(user, condition)) continue;
    if (!can_wait(user, condition)) return false;
    waiting.push_back(user);
  }
  // And a third number of the high word, if it is added next to this.
  Value high = a;
  Value other = kNone;
  const Inst& inner = f_.insts[a];
  if (inner.op == f_.insts[current_].op && used_once_here(a) && !f_.is_const(inner.a) && !f_.is_const(inner.b) &&
      !carry(inner.a) && !carry(inner.b)) {
    const u8 width = width_of(type(a));
    if (!takes_load(inner.a, width) && !takes_load(inner.b, width)) {
      high = inner.a;
      other = inner.b;
    }
  }
  is_early_[sum] = true;
  if (vreg_of_[sum] == kNone) vreg_of_[sum] = m_.new_vreg(type(sum));
  const VReg left = reg(low.a);
  const VReg right = reg(low.b);
  const VReg high_left = reg(high);
  const VReg high_right = other == kNone ? kNone : reg(other);
  MachineInst& words = add(kAddWords, 0, width_of(type(sum)));
  words.type = type(current_);
  hint(vreg_of_[sum], left);
  hint(result(), high_left);
  operand(vreg_of_[sum], OperandKind::Def, Where::Reuse, 2);
  operand(result(), OperandKind::Def, Where::Reuse, 3);
  use(left);
  use(high_left);
  use_any(right);
  if (other != kNone) use_any(high_right);
  const Value here = current_;
  for (const Value user : waiting) {
    if (is_early_[user]) continue;  // it reads the sum twice
    is_early_[user] = true;
    current_ = user;
    numeric(user);
  }
  current_ = here;
  return true;
}

// A shift or mask of the sum that is needed further down only.
bool Selector::can_wait(Value user, Value condition) {
  const Inst& inst = f_.insts[user];
  const bool is_plain = inst.op == Op::I64And || inst.op == Op::I64ShrU || inst.op == Op::I64Shl ||
                        inst.op == Op::I32And || inst.op == Op::I32ShrU || inst.op == Op::I32Shl;
  if (!is_plain || !f_.is_const(inst.b) || vreg_of_[user] == kNone) return false;
  for (u32 i = first_user_[user]; i < first_user_[user + 1]; ++i) {
    if (!is_selected(users_[i], condition)) return false;
  }
  return true;
}

// Will nothing more ask for what `user` reads, apart from `condition`, which is being taken over?
bool Selector::is_selected(Value user, Value condition, int depth) {
  constexpr int kMaxDepth = 3;  // a sum, its comparison, that extended
  if (user == condition || is_early_[user] || position_[user] > position_[current_]) return true;
  if (vreg_of_[user] != kNone || (effects(f_.insts[user].op) & kObservable) != 0 || depth == kMaxDepth) return false;
  for (u32 i = first_user_[user]; i < first_user_[user + 1]; ++i) {
    if (!is_selected(users_[i], condition, depth + 1)) return false;
  }
  return true;
}

void Selector::find_users() {
  is_early_.assign(f_.insts.size(), false);
  position_.assign(f_.insts.size(), 0);
  first_user_.assign(f_.insts.size() + 1, 0);
  const auto each = [&](auto visit) {
    for (const Value v : f_.order) {
      for_each_operand(f_, v, [&](const u32& operand) {
        if (block_of_[operand] == block_of_[v]) visit(operand, v);
      });
    }
  };
  for (u32 i = 0; i < f_.order.size(); ++i) position_[f_.order[i]] = i;
  each([&](Value operand, Value) { ++first_user_[operand + 1]; });
  for (size_t i = 0; i < f_.insts.size(); ++i) first_user_[i + 1] += first_user_[i];
  users_.resize(first_user_.back());
  std::vector<u32> next(first_user_.begin(), first_user_.end() - 1);
  each([&](Value operand, Value v) { users_[next[operand]++] = v; });
}

void Selector::add_values(Value a, Value b) {
  const u8 width = width_of(type(a));
  if (add_carry(a, b) || add_carry(b, a)) return;
  if (const auto small = immediate(b)) {
    const VReg left = reg(a);
    add(kAddImm, 0, width).immediate = static_cast<u64>(i64{*small});
    hint(result(), left);
    def(result());
    use(left);
    return;
  }
  if (takes_load(b, width) || takes_load(a, width)) return integer_binary(Id::kIdAdd, a, b, true);
  if (add_scaled(a, b) || add_scaled(b, a)) return;
  const VReg left = reg(a);
  const VReg right = reg(b);
  add(kAdd, 0, width);
  hint(result(), left);
  def(result());
  use(left);
  use(right);
}

void Selector::shift(Id id, Value a, Value b) {
  const u8 width = width_of(type(a));
  const VReg left = reg(a);
  if (f_.is_const(b)) {
    add(kBinaryImm, static_cast<u16>(id), width).immediate = f_.const_bits(b) & (width * 8u - 1);
    hint(result(), left);
    def_reuse(result());
    use(left);
    return;
  }
  const VReg count = reg(b);
  add(kShift, static_cast<u16>(id), width);
  hint(result(), left);
  def_reuse(result());
  use(left);
  use_fixed(count, kRcx);
}

void Selector::divide(Division division, Value a, Value b) {
  const VReg dividend = reg(a);
  const VReg divisor = reg(b);
  const VReg other = m_.new_vreg(type(a));
  const bool quotient = division == Division::DivS || division == Division::DivU;
  add(kDivide, 0, width_of(type(a))).condition = static_cast<u8>(division);
  def_fixed(quotient ? result() : other, kRax);
  def_fixed(quotient ? other : result(), kRdx);
  use_fixed(dividend, kRax);
  use(divisor);
}

// The upper half of the product is in rdx.
void Selector::multiply_high(Id id, Value a, Value b) {
  const VReg left = reg(a);
  const VReg right = reg(b);
  const VReg low = m_.new_vreg(Type::I64);
  add(kMulHigh, static_cast<u16>(id), 8);
  def_fixed(low, kRax);
  def_fixed(result(), kRdx);
  use_fixed(left, kRax);
  use_any(right);
}

// Both halves of a product at once, where the first of them stands. False if that one alone is wanted.
bool Selector::multiply_wide(Value v) {
  const Value other = other_half_[v];
  if (other == kNone) return false;
  if (is_second_half_[v]) {
    if (vreg_of_[other] == kNone) vreg_of_[other] = m_.new_vreg(Type::I64);  // so it will be asked for
    return true;
  }
  if (vreg_of_[other] == kNone) return false;
  const Inst& inst = f_.insts[v];
  const bool is_high = inst.op == Op::I64MulHighU;
  const VReg left = reg(inst.a);
  const VReg right = reg(inst.b);
  add(kMulHigh, static_cast<u16>(Id::kIdMul), 8);
  def_fixed(vreg_of_[is_high ? other : v], kRax);
  def_fixed(vreg_of_[is_high ? v : other], kRdx);
  use_fixed(left, kRax);
  use_any(right);
  return true;
}

void Selector::float_binary(Id id, Value a, Value b) {
  const u8 width = width_of(type(a));
  const VReg left = reg(a);
  if (f_.is_const(b) && f_.const_bits(b) != 0) {
    add(kBinaryPool, static_cast<u16>(id), width).immediate = f_.const_bits(b);
    hint(result(), left);
    def_reuse(result());
    use(left);
    return;
  }
  if (a != b && takes_load(b, width)) {
    const Address from = take_load(b);
    MachineInst& inst = add(kBinaryLoad, static_cast<u16>(id), width);
    inst.source = from.source;
    hint(result(), left);
    def_reuse(result());
    use(left);
    address(from);
    return;
  }
  const VReg right = reg(b);
  add(kBinary, static_cast<u16>(id), width);
  hint(result(), left);
  def_reuse(result());
  use(left);
  use_any(right);
}

// `width`: of the operand in memory, if it is there.
void Selector::unary(Id id, u8 width, Value a, u64 mode) {
  const VReg operand_reg = reg(a);
  add(kUnary, static_cast<u16>(id), width).immediate = mode;
  piece_.back().type = type(current_);
  def(result());
  use(operand_reg);
}

void Selector::simple(u16 form, u8 width, Value a, u8 condition) {
  const VReg operand_reg = reg(a);
  add(form, 0, width).condition = condition;
  piece_.back().type = type(current_);
  def(result());
  use(operand_reg);
}

// and/xor with a constant in memory: absolute value, negation.
void Selector::sign_mask(Id id, u64 mask, Value a) {
  const VReg operand_reg = reg(a);
  add(kBinaryPool, static_cast<u16>(id), 16).immediate = mask;
  hint(result(), operand_reg);
  def_reuse(result());
  use(operand_reg);
}

void Selector::numeric(Value v) {
  const Inst& inst = f_.insts[v];
  const Value a = inst.a;
  const Value b = inst.b;
  const auto two = [&](u16 form, u8 condition) {  // def (reuses a) <- a, b
    const VReg left = reg(a);
    const VReg right = reg(b);
    add(form, 0, width_of(type(a))).condition = condition;
    hint(result(), left);
    def_reuse(result());
    use(left);
    use(right);
  };
  const auto truncate = [&](u8 flags) { simple(kTruncate, 8, a, flags); };
  switch (inst.op) {
    case Op::I32Add:
    case Op::I64Add: return add_values(a, b);
    case Op::I32Sub:
    case Op::I64Sub: return integer_binary(Id::kIdSub, a, b, false);
    case Op::I32And:
    case Op::I64And: return integer_binary(Id::kIdAnd, a, b, true);
    case Op::I32Or:
    case Op::I64Or: return integer_binary(Id::kIdOr, a, b, true);
    case Op::I32Xor:
    case Op::I64Xor: return integer_binary(Id::kIdXor, a, b, true);
    case Op::I32Mul:
    case Op::I64Mul:
      if (multiply_wide(v)) return;
      if (const auto small = immediate(b)) {
        const VReg left = reg(a);
        if (*small == 3 || *small == 5 || *small == 9) {
          add(kLea, 0, width_of(type(a))).condition = static_cast<u8>(*small - 1);
          def(result());
          use(left);
          use(left);
          return;
        }
        add(kMulImm, 0, width_of(type(a))).immediate = static_cast<u64>(i64{*small});
        def(result());
        use_any(left);
        return;
      }
      return integer_binary(Id::kIdImul, a, b, true);
    case Op::I32Shl:
    case Op::I64Shl: return shift(Id::kIdShl, a, b);
    case Op::I32ShrS:
    case Op::I64ShrS: return shift(Id::kIdSar, a, b);
    case Op::I32ShrU:
    case Op::I64ShrU: return shift(Id::kIdShr, a, b);
    case Op::I32Rotl:
    case Op::I64Rotl: return shift(Id::kIdRol, a, b);
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
    case Op::I64MulHighU:
      if (!multiply_wide(v)) multiply_high(Id::kIdMul, a, b);
      return;
    case Op::I64MulHighS: return multiply_high(Id::kIdImul, a, b);
    case Op::I32Clz:
    case Op::I64Clz: return simple(kClz, width_of(type(a)), a);
    case Op::I32Ctz:
    case Op::I64Ctz: return simple(kCtz, width_of(type(a)), a);
    case Op::I32Popcnt:
    case Op::I64Popcnt: return unary(Id::kIdPopcnt, width_of(type(a)), a);
    case Op::I32WrapI64: return unary(Id::kIdMov, 4, a);
    case Op::I64ExtendI32U: return simple(kCopy, 8, a);  // an i32 is zero-extended wherever it is
    case Op::I64ExtendI32S:
    case Op::I64Extend32S: return unary(Id::kIdMovsxd, 4, a);
    case Op::I32Extend8S:
    case Op::I64Extend8S: return unary(Id::kIdMovsx, 1, a);
    case Op::I32Extend16S:
    case Op::I64Extend16S: return unary(Id::kIdMovsx, 2, a);

    case Op::F32Abs: return sign_mask(Id::kIdAndps, ~kSign32, a);
    case Op::F64Abs: return sign_mask(Id::kIdAndps, ~kSign64, a);
    case Op::F32Neg: return sign_mask(Id::kIdXorps, kSign32, a);
    case Op::F64Neg: return sign_mask(Id::kIdXorps, kSign64, a);
    case Op::F32Copysign:
    case Op::F64Copysign: return two(kCopysign, 0);
    case Op::F32Min:
    case Op::F64Min: return two(kMinMax, 0);
    case Op::F32Max:
    case Op::F64Max: return two(kMinMax, 1);
    case Op::F32Ceil: return unary(Id::kIdRoundss, 4, a, kCeil);
    case Op::F32Floor: return unary(Id::kIdRoundss, 4, a, kFloor);
    case Op::F32Trunc: return unary(Id::kIdRoundss, 4, a, kTrunc);
    case Op::F32Nearest: return unary(Id::kIdRoundss, 4, a, kNearest);
    case Op::F64Ceil: return unary(Id::kIdRoundsd, 8, a, kCeil);
    case Op::F64Floor: return unary(Id::kIdRoundsd, 8, a, kFloor);
    case Op::F64Trunc: return unary(Id::kIdRoundsd, 8, a, kTrunc);
    case Op::F64Nearest: return unary(Id::kIdRoundsd, 8, a, kNearest);
    case Op::F32Sqrt: return unary(Id::kIdSqrtss, 4, a);
    case Op::F64Sqrt: return unary(Id::kIdSqrtsd, 8, a);
    case Op::F32Add: return float_binary(Id::kIdAddss, a, b);
    case Op::F32Sub: return float_binary(Id::kIdSubss, a, b);
    case Op::F32Mul: return float_binary(Id::kIdMulss, a, b);
    case Op::F32Div: return float_binary(Id::kIdDivss, a, b);
    case Op::F64Add: return float_binary(Id::kIdAddsd, a, b);
    case Op::F64Sub: return float_binary(Id::kIdSubsd, a, b);
    case Op::F64Mul: return float_binary(Id::kIdMulsd, a, b);
    case Op::F64Div: return float_binary(Id::kIdDivsd, a, b);

    case Op::I32TruncF32S: return truncate(0);
    case Op::I32TruncF32U: return truncate(kTruncateUnsigned);
    case Op::I32TruncF64S: return truncate(kTruncateFromF64);
    case Op::I32TruncF64U: return truncate(kTruncateFromF64 | kTruncateUnsigned);
    case Op::I64TruncF32S: return truncate(kTruncateTo64);
    case Op::I64TruncF32U: return truncate(kTruncateTo64 | kTruncateUnsigned);
    case Op::I64TruncF64S: return truncate(kTruncateTo64 | kTruncateFromF64);
    case Op::I64TruncF64U: return truncate(kTruncateTo64 | kTruncateFromF64 | kTruncateUnsigned);
    case Op::I32TruncSatF32S: return truncate(kTruncateSaturating);
    case Op::I32TruncSatF32U: return truncate(kTruncateSaturating | kTruncateUnsigned);
    case Op::I32TruncSatF64S: return truncate(kTruncateSaturating | kTruncateFromF64);
    case Op::I32TruncSatF64U: return truncate(kTruncateSaturating | kTruncateFromF64 | kTruncateUnsigned);
    case Op::I64TruncSatF32S: return truncate(kTruncateSaturating | kTruncateTo64);
    case Op::I64TruncSatF32U: return truncate(kTruncateSaturating | kTruncateTo64 | kTruncateUnsigned);
    case Op::I64TruncSatF64S: return truncate(kTruncateSaturating | kTruncateTo64 | kTruncateFromF64);
    case Op::I64TruncSatF64U:
      return truncate(kTruncateSaturating | kTruncateTo64 | kTruncateFromF64 | kTruncateUnsigned);
    case Op::F32ConvertI32S:
    case Op::F64ConvertI32S: return simple(kConvertInt, 4, a);
    case Op::F32ConvertI32U:  // zero-extended, so a signed 64-bit number
    case Op::F64ConvertI32U:
    case Op::F32ConvertI64S:
    case Op::F64ConvertI64S: return simple(kConvertInt, 8, a);
    case Op::F32ConvertI64U: return simple(kConvertU64, 4, a);
    case Op::F64ConvertI64U: return simple(kConvertU64, 8, a);
    case Op::F32DemoteF64: return unary(Id::kIdCvtsd2ss, 8, a);
    case Op::F64PromoteF32: return unary(Id::kIdCvtss2sd, 4, a);
    case Op::I32ReinterpretF32:
    case Op::F32ReinterpretI32: return simple(kMoveBits, 4, a);
    case Op::I64ReinterpretF64:
    case Op::F64ReinterpretI64: return simple(kMoveBits, 8, a);

    default: {  // comparisons
      const Comparison c = compare_values(inst.op, a, b);
      MachineInst& set = add(kSet);
      def(result());
      comparison(set, c);
    }
  }
}

}  // namespace hermit::x64

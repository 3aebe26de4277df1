// Division by a constant as multiplication by its scaled reciprocal: T. Granlund and P. L. Montgomery, "Division by
// Invariant Integers using Multiplication" (1994), and for 32 bits the fact that registers have 64.
//
// With l = ceil(log2 d):
//   u32   q = x * M >> (32 + s) if a reciprocal M of 32 bits is exact enough for some s < l; else the upper half of
//         x * ceil(2^64 / d), whose error x * (M * d - 2^64) stays below 2^64 since both factors have 32 bits
//   i32   q = (x * M >> (31 + l)) - (x >> 31) with M = floor(2^(31 + l) / d) + 1 < 2^32: the product has 64 bits
//   u64   q = mulhigh(x, M) >> s if M of 64 bits is exact enough, else one bit more: (t + (x - t) / 2) >> (l - 1)
//   i64   as i32 with mulhigh; M may reach 2^64 and is then taken as M - 2^64, plus x
// Powers of two: the simplifier has the unsigned ones; signed ones round towards zero by adding d - 1 to negative x.
#include "compiler/division.h"

#include <bit>

#include "compiler/simplify.h"

namespace hermit::compiler {

namespace {

using u128 = unsigned __int128;

enum class Kind : u8 { None, DivS, DivU, RemS, RemU };

Kind kind_of(Op op) {
  switch (op) {
    case Op::I32DivS:
    case Op::I64DivS: return Kind::DivS;
    case Op::I32DivU:
    case Op::I64DivU: return Kind::DivU;
    case Op::I32RemS:
    case Op::I64RemS: return Kind::RemS;
    case Op::I32RemU:
    case Op::I64RemU: return Kind::RemU;
    default: return Kind::None;
  }
}

u32 ceil_log2(u64 d) { return d <= 1 ? 0 : 64 - static_cast<u32>(std::countl_zero(d - 1)); }

// The smallest s < ceil(log2 d) for which M = ceil(2^(bits + s) / d) has `bits` bits and an error of at most 2^s.
bool exact_reciprocal(u64 d, u32 bits, u64& multiplier, u32& shift) {
  for (shift = 0; shift < ceil_log2(d); ++shift) {
    const u128 power = u128{1} << (bits + shift);
    const u128 m = (power + d - 1) / d;
    if (m >> bits == 0 && m * d - power <= u128{1} << shift) {
      multiplier = static_cast<u64>(m);
      return true;
    }
  }
  return false;
}

class Expander {
 public:
  explicit Expander(Function& function) : f_(function), simplifier_(function) {
    for (Value v = 0; v < f_.insts.size(); ++v) {
      if (f_.insts[v].op == Op::Const && f_.insts[v].type != Type::V128) simplifier_.know(v);
    }
  }

  void run() {
    order_.reserve(f_.order.size());
    for (Block& block : f_.blocks) {
      const auto begin = static_cast<u32>(order_.size());
      for (u32 i = block.begin; i < block.end; ++i) {
        expand(f_.order[i]);
        order_.push_back(f_.order[i]);
      }
      block.begin = begin;
      block.end = static_cast<u32>(order_.size());
    }
    f_.order.swap(order_);
  }

 private:
  // Whatever comes before `v`; `v` itself becomes the last operation of the sequence.
  void expand(Value v) {
    const Inst inst = f_.insts[v];
    const Kind kind = kind_of(inst.op);
    if (kind == Kind::None || !f_.is_const(inst.b) || f_.is_const(inst.a)) return;
    is_32_ = inst.type == Type::I32;
    source_ = f_.sources[v];
    x_ = inst.a;
    const u64 bits = f_.const_bits(inst.b);
    const i64 d = is_32_ ? static_cast<i32>(bits) : static_cast<i64>(bits);
    const bool is_signed = kind == Kind::DivS || kind == Kind::RemS;
    if (bits <= 1 || (is_signed && d == -1)) return;
    if (!is_signed && std::has_single_bit(bits)) return;
    const Value quotient = is_signed ? signed_quotient(d) : is_32_ ? unsigned_32(bits) : unsigned_64(bits);
    if (kind == Kind::DivS || kind == Kind::DivU) {
      // A last operation in place of the division: adding 0 would do, but the sequence's own end is there already.
      f_.insts[v] = f_.insts[quotient];
      order_.pop_back();
    } else {
      const Value product = add(is_32_ ? Op::I32Mul : Op::I64Mul, quotient, inst.b);
      f_.insts[v] = {is_32_ ? Op::I32Sub : Op::I64Sub, inst.type, 0, x_, product, 0};
    }
  }

  Value add(Op op, Value a, Value b = 0) {
    const Type type = op_info(op).result == Type::None ? Type::I64 : op_info(op).result;
    const Value v = f_.add({op, type, 0, a, b, 0}, source_);
    order_.push_back(v);
    return v;
  }
  Value i32_const(u64 bits) { return simplifier_.constant(Type::I32, static_cast<u32>(bits)); }
  Value i64_const(u64 bits) { return simplifier_.constant(Type::I64, bits); }
  // In the type at hand.
  Value shift_right(Value a, u32 by) { return add(is_32_ ? Op::I32ShrS : Op::I64ShrS, a, number(by)); }
  Value number(u64 bits) { return is_32_ ? i32_const(bits) : i64_const(bits); }

  Value unsigned_32(u64 d) {
    const Value wide = add(Op::I64ExtendI32U, x_);
    u64 multiplier;
    u32 shift;
    if (exact_reciprocal(d, 32, multiplier, shift)) {
      return add(Op::I32WrapI64, add(Op::I64ShrU, add(Op::I64Mul, wide, i64_const(multiplier)), i64_const(32 + shift)));
    }
    const u64 reciprocal = static_cast<u64>(((u128{1} << 64) + d - 1) / d);
    return add(Op::I32WrapI64, add(Op::I64MulHighU, wide, i64_const(reciprocal)));
  }

  Value unsigned_64(u64 d) {
    u64 multiplier;
    u32 shift;
    if (exact_reciprocal(d, 64, multiplier, shift)) {
      const Value high = add(Op::I64MulHighU, x_, i64_const(multiplier));
      return add(Op::I64ShrU, high, i64_const(shift));
    }
    const u32 l = ceil_log2(d);
    const u128 two_l = u128{1} << l;
    multiplier = static_cast<u64>(((two_l - d) << 64) / d + 1);
    const Value t = add(Op::I64MulHighU, x_, i64_const(multiplier));
    const Value half = add(Op::I64ShrU, add(Op::I64Sub, x_, t), i64_const(1));
    return add(Op::I64ShrU, add(Op::I64Add, t, half), i64_const(l - 1));
  }

  Value signed_quotient(i64 d) {
    const u64 magnitude = d < 0 ? 0 - static_cast<u64>(d) : static_cast<u64>(d);
    const u32 bits = is_32_ ? 32 : 64;
    const u32 l = ceil_log2(magnitude);
    const Value sign = shift_right(x_, bits - 1);  // all bits are that of the sign
    Value quotient;
    if (std::has_single_bit(magnitude)) {
      const Value bias = add(is_32_ ? Op::I32ShrU : Op::I64ShrU, sign, number(bits - l));
      quotient = shift_right(add(is_32_ ? Op::I32Add : Op::I64Add, x_, bias), l);
    } else if (is_32_) {
      const u64 m = (u64{1} << (31 + l)) / magnitude + 1;
      const Value product = add(Op::I64Mul, add(Op::I64ExtendI32S, x_), i64_const(m));
      const Value high = add(Op::I32WrapI64, add(Op::I64ShrS, product, i64_const(31 + l)));
      quotient = add(Op::I32Sub, high, sign);
    } else {
      const u128 m = (u128{1} << (63 + l)) / magnitude + 1;
      Value high = add(Op::I64MulHighS, x_, i64_const(static_cast<u64>(m)));
      if ((m >> 63 & 1) != 0) high = add(Op::I64Add, high, x_);
      quotient = add(Op::I64Sub, shift_right(high, l - 1), sign);
    }
    if (d < 0) quotient = add(is_32_ ? Op::I32Sub : Op::I64Sub, number(0), quotient);
    return quotient;
  }

  Function& f_;
  Simplifier simplifier_;
  std::vector<Value> order_;
  bool is_32_ = false;
  u32 source_ = 0;
  Value x_ = kNone;
};

}  // namespace

void expand_divisions(Function& function) { Expander(function).run(); }

}  // namespace hermit::compiler

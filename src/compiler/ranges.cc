// Bounds by looking back a few steps: masks, shifts, narrow loads and comparisons say enough about most indices of
// tables. A bound of a value is one for all time, since values never change, so it needs no place or order.
//
// The bound is what allows an i32.add to become part of an access, whose offset does not wrap where the addition does:
// the sum of bound and constant must be below 2^32. Before: the second prune. After: divisions.
#include "compiler/ranges.h"

#include <algorithm>
#include <bit>
#include <vector>

namespace hermit::compiler {

namespace {

constexpr int kMaxSteps = 6;
constexpr u64 kMax32 = 0xffffffff;

u64 limit_of(Type type) { return type == Type::I32 ? kMax32 : ~u64{0}; }
// All bits up to the highest one of x.
u64 bits_below(u64 x) { return x == 0 ? 0 : ~u64{0} >> std::countl_zero(x); }

u64 bound(const Function& f, Value v, int steps) {
  const Inst& inst = f.insts[v];
  const u64 limit = limit_of(inst.type);
  if (inst.op == Op::Const) return f.const_bits(v);
  if (steps == 0) return limit;
  const auto of = [&](Value operand) { return bound(f, operand, steps - 1); };
  const u32 width = inst.type == Type::I32 ? 32 : 64;
  const auto count = [&] { return static_cast<u32>(f.const_bits(inst.b) & (width - 1)); };
  switch (inst.op) {
    case Op::I32Load8U:
    case Op::I64Load8U: return 0xff;
    case Op::I32Load16U:
    case Op::I64Load16U: return 0xffff;
    case Op::I64Load32U: return kMax32;
    case Op::I64ExtendI32U: return of(inst.a);
    case Op::I32WrapI64: return std::min(of(inst.a), kMax32);
    case Op::I32And:
    case Op::I64And: return std::min(of(inst.a), of(inst.b));
    case Op::I32Or:
    case Op::I64Or:
    case Op::I32Xor:
    case Op::I64Xor: return bits_below(of(inst.a) | of(inst.b));
    case Op::I32Add:
    case Op::I64Add: {
      const u64 a = of(inst.a);
      const u64 b = of(inst.b);
      return b <= limit - a ? a + b : limit;
    }
    case Op::I32Mul:
    case Op::I64Mul: {
      const u64 a = of(inst.a);
      const u64 b = of(inst.b);
      return a == 0 || b <= limit / a ? a * b : limit;
    }
    case Op::I32Shl:
    case Op::I64Shl: {
      if (!f.is_const(inst.b)) return limit;
      const u64 a = of(inst.a);
      return a <= limit >> count() ? a << count() : limit;
    }
    case Op::I32ShrU:
    case Op::I64ShrU: return f.is_const(inst.b) ? of(inst.a) >> count() : of(inst.a);
    case Op::I32DivU:
    case Op::I64DivU:
      return f.is_const(inst.b) && f.const_bits(inst.b) != 0 ? of(inst.a) / f.const_bits(inst.b) : limit;
    case Op::I32RemU:
    case Op::I64RemU: {
      const u64 b = of(inst.b);
      return std::min(of(inst.a), b == 0 ? limit : b - 1);
    }
    case Op::Select: return std::max(of(inst.a), of(inst.b));
    case Op::I32Clz:
    case Op::I32Ctz:
    case Op::I32Popcnt: return 32;
    case Op::I64Clz:
    case Op::I64Ctz:
    case Op::I64Popcnt: return 64;
    default: {
      const bool is_comparison =
          (inst.op >= Op::I32Eqz && inst.op <= Op::I32GeU) || (inst.op >= Op::I64Eqz && inst.op <= Op::I64GeU) ||
          (inst.op >= Op::F32Eq && inst.op <= Op::F32Ge) || (inst.op >= Op::F64Eq && inst.op <= Op::F64Ge);
      return is_comparison ? 1 : limit;
    }
  }
}

}  // namespace

u64 largest(const Function& function, Value v) { return bound(function, v, kMaxSteps); }

u64 possible_bits(const Function& function, Value v) { return bits_below(largest(function, v)); }

void fold_addresses(Function& f) {
  for (const Value v : f.order) {
    Inst& inst = f.insts[v];
    const Shape shape = op_info(inst.op).shape;
    if ((shape != Shape::Load && shape != Shape::Store) || (inst.aux & kWideAccess) != 0) continue;
    for (int i = 0; i < kMaxSteps; ++i) {
      const Inst& sum = f.insts[inst.a];
      if (sum.op != Op::I32Add || !f.is_const(sum.b)) break;
      const u64 constant = f.const_bits(sum.b);
      if (largest(f, sum.a) > kMax32 - constant || inst.c > kMax32 - constant) break;
      inst.c += static_cast<u32>(constant);
      inst.a = sum.a;
    }
  }
}

}  // namespace hermit::compiler

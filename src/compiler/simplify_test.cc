#include "compiler/simplify.h"

#include <gtest/gtest.h>

namespace hermit::compiler {
namespace {

constexpr u64 kSamples[] = {
    0,  1,          2,          3,          7,          8,           31,      32,           63,
    64, 0x7fffffff, 0x80000000, 0xfffffff8, 0xffffffff, 0x123456789, ~u64{0}, u64{1} << 63, ~u64{0} - 1};

// A function with one parameter, and what expressions over it are worth.
struct Fixture {
  explicit Fixture(Type type) : simplifier(function) { x = function.add({Op::Param, type, 0, 0, 0, 0}, 0); }

  // Nothing if it traps.
  std::optional<u64> value(Value v, u64 of_x) const {
    const Inst& inst = function.insts[v];
    if (v == x) return of_x;
    if (inst.op == Op::Const) return function.const_bits(v);
    const bool unary = op_info(inst.op).shape == Shape::Unary;
    const auto a = value(inst.a, of_x);
    const auto b = unary ? std::optional<u64>(0) : value(inst.b, of_x);
    if (!a || !b) return std::nullopt;
    return fold(inst.op, *a, *b);
  }

  Function function;
  Simplifier simplifier;
  Value x;
};

u64 fit(Type type, u64 bits) { return type == Type::I32 ? static_cast<u32>(bits) : bits; }

// Whatever the simplifier makes of an operation is worth the same, for constants on either side and for x op x.
TEST(Simplify, EveryRuleKeepsTheValue) {
  for (u16 number = 0; number < static_cast<u16>(Op::Count); ++number) {
    const Op op = static_cast<Op>(number);
    const OpInfo& info = op_info(op);
    if (info.operand != Type::I32 && info.operand != Type::I64) continue;
    for (const u64 constant : kSamples) {
      for (const int form : {0, 1, 2}) {
        Fixture f(info.operand);
        const Value c = f.simplifier.constant(info.operand, fit(info.operand, constant));
        const bool unary = info.shape == Shape::Unary;
        const Value a = form == 1 && !unary ? c : f.x;
        const Value b = unary ? kNone : form == 0 ? c : f.x;
        const Value v = f.simplifier.numeric(op, a, b, 0).value;
        for (const u64 sample : kSamples) {
          const u64 x = fit(info.operand, sample);
          const auto bits = [&](Value operand) { return operand == c ? f.function.const_bits(c) : x; };
          EXPECT_EQ(f.value(v, x), fold(op, bits(a), unary ? 0 : bits(b)))
              << info.text << " form " << form << " x " << x << " constant " << constant;
        }
      }
    }
  }
}

TEST(Simplify, ChainsOfConstantsAndComparisonsBecomeOneOperation) {
  Fixture f(Type::I32);
  const Value three = f.simplifier.constant(Type::I32, 3);
  const Value sum = f.simplifier.numeric(Op::I32Add, f.x, three, 0).value;
  const Value twice = f.simplifier.numeric(Op::I32Add, sum, three, 0).value;
  EXPECT_EQ(f.function.insts[twice].a, f.x);
  EXPECT_EQ(f.function.const_bits(f.function.insts[twice].b), 6u);
  const Value less = f.simplifier.numeric(Op::I32LtS, f.x, three, 0).value;
  EXPECT_EQ(f.function.insts[f.simplifier.numeric(Op::I32Eqz, less, kNone, 0).value].op, Op::I32GeS);
  // Floats are not ordered the other way round when they are not ordered at all.
  Fixture g(Type::F64);
  const Value below = g.simplifier.numeric(Op::F64Lt, g.x, g.simplifier.constant(Type::F64, 0), 0).value;
  EXPECT_EQ(g.function.insts[g.simplifier.numeric(Op::I32Eqz, below, kNone, 0).value].op, Op::I32Eqz);
}

TEST(Simplify, AMaskThatChangesNothingIsLeftOut) {
  Fixture f(Type::I32);
  const Value shift = f.simplifier.constant(Type::I32, 24);
  const Value high = f.simplifier.numeric(Op::I32ShrU, f.x, shift, 0).value;
  EXPECT_EQ(f.simplifier.numeric(Op::I32And, high, f.simplifier.constant(Type::I32, 0xff), 0).value, high);
  EXPECT_EQ(f.simplifier.numeric(Op::I32And, high, f.simplifier.constant(Type::I32, 0xffff), 0).value, high);
  EXPECT_NE(f.simplifier.numeric(Op::I32And, high, f.simplifier.constant(Type::I32, 0x7f), 0).value, high);
  const Value sign = f.simplifier.numeric(Op::I32ShrS, f.x, shift, 0).value;
  EXPECT_NE(f.simplifier.numeric(Op::I32And, sign, f.simplifier.constant(Type::I32, 0xff), 0).value, sign);
}

TEST(Simplify, WhatWouldTrapOrGiveANaNStays) {
  EXPECT_EQ(fold(Op::I32DivS, 1, 0), std::nullopt);
  EXPECT_EQ(fold(Op::I32DivS, 0x80000000, 0xffffffff), std::nullopt);
  EXPECT_EQ(fold(Op::I32RemS, 0x80000000, 0xffffffff), 0u);
  EXPECT_EQ(fold(Op::F64Div, 0, 0), std::nullopt);
  EXPECT_EQ(fold(Op::F64Add, 0x7ff8000000000000, 0), std::nullopt);
  EXPECT_EQ(fold(Op::I32TruncF32S, 0x7fc00000, 0), std::nullopt);
}

}  // namespace
}  // namespace hermit::compiler

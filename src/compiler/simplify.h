// Adds numeric operations to a function in their simplest form: folded if the operands are constants, replaced by an
// operand or by a cheaper operation where an identity of WebAssembly's arithmetic allows it.
//
// Rules hold for every operand (wrapping integers, masked shift counts, NaN and signed zeros for floats) and none may
// depend on the machine that compiles: an operation whose constant result would be a NaN stays as it is, because NaN
// bits differ between machines.
#pragma once

#include <optional>

#include "compiler/ir.h"

namespace hermit::compiler {

// Value of an operation on constants (bits, i32 zero-extended); nothing if it would trap or is not to be folded.
std::optional<u64> fold(Op op, u64 a, u64 b);

class Simplifier {
 public:
  // `function` must outlive it. Constants that are already there are not known to it and may get a second copy.
  explicit Simplifier(Function& function) : function_(function), table_(64, kNone) {}

  // Makes a constant of the function known.
  void know(Value constant);
  // Constants stand in no block: they are available everywhere.
  Value constant(Type type, u64 bits);
  Value vector(Vector bits);
  Value zero(Type type) { return type == Type::V128 ? vector({0, 0}) : constant(type, 0); }
  // A value equal to op(a, b); b is kNone for unary operations. `emit` says whether the Value is a new instruction that
  // the caller must place into a block.
  struct Outcome {
    Value value;
    bool is_new;
  };
  Outcome numeric(Op op, Value a, Value b, u32 source);
  Outcome select(Value if_true, Value if_false, Value condition, u32 source);

 private:
  void reserve_slot();
  [[nodiscard]] u64 bits_of(Value constant) const;
  std::optional<Value> unary_identity(Op op, Value a);
  std::optional<Value> binary_identity(Op op, Value a, Value b);
  std::optional<Inst> rewrite(Op op, Value a, Value b);

  Function& function_;
  std::vector<Value> table_;  // open addressing over constants
  u32 constants_ = 0;
};

// The integer comparison that is true where `op` is false; Op::Nop if there is none (floats: NaN).
Op inverse(Op op);
// The comparison with its operands exchanged; Op::Nop if there is none.
Op swapped(Op op);
bool is_commutative(Op op);

}  // namespace hermit::compiler

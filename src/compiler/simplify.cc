// Local simplification. numeric_ops.def gives the semantics, so the folder cannot disagree with the interpreter; the
// identities below are written out by hand and each is tested against the folder (simplify_test.cc).
#include "compiler/simplify.h"

#include <bit>
#include <cmath>
#include <type_traits>
#include <utility>

#include "abi/numeric.h"
#include "compiler/ranges.h"

namespace hermit::compiler {

namespace {

template <typename T>
T from_bits(u64 bits) {
  if constexpr (sizeof(T) == 4) {
    return std::bit_cast<T>(static_cast<u32>(bits));
  } else {
    return std::bit_cast<T>(bits);
  }
}
template <typename T>
u64 to_bits(T value) {
  if constexpr (sizeof(T) == 4) {
    return std::bit_cast<u32>(value);
  } else {
    return std::bit_cast<u64>(value);
  }
}
template <typename T>
bool is_nan(T value) {
  if constexpr (std::is_floating_point_v<T>) return std::isnan(value);
  return false;
}

template <typename T>
std::optional<u64> result(T value) {
  if (is_nan(value)) return std::nullopt;
  return to_bits(value);
}
template <typename T>
std::optional<u64> result(numeric::Checked<T> checked) {
  if (checked.trap != hermit::Trap::None) return std::nullopt;
  return to_bits(checked.value);
}

u64 hash_of(u64 bits) { return bits * 0x9e3779b97f4a7c15u >> 32; }

u64 mask_of(Type type) { return type == Type::I32 ? 0xffffffff : ~u64{0}; }

// i32 and i64 forms of one operation follow each other in each pair.
constexpr Op kIntegerPairs[][2] = {
    {Op::I32Add, Op::I64Add},   {Op::I32Sub, Op::I64Sub},   {Op::I32Mul, Op::I64Mul},   {Op::I32And, Op::I64And},
    {Op::I32Or, Op::I64Or},     {Op::I32Xor, Op::I64Xor},   {Op::I32Shl, Op::I64Shl},   {Op::I32ShrS, Op::I64ShrS},
    {Op::I32ShrU, Op::I64ShrU}, {Op::I32Rotl, Op::I64Rotl}, {Op::I32Rotr, Op::I64Rotr},
};
// The i32 form of `op` if it has one, else `op`.
Op narrow_form(Op op) {
  for (const auto& pair : kIntegerPairs) {
    if (pair[1] == op) return pair[0];
  }
  return op;
}

constexpr Op kInverses[][2] = {
    {Op::I32Eq, Op::I32Ne},   {Op::I32LtS, Op::I32GeS}, {Op::I32LtU, Op::I32GeU}, {Op::I32GtS, Op::I32LeS},
    {Op::I32GtU, Op::I32LeU}, {Op::I64Eq, Op::I64Ne},   {Op::I64LtS, Op::I64GeS}, {Op::I64LtU, Op::I64GeU},
    {Op::I64GtS, Op::I64LeS}, {Op::I64GtU, Op::I64LeU},
};
constexpr Op kSwapped[][2] = {
    {Op::I32LtS, Op::I32GtS}, {Op::I32LtU, Op::I32GtU}, {Op::I32LeS, Op::I32GeS}, {Op::I32LeU, Op::I32GeU},
    {Op::I64LtS, Op::I64GtS}, {Op::I64LtU, Op::I64GtU}, {Op::I64LeS, Op::I64GeS}, {Op::I64LeU, Op::I64GeU},
    {Op::F32Lt, Op::F32Gt},   {Op::F32Le, Op::F32Ge},   {Op::F64Lt, Op::F64Gt},   {Op::F64Le, Op::F64Ge},
};

template <size_t n>
Op partner(const Op (&pairs)[n][2], Op op) {
  for (const auto& pair : pairs) {
    if (pair[0] == op) return pair[1];
    if (pair[1] == op) return pair[0];
  }
  return Op::Nop;
}

}  // namespace

std::optional<u64> fold(Op op, u64 a, u64 b) {
  switch (op) {
#define HERMIT_UNARY(name, operand, type, function) \
  case Op::name: return is_nan(from_bits<operand>(a)) ? std::nullopt : result<type>(function(from_bits<operand>(a)));
#define HERMIT_UNARY_CHECKED(name, operand, type, function) \
  case Op::name: return result(function(from_bits<operand>(a)));
#define HERMIT_BINARY(name, operand, type, function)                                         \
  case Op::name:                                                                             \
    if (is_nan(from_bits<operand>(a)) || is_nan(from_bits<operand>(b))) return std::nullopt; \
    return result<type>(function(from_bits<operand>(a), from_bits<operand>(b)));
#define HERMIT_BINARY_CHECKED(name, operand, type, function) \
  case Op::name: return result(function(from_bits<operand>(a), from_bits<operand>(b)));
#include "abi/numeric_ops.def"
    default: return std::nullopt;
  }
}

Op inverse(Op op) { return partner(kInverses, op); }

Op swapped(Op op) { return is_commutative(op) ? op : partner(kSwapped, op); }

bool is_commutative(Op op) {
  switch (op) {
    case Op::I32Add:
    case Op::I32Mul:
    case Op::I32And:
    case Op::I32Or:
    case Op::I32Xor:
    case Op::I32Eq:
    case Op::I32Ne:
    case Op::I64Add:
    case Op::I64Mul:
    case Op::I64And:
    case Op::I64Or:
    case Op::I64Xor:
    case Op::I64Eq:
    case Op::I64Ne:
    case Op::F32Eq:
    case Op::F32Ne:
    case Op::F64Eq:
    case Op::F64Ne: return true;
    default: return false;  // float addition too: which NaN comes out depends on the order
  }
}

// Makes room for one more constant: at most half of the table is in use.
void Simplifier::reserve_slot() {
  if (constants_ < table_.size() / 2) return;
  std::vector<Value> old(table_.size() * 2, kNone);
  old.swap(table_);
  constants_ = 0;
  for (const Value v : old) {
    if (v != kNone) know(v);
  }
}

void Simplifier::know(Value constant) {
  reserve_slot();
  const u64 mask = table_.size() - 1;
  u64 slot = hash_of(bits_of(constant));
  while (table_[slot & mask] != kNone) ++slot;
  table_[slot & mask] = constant;
  ++constants_;
}

// What a constant is found by.
u64 Simplifier::bits_of(Value constant) const {
  if (function_.insts[constant].type != Type::V128) return function_.const_bits(constant);
  const Vector& vector = function_.vectors[function_.insts[constant].a];
  return vector.low ^ std::rotl(vector.high, 23);
}

Value Simplifier::vector(Vector bits) {
  const u64 mask = table_.size() - 1;
  for (u64 slot = hash_of(bits.low ^ std::rotl(bits.high, 23)); table_[slot & mask] != kNone; ++slot) {
    const Inst& known = function_.insts[table_[slot & mask]];
    if (known.type != Type::V128) continue;
    const Vector& other = function_.vectors[known.a];
    if (other.low == bits.low && other.high == bits.high) return table_[slot & mask];
  }
  function_.vectors.push_back(bits);
  const Value v = function_.add({Op::Const, Type::V128, 0, static_cast<u32>(function_.vectors.size() - 1), 0, 0}, 0);
  know(v);
  return v;
}

Value Simplifier::constant(Type type, u64 bits) {
  const u64 mask = table_.size() - 1;
  for (u64 slot = hash_of(bits); table_[slot & mask] != kNone; ++slot) {
    const Value v = table_[slot & mask];
    if (function_.insts[v].type == type && function_.const_bits(v) == bits) return v;
  }
  const Value v = function_.add({Op::Const, type, 0, static_cast<u32>(bits), static_cast<u32>(bits >> 32), 0}, 0);
  know(v);
  return v;
}

std::optional<Value> Simplifier::unary_identity(Op op, Value a) {
  const Inst& inner = function_.insts[a];
  switch (op) {
    case Op::I32WrapI64:  // wrap(extend(x)) = x
      if (inner.op == Op::I64ExtendI32U || inner.op == Op::I64ExtendI32S) return inner.a;
      return std::nullopt;
    case Op::I32ReinterpretF32: return inner.op == Op::F32ReinterpretI32 ? std::optional(inner.a) : std::nullopt;
    case Op::F32ReinterpretI32: return inner.op == Op::I32ReinterpretF32 ? std::optional(inner.a) : std::nullopt;
    case Op::I64ReinterpretF64: return inner.op == Op::F64ReinterpretI64 ? std::optional(inner.a) : std::nullopt;
    case Op::F64ReinterpretI64: return inner.op == Op::I64ReinterpretF64 ? std::optional(inner.a) : std::nullopt;
    default: return std::nullopt;
  }
}

// Identities whose result is an operand or a constant. A constant stands on the right (numeric() saw to that).
std::optional<Value> Simplifier::binary_identity(Op op, Value a, Value b) {
  const Type type = function_.insts[a].type;
  const Op form = narrow_form(op);
  if (a == b) {
    switch (form) {
      case Op::I32And:
      case Op::I32Or: return a;
      case Op::I32Xor:
      case Op::I32Sub: return constant(type, 0);
      default: break;
    }
  }
  if (!function_.is_const(b)) return std::nullopt;
  const u64 bits = function_.const_bits(b);
  const u64 width_mask = type == Type::I32 ? 31 : 63;
  switch (form) {
    case Op::I32Add:
    case Op::I32Sub:
    case Op::I32Or:
    case Op::I32Xor:
      if (bits == 0) return a;
      if (form == Op::I32Or && bits == mask_of(type)) return b;
      return std::nullopt;
    case Op::I32And:
      if (bits == 0) return b;
      return (possible_bits(function_, a) & ~bits) == 0 ? std::optional(a) : std::nullopt;
    case Op::I32Mul:
      if (bits == 0) return b;
      return bits == 1 ? std::optional(a) : std::nullopt;
    case Op::I32Shl:
    case Op::I32ShrS:
    case Op::I32ShrU:
    case Op::I32Rotl:
    case Op::I32Rotr: return (bits & width_mask) == 0 ? std::optional(a) : std::nullopt;
    case Op::I32DivS:
    case Op::I32DivU:
    case Op::I64DivS:
    case Op::I64DivU: return bits == 1 ? std::optional(a) : std::nullopt;
    default: return std::nullopt;
  }
}

// Operations that are better as another one.
std::optional<Inst> Simplifier::rewrite(Op op, Value a, Value b) {
  const Inst& inner = function_.insts[a];
  const auto make = [&](Op other, Value x, Value y) { return Inst{other, op_info(other).result, 0, x, y, 0}; };
  if (op == Op::I32Eqz && inverse(inner.op) != Op::Nop) return make(inverse(inner.op), inner.a, inner.b);
  if (b == kNone || !function_.is_const(b)) return std::nullopt;
  const u64 bits = function_.const_bits(b);
  switch (op) {
    case Op::I32Eq:
      if (bits == 0) return make(Op::I32Eqz, a, 0);
      break;
    case Op::I64Eq:
      if (bits == 0) return make(Op::I64Eqz, a, 0);
      break;
    case Op::I32Sub: return make(Op::I32Add, a, constant(Type::I32, static_cast<u32>(0 - bits)));
    case Op::I64Sub: return make(Op::I64Add, a, constant(Type::I64, 0 - bits));
    case Op::I32Mul:
      if (std::has_single_bit(bits)) {
        return make(Op::I32Shl, a, constant(Type::I32, static_cast<u64>(std::countr_zero(bits))));
      }
      break;
    case Op::I64Mul:
      if (std::has_single_bit(bits)) {
        return make(Op::I64Shl, a, constant(Type::I64, static_cast<u64>(std::countr_zero(bits))));
      }
      break;
    case Op::I32DivU:
      if (std::has_single_bit(bits)) {
        return make(Op::I32ShrU, a, constant(Type::I32, static_cast<u64>(std::countr_zero(bits))));
      }
      break;
    case Op::I64DivU:
      if (std::has_single_bit(bits)) {
        return make(Op::I64ShrU, a, constant(Type::I64, static_cast<u64>(std::countr_zero(bits))));
      }
      break;
    case Op::I32RemU:
      if (std::has_single_bit(bits)) return make(Op::I32And, a, constant(Type::I32, bits - 1));
      break;
    case Op::I64RemU:
      if (std::has_single_bit(bits)) return make(Op::I64And, a, constant(Type::I64, bits - 1));
      break;
    case Op::I32Add:  // (x + c1) + c2
    case Op::I64Add:
      if (inner.op == op && function_.is_const(inner.b)) {
        const Type type = inner.type;
        const Value base = inner.a;
        return make(op, base, constant(type, (function_.const_bits(inner.b) + bits) & mask_of(type)));
      }
      break;
    default: break;
  }
  return std::nullopt;
}

Simplifier::Outcome Simplifier::numeric(Op op, Value a, Value b, u32 source) {
  if (b != kNone && function_.is_const(a) && !function_.is_const(b) && swapped(op) != Op::Nop) {
    op = swapped(op);
    std::swap(a, b);
  }
  // A rewritten operation may simplify again; every rewrite leads to a simpler form, so few rounds suffice.
  for (int round = 0; round < 4; ++round) {
    if (function_.is_const(a) && (b == kNone || function_.is_const(b))) {
      const auto folded = fold(op, function_.const_bits(a), b == kNone ? 0 : function_.const_bits(b));
      if (folded) return {constant(op_info(op).result, *folded), false};
    }
    if (const auto same = b == kNone ? unary_identity(op, a) : binary_identity(op, a, b)) return {*same, false};
    const auto better = rewrite(op, a, b);
    if (!better) break;
    op = better->op;
    a = better->a;
    b = op_info(op).shape == Shape::Unary ? kNone : better->b;
  }
  return {function_.add({op, op_info(op).result, 0, a, b == kNone ? 0 : b, 0}, source), true};
}

Simplifier::Outcome Simplifier::select(Value if_true, Value if_false, Value condition, u32 source) {
  if (if_true == if_false) return {if_true, false};
  if (function_.is_const(condition)) return {function_.const_bits(condition) != 0 ? if_true : if_false, false};
  if (function_.insts[condition].op == Op::I32Eqz) {
    condition = function_.insts[condition].a;
    std::swap(if_true, if_false);
  }
  return {function_.add({Op::Select, function_.insts[if_true].type, 0, if_true, if_false, condition}, source), true};
}

}  // namespace hermit::compiler

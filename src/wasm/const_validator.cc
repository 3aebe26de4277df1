// Constant expressions (core specification 3.0, section 3.4.14): constants, reads of immutable globals, and additions,
// subtractions and multiplications of integers. Nearly all are one instruction; the others take a small stack.
#include "wasm/const_validator.h"

#include "wasm/instruction_reader.h"
#include "wasm/leb128.h"
#include "wasm/limits.h"
#include "wasm/type_reader.h"

namespace hermit::wasm {

namespace {

constexpr char kTypeMismatch[] = "type mismatch";
constexpr char kConstantRequired[] = "constant expression required";

struct Context {
  const Module& module;
  size_t visible_globals;
};

Result<ValType> type_of_global(const Context& context, u64 index, u64 where) {
  if (index >= context.visible_globals) return invalid("unknown global", where);
  const GlobalType& type = context.module.globals[static_cast<size_t>(index)].type;
  if (type.is_mutable) return invalid(kConstantRequired, where);
  return type.type;
}

Result<ValType> type_of_function(const Context& context, u64 index, u64 where) {
  if (index >= context.module.functions.size()) return invalid("unknown function", where);
  const u32 type = context.module.functions[static_cast<size_t>(index)].type;
  return indexed_ref(context.module.shapes[type].canonical, false);
}

Result<ValType> type_of_simple(const Context& context, const ConstExpr& expr) {
  switch (expr.op) {
    case Op::I32Const: return ValType::I32;
    case Op::I64Const: return ValType::I64;
    case Op::F32Const: return ValType::F32;
    case Op::F64Const: return ValType::F64;
    case Op::RefNull: return static_cast<ValType>(expr.bits);
    case Op::RefFunc: return type_of_function(context, expr.bits, expr.offset);
    case Op::GlobalGet: return type_of_global(context, expr.bits, expr.offset);
    default: return invalid(kConstantRequired, expr.offset);
  }
}

// What one instruction without operands gives; `p` is at its immediates.
Result<ValType> type_of_constant(const Context& context, Op op, const u8* p, const u8* end, u64 where) {
  switch (op) {
    case Op::I32Const: return ValType::I32;
    case Op::I64Const: return ValType::I64;
    case Op::F32Const: return ValType::F32;
    case Op::F64Const: return ValType::F64;
    case Op::V128Const: return ValType::V128;
    case Op::RefFunc: return type_of_function(context, next_u32(p), where);
    case Op::GlobalGet: return type_of_global(context, next_u32(p), where);
    case Op::RefNull: {
      TypeFailure failure;
      const ValType type = read_heap_type(p, end, context.module, failure);
      if (p == nullptr) return std::unexpected(Error{failure.kind, failure.what, where});
      return type;
    }
    default: return invalid(kConstantRequired, where);
  }
}

// The operand and result type of an arithmetic instruction, or nothing.
bool is_arithmetic(Op op, ValType& type) {
  type = op == Op::I32Add || op == Op::I32Sub || op == Op::I32Mul ? ValType::I32 : ValType::I64;
  return type == ValType::I32 || op == Op::I64Add || op == Op::I64Sub || op == Op::I64Mul;
}

Result<ValType> type_of_sequence(const Context& context, const ConstExpr& expr) {
  std::vector<ValType> stack;
  InstructionReader reader(expr.code, expr.offset);
  const u8* const end = expr.code.data() + expr.code.size();
  while (!reader.at_end()) {
    const u64 where = reader.offset();
    const u8* const at = reader.position();
    const Result<Op> op = reader.next();
    if (!op) return std::unexpected(op.error());
    if (*op == Op::End && reader.at_end()) break;
    ValType type{};
    if (is_arithmetic(*op, type)) {
      const size_t size = stack.size();
      if (size < 2 || stack[size - 1] != type || stack[size - 2] != type) return invalid(kTypeMismatch, where);
      stack.pop_back();
      continue;
    }
    TRY(type, type_of_constant(context, *op, at + 1, end, where));
    if (stack.size() == kMaxOperandSlots) {
      return std::unexpected(Error{ErrorKind::Limit, "too many operands on the stack", where});
    }
    stack.push_back(type);
  }
  if (stack.size() != 1) return invalid(kTypeMismatch, expr.offset);
  return stack.front();
}

}  // namespace

Result<void> check_const_expr(const Module& module, const ConstExpr& expr, ValType expected, size_t visible_globals) {
  const Context context{module, visible_globals};
  TRY(const ValType actual, expr.is_simple ? type_of_simple(context, expr) : type_of_sequence(context, expr));
  if (!module.is_subtype(actual, expected)) return invalid(kTypeMismatch, expr.offset);
  return {};
}

}  // namespace hermit::wasm

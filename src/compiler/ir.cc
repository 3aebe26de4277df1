// The table of operations, and what every pass needs to walk a Function.
//
// Numeric operations take their types from the rows of abi/numeric_ops.def where C++ types tell them apart, and from
// wasm/opcodes.def where bit patterns of floats look like integers; the result is one dense array.
#include "compiler/ir.h"

#include "base/check.h"
#include "wasm/opcodes.h"

namespace hermit::compiler {

namespace {

Type load_type(Op op) {
  switch (op) {
    case Op::F32Load: return Type::F32;
    case Op::F64Load: return Type::F64;
    case Op::V128Load:
    case Op::V128Load32Zero:
    case Op::V128Load64Zero: return Type::V128;
    default: return op == Op::I32Load || (op >= Op::I32Load8S && op <= Op::I32Load16U) ? Type::I32 : Type::I64;
  }
}

struct Table {
  OpInfo rows[static_cast<size_t>(Op::Count)];

  void numeric(Op op, wasm::Op instruction, bool is_binary, u32 effects) {
    const wasm::OpInfo& info = wasm::op_info(instruction);
    rows[static_cast<size_t>(op)] = {
        info.text, is_binary ? Shape::Binary : Shape::Unary, effects, type_of(info.result), type_of(info.params[0]),
        {}};
  }

  void vector(Op op, wasm::Op instruction, Shape shape) {
    const wasm::OpInfo& info = wasm::op_info(instruction);
    OpInfo& row = rows[static_cast<size_t>(op)];
    row = {info.text, shape, 0, type_of(info.result), Type::None, {}};
    for (size_t i = 0; i < info.param_count; ++i) row.operands[i] = type_of(info.params[i]);
  }

  Table() {
    size_t i = 0;
#define HERMIT_IR_OP(name, text, shape, effects) rows[i++] = {text, Shape::shape, effects, Type::None, Type::None, {}};
#include "compiler/ir_ops.def"
    for (size_t op = 0; op < i; ++op) {
      if (rows[op].shape == Shape::Load) rows[op].result = load_type(static_cast<Op>(op));
    }
    vector(Op::I8x16Shuffle, wasm::Op::I8x16Shuffle, Shape::BinaryImmediate);
#define HERMIT_UNARY(name, operand, result, function) numeric(Op::name, wasm::Op::name, false, 0);
#define HERMIT_BINARY(name, operand, result, function) numeric(Op::name, wasm::Op::name, true, 0);
#define HERMIT_UNARY_CHECKED(name, operand, result, function) numeric(Op::name, wasm::Op::name, false, kTraps);
#define HERMIT_BINARY_CHECKED(name, operand, result, function) numeric(Op::name, wasm::Op::name, true, kTraps);
#include "abi/numeric_ops.def"
#define HERMIT_SIMD_UNARY(name, function) vector(Op::name, wasm::Op::name, Shape::Unary);
#define HERMIT_SIMD_BINARY(name, function) vector(Op::name, wasm::Op::name, Shape::Binary);
#define HERMIT_SIMD_TERNARY(name, function) vector(Op::name, wasm::Op::name, Shape::Ternary);
#define HERMIT_SIMD_SHIFT(name, function) vector(Op::name, wasm::Op::name, Shape::Binary);
#define HERMIT_SIMD_TEST(name, function) vector(Op::name, wasm::Op::name, Shape::Unary);
#define HERMIT_SIMD_SPLAT(name, lane) vector(Op::name, wasm::Op::name, Shape::Unary);
#define HERMIT_SIMD_EXTRACT(name, lane, scalar) vector(Op::name, wasm::Op::name, Shape::UnaryImmediate);
#define HERMIT_SIMD_REPLACE(name, lane) vector(Op::name, wasm::Op::name, Shape::BinaryImmediate);
#include "abi/numeric_simd_ops.def"
  }
};

}  // namespace

const OpInfo& op_info(Op op) {
  static const Table kTable;
  return kTable.rows[static_cast<size_t>(op)];
}

u32 access_bytes(Op op) {
  switch (op) {
    case Op::I32Load8S:
    case Op::I32Load8U:
    case Op::I64Load8S:
    case Op::I64Load8U:
    case Op::I32Store8:
    case Op::I64Store8: return 1;
    case Op::I32Load16S:
    case Op::I32Load16U:
    case Op::I64Load16S:
    case Op::I64Load16U:
    case Op::I32Store16:
    case Op::I64Store16: return 2;
    case Op::I32Load:
    case Op::F32Load:
    case Op::I64Load32S:
    case Op::I64Load32U:
    case Op::I32Store:
    case Op::F32Store:
    case Op::V128Load32Zero:
    case Op::I64Store32: return 4;
    case Op::V128Load64Zero:
    case Op::I64Load:
    case Op::F64Load:
    case Op::I64Store:
    case Op::F64Store: return 8;
    case Op::V128Load:
    case Op::V128Store: return 16;
    default: CHECK(false && "not an access"); return 0;
  }
}

const char* to_string(Type type) {
  constexpr const char* kNames[] = {"none", "i32", "i64", "f32", "f64", "v128"};
  return kNames[static_cast<size_t>(type)];
}

Type type_of(wasm::ValType type) {
  switch (type) {
    case wasm::ValType::I32: return Type::I32;
    case wasm::ValType::F32: return Type::F32;
    case wasm::ValType::F64: return Type::F64;
    case wasm::ValType::V128: return Type::V128;
    default: return Type::I64;  // i64 and every reference
  }
}

std::span<const Edge> Function::successors(const Inst& inst) const {
  switch (inst.op) {
    case Op::Jump: return {edges.data() + inst.b, 1};
    case Op::Handle:
    case Op::Branch: return {edges.data() + inst.b, 2};
    case Op::Switch: return {edges.data() + switches[inst.c].first_edge, switches[inst.c].edges};
    default: return {};
  }
}
std::span<Edge> Function::successors(const Inst& inst) {
  const auto found = static_cast<const Function*>(this)->successors(inst);
  return {const_cast<Edge*>(found.data()), found.size()};
}

Predecessors predecessors(const Function& function) {
  Predecessors result;
  const auto count = function.blocks.size();
  result.first.assign(count + 1, 0);
  for (BlockId b = 0; b < count; ++b) {
    for (const Edge& edge : function.successors(b)) ++result.first[edge.target + 1];
  }
  for (size_t b = 0; b < count; ++b) result.first[b + 1] += result.first[b];
  result.blocks.resize(result.first[count]);
  std::vector<u32> next(result.first.begin(), result.first.end() - 1);
  for (BlockId b = 0; b < count; ++b) {
    for (const Edge& edge : function.successors(b)) result.blocks[next[edge.target]++] = b;
  }
  return result;
}

}  // namespace hermit::compiler

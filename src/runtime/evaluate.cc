// Constant expressions at instantiation (core specification 3.0, section 4.6). The validator has proved the types, so
// the small stack below holds what each instruction asks for.
#include <vector>

#include "abi/numeric.h"
#include "base/check.h"
#include "runtime/program.h"
#include "wasm/instruction_reader.h"
#include "wasm/leb128.h"

namespace hermit::runtime {

namespace {

using wasm::Op;

ConstValue constant(Op op, const u8* p, const Instance& instance) {
  switch (op) {
    case Op::I32Const: return {{static_cast<u32>(wasm::next_i32(p)), 0}};
    case Op::I64Const: return {{static_cast<u64>(wasm::next_i64(p)), 0}};
    case Op::F32Const: return {{load_le<u32>(p), 0}};
    case Op::F64Const: return {{load_le<u64>(p), 0}};
    case Op::V128Const: ++p; return {{load_le<u64>(p), load_le<u64>(p + 8)}};
    case Op::RefNull: return {};
    case Op::RefFunc: return {{reinterpret_cast<u64>(instance.function_space[wasm::next_u32(p)]), 0}};
    case Op::GlobalGet: {
      const abi::Global& global = *instance.global_space[wasm::next_u32(p)];
      return {{global.value[0], global.value[1]}};
    }
    default: break;
  }
  CHECK(false && "not a constant instruction");
}

// The result of an arithmetic instruction; false if `op` is none.
bool arithmetic(Op op, u64 a, u64 b, u64& result) {
  const u32 low_a = static_cast<u32>(a);
  const u32 low_b = static_cast<u32>(b);
  switch (op) {
    case Op::I32Add: result = numeric::add(low_a, low_b); return true;
    case Op::I32Sub: result = numeric::sub(low_a, low_b); return true;
    case Op::I32Mul: result = numeric::mul(low_a, low_b); return true;
    case Op::I64Add: result = numeric::add(a, b); return true;
    case Op::I64Sub: result = numeric::sub(a, b); return true;
    case Op::I64Mul: result = numeric::mul(a, b); return true;
    default: return false;
  }
}

ConstValue evaluate_sequence(const wasm::ConstExpr& expression, const Instance& instance) {
  std::vector<ConstValue> stack;
  wasm::InstructionReader reader(expression.code);
  while (!reader.at_end()) {
    const u8* const at = reader.position();
    const Result<Op> op = reader.next();
    CHECK(op);
    if (*op == Op::End) break;
    u64 result = 0;
    const size_t size = stack.size();
    if (size >= 2 && arithmetic(*op, stack[size - 2].slots[0], stack[size - 1].slots[0], result)) {
      stack.pop_back();
      stack.back() = {{result, 0}};
    } else {
      stack.push_back(constant(*op, at + 1, instance));
    }
  }
  CHECK(stack.size() == 1);
  return stack.front();
}

}  // namespace

ConstValue evaluate(const wasm::ConstExpr& expression, const Instance& instance) {
  if (!expression.is_simple) return evaluate_sequence(expression, instance);
  switch (expression.op) {
    case Op::GlobalGet: {
      const abi::Global& global = *instance.global_space[expression.bits];
      return {{global.value[0], global.value[1]}};
    }
    case Op::RefFunc: return {{reinterpret_cast<u64>(instance.function_space[expression.bits]), 0}};
    case Op::RefNull: return {};
    default: return {{expression.bits, 0}};
  }
}

}  // namespace hermit::runtime

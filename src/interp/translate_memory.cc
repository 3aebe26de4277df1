// Memory accesses, bulk operations, SIMD. Accesses to a first memory with 32-bit addresses have the short form (Slots);
// all others name their memory and a 64-bit offset behind them (Far).
#include "base/check.h"
#include "interp/translator.h"

namespace hermit::interp {

using wasm::Op;

namespace {

bool is_store(Op op) { return wasm::op_info(op).result_count == 0; }

// Loads and stores of lanes: they take a vector besides the address.
bool is_lane_access(Op op) { return op >= Op::V128Load8Lane && op <= Op::V128Store64Lane; }

}  // namespace

void Translator::emit_far(Op op, const wasm::Memarg& memarg, i32 a, i32 b, i32 c) {
  emit(op, Form::Far, a, b, c);
  emit_data(static_cast<i32>(memarg.memory), memarg.offset);
}

void Translator::do_load(Op op, const wasm::Memarg& memarg) {
  const bool is_wide = wasm::op_info(op).result == wasm::ValType::V128;
  const i32 address = pop_operand();
  const i32 position = here();
  if (memarg.memory == 0 && !module_.memories[0].limits.is_64 && has_form(op, Form::Slots)) {
    emit(op, Form::Slots, top_, address, static_cast<i32>(memarg.offset));
  } else {
    emit_far(op, memarg, top_, address, 0);
  }
  push_result(is_wide);
  result_is_last(position);
}

void Translator::do_store(Op op, const wasm::Memarg& memarg) {
  const Entry value = pop();
  const Entry place = pop();
  const i32 address = operand(place);
  const i32 from = operand(value);
  if (memarg.memory == 0 && !module_.memories[0].limits.is_64 && has_form(op, Form::Slots)) {
    emit(op, Form::Slots, from, address, static_cast<i32>(memarg.offset));
  } else {
    emit_far(op, memarg, from, address, 0);
  }
}

void Translator::do_lane_access(Op op) {
  const wasm::Memarg memarg = wasm::next_memarg(pc_);
  const i32 lane = *pc_++;
  const Entry vector = pop();
  const Entry place = pop();
  const i32 address = operand(place);
  const i32 position = here();
  emit_far(op, memarg, is_store(op) ? 0 : top_, address, vector.where);
  code_.back().handler = lane;
  if (is_store(op)) return;
  push_result(true);
  result_is_last(position);
}

void Translator::do_memory_access(Op op) {
  if (is_lane_access(op)) return do_lane_access(op);
  const wasm::Memarg memarg = wasm::next_memarg(pc_);
  is_store(op) ? do_store(op, memarg) : do_load(op, memarg);
}

// --- Bulk operations ---

// An instruction that takes its operands from consecutive slots, from `a` on.
void Translator::do_operands(size_t count, Special special, i32 b, i32 c, bool has_result) {
  flush(count);
  drop_to(stack_.size() - count);
  emit(special, top_, b, c);
  if (has_result) push_result();
}

void Translator::do_bulk(Op op) {
  switch (op) {
    case Op::MemoryInit: {
      const i32 segment = index();
      return do_operands(3, Special::MemoryInit, segment, index(), false);
    }
    case Op::DataDrop: return do_operands(0, Special::DataDrop, index(), 0, false);
    case Op::MemoryCopy: {
      const i32 to = index();
      return do_operands(3, Special::MemoryCopy, to, index(), false);
    }
    case Op::MemoryFill: return do_operands(3, Special::MemoryFill, 0, index(), false);
    case Op::TableInit: {
      const i32 segment = index();
      return do_operands(3, Special::TableInit, segment, index(), false);
    }
    case Op::ElemDrop: return do_operands(0, Special::ElemDrop, index(), 0, false);
    case Op::TableCopy: {
      const i32 to = index();
      return do_operands(3, Special::TableCopy, to, index(), false);
    }
    case Op::TableGrow: return do_operands(2, Special::TableGrow, 0, index(), true);
    case Op::TableFill: return do_operands(3, Special::TableFill, 0, index(), false);
    case Op::TableSize: return do_operands(0, Special::TableSize, 0, index(), true);
    default: CHECK(false && "not a bulk operation");
  }
}

// --- SIMD: operands and immediates are given as Form says ---

void Translator::do_simd(Op op) {
  const wasm::OpInfo& info = wasm::op_info(op);
  if (info.immediate >= wasm::Immediate::Memarg8 && info.immediate <= wasm::Immediate::Memarg64Lane) {
    return do_memory_access(op);
  }
  const u8* const at = pc_;
  skip_immediate(info.immediate);
  Entry operands[3];
  for (u32 i = info.param_count; i != 0; --i) operands[i - 1] = pop();
  i32 slots[3] = {};
  for (u32 i = 0; i < info.param_count; ++i) slots[i] = operand(operands[i]);
  const i32 position = here();
  if (op == Op::V128Const) {
    emit(Special::Const2, top_);
    emit_raw(at);
  } else {
    emit(op, Form::Slots, top_, slots[0], slots[1]);
    const bool has_lane = info.immediate >= wasm::Immediate::Lane2 && info.immediate <= wasm::Immediate::Lane16;
    if (op == Op::I8x16Shuffle) emit_raw(at);
    if (has_lane && info.param_count == 1) code_.back().c = *at;
    if (has_lane && info.param_count == 2) emit_data(*at);
    if (info.param_count == 3) emit_data(slots[2]);
  }
  push_result(info.result == wasm::ValType::V128);
  result_is_last(position);
}

}  // namespace hermit::interp

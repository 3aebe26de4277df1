// Calls. Arguments are flushed to their own slots, which are the callee's parameters (code.h).
#include "interp/translator.h"

namespace hermit::interp {

// The arguments leave the virtual stack. Returns the distance to the callee's frame.
i32 Translator::begin_call(const wasm::FuncType& type) {
  flush(type.params.size());
  return top_;
}

void Translator::end_call(const wasm::FuncType& type) {
  drop_to(stack_.size() - type.params.size());
  push_results(type.results);
}

void Translator::do_call(u32 index) {
  const abi::FuncRef* target = instance_.function_space[index];
  const wasm::FuncType& type = module_.function_type(index);
  const i32 distance = begin_call(type);
  const bool is_foreign = target->instance != nullptr && target->instance != &instance_;
  emit_wide(is_foreign ? Special::CallCross : Special::Call, distance, reinterpret_cast<u64>(target));
  end_call(type);
}

void Translator::do_call_indirect() {
  const u32 type_index = immediate();
  const u32 table = immediate();
  const wasm::FuncType& type = module_.types[type_index];
  const Entry callee = pop();
  const i32 distance = begin_call(type);
  const i32 index_slot = operand(callee);
  emit(Special::CallIndirect, distance, index_slot, static_cast<i32>(instance_.type_id_space[type_index]));
  emit_pointer(instance_.table_space[table]);
  end_call(type);
}

void Translator::do_call_ref() {
  const wasm::FuncType& type = module_.types[immediate()];
  const Entry callee = pop();
  const i32 distance = begin_call(type);
  const i32 slot = operand(callee);
  emit(Special::CallRef, distance, slot);
  end_call(type);
}

// --- Tail calls ---

// Writes the instruction; the data behind it is the caller's.
void Translator::emit_tail_call(Special special, const wasm::FuncType& type) {
  const size_t count = type.params.size();
  const i32 first = count == 0 ? top_ : stack_[stack_.size() - count].own;
  emit(special, first, top_ - first, static_cast<i32>(param_slots_));
}

void Translator::do_return_call(u32 index) {
  const wasm::FuncType& type = module_.function_type(index);
  flush(type.params.size());
  emit_tail_call(Special::TailCall, type);
  emit_pointer(instance_.function_space[index]);
  skip_unreachable();
}

void Translator::do_return_call_indirect() {
  const u32 type_index = immediate();
  const u32 table = immediate();
  const wasm::FuncType& type = module_.types[type_index];
  const Entry callee = pop();
  flush(type.params.size());
  const i32 index_slot = operand(callee);
  emit(Special::ResolveIndirect, callee.own, index_slot, static_cast<i32>(instance_.type_id_space[type_index]));
  emit_pointer(instance_.table_space[table]);
  emit_tail_call(Special::TailCallRef, type);
  emit_data(callee.own);
  skip_unreachable();
}

void Translator::do_return_call_ref() {
  const wasm::FuncType& type = module_.types[immediate()];
  const Entry callee = pop();
  flush(type.params.size());
  const i32 slot = operand(callee);
  emit_tail_call(Special::TailCallRef, type);
  emit_data(slot);
  skip_unreachable();
}

}  // namespace hermit::interp

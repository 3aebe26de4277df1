// Translation of a validated body into instructions with slots, in one pass, when a function is called for the first
// time.
//
// The problem: wasm code moves everything through an operand stack, and an interpreter that does so spends most of its
// time on local.get and local.set. The idea: run the stack at translation time. An entry of the virtual stack says
// *where* its value is: in its own slot of the frame, in a local (a local.get that costs nothing), or nowhere yet (a
// constant). Instructions read their operands from wherever they are. Three rules keep this right:
//   - before a local is assigned, entries that still refer to it are copied to their own slots (`preserve`);
//   - where control flow meets, values are in their own slots: at a block's start all entries that refer to locals, and
//     at a branch or an `end` the label's values (`flush`);
//   - a result goes straight into a local if local.set follows, and a comparison merges with the branch that follows,
//     but only while the instruction that made it is the last one written and no label lies behind it (`last_`).
// Everything is linear in the body, also for hostile ones: references to locals reach at most kMaxPending entries below
// the top of the stack, values of branches move with one CopyMany, and an arm of br_table takes eight bytes.
//
// This file has the plain instructions and the function as a whole; translate_stack.cc the virtual stack,
// translate_control.cc blocks and branches, translate_exceptions.cc, translate_calls.cc and translate_memory.cc the
// rest.
//
// Before: wasm/validator.cc proved the body valid, so nothing is checked here but by CHECK. After: loop.cc.
#include <algorithm>

#include "base/check.h"
#include "base/endian.h"
#include "interp/translator.h"

namespace hermit::interp {

using wasm::Op;

namespace {

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
    case Op::I64Ne: return true;
    default: return false;
  }
}

}  // namespace

void Translator::emit_raw(const u8* bytes) {
  emit(i32{0});
  std::memcpy(&code_.back(), bytes, sizeof(Instruction));
}

// --- Numeric instructions ---

void Translator::do_eqz(Op equals) {
  const Entry entry = pop();
  const bool inverts = made_last(entry) && is_comparison(last_.op) && equals == Op::I32Eq;
  if (!inverts) {
    const i32 from = operand(entry);
    emit(equals, Form::Immediate, top_, from);
    push_result();
    return result_is_last(here() - 1, equals, Form::Immediate);
  }
  Instruction& compare = code_.back();
  if (is_float_comparison(last_.op)) {
    last_.form = last_.form == Form::Negated ? Form::Slots : Form::Negated;
  } else {
    last_.op = inverse(last_.op);
  }
  compare.handler = handler(last_.op, last_.form);
  push_result();
}

void Translator::do_unary(Op op) {
  const i32 from = pop_operand();
  emit(op, Form::Slots, top_, from);
  push_result();
  result_is_last(here() - 1);
}

void Translator::do_binary(Op op) {
  Entry rhs = pop();
  Entry lhs = pop();
  if (lhs.is_const && !rhs.is_const && is_commutative(op)) std::swap(lhs, rhs);
  Form form = Form::Slots;
  i32 c = 0;
  if (rhs.is_const && has_form(op, Form::Immediate)) {
    const bool is_i32 = wasm::op_info(op).params[1] == wasm::ValType::I32;
    const auto low = static_cast<i32>(rhs.value);
    if (is_i32 || static_cast<u64>(static_cast<i64>(low)) == rhs.value) {
      form = Form::Immediate;
      c = low;
    }
  }
  const i32 b = operand(lhs);
  if (form == Form::Slots) c = operand(rhs);
  emit(op, form, top_, b, c);
  push_result();
  result_is_last(here() - 1, is_comparison(op) ? op : Op::Nop, form);
}

// --- Variables, tables ---

void Translator::do_local_set(u32 index, bool keep) {
  const i32 slot = slot_of_local(index);
  const Entry entry = pop();
  preserve(slot);
  if (made_last(entry)) {
    code_[static_cast<size_t>(last_.position)].a = slot;
    last_.position = kNone;
    if (keep) push({.where = slot, .is_wide = entry.is_wide});
    return;
  }
  move_to(slot, entry);
  last_.position = kNone;
  if (keep) push(entry);
}

void Translator::do_global_get(u32 index) {
  const runtime::Global& global = *instance_.global(index);
  const bool is_wide = global.type.type == wasm::ValType::V128;
  if (!global.type.is_mutable && !is_wide) return push_const(global.value[0]);
  emit_wide(is_wide ? Special::GlobalGet2 : Special::GlobalGet, top_, reinterpret_cast<u64>(&global.value[0]));
  push_result(is_wide);
  result_is_last(here() - 1);
}

void Translator::do_global_set(u32 index) {
  const Entry entry = pop();
  const i32 from = operand(entry);
  emit_wide(entry.is_wide ? Special::GlobalSet2 : Special::GlobalSet, from,
            reinterpret_cast<u64>(&instance_.global_space[index]->value[0]));
}

void Translator::do_select() {
  const Entry condition = pop();
  const Entry second = pop();
  const Entry first = pop();
  const i32 b = operand(first);
  const i32 c = operand(second);
  const i32 test = operand(condition);
  emit(first.is_wide ? Special::Select2 : Special::Select, top_, b, c);
  emit_data(test);
  push_result(first.is_wide);
  result_is_last(here() - 2);
}

void Translator::do_table_get() {
  const i32 from = pop_operand();
  emit(Special::TableGet, top_, from, index());
  push_result();
  result_is_last(here() - 1);
}

void Translator::do_table_set() {
  const Entry value = pop();
  const Entry place = pop();
  const i32 a = operand(place);
  const i32 b = operand(value);
  emit(Special::TableSet, a, b, index());
}

// --- All instructions ---

void Translator::do_prefixed_op(Op op) {
  if (op >= Op::MemoryInit && op <= Op::TableFill) return do_bulk(op);
  if (op <= Op::I64TruncSatF64U) return do_unary(op);
  do_simd(op);
}

void Translator::do_op(Op op) {
  switch (op) {
    case Op::Unreachable: emit(Special::Unreachable); return skip_unreachable();
    case Op::Nop: return;
    case Op::Block:
    case Op::Loop:
    case Op::If:
    case Op::Try: return open(op);
    case Op::TryTable: return do_try_table();
    case Op::Else: return do_else();
    case Op::Catch: return do_catch(false);
    case Op::CatchAll: return do_catch(true);
    case Op::Delegate: return do_delegate();
    case Op::End: return do_end();
    case Op::Br: {
      Label& target = label(immediate());
      if (const size_t count = target.carried().size(); count > 1) flush(count);
      branch_to(target);
      return skip_unreachable();
    }
    case Op::BrIf: return do_br_if();
    case Op::BrTable: do_br_table(); return skip_unreachable();
    case Op::BrOnNull: return do_br_on_null();
    case Op::BrOnNonNull: return do_br_on_non_null();
    case Op::Return: return do_return();
    case Op::Call: return do_call(immediate());
    case Op::CallIndirect: return do_call_indirect();
    case Op::CallRef: return do_call_ref();
    case Op::ReturnCall: return do_return_call(immediate());
    case Op::ReturnCallIndirect: return do_return_call_indirect();
    case Op::ReturnCallRef: return do_return_call_ref();
    case Op::Throw: return do_throw();
    case Op::Rethrow: emit(Special::ThrowRef, label(immediate()).base); return skip_unreachable();
    case Op::ThrowRef: emit(Special::ThrowRef, pop_operand()); return skip_unreachable();
    case Op::Drop: pop(); return;
    case Op::SelectTyped: skip_immediate(wasm::Immediate::SelectTypes); return do_select();
    case Op::Select: return do_select();
    case Op::LocalGet: {
      const u32 local = immediate();
      return push({.where = slot_of_local(local), .is_wide = is_wide_local(local)});
    }
    case Op::LocalSet: return do_local_set(immediate(), false);
    case Op::LocalTee: return do_local_set(immediate(), true);
    case Op::GlobalGet: return do_global_get(immediate());
    case Op::GlobalSet: return do_global_set(immediate());
    case Op::TableGet: return do_table_get();
    case Op::TableSet: return do_table_set();
    case Op::MemorySize: emit(Special::MemorySize, top_, 0, index()); return push_result();
    case Op::MemoryGrow: {
      const i32 from = pop_operand();
      emit(Special::MemoryGrow, top_, from, index());
      return push_result();
    }
    case Op::I32Const: return push_const(static_cast<u32>(wasm::next_i32(pc_)));
    case Op::I64Const: return push_const(static_cast<u64>(wasm::next_i64(pc_)));
    case Op::F32Const: pc_ += 4; return push_const(load_le<u32>(pc_ - 4));
    case Op::F64Const: pc_ += 8; return push_const(load_le<u64>(pc_ - 8));
    case Op::RefNull: skip_immediate(wasm::Immediate::HeapType); return push_const(abi::kNullReference);
    case Op::RefFunc: return push_const(reinterpret_cast<u64>(instance_.function_space[immediate()]));
    case Op::RefIsNull: return do_eqz(Op::I64Eq);
    case Op::RefAsNonNull: {
      const Entry reference = pop();
      const i32 slot = operand(reference);
      emit(Special::NullCheck, slot);
      return push({.where = slot});
    }
    case Op::I32Eqz: return do_eqz(Op::I32Eq);
    case Op::I64Eqz: return do_eqz(Op::I64Eq);
    // The bits stay where they are.
    case Op::I32ReinterpretF32:
    case Op::I64ReinterpretF64:
    case Op::F32ReinterpretI32:
    case Op::F64ReinterpretI64: return;
    default: break;
  }
  if (op >= Op::I32Load && op <= Op::I64Store32) return do_memory_access(op);
  if (static_cast<u16>(op) > 0xff) return do_prefixed_op(op);
  return wasm::op_info(op).param_count == 2 ? do_binary(op) : do_unary(op);
}

// --- The function ---

Translation Translator::run() {
  lay_out_frame();
  labels_.push_back({.op = Op::Call, .type = &type_, .base = stack_base_});
  while (!labels_.empty()) do_op(next_op());

  // The frame is known now. Branches are relative, so the prologue may be put in front.
  Translation made;
  made.body.swap(code_);
  std::vector<u32> body_offsets;
  if (offsets_ != nullptr) body_offsets.swap(*offsets_);
  op_offset_ = static_cast<u32>(function_.offset);
  const i32 frame = max_top_ + kLinkSlots;
  const bool is_simple = zeroed_slots_ == 0 && constants_.empty();
  emit(is_simple ? Special::EnterSimple : Special::Enter, frame, zeroed_slots_, static_cast<i32>(constants_.size()));
  for (size_t i = 0; i < constants_.size(); ++i) emit_data(constant_base_ + static_cast<i32>(i), constants_[i]);
  made.prologue.swap(code_);
  if (offsets_ != nullptr) offsets_->insert(offsets_->end(), body_offsets.begin(), body_offsets.end());

  const auto moved = static_cast<i32>(made.prologue.size());
  made.handlers.regions.swap(handlers_.regions);
  made.handlers.clauses.swap(handlers_.clauses);
  for (Region& region : made.handlers.regions) region.begin += moved, region.end += moved;
  for (CatchClause& clause : made.handlers.clauses) clause.target += moved;
  return made;
}

Translation translate(const runtime::Instance& instance, u32 index) {
  return Translator(instance, index, nullptr).run();
}

std::vector<u32> source_offsets(const runtime::Instance& instance, u32 index) {
  std::vector<u32> offsets;
  Translator(instance, index, &offsets).run();
  return offsets;
}

}  // namespace hermit::interp

// Blocks and branches. Where control flow meets, values are in their own slots (translate.cc).
//
// Branches forward do not know their distance yet: they are chained through the word where it will stand, and `bind`
// walks the chain when the label's place is known. An arm of br_table carries besides the distance the slot its values
// go to, so a table of a million labels needs no code of its own per arm.
#include <algorithm>

#include "base/check.h"
#include "interp/translator.h"

namespace hermit::interp {

using wasm::Op;

namespace {

constexpr Op kInverses[][2] = {
    {Op::I32Eq, Op::I32Ne},   {Op::I32LtS, Op::I32GeS}, {Op::I32LtU, Op::I32GeU}, {Op::I32GtS, Op::I32LeS},
    {Op::I32GtU, Op::I32LeU}, {Op::I64Eq, Op::I64Ne},   {Op::I64LtS, Op::I64GeS}, {Op::I64LtU, Op::I64GeU},
    {Op::I64GtS, Op::I64LeS}, {Op::I64GtU, Op::I64LeU},
};

}  // namespace

bool is_comparison(Op op) { return op > Op::I32Eqz && op <= Op::F64Ge && op != Op::I64Eqz; }
bool is_float_comparison(Op op) { return op >= Op::F32Eq && op <= Op::F64Ge; }

Op inverse(Op op) {
  for (const auto& [a, b] : kInverses) {
    if (op == a) return b;
    if (op == b) return a;
  }
  CHECK(false && "not an integer comparison");
  return op;
}

// --- Distances ---

i32& Translator::word(i32 index) {
  Instruction& instruction = code_[static_cast<size_t>(index / 4)];
  switch (index % 4) {
    case 0: return instruction.handler;
    case 2: return instruction.b;
    default: CHECK(index % 4 == 3); return instruction.c;
  }
}

void Translator::bind(i32 chain) {
  while (chain != kNone) {
    const i32 next = word(chain);
    set_distance(chain, here());
    chain = next;
  }
  last_.position = kNone;
}

void Translator::bind_label(const Label& target) {
  bind(target.patches);
  for (i32 clause = target.clause_patches; clause != kNone;) {
    i32& place = handlers_.clauses[static_cast<size_t>(clause)].target;
    clause = place;
    place = here();
  }
}

// Makes the distance at word `at` lead to `target`.
void Translator::chain_to(Label& target, i32 at) {
  if (target.op == Op::Loop) {
    set_distance(at, target.loop_start);
  } else {
    word(at) = target.patches;
    target.patches = at;
  }
}

// --- Values that branches carry ---

// Are the values that a branch to `target` carries where it wants them?
bool Translator::in_place(const Label& target) const {
  const size_t count = target.carried().size();
  if (count == 0) return true;
  const size_t first = stack_.size() - count;
  if (stack_[first].own != target.base) return false;
  for (size_t i = first; i < stack_.size(); ++i) {
    if (stack_[i].is_const || stack_[i].where != stack_[i].own) return false;
  }
  return true;
}

// Requires: if there is more than one value, they were flushed.
void Translator::transfer(const Label& target) {
  const size_t count = target.carried().size();
  if (count == 0 || in_place(target)) return;
  if (count == 1) return move_to(target.base, stack_.back());
  const i32 from = stack_[stack_.size() - count].own;
  emit(Special::CopyMany, target.base, from, top_ - from);
}

// Leaves the virtual stack as it is. Requires: as for transfer.
void Translator::branch_to(Label& target) {
  if (target.op == Op::Call) return emit_return();
  transfer(target);
  emit(Special::Br);
  chain_to(target, word_c(here() - 1));
}

// Requires: as for transfer.
void Translator::emit_return() {
  const size_t count = type_.results.size();
  const i32 to = -static_cast<i32>(param_slots_);
  if (count == 0) {
    emit(Special::Return0);
  } else if (count > 1) {
    const i32 from = stack_[stack_.size() - count].own;
    emit(Special::ReturnMany, from, to, top_ - from);
  } else if (stack_.back().is_wide) {
    emit(Special::ReturnMany, stack_.back().where, to, 2);
  } else {
    const i32 from = operand(stack_.back());
    emit(Special::Return1, from, to);
  }
}

void Translator::do_return() {
  if (type_.results.size() > 1) flush(type_.results.size());
  emit_return();
  skip_unreachable();
}

// --- Conditions ---

// Takes the comparison that made the condition out of the code again: the branch will do it. Its operands stay valid,
// since they are locals, constants, or own slots of popped entries, and flushing writes to neither.
Condition Translator::pop_condition() {
  const Entry entry = pop();
  if (made_last(entry) && is_comparison(last_.op)) {
    const Instruction compare = code_.back();
    const Condition condition{last_.op, last_.form, compare.b, compare.c};
    code_.pop_back();
    if (offsets_ != nullptr) offsets_->pop_back();
    last_.position = kNone;
    return condition;
  }
  return {Op::I32Ne, Form::Immediate, operand(entry), 0};
}

// Writes a branch whose target is still open; returns its position.
i32 Translator::emit_branch(const Condition& condition, bool if_true) {
  if (is_float_comparison(condition.op)) {
    const bool negated = (condition.form == Form::Negated) == if_true;
    emit(condition.op, negated ? Form::BranchNegated : Form::Branch, condition.lhs, condition.rhs, kNone);
  } else {
    const Op op = if_true ? condition.op : inverse(condition.op);
    const Form form = condition.form == Form::Immediate ? Form::BranchImmediate : Form::Branch;
    emit(op, form, condition.lhs, condition.rhs, kNone);
  }
  return here() - 1;
}

void Translator::branch_if(const Condition& condition, Label& target) {
  const size_t count = target.carried().size();
  if (target.op != Op::Call && in_place(target)) {
    return chain_to(target, word_c(emit_branch(condition, true)));
  }
  if (count > 1) flush(count);
  const i32 skip = emit_branch(condition, false);
  branch_to(target);
  bind(word_c(skip));
}

void Translator::do_br_if() {
  const u32 depth = immediate();
  const Condition condition = pop_condition();
  branch_if(condition, label(depth));
}

void Translator::do_br_on_null() {
  const u32 depth = immediate();
  const Entry reference = pop();
  const i32 slot = operand(reference);
  branch_if({Op::I64Eq, Form::Immediate, slot, 0}, label(depth));
  push({.where = slot});
}

// The reference is the last of the values that the branch carries.
void Translator::do_br_on_non_null() {
  const u32 depth = immediate();
  flush(1);
  branch_if({Op::I64Ne, Form::Immediate, stack_.back().where, 0}, label(depth));
  pop();
}

void Translator::do_br_table() {
  const u32 count = immediate();
  const i32 index_slot = pop_operand();
  const u8* const targets = pc_;
  for (u32 i = 0; i < count; ++i) immediate();
  const size_t carried = label(immediate()).carried().size();  // all labels carry as many
  flush(carried);
  const i32 from = carried == 0 ? top_ : stack_[stack_.size() - carried].own;
  const i32 slots = top_ - from;
  if (carried == 0) {
    emit(Special::BrTable, index_slot, static_cast<i32>(count));
  } else {
    emit(Special::BrTableValues, index_slot, static_cast<i32>(count), slots);
    emit_data(from);
  }
  const i32 first = here();
  for (u64 i = 0; i <= count; i += 2) emit(i32{0});
  const u8* const after = pc_;
  pc_ = targets;
  for (u32 i = 0; i <= count; ++i) {
    Label& target = label(immediate());
    Instruction& arms = code_[static_cast<size_t>(first) + i / 2];
    (i % 2 == 0 ? arms.a : arms.c) = target.base;
    chain_to(target, (first + static_cast<i32>(i / 2)) * 4 + static_cast<i32>(i % 2) * 2);
  }
  CHECK(pc_ == after);
}

// --- Blocks ---

Label Translator::read_block_type(Op op) {
  Label made{.op = op};
  if (*pc_ == 0x40) {
    ++pc_;
  } else if (*pc_ > 0x40 && *pc_ < 0x80) {
    made.result =
        *pc_ == wasm::bits_of(wasm::ValType::V128) ? wasm::ValType::V128 : wasm::ValType::I64;  // any of one slot
    skip_immediate(wasm::Immediate::Block);
  } else {
    made.type = &module_.types[static_cast<size_t>(wasm::next_i64(pc_))];
  }
  return made;
}

void Translator::open(Op op) {
  Label opened = read_block_type(op);
  Condition condition{};
  if (op == Op::If) condition = pop_condition();
  const size_t params = opened.params().size();
  flush(params);
  flush_locals();
  if (op == Op::If) opened.else_patch = word_c(emit_branch(condition, false));
  if (op == Op::Loop) ++loop_depth_;
  last_.position = kNone;
  if (op == Op::Try) region_ = opened.try_region = open_region(region_);
  opened.region = region_;
  opened.height = stack_.size() - params;
  opened.base = params == 0 ? top_ : stack_[opened.height].own;
  opened.loop_start = here();
  labels_.push_back(opened);
}

// At the end of a part of a block that is not its last: goes to the block's end.
void Translator::leave_part(const Label& target) {
  if (!reachable_) return;
  flush(target.results().size());
  transfer(target);
  emit(Special::Br);
  chain_to(labels_.back(), word_c(here() - 1));
}

void Translator::do_else() {
  leave_part(labels_.back());
  Label& target = labels_.back();
  bind(target.else_patch);
  target.else_patch = kNone;
  target.op = Op::Else;
  drop_to(target.height);
  push_results(target.params());
  reachable_ = true;
}

void Translator::do_end() {
  const Label target = labels_.back();
  if (target.op == Op::Call) return end_function();
  if (reachable_) {
    flush(target.results().size());
    if (target.op == Op::Catch) transfer(target);  // the exception is below
  }
  if (target.op == Op::Loop) --loop_depth_;
  if (target.op == Op::Try || target.op == Op::TryTable) {
    Region& region = handlers_.regions[static_cast<size_t>(target.try_region)];
    region.end = here();
    region_ = region.parent;
  }
  bind_label(target);
  bind(target.else_patch);
  labels_.pop_back();
  drop_to(target.height);
  push_results(target.results());
  pending_from_ = stack_.size();
  reachable_ = true;
}

// Branches that bring their results to where the label wants them (br_table, catch clauses) share one return.
void Translator::end_function() {
  const Label target = labels_.back();
  if (reachable_) {
    if (target.results().size() > 1) flush(target.results().size());
    emit_return();
  }
  if (target.patches != kNone || target.clause_patches != kNone) {
    drop_to(0);
    bind_label(target);
    push_results(target.results());
    emit_return();
  }
  labels_.pop_back();
}

// --- Code that cannot run ---

// Instructions up to the next part or the end of the innermost open block can never run; nothing is known of their
// operands.
void Translator::skip_unreachable() {
  reachable_ = false;
  drop_to(labels_.back().height);
  for (u32 depth = 0;;) {
    const u8* before = pc_;
    const Op op = next_op();
    switch (op) {
      case Op::Block:
      case Op::Loop:
      case Op::If:
      case Op::Try:
      case Op::TryTable: ++depth; break;
      case Op::End:
      case Op::Delegate:
        if (depth == 0) return void(pc_ = before);
        --depth;
        break;
      case Op::Else:
      case Op::Catch:
      case Op::CatchAll:
        if (depth == 0) return void(pc_ = before);
        break;
      default: break;
    }
    skip_immediate(wasm::op_info(op).immediate);
  }
}

void Translator::skip_immediate(wasm::Immediate kind) {
  const char* what = nullptr;
  CHECK(wasm::skip_immediates(kind, pc_, function_.body.data() + function_.body.size(), what));
}

Op Translator::next_op() {
  op_offset_ = static_cast<u32>(pc_ - module_.bytes.data());
  const u8 byte = *pc_++;
  if (!wasm::is_prefix(byte)) return static_cast<Op>(byte);
  return static_cast<Op>(wasm::op_number(byte, immediate()));
}

}  // namespace hermit::interp

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
//   but
//     only while the instruction that made it is the last one written and no label lies behind it (`last_`).
// Everything is linear in the body, also for hostile ones: references to locals reach at most kMaxPending entries below
// the top of the stack, and values of branches move with one CopyMany.
//
// Before: wasm/validator.cc proved the body valid, so nothing is checked here but by CHECK. After: loop.cc.
#include "interp/translate.h"

#include <algorithm>

#include "base/check.h"
#include "base/endian.h"
#include "wasm/leb128.h"

namespace hermit::interp {

namespace {

using wasm::Op;

// See the essay. Deeper entries are copied to their own slots.
constexpr size_t kMaxPending = 64;
// Constants that one function may keep in slots instead of loading them in each turn of a loop.
constexpr size_t kMaxLoopConstants = 16;
constexpr i32 kNone = -1;

struct Entry {
  bool is_const;
  i32 where;  // slot; for constants meaningless
  u64 value;  // constants only: as a slot holds it
};

struct Label {
  Op op;  // Block, Loop, If, Else (an If whose else was seen); Call for the function itself
  u32 height;  // of the virtual stack below the parameters
  u32 params;
  u32 results;
  i32 patches;  // forward branches to here, chained through Instruction::c
  i32 loop_start;  // Loop only: position
  i32 else_patch;  // If only: the branch that skips the `then` part
};

// What a conditional branch tests: a comparison of slots, or of a slot and an immediate.
struct Condition {
  Op op;
  Form form;  // Slots, Immediate or Negated
  i32 lhs;
  i32 rhs;
};

bool is_comparison(Op op) { return op > Op::I32Eqz && op <= Op::F64Ge && op != Op::I64Eqz; }
bool is_float_comparison(Op op) { return op >= Op::F32Eq && op <= Op::F64Ge; }

constexpr Op kInverses[][2] = {
    {Op::I32Eq, Op::I32Ne},   {Op::I32LtS, Op::I32GeS}, {Op::I32LtU, Op::I32GeU}, {Op::I32GtS, Op::I32LeS},
    {Op::I32GtU, Op::I32LeU}, {Op::I64Eq, Op::I64Ne},   {Op::I64LtS, Op::I64GeS}, {Op::I64LtU, Op::I64GeU},
    {Op::I64GtS, Op::I64LeS}, {Op::I64GtU, Op::I64LeU},
};

// Requires: an integer comparison of two operands.
Op inverse(Op op) {
  for (const auto& [a, b] : kInverses) {
    if (op == a) return b;
    if (op == b) return a;
  }
  CHECK(false && "not an integer comparison");
  return op;
}

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

class Translator {
 public:
  Translator(const runtime::Instance& instance, u32 index, std::vector<u32>* offsets)
      : instance_(instance),
        module_(*instance.module),
        function_(module_.functions[index]),
        type_(module_.function_type(index)),
        offsets_(offsets) {}

  std::vector<Instruction> run();

 private:
  // --- frame and virtual stack ---
  i32 slot_of_local(u32 index) const {
    return index < params_ ? static_cast<i32>(index) - static_cast<i32>(params_)
                           : kLinkSlots + static_cast<i32>(index - params_);
  }
  i32 own_slot(size_t position) const { return stack_base_ + static_cast<i32>(position); }
  bool is_local(const Entry& entry) const { return !entry.is_const && entry.where < stack_base_; }
  void push(Entry entry);
  void push_result() { push({false, own_slot(stack_.size()), 0}); }
  Entry pop();
  void drop_to(size_t height);
  // The slot an operand can be read from; a constant is put somewhere first. `position`: where the entry stood.
  i32 operand(const Entry& entry, size_t position);
  void move_to(i32 slot, const Entry& entry);
  void flush_entry(size_t position);
  void flush(size_t count);
  void flush_locals();
  void preserve(i32 local_slot);

  // --- writing code ---
  Instruction& emit(i32 handler, i32 a = 0, i32 b = 0, i32 c = 0) {
    last_.position = kNone;
    code_.push_back({handler, a, b, c});
    if (offsets_ != nullptr) offsets_->push_back(op_offset_);
    return code_.back();
  }
  Instruction& emit(Special special, i32 a = 0, i32 b = 0, i32 c = 0) { return emit(handler(special), a, b, c); }
  void emit_wide(Special special, i32 a, u64 wide) { emit(special, a).set_wide(wide); }
  void emit_data(i32 a, u64 wide) { emit(i32{0}, a).set_wide(wide); }
  // The instruction just written (from `position` on) put its result into the slot `a` names.
  void result_is_last(i32 position, Op op = Op::Nop, Form form = Form::Slots) { last_ = {position, op, form}; }
  bool made_last(const Entry& entry) const {
    return last_.position != kNone && !entry.is_const && code_[static_cast<size_t>(last_.position)].a == entry.where;
  }
  i32 here() const { return static_cast<i32>(code_.size()); }
  void set_distance(i32 from, i32 to) {
    code_[static_cast<size_t>(from)].c = (to - from) * static_cast<i32>(sizeof(Instruction));
  }
  void bind(i32 chain);
  i32 loop_constant(u64 value);

  // --- control ---
  void open(Op op);
  void branch_to(Label& target);
  void emit_return();
  Condition pop_condition();
  i32 emit_branch(const Condition& condition, bool if_true);
  bool in_place(const Label& label) const;
  void transfer(const Label& label);
  void chain_to(Label& target, i32 position);
  void do_else();
  void do_end();
  void do_br_if(u32 depth);
  void do_br_table();
  void skip_unreachable();
  void skip_immediate(wasm::Immediate kind);
  Op next_op();

  // --- instructions ---
  void do_op(Op op);
  void do_misc_op(Op op);
  void do_unary(Op op);
  void do_binary(Op op);
  void do_eqz(Op equals);
  void do_load(Op op);
  void do_store(Op op);
  void do_local_set(i32 slot, bool keep);
  void do_global_get(u32 index);
  void do_call(u32 index);
  void do_call_indirect();
  void do_select();
  void do_operands(size_t count, Special special, i32 b, i32 c, bool has_result);
  void push_const(u64 value) { push({true, 0, value}); }
  u32 immediate() { return wasm::next_u32(pc_); }

  Label& label(u32 depth) { return labels_[labels_.size() - 1 - depth]; }

  const runtime::Instance& instance_;
  const wasm::Module& module_;
  const wasm::Function& function_;
  const wasm::FuncType& type_;
  std::vector<u32>* offsets_;  // per instruction, or null
  u32 op_offset_ = 0;  // of the wasm instruction being translated
  const u8* pc_ = nullptr;
  u32 params_ = 0;
  i32 stack_base_ = 0;
  size_t max_height_ = 0;
  size_t pending_from_ = 0;  // no entry below this position refers to a local
  u32 loop_depth_ = 0;
  bool reachable_ = true;
  i32 zeroed_locals_ = 0;
  i32 constant_base_ = 0;
  bool has_constant_slots_ = false;
  std::vector<Entry> stack_;
  std::vector<Label> labels_;
  std::vector<Instruction> code_;
  std::vector<u64> constants_;
  struct Last {
    i32 position = kNone;
    Op op = Op::Nop;  // what it is, if it is a comparison that a branch may take over
    Form form = Form::Slots;
  } last_;
};

// --- virtual stack ---

void Translator::push(Entry entry) {
  stack_.push_back(entry);
  max_height_ = std::max(max_height_, stack_.size());
  if (stack_.size() - pending_from_ > kMaxPending) {
    if (is_local(stack_[pending_from_])) flush_entry(pending_from_);
    ++pending_from_;
  }
}

Entry Translator::pop() {
  const Entry entry = stack_.back();
  drop_to(stack_.size() - 1);
  return entry;
}

void Translator::drop_to(size_t height) {
  stack_.resize(height);
  pending_from_ = std::min(pending_from_, height);
}

i32 Translator::operand(const Entry& entry, size_t position) {
  if (!entry.is_const) return entry.where;
  if (loop_depth_ != 0) {
    if (const i32 slot = loop_constant(entry.value); slot != kNone) return slot;
  }
  emit_wide(Special::Const, own_slot(position), entry.value);
  return own_slot(position);
}

void Translator::move_to(i32 slot, const Entry& entry) {
  if (entry.is_const) {
    emit_wide(Special::Const, slot, entry.value);
  } else if (entry.where != slot) {
    emit(Special::Copy, slot, entry.where);
  }
}

void Translator::flush_entry(size_t position) {
  Entry& entry = stack_[position];
  move_to(own_slot(position), entry);
  entry = {false, own_slot(position), 0};
}

// The top `count` entries go to their own slots.
void Translator::flush(size_t count) {
  for (size_t i = stack_.size() - count; i < stack_.size(); ++i) flush_entry(i);
}

// Constants may stay: no path can change them.
void Translator::flush_locals() {
  for (size_t i = pending_from_; i < stack_.size(); ++i) {
    if (is_local(stack_[i])) flush_entry(i);
  }
  pending_from_ = stack_.size();
}

void Translator::preserve(i32 local_slot) {
  for (size_t i = pending_from_; i < stack_.size(); ++i) {
    if (!stack_[i].is_const && stack_[i].where == local_slot) flush_entry(i);
  }
}

i32 Translator::loop_constant(u64 value) {
  if (!has_constant_slots_) return kNone;
  const auto found = std::find(constants_.begin(), constants_.end(), value);
  if (found == constants_.end() && constants_.size() == kMaxLoopConstants) return kNone;
  const auto position = static_cast<i32>(found - constants_.begin());
  if (found == constants_.end()) constants_.push_back(value);
  return constant_base_ + position;
}

// --- control ---

void Translator::bind(i32 chain) {
  while (chain != kNone) {
    const i32 next = code_[static_cast<size_t>(chain)].c;
    set_distance(chain, here());
    chain = next;
  }
  last_.position = kNone;
}

// Makes the branch at `position` lead to `target`.
void Translator::chain_to(Label& target, i32 position) {
  if (target.op == Op::Loop) {
    set_distance(position, target.loop_start);
  } else {
    code_[static_cast<size_t>(position)].c = target.patches;
    target.patches = position;
  }
}

// Are the values that a branch to `target` carries where it wants them?
bool Translator::in_place(const Label& target) const {
  const u32 arity = target.op == Op::Loop ? target.params : target.results;
  for (size_t i = 0; i < arity; ++i) {
    const Entry& entry = stack_[stack_.size() - arity + i];
    if (entry.is_const || entry.where != own_slot(target.height + i)) return false;
  }
  return true;
}

// Requires: if there is more than one value, they were flushed.
void Translator::transfer(const Label& target) {
  const u32 arity = target.op == Op::Loop ? target.params : target.results;
  if (arity == 0 || in_place(target)) return;
  if (arity == 1) return move_to(own_slot(target.height), stack_.back());
  emit(Special::CopyMany, own_slot(target.height), own_slot(stack_.size() - arity), static_cast<i32>(arity));
}

// Leaves the virtual stack as it is. Requires: as for transfer.
void Translator::branch_to(Label& target) {
  if (target.op == Op::Call) return emit_return();
  transfer(target);
  emit(Special::Br);
  chain_to(target, here() - 1);
}

// Requires: as for transfer.
void Translator::emit_return() {
  const auto count = type_.results.size();
  const i32 to = -static_cast<i32>(params_);
  if (count == 0) {
    emit(Special::Return0);
  } else if (count == 1) {
    const i32 from = operand(stack_.back(), stack_.size() - 1);
    emit(Special::Return1, from, to);
  } else {
    emit(Special::ReturnMany, own_slot(stack_.size() - count), to, static_cast<i32>(count));
  }
}

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
  return {Op::I32Ne, Form::Immediate, operand(entry, stack_.size()), 0};
}

// Writes a branch whose target is still open; returns its position.
i32 Translator::emit_branch(const Condition& condition, bool if_true) {
  if (is_float_comparison(condition.op)) {
    const bool negated = (condition.form == Form::Negated) == if_true;
    emit(handler(condition.op, negated ? Form::BranchNegated : Form::Branch), condition.lhs, condition.rhs, kNone);
  } else {
    const Op op = if_true ? condition.op : inverse(condition.op);
    const Form form = condition.form == Form::Immediate ? Form::BranchImmediate : Form::Branch;
    emit(handler(op, form), condition.lhs, condition.rhs, kNone);
  }
  return here() - 1;
}

void Translator::open(Op op) {
  const i64 type = wasm::next_i64(pc_);
  u32 params = 0;
  u32 results = type == -64 ? 0 : 1;  // 0x40 is the empty type; other negative numbers are value types
  if (type >= 0) {
    params = static_cast<u32>(module_.types[static_cast<size_t>(type)].params.size());
    results = static_cast<u32>(module_.types[static_cast<size_t>(type)].results.size());
  }
  Condition condition{};
  if (op == Op::If) condition = pop_condition();
  flush(params);
  flush_locals();
  i32 else_patch = kNone;
  if (op == Op::If) else_patch = emit_branch(condition, false);
  if (op == Op::Loop) {
    ++loop_depth_;
    last_.position = kNone;
  }
  labels_.push_back({op, static_cast<u32>(stack_.size()) - params, params, results, kNone, here(), else_patch});
}

void Translator::do_else() {
  Label& target = labels_.back();
  if (reachable_) {
    flush(target.results);
    emit(Special::Br);
    chain_to(target, here() - 1);
  }
  bind(target.else_patch);
  target.else_patch = kNone;
  target.op = Op::Else;
  drop_to(target.height);
  for (u32 i = 0; i < target.params; ++i) push_result();
  reachable_ = true;
}

void Translator::do_end() {
  const Label target = labels_.back();
  if (target.op == Op::Call) {
    if (reachable_) {
      if (target.results > 1) flush(target.results);
      emit_return();
    }
    labels_.pop_back();
    return;
  }
  if (reachable_) flush(target.results);
  if (target.op == Op::Loop) --loop_depth_;
  bind(target.patches);
  bind(target.else_patch);
  labels_.pop_back();
  drop_to(target.height);
  for (u32 i = 0; i < target.results; ++i) push_result();
  pending_from_ = stack_.size();
  reachable_ = true;
}

void Translator::do_br_if(u32 depth) {
  const Condition condition = pop_condition();
  Label& target = label(depth);
  const u32 arity = target.op == Op::Loop ? target.params : target.results;
  if (target.op != Op::Call && (arity == 0 || in_place(target))) {
    chain_to(target, emit_branch(condition, true));
    return;
  }
  if (arity > 1) flush(arity);
  const i32 skip = emit_branch(condition, false);
  branch_to(target);
  bind(skip);
}

void Translator::do_br_table() {
  const u32 count = immediate();
  const Entry index = pop();
  const i32 index_slot = operand(index, stack_.size());
  const u8* targets = pc_;
  for (u32 i = 0; i < count; ++i) immediate();
  const u8* default_at = pc_;
  const Label& default_target = label(immediate());
  flush(default_target.op == Op::Loop ? default_target.params : default_target.results);
  emit(Special::BrTable, index_slot, static_cast<i32>(count));
  const i32 table = here();
  for (u32 i = 0; i <= count; ++i) emit(Special::Br);
  // Targets that want their values elsewhere are reached through a stub behind the table.
  const u8* after = pc_;
  for (u32 i = 0; i <= count; ++i) {
    pc_ = i == 0 ? targets : pc_;
    if (i == count) CHECK(pc_ == default_at);
    Label& target = label(immediate());
    const i32 entry = table + static_cast<i32>(i);
    if (target.op != Op::Call && in_place(target)) {
      chain_to(target, entry);
    } else {
      set_distance(entry, here());
      branch_to(target);
    }
  }
  CHECK(pc_ == after);
}

// Instructions up to the `else` or `end` of the innermost open block can never run; nothing is known of their operands.
void Translator::skip_unreachable() {
  reachable_ = false;
  drop_to(labels_.back().height);
  for (u32 depth = 0;;) {
    const u8* before = pc_;
    const Op op = next_op();
    if (depth == 0 && (op == Op::End || op == Op::Else)) {
      pc_ = before;
      return;
    }
    if (op == Op::End) --depth;
    if (op == Op::Block || op == Op::Loop || op == Op::If) ++depth;
    skip_immediate(wasm::op_info(op).immediate);
  }
}

void Translator::skip_immediate(wasm::Immediate kind) {
  using enum wasm::Immediate;
  switch (kind) {
    case None: return;
    case Block: wasm::next_i64(pc_); return;
    case BrTable:
      for (u32 n = immediate(); n != 0; --n) immediate();
      immediate();
      return;
    case SelectTypes: pc_ += immediate(); return;
    case Label:
    case Function:
    case Local:
    case Global:
    case Table:
    case Memory:
    case Data:
    case Element: immediate(); return;
    case CallIndirect:
    case Memarg8:
    case Memarg16:
    case Memarg32:
    case Memarg64:
    case DataMemory:
    case MemoryMemory:
    case ElementTable:
    case TableTable:
      immediate();
      immediate();
      return;
    case I32:
    case I64: wasm::next_i64(pc_); return;
    case F32: pc_ += 4; return;
    case F64: pc_ += 8; return;
    case RefType: pc_ += 1; return;
  }
}

Op Translator::next_op() {
  op_offset_ = static_cast<u32>(pc_ - module_.bytes.data());
  const u8 byte = *pc_++;
  if (byte != wasm::kPrefixMisc) return static_cast<Op>(byte);
  return static_cast<Op>(wasm::op_number(wasm::kPrefixMisc, immediate()));
}

// --- instructions ---

void Translator::do_eqz(Op equals) {
  const Entry entry = pop();
  const bool inverts = made_last(entry) && is_comparison(last_.op) && equals == Op::I32Eq;
  if (!inverts) {
    emit(handler(equals, Form::Immediate), own_slot(stack_.size()), operand(entry, stack_.size()), 0);
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
  const Entry entry = pop();
  const i32 from = operand(entry, stack_.size());
  emit(handler(op, Form::Slots), own_slot(stack_.size()), from);
  push_result();
  result_is_last(here() - 1);
}

void Translator::do_binary(Op op) {
  Entry rhs = pop();
  Entry lhs = pop();
  const size_t position = stack_.size();
  size_t lhs_position = position;
  size_t rhs_position = position + 1;
  if (lhs.is_const && !rhs.is_const && is_commutative(op)) {
    std::swap(lhs, rhs);
    std::swap(lhs_position, rhs_position);  // each entry may use its own slot only
  }
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
  const i32 b = operand(lhs, lhs_position);
  if (form == Form::Slots) c = operand(rhs, rhs_position);
  emit(handler(op, form), own_slot(position), b, c);
  push_result();
  result_is_last(here() - 1, is_comparison(op) ? op : Op::Nop, form);
}

void Translator::do_load(Op op) {
  immediate();  // alignment is a hint
  const u32 offset = immediate();
  const Entry address = pop();
  const i32 from = operand(address, stack_.size());
  emit(handler(op, Form::Slots), own_slot(stack_.size()), from, static_cast<i32>(offset));
  push_result();
  result_is_last(here() - 1);
}

void Translator::do_store(Op op) {
  immediate();
  const u32 offset = immediate();
  const Entry value = pop();
  const Entry address = pop();
  const i32 b = operand(address, stack_.size());
  const i32 a = operand(value, stack_.size() + 1);
  emit(handler(op, Form::Slots), a, b, static_cast<i32>(offset));
}

void Translator::do_local_set(i32 slot, bool keep) {
  const Entry entry = pop();
  preserve(slot);
  if (made_last(entry)) {
    code_[static_cast<size_t>(last_.position)].a = slot;
    last_.position = kNone;
    if (keep) push({false, slot, 0});
    return;
  }
  move_to(slot, entry);
  last_.position = kNone;
  if (keep) push(entry);
}

void Translator::do_global_get(u32 index) {
  const runtime::Global& global = *instance_.global(index);
  if (!global.type.is_mutable) return push_const(global.value[0]);
  emit_wide(Special::GlobalGet, own_slot(stack_.size()), reinterpret_cast<u64>(&global.value[0]));
  push_result();
  result_is_last(here() - 1);
}

void Translator::do_call(u32 index) {
  const abi::FuncRef* target = instance_.function_space[index];
  const wasm::FuncType& type = module_.function_type(index);
  flush(type.params.size());
  const bool is_foreign = target->instance != nullptr && target->instance != &instance_;
  emit_wide(is_foreign ? Special::CallCross : Special::Call, own_slot(stack_.size()), reinterpret_cast<u64>(target));
  drop_to(stack_.size() - type.params.size());
  for (size_t i = 0; i < type.results.size(); ++i) push_result();
}

void Translator::do_call_indirect() {
  const u32 type_index = immediate();
  const u32 table = immediate();
  const wasm::FuncType& type = module_.types[type_index];
  const Entry index = pop();
  flush(type.params.size());
  const i32 index_slot = operand(index, stack_.size());
  emit(Special::CallIndirect, own_slot(stack_.size()), index_slot,
       static_cast<i32>(instance_.type_id_space[type_index]));
  emit_data(0, reinterpret_cast<u64>(instance_.table_space[table]));
  drop_to(stack_.size() - type.params.size());
  for (size_t i = 0; i < type.results.size(); ++i) push_result();
}

void Translator::do_select() {
  const Entry condition = pop();
  const Entry second = pop();
  const Entry first = pop();
  const size_t position = stack_.size();
  const i32 b = operand(first, position);
  const i32 c = operand(second, position + 1);
  const i32 test = operand(condition, position + 2);
  emit(Special::Select, own_slot(position), b, c);
  emit_data(test, 0);
  push_result();
  result_is_last(here() - 2);
}

// An instruction that takes its operands from consecutive slots, from `a` on.
void Translator::do_operands(size_t count, Special special, i32 b, i32 c, bool has_result) {
  flush(count);
  drop_to(stack_.size() - count);
  emit(special, own_slot(stack_.size()), b, c);
  if (has_result) push_result();
}

void Translator::do_misc_op(Op op) {
  const auto index = [&] { return static_cast<i32>(immediate()); };
  switch (op) {
    case Op::MemoryInit: {
      const i32 segment = index();
      index();
      return do_operands(3, Special::MemoryInit, segment, 0, false);
    }
    case Op::DataDrop: return do_operands(0, Special::DataDrop, index(), 0, false);
    case Op::MemoryCopy:
      index();
      index();
      return do_operands(3, Special::MemoryCopy, 0, 0, false);
    case Op::MemoryFill: index(); return do_operands(3, Special::MemoryFill, 0, 0, false);
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
    default: return do_unary(op);  // saturating conversions
  }
}

void Translator::do_op(Op op) {
  switch (op) {
    case Op::Unreachable: emit(Special::Unreachable); return skip_unreachable();
    case Op::Nop: return;
    case Op::Block:
    case Op::Loop:
    case Op::If: return open(op);
    case Op::Else: return do_else();
    case Op::End: return do_end();
    case Op::Br: {
      Label& target = label(immediate());
      const u32 arity = target.op == Op::Loop ? target.params : target.results;
      if (arity > 1) flush(arity);
      branch_to(target);
      return skip_unreachable();
    }
    case Op::BrIf: return do_br_if(immediate());
    case Op::BrTable: do_br_table(); return skip_unreachable();
    case Op::Return:
      if (type_.results.size() > 1) flush(type_.results.size());
      emit_return();
      return skip_unreachable();
    case Op::Call: return do_call(immediate());
    case Op::CallIndirect: return do_call_indirect();
    case Op::Drop: pop(); return;
    case Op::SelectTyped: skip_immediate(wasm::Immediate::SelectTypes); return do_select();
    case Op::Select: return do_select();
    case Op::LocalGet: return push({false, slot_of_local(immediate()), 0});
    case Op::LocalSet: return do_local_set(slot_of_local(immediate()), false);
    case Op::LocalTee: return do_local_set(slot_of_local(immediate()), true);
    case Op::GlobalGet: return do_global_get(immediate());
    case Op::GlobalSet: {
      const Entry entry = pop();
      const i32 from = operand(entry, stack_.size());
      emit_wide(Special::GlobalSet, from, reinterpret_cast<u64>(&instance_.global_space[immediate()]->value[0]));
      return;
    }
    case Op::TableGet: {
      const Entry entry = pop();
      const i32 from = operand(entry, stack_.size());
      emit(Special::TableGet, own_slot(stack_.size()), from, static_cast<i32>(immediate()));
      return push_result();
    }
    case Op::TableSet: {
      const Entry value = pop();
      const Entry index = pop();
      const i32 a = operand(index, stack_.size());
      const i32 b = operand(value, stack_.size() + 1);
      emit(Special::TableSet, a, b, static_cast<i32>(immediate()));
      return;
    }
    case Op::MemorySize:
      immediate();
      emit(Special::MemorySize, own_slot(stack_.size()));
      return push_result();
    case Op::MemoryGrow: {
      immediate();
      const Entry entry = pop();
      const i32 from = operand(entry, stack_.size());
      emit(Special::MemoryGrow, own_slot(stack_.size()), from);
      return push_result();
    }
    case Op::I32Const: return push_const(static_cast<u32>(wasm::next_i32(pc_)));
    case Op::I64Const: return push_const(static_cast<u64>(wasm::next_i64(pc_)));
    case Op::F32Const: pc_ += 4; return push_const(load_le<u32>(pc_ - 4));
    case Op::F64Const: pc_ += 8; return push_const(load_le<u64>(pc_ - 8));
    case Op::RefNull: pc_ += 1; return push_const(abi::kNullReference);
    case Op::RefFunc: return push_const(reinterpret_cast<u64>(instance_.function_space[immediate()]));
    case Op::RefIsNull: return do_eqz(Op::I64Eq);
    case Op::I32Eqz: return do_eqz(Op::I32Eq);
    case Op::I64Eqz: return do_eqz(Op::I64Eq);
    // The bits stay where they are.
    case Op::I32ReinterpretF32:
    case Op::I64ReinterpretF64:
    case Op::F32ReinterpretI32:
    case Op::F64ReinterpretI64: return;
    default: break;
  }
  if (op >= Op::I32Load && op <= Op::I64Load32U) return do_load(op);
  if (op >= Op::I32Store && op <= Op::I64Store32) return do_store(op);
  if (static_cast<u16>(op) > 0xff) return do_misc_op(op);
  return wasm::op_info(op).param_count == 2 ? do_binary(op) : do_unary(op);
}

std::vector<Instruction> Translator::run() {
  pc_ = function_.body.data();
  params_ = static_cast<u32>(type_.params.size());
  for (u32 groups = immediate(); groups != 0; --groups) {
    zeroed_locals_ += static_cast<i32>(immediate());
    ++pc_;  // the type
  }
  // A body without the byte of `loop` has no loop; the other way round it does not matter.
  has_constant_slots_ = std::find(pc_, function_.body.data() + function_.body.size(), static_cast<u8>(Op::Loop)) !=
                        function_.body.data() + function_.body.size();
  constant_base_ = kLinkSlots + zeroed_locals_;
  stack_base_ = constant_base_ + (has_constant_slots_ ? static_cast<i32>(kMaxLoopConstants) : 0);
  labels_.push_back({Op::Call, 0, 0, static_cast<u32>(type_.results.size()), kNone, kNone, kNone});
  while (!labels_.empty()) do_op(next_op());

  // The frame is known now. Branches are relative, so the prologue may be put in front.
  std::vector<Instruction> body;
  body.swap(code_);
  std::vector<u32> body_offsets;
  if (offsets_ != nullptr) body_offsets.swap(*offsets_);
  op_offset_ = static_cast<u32>(function_.offset);
  const i32 frame = own_slot(max_height_) + kLinkSlots;
  const bool is_simple = zeroed_locals_ == 0 && constants_.empty();
  emit(is_simple ? Special::EnterSimple : Special::Enter, frame, zeroed_locals_, static_cast<i32>(constants_.size()));
  for (size_t i = 0; i < constants_.size(); ++i) emit_data(constant_base_ + static_cast<i32>(i), constants_[i]);
  code_.insert(code_.end(), body.begin(), body.end());
  if (offsets_ != nullptr) offsets_->insert(offsets_->end(), body_offsets.begin(), body_offsets.end());
  return std::move(code_);
}

}  // namespace

std::vector<Instruction> translate(const runtime::Instance& instance, u32 index) {
  return Translator(instance, index, nullptr).run();
}

std::vector<u32> source_offsets(const runtime::Instance& instance, u32 index) {
  std::vector<u32> offsets;
  Translator(instance, index, &offsets).run();
  return offsets;
}

}  // namespace hermit::interp

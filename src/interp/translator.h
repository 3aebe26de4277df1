// The machine behind translate.h, shared by the translate_*.cc files; translate.cc tells the whole. Private to this
// folder.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "interp/translate.h"
#include "wasm/instruction_reader.h"
#include "wasm/leb128.h"

namespace hermit::interp {

inline constexpr i32 kNone = -1;

// One value of the virtual stack.
struct Entry {
  u64 value = 0;  // constants only: as a slot holds it
  i32 where = 0;  // slot it is in; for constants meaningless
  i32 own = 0;    // the slot that belongs to its place on the stack
  bool is_const = false;
  bool is_wide = false;  // takes two slots; never a constant
};

struct Label {
  using Types = std::span<const wasm::ValType>;

  wasm::Op op;  // Block, Loop, If, Else (an If whose else was seen), TryTable, Try, Catch; Call for the function itself
  const wasm::FuncType* type = nullptr;  // of the block; null: no parameters, and the result below
  wasm::ValType result{};  // 0: none
  size_t height = 0;  // of the virtual stack below the parameters
  i32 base = 0;  // slot of the first parameter and result
  i32 patches = kNone;  // forward branches to here, chained through their distances
  i32 clause_patches = kNone;  // catch clauses that lead here, chained through CatchClause::target
  i32 loop_start = kNone;  // Loop only: position
  i32 else_patch = kNone;  // If only: the branch that skips the `then` part
  i32 region = kNone;  // the innermost try around what stands inside the block
  i32 try_region = kNone;  // Try, Catch, TryTable: its own region

  [[nodiscard]] Types params() const { return type != nullptr ? Types(type->params) : Types{}; }
  [[nodiscard]] Types results() const {
    if (type != nullptr) return type->results;
    return result == wasm::ValType{} ? Types{} : Types(&result, 1);
  }
  // What a branch to the label carries.
  [[nodiscard]] Types carried() const { return op == wasm::Op::Loop ? params() : results(); }
};

// What a conditional branch tests: a comparison of slots, or of a slot and an immediate.
struct Condition {
  wasm::Op op;
  Form form;  // Slots, Immediate or Negated
  i32 lhs;
  i32 rhs;
};

bool is_comparison(wasm::Op op);
bool is_float_comparison(wasm::Op op);
// Requires: an integer comparison of two operands.
wasm::Op inverse(wasm::Op op);

class Translator {
 public:
  Translator(const runtime::Instance& instance, u32 index, std::vector<u32>* offsets)
      : instance_(instance),
        module_(*instance.module),
        function_(module_.functions[index]),
        type_(module_.function_type(index)),
        offsets_(offsets) {}

  Translation run();

 private:
  using Op = wasm::Op;
  using Types = Label::Types;

  // --- frame ---
  void lay_out_frame();
  i32 slot_of_local(u32 index) const {
    if (!local_slots_.empty()) return local_slots_[index];
    return index < param_slots_ ? static_cast<i32>(index) - static_cast<i32>(param_slots_)
                                : kLinkSlots + static_cast<i32>(index - param_slots_);
  }
  bool is_wide_local(u32 index) const { return !local_slots_.empty() && is_wide_local_[index]; }

  // --- virtual stack (translate_stack.cc) ---
  bool is_local(const Entry& entry) const { return !entry.is_const && entry.where < stack_base_; }
  void push(Entry entry);
  void push_result(bool is_wide = false) { push({.where = top_, .is_wide = is_wide}); }
  void push_results(Types types);
  void push_const(u64 value) { push({.value = value, .is_const = true}); }
  Entry pop();
  void drop_to(size_t height);
  // The slot an operand can be read from; a constant is put somewhere first.
  i32 operand(const Entry& entry);
  i32 pop_operand() { return operand(pop()); }
  void move_to(i32 slot, const Entry& entry);
  void flush_entry(size_t position);
  void flush(size_t count);
  void flush_locals();
  void preserve(i32 local_slot);
  i32 loop_constant(u64 value);

  // --- writing code ---
  Instruction& emit(i32 handler, i32 a = 0, i32 b = 0, i32 c = 0) {
    last_.position = kNone;
    code_.push_back({handler, a, b, c});
    if (offsets_ != nullptr) offsets_->push_back(op_offset_);
    return code_.back();
  }
  Instruction& emit(Special special, i32 a = 0, i32 b = 0, i32 c = 0) { return emit(handler(special), a, b, c); }
  Instruction& emit(Op op, Form form, i32 a, i32 b = 0, i32 c = 0) { return emit(handler(op, form), a, b, c); }
  void emit_wide(Special special, i32 a, u64 wide) { emit(special, a).set_wide(wide); }
  void emit_data(i32 a, u64 wide = 0) { emit(i32{0}, a).set_wide(wide); }
  void emit_raw(const u8* bytes);  // 16 of them
  void emit_pointer(const void* pointer) { emit_data(0, reinterpret_cast<u64>(pointer)); }
  // The instruction just written (from `position` on) put its result into the slot `a` names.
  void result_is_last(i32 position, Op op = Op::Nop, Form form = Form::Slots) { last_ = {position, op, form}; }
  bool made_last(const Entry& entry) const {
    return last_.position != kNone && !entry.is_const && code_[static_cast<size_t>(last_.position)].a == entry.where;
  }
  i32 here() const { return static_cast<i32>(code_.size()); }

  // --- control (translate_control.cc) ---
  // A distance is a word of the code: instruction * 4 + which of its four words.
  static i32 word_c(i32 position) { return position * 4 + 3; }
  i32& word(i32 index);
  void set_distance(i32 at, i32 to) { word(at) = (to - at / 4) * static_cast<i32>(sizeof(Instruction)); }
  void bind(i32 chain);
  void bind_label(const Label& target);
  Label read_block_type(Op op);
  void open(Op op);
  void branch_to(Label& target);
  void emit_return();
  Condition pop_condition();
  i32 emit_branch(const Condition& condition, bool if_true);
  bool in_place(const Label& target) const;
  void transfer(const Label& target);
  void chain_to(Label& target, i32 at);
  void branch_if(const Condition& condition, Label& target);
  void leave_part(const Label& target);
  void do_else();
  void do_end();
  void end_function();
  void do_br_if();
  void do_br_table();
  void do_br_on_null();
  void do_br_on_non_null();
  void do_return();
  void skip_unreachable();
  void skip_immediate(wasm::Immediate kind);
  Op next_op();

  // --- exceptions (translate_exceptions.cc) ---
  i32 open_region(i32 parent);
  CatchClause& add_clause(i32 region, const abi::Tag* tag);
  void do_try_table();
  void add_catch(i32 region);
  void do_catch(bool is_all);
  void do_delegate();
  void do_throw();

  // --- instructions ---
  void do_op(Op op);
  void do_prefixed_op(Op op);
  void do_unary(Op op);
  void do_binary(Op op);
  void do_eqz(Op equals);
  void do_local_set(u32 index, bool keep);
  void do_global_get(u32 index);
  void do_global_set(u32 index);
  void do_select();
  void do_table_get();
  void do_table_set();
  // translate_calls.cc
  void do_call(u32 index);
  void do_call_indirect();
  void do_call_ref();
  void do_return_call(u32 index);
  void do_return_call_indirect();
  void do_return_call_ref();
  i32 begin_call(const wasm::FuncType& type);
  void end_call(const wasm::FuncType& type);
  void emit_tail_call(Special special, const wasm::FuncType& type);
  // translate_memory.cc
  void do_memory_access(Op op);
  void do_load(Op op, const wasm::Memarg& memarg);
  void do_store(Op op, const wasm::Memarg& memarg);
  void emit_far(Op op, const wasm::Memarg& memarg, i32 a, i32 b, i32 c);
  void do_operands(size_t count, Special special, i32 b, i32 c, bool has_result);
  void do_bulk(Op op);
  void do_simd(Op op);
  void do_lane_access(Op op);
  u32 immediate() { return wasm::next_u32(pc_); }
  i32 index() { return static_cast<i32>(immediate()); }

  Label& label(u32 depth) { return labels_[labels_.size() - 1 - depth]; }

  const runtime::Instance& instance_;
  const wasm::Module& module_;
  const wasm::Function& function_;
  const wasm::FuncType& type_;
  std::vector<u32>* offsets_;  // per instruction, or null
  u32 op_offset_ = 0;  // of the wasm instruction being translated
  const u8* pc_ = nullptr;
  u32 param_slots_ = 0;
  std::vector<i32> local_slots_;  // by local; empty if every local takes one slot
  std::vector<bool> is_wide_local_;
  i32 stack_base_ = 0;
  i32 top_ = 0;  // the first slot above the virtual stack
  i32 max_top_ = 0;
  size_t pending_from_ = 0;  // no entry below this position refers to a local
  u32 loop_depth_ = 0;
  bool reachable_ = true;
  i32 region_ = kNone;  // the innermost try around the instruction at hand
  i32 zeroed_slots_ = 0;
  i32 constant_base_ = 0;
  bool has_constant_slots_ = false;
  std::vector<Entry> stack_;
  std::vector<Label> labels_;
  std::vector<Instruction> code_;
  std::vector<u64> constants_;
  Handlers handlers_;
  struct Last {
    i32 position = kNone;
    Op op = Op::Nop;  // what it is, if it is a comparison that a branch may take over
    Form form = Form::Slots;
  } last_;
};

}  // namespace hermit::interp

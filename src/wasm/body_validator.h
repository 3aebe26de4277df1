// Validation of function bodies: the machine behind validator.h. Private to this folder.
//
// The algorithm is the one of the specification's appendix: a stack of operand types and a stack of control frames, one
// pass over the bytes, no recursion. Behind an unconditional branch the rest of the frame is *unreachable*: popping
// below its height gives kUnknown, which matches every type.
//
// body_validator.cc has the machine and plain instructions, body_control.cc blocks and branches, body_exceptions.cc
// what throws and catches, body_references.cc references, tables and calls, body_memory.cc memory and lanes.
//
// Cost. Everything is linear in the bytes with small factors, whatever they declare:
//   locals      stay runs as encoded; the first kPlainLocals are also expanded, the rest is found by binary search
//   br_table    a label is compared once, however often it is named
//   calls       arguments are compared as one block (at most kMaxParams types for two bytes of code)
//   operands    kMaxOperandSlots bounds what 1,000 results per call can pile up
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "wasm/leb128.h"
#include "wasm/limits.h"
#include "wasm/module.h"
#include "wasm/type_reader.h"

namespace hermit::wasm {

class BodyValidator {
 public:
  // `module` must outlive the validator. Requires: validate_module(module) succeeded.
  explicit BodyValidator(const Module& module);

  // Requires: imported_functions <= index < functions.size().
  // Errors: Invalid, Malformed (the bytes are not instructions), Unsupported, Limit; at the instruction concerned.
  Result<void> validate(u32 index);

 private:
  using Types = std::span<const ValType>;

  static constexpr ValType kUnknown{0};  // the bottom type of unreachable code
  static constexpr u32 kPlainLocals = 128;  // nearly all functions have fewer
  static constexpr char kTypeMismatch[] = "type mismatch";

  struct LocalRun {
    u32 end;  // one past the run's last local index
    ValType type;
  };

  // TryTable is try_table; Try, Catch and CatchAll are the parts of the legacy try.
  enum class FrameKind : u8 { Function, Block, Loop, If, Else, TryTable, Try, Catch, CatchAll };

  // A type index, or without one no parameters and at most one result (kUnknown: none).
  struct BlockType {
    u32 index = kNoIndex;
    ValType result = kUnknown;
    bool operator==(const BlockType&) const = default;
  };

  struct Frame {
    BlockType type;  // for the function itself its type index
    u32 height;  // of the operand stack below the block's parameters
    u32 set_locals;  // of set_locals_ at the block's start
    u32 seen_by = 0;  // the br_table that compared it last
    FrameKind kind;
    bool unreachable;  // from here to the `else` or `end`
  };

  // Errors are sticky; the main loop stops at the first. Whatever still runs in the same instruction is harmless.
  void fail(ErrorKind kind, const char* what) {
    if (failure_ == nullptr) failure_ = what, failure_kind_ = kind;
  }
  void fail(const Error& error) { fail(error.kind, error.what); }
  void fail_invalid(const char* what) { fail(ErrorKind::Invalid, what); }
  void fail_malformed(const char* what) { fail(ErrorKind::Malformed, what); }

  // Immediates.
  u32 read_index() {
    const char* what = nullptr;
    const u32 value = read_var_u32(p_, end_, what);
    if (p_ == nullptr) [[unlikely]]
      bad_immediate(what);
    return value;
  }
  void bad_immediate(const char* what);
  void bad_type(const TypeFailure& failure);
  void skip(size_t count);
  u8 read_byte();
  ValType value_type(const char* otherwise);
  ValType heap_type();
  void memarg(u32 natural_exponent);
  void lane(u32 count);
  void shuffle();

  // Index spaces; each fails and gives something harmless if the index is out of range.
  ValType local_type(u32 index);
  ValType local_value(u32 index);
  void set_local(u32 index);
  const TableType& table(u32 index);
  // The type of a memory's addresses.
  ValType memory_address(u32 index) {
    if (index >= module_.memories.size()) [[unlikely]]
      return fail_invalid("unknown memory"), ValType::I32;
    return address_type(module_.memories[index].limits);
  }
  const FuncType& function_type_at(u32 index);
  const FuncType& tag_type(u32 index);
  void check_data(u32 index);
  void check_element(u32 index) {
    if (index >= module_.elements.size()) fail_invalid("unknown elem segment");
  }

  // The operand stack.
  bool grow();
  void push(ValType type) {
    if (size_ == capacity_ && !grow()) [[unlikely]]
      return;
    stack_[size_++] = type;
  }
  void push_all(Types types) {
    for (const ValType type : types) push(type);
  }
  ValType pop_any() {
    if (size_ == frame_->height) [[unlikely]] {
      if (!frame_->unreachable) fail_invalid(kTypeMismatch);
      return kUnknown;
    }
    return stack_[--size_];
  }
  [[nodiscard]] bool matches(ValType actual, ValType expected) const {
    return actual == expected || actual == kUnknown || module_.is_subtype(actual, expected);
  }
  void pop(ValType expected) {
    const ValType actual = pop_any();
    if (actual != expected && !matches(actual, expected)) [[unlikely]]
      fail_invalid(kTypeMismatch);
  }
  ValType pop_reference();
  void check_top(Types types);
  void pop_all(Types types);

  // Control (body_control.cc).
  // Valid while `block` is.
  [[nodiscard]] Types params_of(const BlockType& block) const {
    return block.index == kNoIndex ? Types{} : Types(module_.types[block.index].params);
  }
  [[nodiscard]] Types results_of(const BlockType& block) const {
    if (block.index != kNoIndex) return module_.types[block.index].results;
    return block.result == kUnknown ? Types{} : Types(&block.result, 1);
  }
  [[nodiscard]] Types label_types(const Frame& target) const {
    return target.kind == FrameKind::Loop ? params_of(target.type) : results_of(target.type);
  }
  [[nodiscard]] bool all_match(Types actual, Types expected) const;
  void set_unreachable() {
    size_ = frame_->height;
    frame_->unreachable = true;
  }
  void push_frame(FrameKind kind, const BlockType& type);
  Frame* read_label();
  BlockType block_type();
  void begin_block(FrameKind kind);
  void begin_else();
  void end_block();
  void end_of_frame();
  void close_frame();
  void retype_top(Types types);
  void forget_set_locals();
  void br();
  void br_if();
  void br_table();
  void return_();
  void br_on_null();
  void br_on_non_null();

  // Exceptions (body_exceptions.cc).
  void begin_try_table();
  void catch_clause();
  void begin_catch(bool is_all);
  void delegate();
  void rethrow();
  void throw_tag();

  // Instructions with a rule of their own.
  void call(const FuncType& type) {
    pop_all(type.params);
    push_all(type.results);
  }
  void return_call(const FuncType& type);
  void call_function(bool is_tail);
  void call_indirect(bool is_tail);
  void call_ref(bool is_tail);
  void select();
  void select_typed();
  void table_instruction(Op op);
  void table_init();
  void table_copy();
  void memory_instruction(Op op);
  void global_access(bool is_set);
  void ref_func();
  void ref_is_null();

  // Dispatch.
  void immediate(Immediate kind);
  void plain_instruction(const OpInfo& info);
  void special(Op op);
  void reference_instruction(Op op);
  void prefixed_instruction(u8 prefix);
  void instruction(u8 opcode);

  void declare_functions();
  void add_locals(u32 count, ValType type);
  void read_locals(const FuncType& type);
  void declare_in(const ConstExpr& expr);

  const Module& module_;
  std::vector<bool> declared_;  // functions that ref.func may name ("refs" of section 3.1.1)

  // The body at hand. p_ <= end_, except null for a moment after an immediate that cannot be read.
  const u8* p_ = nullptr;
  const u8* end_ = nullptr;
  u32 local_count_ = 0;
  ValType plain_locals_[kPlainLocals];
  std::vector<LocalRun> runs_;
  // Locals without a default value must be set before they are read. Empty if there are none.
  std::vector<bool> is_unset_;
  std::vector<u32> set_locals_;  // in the order they were set; a block's end forgets those set in it
  ValType address_ = ValType::I32;  // of the memory that the memarg at hand names
  u32 br_tables_ = 0;

  std::unique_ptr<ValType[]> stack_;
  u32 size_ = 0;
  u32 capacity_ = 0;
  std::vector<Frame> frames_;
  Frame* frame_ = nullptr;  // &frames_.back(), null behind the function's `end`

  const char* failure_ = nullptr;
  ErrorKind failure_kind_ = ErrorKind::Invalid;
};

}  // namespace hermit::wasm

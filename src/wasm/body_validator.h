// Validation of function bodies: the machine behind validator.h. Private to this folder.
//
// The algorithm is the one of the specification's appendix: a stack of operand types and a stack of control frames, one
// pass over the bytes, no recursion. Behind an unconditional branch the rest of the frame is *unreachable*: popping
// below its height gives kUnknown, which matches every type.
//
// Cost. Everything is linear in the bytes with small factors, whatever they declare:
//   locals      stay runs as encoded; the first kPlainLocals are also expanded, the rest is found by binary search
//   br_table    a target of the same type as the one before it is not compared again
//   calls       arguments are compared as one block (at most kMaxParams bytes for two bytes of code)
//   operands    kMaxOperandSlots bounds what 1,000 results per call can pile up
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "wasm/leb128.h"
#include "wasm/limits.h"
#include "wasm/module.h"

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
  static constexpr u32 kInlineType = 1u << 31;  // block types are a type index, or this bit and a ValType (0x40: empty)
  static constexpr char kTypeMismatch[] = "type mismatch";

  struct LocalRun {
    u32 end;  // one past the run's last local index
    ValType type;
  };

  enum class FrameKind : u8 { Function, Block, Loop, If, Else };

  struct Frame {
    u32 type;  // block type; for the function itself its type index
    u32 height;  // of the operand stack below the block's parameters
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
  void skip(size_t count);
  ValType value_type(const char* otherwise);
  ValType reference_type();
  void zero_byte();
  void memarg(u32 natural_exponent);

  // Index spaces; each fails and gives something harmless if the index is out of range.
  ValType local_type(u32 index);
  ValType table_element(u32 index);
  void check_memory() {
    if (module_.memories.empty()) [[unlikely]]
      fail_invalid("unknown memory");
  }
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
  void pop(ValType expected) {
    const ValType actual = pop_any();
    if (actual != expected && actual != kUnknown) [[unlikely]]
      fail_invalid(kTypeMismatch);
  }
  void check_top(Types types);
  void pop_all(Types types);

  // Control (body_control.cc).
  [[nodiscard]] Types params_of(u32 block) const {
    return (block & kInlineType) != 0 ? Types{} : Types(module_.types[block].params);
  }
  [[nodiscard]] Types results_of(u32 block) const;
  [[nodiscard]] Types label_types(const Frame& target) const {
    return target.kind == FrameKind::Loop ? params_of(target.type) : results_of(target.type);
  }
  void set_unreachable() {
    size_ = frame_->height;
    frame_->unreachable = true;
  }
  void push_frame(FrameKind kind, u32 type);
  const Frame* read_label();
  u32 block_type();
  void begin_block(FrameKind kind);
  void begin_else();
  void end_block();
  void end_of_frame();
  void br();
  void br_if();
  void br_table();
  void return_();

  // Instructions with a rule of their own.
  void call(const FuncType& type) {
    pop_all(type.params);
    push_all(type.results);
  }
  void call_function();
  void call_indirect();
  void select();
  void select_typed();
  void table_init();
  void table_copy();
  void global_access(bool is_set);
  void ref_func();
  void ref_is_null();

  // Dispatch.
  void immediate(Immediate kind);
  void plain_instruction(const OpInfo& info);
  void special(Op op);
  void misc_instruction();
  void instruction(u8 opcode);

  void declare_functions();
  void add_locals(u32 count, ValType type);
  void read_locals(const FuncType& type);

  const Module& module_;
  std::vector<bool> declared_;  // functions that ref.func may name ("refs" of section 3.1.1)

  // The body at hand. p_ <= end_, except null for a moment after an immediate that cannot be read.
  const u8* p_ = nullptr;
  const u8* end_ = nullptr;
  u32 local_count_ = 0;
  ValType plain_locals_[kPlainLocals];
  std::vector<LocalRun> runs_;

  std::unique_ptr<ValType[]> stack_;
  u32 size_ = 0;
  u32 capacity_ = 0;
  std::vector<Frame> frames_;
  Frame* frame_ = nullptr;  // &frames_.back(), null behind the function's `end`

  const char* failure_ = nullptr;
  ErrorKind failure_kind_ = ErrorKind::Invalid;
};

}  // namespace hermit::wasm

// Validation of function bodies, and the side table (validator.h) that falls out of it.
//
// The algorithm is the one of the specification's appendix: a stack of operand types and a stack of control frames, one pass
// over the bytes, no recursion. Behind an unconditional branch the rest of the frame is *unreachable*: popping below its height
// gives kUnknown, which matches every type.
//
// Cost. Everything is linear in the bytes with small factors, whatever they declare:
//   locals      stay runs as encoded; the first kPlainLocals are also expanded, the rest is found by binary search
//   br_table    a target of the same type as the one before it is not compared again
//   calls       arguments and results are compared and pushed as blocks (up to kMaxParams bytes for two bytes of code)
//   operands    kMaxOperandSlots bounds what 1,000 results per call can pile up
//   fix-ups     entries of forward branches to one label form a list threaded through delta_stp until the `end` is seen
//
// Rows of opcodes.def with a plain signature take one generic path (plain_instruction); the others have a case each in
// instruction().
#include <algorithm>
#include <cstring>
#include <memory>

#include "base/check.h"
#include "wasm/instruction_reader.h"
#include "wasm/leb128.h"
#include "wasm/limits.h"
#include "wasm/validator.h"

namespace hermit::wasm {
namespace {

constexpr ValType kUnknown{0};        // the bottom type of unreachable code
constexpr u32 kPlainLocals = 128;     // nearly all functions have fewer
constexpr u32 kNoBranch = 0xffffffff;

constexpr char kTypeMismatch[] = "type mismatch";

using Types = std::span<const ValType>;

struct LocalRun {
  u32 end;  // one past the run's last local index
  ValType type;
};

// A block type in 32 bits: a type index, or with the top bit set a ValType byte (0x40: empty).
constexpr u32 kInlineType = 0x80000000;

enum class FrameKind : u8 { Function, Block, Loop, If, Else };

struct Frame {
  u32 type;            // block type; for the function itself its type index
  u32 height;          // of the operand stack below the block's parameters
  u32 fixups;          // last forward branch to this label (index into branches), kNoBranch if there is none
  u32 start_pc;        // Loop: where branches lead, relative to code
  u32 start_branch;    // Loop: where branches lead; If: the entry of the `if` itself, kNoBranch in dead code
  FrameKind kind;
  bool unreachable;    // from here to the `else` or `end`
  bool dead;           // the whole block is in unreachable code
};

}  // namespace

struct BodyValidator::State {
  explicit State(const Module& m);

  Result<FunctionInfo> validate(u32 index, std::vector<BranchEntry>& out);

  // Errors are sticky; the main loop stops at the first. The offset is the instruction's.
  void fail(ErrorKind kind, const char* what) {
    if (failure == nullptr) failure = what, failure_kind = kind;
  }
  void fail_invalid(const char* what) { fail(ErrorKind::Invalid, what); }
  void fail_malformed(const char* what) { fail(ErrorKind::Malformed, what); }
  [[nodiscard]] Error error_at(u64 where) const { return {failure_kind, failure, where}; }

  // Immediates.
  u32 read_index() {
    const char* what = nullptr;
    const u32 value = read_var_u32(p, end, what);
    if (p == nullptr) [[unlikely]] bad_immediate(what);
    return value;
  }
  void bad_immediate(const char* what);
  void skip(size_t count);
  u32 block_type();
  void zero_byte();
  void memarg(u32 natural_exponent);

  // Index spaces; each fails and gives something harmless if the index is out of range.
  ValType local_type(u32 index);
  ValType table_element(u32 index);
  void check_memory() {
    if (module.memories.empty()) [[unlikely]] fail_invalid("unknown memory");
  }
  void check_data(u32 index);
  void check_element(u32 index) {
    if (index >= module.elements.size()) fail_invalid("unknown elem segment");
  }

  // The operand stack.
  bool grow();
  void push(ValType type) {
    if (size == capacity && !grow()) [[unlikely]] return;
    stack[size++] = type;
    if (size > max_size) max_size = size;
  }
  void push_all(Types types) {
    for (const ValType type : types) push(type);
  }
  ValType pop_any() {
    if (size == frame->height) [[unlikely]] {
      if (!frame->unreachable) fail_invalid(kTypeMismatch);
      return kUnknown;
    }
    return stack[--size];
  }
  void pop(ValType expected) {
    const ValType actual = pop_any();
    if (actual != expected && actual != kUnknown) [[unlikely]] fail_invalid(kTypeMismatch);
  }
  void check_top(Types types);
  void pop_all(Types types) {
    check_top(types);
    size -= static_cast<u32>(std::min<size_t>(types.size(), size - frame->height));
  }

  // Control.
  [[nodiscard]] Types params_of(u32 block) const {
    return (block & kInlineType) != 0 ? Types{} : Types(module.types[block].params);
  }
  [[nodiscard]] Types results_of(u32 block) const;
  [[nodiscard]] Types label_types(const Frame& target) const {
    return target.kind == FrameKind::Loop ? params_of(target.type) : results_of(target.type);
  }
  [[nodiscard]] bool live() const { return !frame->unreachable && !frame->dead; }
  void set_unreachable() {
    size = frame->height;
    frame->unreachable = true;
  }
  void push_frame(FrameKind kind, u32 type);
  Frame* label(u32 depth);
  void append_branch(Frame& target, const u8* base, u32 keep);
  void resolve(Frame& target, const u8* where);
  void begin_block(FrameKind kind);
  void begin_else();
  void end_block();
  void end_of_frame();
  void br();
  void br_if();
  void br_table();
  void return_();

  void call(const FuncType& type) {
    pop_all(type.params);
    push_all(type.results);
  }
  void call_function();
  void call_indirect();
  void select();
  void select_typed();
  void table_copy();
  void table_init();
  void ref_func();
  void ref_is_null();

  void plain_instruction(const OpInfo& info);
  void immediate(const OpInfo& info);
  void instruction(u8 opcode);
  void special(Op op);
  void misc_instruction();

  void declare_functions();
  bool read_locals(const FuncType& type);
  void add_locals(u64 count, ValType type);

  const Module& module;
  std::vector<bool> declared;  // functions that ref.func may name (section 3.4.9, "refs")

  // One body.
  const u8* code = nullptr;   // first instruction
  const u8* p = nullptr;      // null after an immediate that cannot be read
  const u8* end = nullptr;
  std::vector<BranchEntry>* branches = nullptr;
  u32 local_count = 0;
  ValType plain_locals[kPlainLocals];
  std::vector<LocalRun> runs;

  std::unique_ptr<ValType[]> stack;
  u32 size = 0;
  u32 capacity = 0;
  u32 max_size = 0;
  std::vector<Frame> frames;
  Frame* frame = nullptr;     // &frames.back()

  const char* failure = nullptr;
  ErrorKind failure_kind = ErrorKind::Invalid;
};

BodyValidator::State::State(const Module& m) : module(m), declared(m.functions.size()) { declare_functions(); }

// A function reference may be taken only of functions that occur outside of bodies.
void BodyValidator::State::declare_functions() {
  for (const Export& exported : module.exports) {
    if (exported.kind == ExternalKind::Function) declared[exported.index] = true;
  }
  for (const Global& global : module.globals) {
    if (global.init.is_simple && global.init.op == Op::RefFunc) declared[static_cast<size_t>(global.init.bits)] = true;
  }
  for (const ElementSegment& segment : module.elements) {
    for (const ElementInit& element : segment.elements) {
      if (element.kind == ElementInit::Kind::RefFunc) declared[element.index] = true;
    }
  }
}

// --- Immediates ---

// Leaves an empty rest, so that whatever reads on fails harmlessly until the main loop sees the failure.
void BodyValidator::State::bad_immediate(const char* what) {
  fail_malformed(what == kUnexpectedEnd ? "unexpected end of section or function" : what);
  p = end;
}

void BodyValidator::State::skip(size_t count) {
  if (static_cast<size_t>(end - p) < count) return bad_immediate(kUnexpectedEnd);
  p += count;
}

u32 BodyValidator::State::block_type() {
  constexpr u32 kEmpty = kInlineType | 0x40;
  if (p == end) return bad_immediate(kUnexpectedEnd), kEmpty;
  const u8 byte = *p;
  if (byte == 0x40) return ++p, kEmpty;
  if (byte >= 0x40 && byte < 0x80) {
    const Result<ValType> type = checked_value_type(byte, 0);
    if (!type) return fail(type.error().kind, type.error().what), kEmpty;
    ++p;
    return kInlineType | byte;
  }
  const char* what = nullptr;
  const i64 index = read_var_i33(p, end, what);
  if (p == nullptr) return bad_immediate(what), kEmpty;
  if (index < 0) return fail_malformed("malformed block type"), kEmpty;
  if (static_cast<u64>(index) >= module.types.size()) return fail_invalid("unknown type"), kEmpty;
  return static_cast<u32>(index);
}

void BodyValidator::State::zero_byte() {
  if (p == end) return bad_immediate(kUnexpectedEnd);
  if (*p != 0) return fail_malformed("zero byte expected");
  ++p;
}

void BodyValidator::State::memarg(u32 natural_exponent) {
  check_memory();
  const u32 exponent = read_index();
  if (exponent > natural_exponent) [[unlikely]] {
    if (exponent < 32) return fail_invalid("alignment must not be larger than natural");
    if (exponent < 64) return fail_malformed("malformed memop flags");
    if (exponent < 128) return fail(ErrorKind::Unsupported, "malformed memop flags: multiple memories are not supported");
    return fail_malformed("malformed memop flags");
  }
  (void)read_index();
}

// --- Index spaces ---

ValType BodyValidator::State::local_type(u32 index) {
  if (index >= local_count) [[unlikely]] return fail_invalid("unknown local"), kUnknown;
  if (index < kPlainLocals) [[likely]] return plain_locals[index];
  const auto ends_behind = [](const LocalRun& run, u32 i) { return run.end <= i; };
  return std::lower_bound(runs.begin(), runs.end(), index, ends_behind)->type;
}

ValType BodyValidator::State::table_element(u32 index) {
  if (index >= module.tables.size()) return fail_invalid("unknown table"), ValType::FuncRef;
  return module.tables[index].element;
}

void BodyValidator::State::check_data(u32 index) {
  if (module.data_count == kNoIndex) return fail_malformed("data count section required");
  if (index >= module.data_count) fail_invalid("unknown data segment");
}

// --- The operand stack ---

bool BodyValidator::State::grow() {
  if (capacity >= kMaxOperandSlots) return fail(ErrorKind::Limit, "too many operands on the stack"), false;
  const u32 bigger = std::min(std::max(capacity * 2, 1024u), kMaxOperandSlots);
  auto copy = std::make_unique_for_overwrite<ValType[]>(bigger);
  if (size != 0) std::memcpy(copy.get(), stack.get(), size);
  stack = std::move(copy);
  capacity = bigger;
  return true;
}

// Fails unless the top of the stack matches `types`; values missing in unreachable code match everything.
void BodyValidator::State::check_top(Types types) {
  if (types.empty()) return;
  const size_t available = size - frame->height;
  if (types.size() <= available && std::memcmp(stack.get() + size - types.size(), types.data(), types.size()) == 0) return;
  if (types.size() > available && !frame->unreachable) return fail_invalid(kTypeMismatch);
  const size_t present = std::min(types.size(), available);
  for (size_t i = 1; i <= present; ++i) {
    const ValType actual = stack[size - i];
    if (actual != types[types.size() - i] && actual != kUnknown) return fail_invalid(kTypeMismatch);
  }
}

// --- Control ---

Types BodyValidator::State::results_of(u32 block) const {
  if ((block & kInlineType) == 0) return module.types[block].results;
  static constexpr ValType kSingle[] = {ValType::I32,  ValType::I64,     ValType::F32,      ValType::F64,
                                        ValType::V128, ValType::FuncRef, ValType::ExternRef};
  for (const ValType& type : kSingle) {
    if (static_cast<u32>(type) == (block & 0xff)) return {&type, 1};
  }
  return {};
}

void BodyValidator::State::push_frame(FrameKind kind, u32 type) {
  const bool dead = frame != nullptr && !live();
  frames.push_back({.type = type, .height = size, .fixups = kNoBranch, .start_pc = 0, .start_branch = kNoBranch,
                    .kind = kind, .unreachable = false, .dead = dead});
  frame = &frames.back();
}

// The frame that label `depth` names, or null after a failure.
Frame* BodyValidator::State::label(u32 depth) {
  if (depth >= frames.size()) [[unlikely]] return fail_invalid("unknown label"), nullptr;
  return frame - depth;
}

// Adds the entry of a branch to `target`. `base` is the first byte behind the branch's opcode. Requires: live(), the operands of
// the instruction itself popped, `keep` values for the label on the stack.
void BodyValidator::State::append_branch(Frame& target, const u8* base, u32 keep) {
  const u32 here = static_cast<u32>(branches->size());
  const u32 base_pc = static_cast<u32>(base - code);
  const u32 drop = size - keep - target.height;
  if (target.kind == FrameKind::Loop) {
    branches->push_back({static_cast<i32>(target.start_pc - base_pc), static_cast<i32>(target.start_branch - here), keep, drop});
    return;
  }
  branches->push_back({static_cast<i32>(base_pc), static_cast<i32>(target.fixups), keep, drop});
  target.fixups = here;
}

// Lets all forward branches to `target` lead to `where` and the next entry.
void BodyValidator::State::resolve(Frame& target, const u8* where) {
  const u32 pc = static_cast<u32>(where - code);
  const u32 next = static_cast<u32>(branches->size());
  for (u32 i = target.fixups; i != kNoBranch;) {
    BranchEntry& entry = (*branches)[i];
    const u32 previous = static_cast<u32>(entry.delta_stp);
    entry.delta_pc = static_cast<i32>(pc - static_cast<u32>(entry.delta_pc));
    entry.delta_stp = static_cast<i32>(next - i);
    i = previous;
  }
  target.fixups = kNoBranch;
}

void BodyValidator::State::begin_block(FrameKind kind) {
  const u8* const base = p;
  const u32 type = block_type();
  if (kind == FrameKind::If) pop(ValType::I32);
  const Types params = params_of(type);
  pop_all(params);
  if (failure != nullptr) return;
  const bool was_live = live();
  push_frame(kind, type);
  push_all(params);
  if (kind == FrameKind::Loop) {
    frame->start_pc = static_cast<u32>(p - code);
    frame->start_branch = static_cast<u32>(branches->size());
  } else if (kind == FrameKind::If && was_live) {
    frame->start_branch = static_cast<u32>(branches->size());
    branches->push_back({static_cast<i32>(base - code), 0, 0, 0});
  }
}

// What `else` and `end` have in common: exactly the results are on the stack.
void BodyValidator::State::end_of_frame() {
  pop_all(results_of(frame->type));
  if (size != frame->height) fail_invalid(kTypeMismatch);
}

void BodyValidator::State::begin_else() {
  if (frame->kind != FrameKind::If) return fail_malformed("END opcode expected");
  end_of_frame();
  if (failure != nullptr) return;
  if (live()) append_branch(*frame, p, 0);  // the `then` part jumps over the `else` part; drop is 0 as the stack is empty
  if (frame->start_branch != kNoBranch) {
    BranchEntry& entry = (*branches)[frame->start_branch];
    entry.delta_pc = static_cast<i32>(p - code) - entry.delta_pc;
    entry.delta_stp = static_cast<i32>(branches->size() - frame->start_branch);
    frame->start_branch = kNoBranch;
  }
  frame->kind = FrameKind::Else;
  frame->unreachable = false;
  push_all(params_of(frame->type));
}

void BodyValidator::State::end_block() {
  end_of_frame();
  const Types results = results_of(frame->type);
  if (frame->kind == FrameKind::If) {
    const Types params = params_of(frame->type);
    if (!std::equal(params.begin(), params.end(), results.begin(), results.end())) fail_invalid(kTypeMismatch);
    if (frame->start_branch != kNoBranch) {
      BranchEntry& entry = (*branches)[frame->start_branch];
      entry.delta_pc = static_cast<i32>(p - code) - entry.delta_pc;
      entry.delta_stp = static_cast<i32>(branches->size() - frame->start_branch);
    }
  }
  resolve(*frame, frame->kind == FrameKind::Function ? p - 1 : p);
  if (frames.size() == 1) {
    frames.pop_back();
    frame = nullptr;
    return;
  }
  frames.pop_back();
  frame = &frames.back();
  push_all(results);
}

void BodyValidator::State::br() {
  const u8* const base = p;
  Frame* const target = label(read_index());
  if (target == nullptr) return;
  const Types types = label_types(*target);
  check_top(types);
  if (failure == nullptr && live()) append_branch(*target, base, static_cast<u32>(types.size()));
  set_unreachable();
}

void BodyValidator::State::br_if() {
  const u8* const base = p;
  Frame* const target = label(read_index());
  if (target == nullptr) return;
  pop(ValType::I32);
  const Types types = label_types(*target);
  check_top(types);
  if (failure != nullptr) return;
  if (live()) return append_branch(*target, base, static_cast<u32>(types.size()));
  if (frame->unreachable) {  // unknown values have the label's types from here on
    pop_all(types);
    push_all(types);
  }
}

void BodyValidator::State::br_table() {
  const u8* const base = p;
  pop(ValType::I32);
  const u32 count = read_index();
  size_t arity = 0;
  u32 last_type = 0;
  FrameKind last_kind = FrameKind::Function;
  for (u64 i = 0; i <= count && failure == nullptr; ++i) {
    Frame* const target = label(read_index());
    if (target == nullptr || failure != nullptr) return;
    const bool same = i != 0 && target->type == last_type && (target->kind == FrameKind::Loop) == (last_kind == FrameKind::Loop);
    if (!same) {
      const Types types = label_types(*target);
      if (i != 0 && types.size() != arity) return fail_invalid(kTypeMismatch);
      arity = types.size();
      check_top(types);
      if (failure != nullptr) return;
      last_type = target->type;
      last_kind = target->kind;
    }
    if (live()) append_branch(*target, base, static_cast<u32>(arity));
  }
  set_unreachable();
}

void BodyValidator::State::return_() {
  check_top(results_of(frames.front().type));
  set_unreachable();
}

// --- Instructions with a rule of their own ---

void BodyValidator::State::call_function() {
  const u32 index = read_index();
  if (index >= module.functions.size()) return fail_invalid("unknown function");
  call(module.function_type(index));
}

void BodyValidator::State::call_indirect() {
  const u32 type = read_index();
  if (table_element(read_index()) != ValType::FuncRef) fail_invalid(kTypeMismatch);
  if (type >= module.types.size()) return fail_invalid("unknown type");
  pop(ValType::I32);
  call(module.types[type]);
}

void BodyValidator::State::select() {
  pop(ValType::I32);
  const ValType second = pop_any();
  const ValType first = pop_any();
  if (is_reference(first) || is_reference(second)) return fail_invalid(kTypeMismatch);
  if (first != second && first != kUnknown && second != kUnknown) return fail_invalid(kTypeMismatch);
  push(first == kUnknown ? second : first);
}

void BodyValidator::State::select_typed() {
  if (read_index() != 1) return fail_invalid("invalid result arity");
  if (p == end) return bad_immediate(kUnexpectedEnd);
  const Result<ValType> type = checked_value_type(*p++, 0);
  if (!type) return fail(type.error().kind, type.error().what);
  pop(ValType::I32);
  pop(*type);
  pop(*type);
  push(*type);
}

void BodyValidator::State::table_init() {
  const u32 segment = read_index();
  const ValType table = table_element(read_index());
  check_element(segment);
  if (failure == nullptr && module.elements[segment].type != table) fail_invalid(kTypeMismatch);
}

void BodyValidator::State::table_copy() {
  const ValType destination = table_element(read_index());
  if (table_element(read_index()) != destination) fail_invalid(kTypeMismatch);
}

void BodyValidator::State::ref_func() {
  const u32 index = read_index();
  if (index >= module.functions.size()) return fail_invalid("unknown function");
  if (!declared[index]) return fail_invalid("undeclared function reference");
  push(ValType::FuncRef);
}

void BodyValidator::State::ref_is_null() {
  const ValType type = pop_any();
  if (type != kUnknown && !is_reference(type)) return fail_invalid(kTypeMismatch);
  push(ValType::I32);
}

// --- Dispatch ---

// Reads and checks the immediates of a row with a plain signature.
void BodyValidator::State::immediate(const OpInfo& info) {
  const char* what = nullptr;
  switch (info.immediate) {
    case Immediate::None: return;
    case Immediate::Memarg8: return memarg(0);
    case Immediate::Memarg16: return memarg(1);
    case Immediate::Memarg32: return memarg(2);
    case Immediate::Memarg64: return memarg(3);
    case Immediate::I32:
      (void)read_var_i32(p, end, what);
      if (p == nullptr) bad_immediate(what);
      return;
    case Immediate::I64:
      (void)read_var_i64(p, end, what);
      if (p == nullptr) bad_immediate(what);
      return;
    case Immediate::F32: return skip(4);
    case Immediate::F64: return skip(8);
    case Immediate::MemoryMemory: zero_byte(); [[fallthrough]];
    case Immediate::Memory: return zero_byte(), check_memory();
    case Immediate::Data: return check_data(read_index());
    case Immediate::Element: return check_element(read_index());
    case Immediate::DataMemory: {
      const u32 segment = read_index();
      zero_byte();
      check_memory();
      return check_data(segment);
    }
    case Immediate::ElementTable: return table_init();
    case Immediate::TableTable: return table_copy();
    case Immediate::Table: return (void)table_element(read_index());
    case Immediate::Block: case Immediate::Label: case Immediate::BrTable: case Immediate::Function:
    case Immediate::CallIndirect: case Immediate::SelectTypes: case Immediate::Local: case Immediate::Global:
    case Immediate::RefType:
      break;
  }
  CHECK(false);  // rows with these immediates have the signature "*"
}

void BodyValidator::State::plain_instruction(const OpInfo& info) {
  if (info.immediate != Immediate::None) immediate(info);
  for (u32 i = info.param_count; i != 0; --i) pop(info.params[i - 1]);
  if (info.result_count != 0) push(info.result);
}

void BodyValidator::State::special(Op op) {
  switch (op) {
    case Op::Unreachable: return set_unreachable();
    case Op::Block: return begin_block(FrameKind::Block);
    case Op::Loop: return begin_block(FrameKind::Loop);
    case Op::If: return begin_block(FrameKind::If);
    case Op::Else: return begin_else();
    case Op::End: return end_block();
    case Op::Br: return br();
    case Op::BrIf: return br_if();
    case Op::BrTable: return br_table();
    case Op::Return: return return_();
    case Op::Call: return call_function();
    case Op::CallIndirect: return call_indirect();
    case Op::Drop: return (void)pop_any();
    case Op::Select: return select();
    case Op::SelectTyped: return select_typed();
    case Op::LocalGet: return push(local_type(read_index()));
    case Op::LocalSet: return pop(local_type(read_index()));
    case Op::LocalTee: {
      const ValType type = local_type(read_index());
      return pop(type), push(type);
    }
    case Op::GlobalGet:
    case Op::GlobalSet: {
      const u32 index = read_index();
      if (index >= module.globals.size()) return fail_invalid("unknown global");
      const GlobalType& global = module.globals[index].type;
      if (op == Op::GlobalGet) return push(global.type);
      if (!global.is_mutable) return fail_invalid("global is immutable");
      return pop(global.type);
    }
    case Op::TableGet: {
      const ValType type = table_element(read_index());
      return pop(ValType::I32), push(type);
    }
    case Op::TableSet: {
      const ValType type = table_element(read_index());
      return pop(type), pop(ValType::I32);
    }
    case Op::TableGrow: {
      const ValType type = table_element(read_index());
      return pop(ValType::I32), pop(type), push(ValType::I32);
    }
    case Op::TableFill: {
      const ValType type = table_element(read_index());
      return pop(ValType::I32), pop(type), pop(ValType::I32);
    }
    case Op::RefNull: {
      if (p == end) return bad_immediate(kUnexpectedEnd);
      const Result<ValType> type = checked_value_type(*p++, 0, "malformed reference type");
      if (!type) return fail(type.error().kind, type.error().what);
      if (!is_reference(*type)) return fail_malformed("malformed reference type");
      return push(*type);
    }
    case Op::RefIsNull: return ref_is_null();
    case Op::RefFunc: return ref_func();
    default: break;
  }
  CHECK(false);  // a row of opcodes.def has the signature "*" and no case above
}

void BodyValidator::State::misc_instruction() {
  const u32 code_number = read_index();
  if (failure != nullptr) return;
  const OpInfo& info = misc_op_info(code_number);
  if (info.text == nullptr) return fail_malformed("illegal opcode");
  if (info.special) return special(static_cast<Op>(op_number(kPrefixMisc, code_number)));
  plain_instruction(info);
}

void BodyValidator::State::instruction(u8 opcode) {
  const OpInfo& info = op_info(opcode);
  if (info.text == nullptr) [[unlikely]] {
    if (opcode == kPrefixMisc) return misc_instruction();
    const char* const proposal = unknown_opcode_message(opcode);
    if (proposal != nullptr) return fail(ErrorKind::Unsupported, proposal);
    return fail_malformed("illegal opcode");
  }
  if (info.special) return special(static_cast<Op>(opcode));
  plain_instruction(info);
}

// --- A body ---

void BodyValidator::State::add_locals(u64 count, ValType type) {
  if (count == 0) return;
  if (count > kMaxLocals - local_count) return fail(ErrorKind::Limit, "too many locals");
  const u32 new_count = local_count + static_cast<u32>(count);
  for (u32 i = local_count; i < std::min(new_count, kPlainLocals); ++i) plain_locals[i] = type;
  if (runs.empty() || runs.back().type != type) {
    runs.push_back({new_count, type});
  } else {
    runs.back().end = new_count;
  }
  local_count = new_count;
}

// Parameters, then the runs that the body declares. Leaves p at the first instruction.
bool BodyValidator::State::read_locals(const FuncType& type) {
  runs.clear();
  local_count = 0;
  for (const ValType param : type.params) add_locals(1, param);
  const u32 run_count = read_index();
  for (u32 i = 0; i < run_count && failure == nullptr; ++i) {
    const u32 count = read_index();
    if (failure != nullptr) break;
    if (p == end) {
      bad_immediate(kUnexpectedEnd);
      break;
    }
    const Result<ValType> local = checked_value_type(*p, 0);
    if (!local) {
      fail(local.error().kind, local.error().what);
      break;
    }
    ++p;
    add_locals(count, *local);
  }
  return failure == nullptr;
}

Result<FunctionInfo> BodyValidator::State::validate(u32 index, std::vector<BranchEntry>& out) {
  const Function& function = module.functions[index];
  const FuncType& type = module.types[function.type];
  failure = nullptr;
  branches = &out;
  size = max_size = 0;
  frames.clear();
  frame = nullptr;
  p = function.body.data();
  end = p + function.body.size();
  const auto offset_of = [&](const u8* at) { return function.offset + static_cast<u64>(at - function.body.data()); };

  const u8* at = p;
  if (!read_locals(type)) return std::unexpected(error_at(offset_of(at)));
  const size_t first_branch = out.size();
  code = p;
  push_frame(FrameKind::Function, function.type);
  while (frame != nullptr) {
    at = p;
    if (p == end) {
      fail_malformed("unexpected end of section or function");
    } else {
      instruction(*p++);
    }
    if (failure != nullptr) [[unlikely]] return std::unexpected(error_at(offset_of(at)));
  }
  if (p != end) return malformed("END opcode expected", offset_of(p));

  FunctionInfo info;
  info.code = code;
  info.code_end = end;
  info.first_branch = static_cast<u32>(first_branch);
  info.branch_count = static_cast<u32>(out.size() - first_branch);
  info.param_slots = static_cast<u32>(type.params.size());
  info.result_slots = static_cast<u32>(type.results.size());
  info.local_slots = local_count;
  info.max_stack_slots = max_size;
  return info;
}

BodyValidator::BodyValidator(const Module& module) : state_(new State(module)) {}
BodyValidator::~BodyValidator() { delete state_; }

Result<FunctionInfo> BodyValidator::validate(u32 index, std::vector<BranchEntry>& branches) {
  CHECK(index >= state_->module.imported_functions && index < state_->module.functions.size());
  return state_->validate(index, branches);
}

}  // namespace hermit::wasm

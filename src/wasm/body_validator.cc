// Bodies: locals, operands and every instruction but blocks and branches (body_control.cc). body_validator.h tells the
// whole.
//
// Rows of opcodes.def with a plain signature take one generic path (plain_instruction); the others have a case each in
// special().
#include "wasm/body_validator.h"

#include <algorithm>
#include <cstring>

#include "base/check.h"
#include "wasm/instruction_reader.h"
#include "wasm/type_reader.h"

namespace hermit::wasm {
namespace {

constexpr char kEndOfBody[] = "unexpected end of section or function";

}  // namespace

BodyValidator::BodyValidator(const Module& module) : module_(module), declared_(module.functions.size()) {
  declare_functions();
}

void BodyValidator::declare_in(const ConstExpr& expr) {
  if (expr.is_simple) {
    if (expr.op == Op::RefFunc) declared_[static_cast<size_t>(expr.bits)] = true;
    return;
  }
  InstructionReader reader(expr.code);
  while (!reader.at_end()) {
    const u8* p = reader.position() + 1;
    const Result<Op> op = reader.next();
    CHECK(op);  // the module was validated
    if (*op == Op::RefFunc) declared_[next_u32(p)] = true;
  }
}

// A reference may be taken only of functions that occur outside of bodies, so that engines know them beforehand.
void BodyValidator::declare_functions() {
  for (const Export& exported : module_.exports) {
    if (exported.kind == ExternalKind::Function) declared_[exported.index] = true;
  }
  for (size_t i = module_.imported_globals; i < module_.globals.size(); ++i) declare_in(module_.globals[i].init);
  for (const TableInit& table : module_.table_inits) declare_in(table.init);
  for (const ElementSegment& segment : module_.elements) {
    for (const ElementInit& element : segment.elements) {
      if (element.kind == ElementInit::Kind::RefFunc) declared_[element.index] = true;
    }
  }
  for (const ConstExpr& expr : module_.general_exprs) declare_in(expr);
}

// --- Immediates ---

// Leaves an empty rest, so that whatever reads on in this instruction fails, too.
void BodyValidator::bad_immediate(const char* what) {
  fail_malformed(what == kUnexpectedEnd ? kEndOfBody : what);
  p_ = end_;
}

void BodyValidator::skip(size_t count) {
  if (static_cast<size_t>(end_ - p_) < count) return bad_immediate(kUnexpectedEnd);
  p_ += count;
}

u8 BodyValidator::read_byte() {
  if (p_ == end_) return bad_immediate(kUnexpectedEnd), u8{0};
  return *p_++;
}

ValType BodyValidator::value_type(const char* otherwise) {
  TypeFailure failure;
  const ValType type = read_value_type(p_, end_, module_, failure, otherwise);
  if (p_ == nullptr) bad_type(failure);
  return type;
}

ValType BodyValidator::heap_type() {
  TypeFailure failure;
  const ValType type = read_heap_type(p_, end_, module_, failure);
  if (p_ == nullptr) bad_type(failure);
  return type;
}

void BodyValidator::bad_type(const TypeFailure& failure) {
  if (failure.kind == ErrorKind::Malformed) return bad_immediate(failure.what);
  fail(failure.kind, failure.what);
  p_ = end_;
}

// --- Index spaces ---

ValType BodyValidator::local_type(u32 index) {
  if (index >= local_count_) [[unlikely]]
    return fail_invalid("unknown local"), kUnknown;
  if (index < kPlainLocals) [[likely]]
    return plain_locals_[index];
  const auto ends_before = [](const LocalRun& run, u32 i) { return run.end <= i; };
  return std::lower_bound(runs_.begin(), runs_.end(), index, ends_before)->type;
}

// The type of a local that is read.
ValType BodyValidator::local_value(u32 index) {
  const ValType type = local_type(index);
  if (failure_ == nullptr && !is_unset_.empty() && is_unset_[index]) fail_invalid("uninitialized local");
  return type;
}

void BodyValidator::set_local(u32 index) {
  if (failure_ != nullptr || is_unset_.empty() || !is_unset_[index]) return;
  is_unset_[index] = false;
  set_locals_.push_back(index);
}

void BodyValidator::check_data(u32 index) {
  if (module_.data_count == kNoIndex) return fail_malformed("data count section required");
  if (index >= module_.data_count) fail_invalid("unknown data segment");
}

// --- The operand stack ---

bool BodyValidator::grow() {
  if (capacity_ >= kMaxOperandSlots) return fail(ErrorKind::Limit, "too many operands on the stack"), false;
  const u32 bigger = std::min(std::max(capacity_ * 2, 1024u), kMaxOperandSlots);
  auto copy = std::make_unique_for_overwrite<ValType[]>(bigger);
  if (size_ != 0) std::memcpy(copy.get(), stack_.get(), size_ * sizeof(ValType));
  stack_ = std::move(copy);
  capacity_ = bigger;
  return true;
}

// Fails unless the top of the stack matches `types`; values missing in unreachable code match everything.
void BodyValidator::check_top(Types types) {
  if (types.empty()) return;
  const size_t available = size_ - frame_->height;
  if (types.size() <= available &&
      std::memcmp(stack_.get() + size_ - types.size(), types.data(), types.size_bytes()) == 0) {
    return;
  }
  if (types.size() > available && !frame_->unreachable) return fail_invalid(kTypeMismatch);
  const size_t present = std::min(types.size(), available);
  for (size_t i = 1; i <= present; ++i) {
    if (!matches(stack_[size_ - i], types[types.size() - i])) return fail_invalid(kTypeMismatch);
  }
}

void BodyValidator::pop_all(Types types) {
  check_top(types);
  size_ -= static_cast<u32>(std::min<size_t>(types.size(), size_ - frame_->height));
}

// --- Instructions with a rule of their own ---

void BodyValidator::select() {
  pop(ValType::I32);
  const ValType second = pop_any();
  const ValType first = pop_any();
  if (is_reference(first) || is_reference(second)) return fail_invalid(kTypeMismatch);
  if (first != second && first != kUnknown && second != kUnknown) return fail_invalid(kTypeMismatch);
  push(first == kUnknown ? second : first);
}

void BodyValidator::select_typed() {
  if (read_index() != 1) return fail_invalid("invalid result arity");
  const ValType type = value_type("malformed value type");
  pop(ValType::I32);
  pop(type);
  pop(type);
  push(type);
}

void BodyValidator::global_access(bool is_set) {
  const u32 index = read_index();
  if (index >= module_.globals.size()) return fail_invalid("unknown global");
  const GlobalType& global = module_.globals[index].type;
  if (!is_set) return push(global.type);
  if (!global.is_mutable) return fail_invalid("immutable global");
  pop(global.type);
}

// --- Dispatch ---

// Reads and checks the immediates of a row with a plain signature.
void BodyValidator::immediate(Immediate kind) {
  switch (kind) {
    case Immediate::None: return;
    case Immediate::Memarg8: return memarg(0);
    case Immediate::Memarg16: return memarg(1);
    case Immediate::Memarg32: return memarg(2);
    case Immediate::Memarg64: return memarg(3);
    case Immediate::Memarg128: return memarg(4);
    case Immediate::Memarg8Lane: return memarg(0), lane(16);
    case Immediate::Memarg16Lane: return memarg(1), lane(8);
    case Immediate::Memarg32Lane: return memarg(2), lane(4);
    case Immediate::Memarg64Lane: return memarg(3), lane(2);
    case Immediate::Lane2: return lane(2);
    case Immediate::Lane4: return lane(4);
    case Immediate::Lane8: return lane(8);
    case Immediate::Lane16: return lane(16);
    case Immediate::Shuffle: return shuffle();
    case Immediate::V128: return skip(16);
    case Immediate::F32: return skip(4);
    case Immediate::F64: return skip(8);
    case Immediate::I32:
    case Immediate::I64: {
      const char* what = nullptr;
      kind == Immediate::I32 ? (void)read_var_i32(p_, end_, what) : (void)read_var_i64(p_, end_, what);
      if (p_ == nullptr) bad_immediate(what);
      return;
    }
    case Immediate::Data: return check_data(read_index());
    case Immediate::Element: return check_element(read_index());
    default: break;
  }
  CHECK(false);  // rows with other immediates have the signature "*"
}

// An address has the type that the memory wants.
void BodyValidator::plain_instruction(const OpInfo& info) {
  const bool has_address = info.immediate >= Immediate::Memarg8 && info.immediate <= Immediate::Memarg64Lane;
  if (info.immediate != Immediate::None) immediate(info.immediate);
  for (u32 i = info.param_count; i != 0; --i) {
    const ValType type = info.params[i - 1];
    pop(i == 1 && has_address ? address_ : type);
  }
  if (info.result_count != 0) push(info.result);
}

void BodyValidator::special(Op op) {
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
    case Op::Call: return call_function(false);
    case Op::CallIndirect: return call_indirect(false);
    case Op::CallRef: return call_ref(false);
    case Op::ReturnCall: return call_function(true);
    case Op::ReturnCallIndirect: return call_indirect(true);
    case Op::ReturnCallRef: return call_ref(true);
    case Op::Try: return begin_block(FrameKind::Try);
    case Op::TryTable: return begin_try_table();
    case Op::Catch: return begin_catch(false);
    case Op::CatchAll: return begin_catch(true);
    case Op::Delegate: return delegate();
    case Op::Throw: return throw_tag();
    case Op::Rethrow: return rethrow();
    case Op::ThrowRef: return pop(ValType::ExnRef), set_unreachable();
    case Op::Drop: return (void)pop_any();
    case Op::Select: return select();
    case Op::SelectTyped: return select_typed();
    case Op::LocalGet: return push(local_value(read_index()));
    case Op::LocalSet: {
      const u32 index = read_index();
      return pop(local_type(index)), set_local(index);
    }
    case Op::LocalTee: {
      const u32 index = read_index();
      const ValType type = local_type(index);
      return pop(type), push(type), set_local(index);
    }
    case Op::GlobalGet: return global_access(false);
    case Op::GlobalSet: return global_access(true);
    case Op::TableGet:
    case Op::TableSet:
    case Op::TableGrow:
    case Op::TableFill:
    case Op::TableSize:
    case Op::TableInit:
    case Op::TableCopy: return table_instruction(op);
    case Op::MemorySize:
    case Op::MemoryGrow:
    case Op::MemoryFill:
    case Op::MemoryCopy:
    case Op::MemoryInit: return memory_instruction(op);
    default: return reference_instruction(op);
  }
}

void BodyValidator::prefixed_instruction(u8 prefix) {
  const u32 code = read_index();
  if (failure_ != nullptr) return;
  const OpInfo& info = prefixed_op_info(prefix, code);
  if (info.text == nullptr) return fail_malformed("illegal opcode");
  if (info.special) return special(static_cast<Op>(op_number(prefix, code)));
  plain_instruction(info);
}

void BodyValidator::instruction(u8 opcode) {
  const OpInfo& info = op_info(opcode);
  if (info.text == nullptr) [[unlikely]] {
    if (is_prefix(opcode)) return prefixed_instruction(opcode);
    const char* const proposal = unknown_opcode_message(opcode);
    if (proposal != nullptr) return fail(ErrorKind::Unsupported, proposal);
    return fail_malformed("illegal opcode");
  }
  if (info.special) return special(static_cast<Op>(opcode));
  plain_instruction(info);
}

// --- A body ---

void BodyValidator::add_locals(u32 count, ValType type) {
  if (count == 0) return;
  if (count > kMaxLocals - local_count_) return fail(ErrorKind::Limit, "too many locals");
  const u32 new_count = local_count_ + count;
  for (u32 i = local_count_; i < std::min(new_count, kPlainLocals); ++i) plain_locals_[i] = type;
  if (runs_.empty() || runs_.back().type != type) {
    runs_.push_back({new_count, type});
  } else {
    runs_.back().end = new_count;
  }
  if (!is_defaultable(type)) {
    is_unset_.resize(new_count);
    std::fill(is_unset_.begin() + local_count_, is_unset_.end(), true);
  }
  local_count_ = new_count;
}

// Parameters, then the runs that the body declares. Leaves p_ at the first instruction.
void BodyValidator::read_locals(const FuncType& type) {
  runs_.clear();
  local_count_ = 0;
  is_unset_.clear();
  set_locals_.clear();
  for (const ValType param : type.params) add_locals(1, param);
  is_unset_.clear();  // parameters are set
  const u32 run_count = read_index();
  for (u32 i = 0; i < run_count && failure_ == nullptr; ++i) {
    const u32 count = read_index();
    add_locals(count, value_type("malformed value type"));
  }
  if (!is_unset_.empty()) is_unset_.resize(local_count_);
}

Result<void> BodyValidator::validate(u32 index) {
  CHECK(index >= module_.imported_functions && index < module_.functions.size());
  const Function& function = module_.functions[index];
  const u8* const begin = function.body.data();
  p_ = begin;
  end_ = begin + function.body.size();
  failure_ = nullptr;
  size_ = 0;
  frames_.clear();

  const u8* at = p_;  // of the instruction at hand
  read_locals(module_.types[function.type]);
  push_frame(FrameKind::Function, {.index = function.type, .result = kUnknown});
  while (failure_ == nullptr && frame_ != nullptr) {
    at = p_;
    if (p_ == end_) {
      fail_malformed(kEndOfBody);
    } else {
      instruction(*p_++);
    }
  }
  if (failure_ == nullptr && p_ != end_) at = p_, fail_malformed("END opcode expected");
  if (failure_ == nullptr) return {};
  return std::unexpected(Error{failure_kind_, failure_, function.offset + static_cast<u64>(at - begin)});
}

}  // namespace hermit::wasm

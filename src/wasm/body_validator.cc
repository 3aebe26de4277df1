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

namespace hermit::wasm {
namespace {

constexpr char kEndOfBody[] = "unexpected end of section or function";
constexpr char kMalformedReference[] = "malformed reference type";

}  // namespace

BodyValidator::BodyValidator(const Module& module) : module_(module), declared_(module.functions.size()) {
  declare_functions();
}

// A reference may be taken only of functions that occur outside of bodies, so that engines know them beforehand.
void BodyValidator::declare_functions() {
  for (const Export& exported : module_.exports) {
    if (exported.kind == ExternalKind::Function) declared_[exported.index] = true;
  }
  for (const Global& global : module_.globals) {
    if (global.init.is_simple && global.init.op == Op::RefFunc) declared_[static_cast<size_t>(global.init.bits)] = true;
  }
  for (const ElementSegment& segment : module_.elements) {
    for (const ElementInit& element : segment.elements) {
      if (element.kind == ElementInit::Kind::RefFunc) declared_[element.index] = true;
    }
  }
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

ValType BodyValidator::value_type(const char* otherwise) {
  if (p_ == end_) return bad_immediate(kUnexpectedEnd), ValType::I32;
  const Result<ValType> type = checked_value_type(*p_++, 0, otherwise);
  if (!type) return fail(type.error()), ValType::I32;
  return *type;
}

ValType BodyValidator::reference_type() {
  const ValType type = value_type(kMalformedReference);
  if (!is_reference(type)) fail_malformed(kMalformedReference);
  return type;
}

void BodyValidator::zero_byte() {
  if (p_ == end_) return bad_immediate(kUnexpectedEnd);
  if (*p_++ != 0) fail_malformed("zero byte expected");
}

void BodyValidator::memarg(u32 natural_exponent) {
  check_memory();
  const u32 exponent = read_index();
  if (exponent > natural_exponent) [[unlikely]] {
    if (exponent < 32) return fail_invalid("alignment must not be larger than natural");
    if (exponent < 64 || exponent >= 128) return fail_malformed("malformed memop flags");
    return fail(ErrorKind::Unsupported, "malformed memop flags: multiple memories are not supported");
  }
  (void)read_index();
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

ValType BodyValidator::table_element(u32 index) {
  if (index >= module_.tables.size()) return fail_invalid("unknown table"), ValType::FuncRef;
  return module_.tables[index].element;
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
  if (size_ != 0) std::memcpy(copy.get(), stack_.get(), size_);
  stack_ = std::move(copy);
  capacity_ = bigger;
  return true;
}

// Fails unless the top of the stack matches `types`; values missing in unreachable code match everything.
void BodyValidator::check_top(Types types) {
  if (types.empty()) return;
  const size_t available = size_ - frame_->height;
  if (types.size() <= available && std::memcmp(stack_.get() + size_ - types.size(), types.data(), types.size()) == 0)
    return;
  if (types.size() > available && !frame_->unreachable) return fail_invalid(kTypeMismatch);
  const size_t present = std::min(types.size(), available);
  for (size_t i = 1; i <= present; ++i) {
    const ValType actual = stack_[size_ - i];
    if (actual != types[types.size() - i] && actual != kUnknown) return fail_invalid(kTypeMismatch);
  }
}

void BodyValidator::pop_all(Types types) {
  check_top(types);
  size_ -= static_cast<u32>(std::min<size_t>(types.size(), size_ - frame_->height));
}

// --- Instructions with a rule of their own ---

void BodyValidator::call_function() {
  const u32 index = read_index();
  if (index >= module_.functions.size()) return fail_invalid("unknown function");
  call(module_.function_type(index));
}

void BodyValidator::call_indirect() {
  const u32 type = read_index();
  if (table_element(read_index()) != ValType::FuncRef) fail_invalid(kTypeMismatch);
  if (type >= module_.types.size()) return fail_invalid("unknown type");
  pop(ValType::I32);
  call(module_.types[type]);
}

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

void BodyValidator::table_init() {
  const u32 segment = read_index();
  const ValType table = table_element(read_index());
  check_element(segment);
  if (failure_ == nullptr && module_.elements[segment].type != table) fail_invalid(kTypeMismatch);
}

void BodyValidator::table_copy() {
  const ValType destination = table_element(read_index());
  if (table_element(read_index()) != destination) fail_invalid(kTypeMismatch);
}

void BodyValidator::global_access(bool is_set) {
  const u32 index = read_index();
  if (index >= module_.globals.size()) return fail_invalid("unknown global");
  const GlobalType& global = module_.globals[index].type;
  if (!is_set) return push(global.type);
  if (!global.is_mutable) return fail_invalid("global is immutable");
  pop(global.type);
}

void BodyValidator::ref_func() {
  const u32 index = read_index();
  if (index >= module_.functions.size()) return fail_invalid("unknown function");
  if (!declared_[index]) return fail_invalid("undeclared function reference");
  push(ValType::FuncRef);
}

void BodyValidator::ref_is_null() {
  const ValType type = pop_any();
  if (type != kUnknown && !is_reference(type)) return fail_invalid(kTypeMismatch);
  push(ValType::I32);
}

// --- Dispatch ---

// Reads and checks the immediates of a row with a plain signature.
void BodyValidator::immediate(Immediate kind) {
  const char* what = nullptr;
  switch (kind) {
    case Immediate::None: return;
    case Immediate::Memarg8: return memarg(0);
    case Immediate::Memarg16: return memarg(1);
    case Immediate::Memarg32: return memarg(2);
    case Immediate::Memarg64: return memarg(3);
    case Immediate::I32:
      (void)read_var_i32(p_, end_, what);
      if (p_ == nullptr) bad_immediate(what);
      return;
    case Immediate::I64:
      (void)read_var_i64(p_, end_, what);
      if (p_ == nullptr) bad_immediate(what);
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
    case Immediate::Block:
    case Immediate::Label:
    case Immediate::BrTable:
    case Immediate::Function:
    case Immediate::CallIndirect:
    case Immediate::SelectTypes:
    case Immediate::Local:
    case Immediate::Global:
    case Immediate::RefType: break;
  }
  CHECK(false);  // rows with these immediates have the signature "*"
}

void BodyValidator::plain_instruction(const OpInfo& info) {
  if (info.immediate != Immediate::None) immediate(info.immediate);
  for (u32 i = info.param_count; i != 0; --i) pop(info.params[i - 1]);
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
    case Op::GlobalGet: return global_access(false);
    case Op::GlobalSet: return global_access(true);
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
    case Op::RefNull: return push(reference_type());
    case Op::RefIsNull: return ref_is_null();
    case Op::RefFunc: return ref_func();
    default: break;
  }
  CHECK(false);  // a row of opcodes.def has the signature "*" and no case above
}

void BodyValidator::misc_instruction() {
  const u32 code = read_index();
  if (failure_ != nullptr) return;
  const OpInfo& info = misc_op_info(code);
  if (info.text == nullptr) return fail_malformed("illegal opcode");
  if (info.special) return special(static_cast<Op>(op_number(kPrefixMisc, code)));
  plain_instruction(info);
}

void BodyValidator::instruction(u8 opcode) {
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
  local_count_ = new_count;
}

// Parameters, then the runs that the body declares. Leaves p_ at the first instruction.
void BodyValidator::read_locals(const FuncType& type) {
  runs_.clear();
  local_count_ = 0;
  for (const ValType param : type.params) add_locals(1, param);
  const u32 run_count = read_index();
  for (u32 i = 0; i < run_count && failure_ == nullptr; ++i) {
    const u32 count = read_index();
    add_locals(count, value_type("malformed value type"));
  }
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
  push_frame(FrameKind::Function, function.type);
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

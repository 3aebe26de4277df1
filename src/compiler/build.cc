// Validated wasm → IR, in one pass over the body (a scan for assigned locals goes before it).
//
// The operand stack exists only here: its entries are Values. See builder.h for the treatment of labels and locals, and
// the text of ir.h for what comes out. Numeric instructions simplify as they are added. Before: wasm/validator.cc
// proved the body valid, so nothing is checked. After: prune.cc removes the parameters that turn out to be needless.
#include "compiler/build.h"

#include "abi/calling_convention.h"
#include "compiler/builder.h"
#include "compiler/cfg.h"
#include "wasm/instruction_reader.h"
#include "wasm/limits.h"

namespace hermit::compiler {

namespace {

Type index_type(const wasm::Limits& limits) { return limits.is_64 ? Type::I64 : Type::I32; }

}  // namespace

Builder::Builder(const ModuleInfo& info, u32 index)
    : info_(info),
      module_(*info.module),
      body_(module_.functions[index]),
      type_(module_.function_type(index)),
      simplifier_(f_) {
  f_.index = index;
  const bool is_own = !module_.memories.empty() && module_.imported_memories == 0;
  if (is_own && module_.memories[0].limits.min <= wasm::kMaxGrownPages32) {
    f_.headroom = static_cast<u32>((wasm::kMaxPages32 - wasm::kMaxGrownPages32) * wasm::kPageSize);
  }
}

std::unexpected<Error> Builder::unsupported() const {
  return std::unexpected(Error{ErrorKind::Unsupported, "an instruction that is not compiled yet", source_});
}

// --- blocks and instructions ---

Value Builder::emit(const Inst& inst) {
  const Value v = f_.add(inst, source_);
  f_.order.push_back(v);
  return v;
}

Value Builder::place(Simplifier::Outcome outcome) {
  if (outcome.is_new) f_.order.push_back(outcome.value);
  return outcome.value;
}

// Moves the top `count` values of the stack to a list; returns where it begins.
u32 Builder::pop_list(size_t count) {
  const auto first = static_cast<u32>(f_.lists.size());
  f_.lists.insert(f_.lists.end(), stack_.end() - static_cast<std::ptrdiff_t>(count), stack_.end());
  stack_.resize(stack_.size() - count);
  return first;
}

u64 Builder::immediate64() {
  u64 value = 0;
  for (unsigned shift = 0;; shift += 7) {
    const u64 byte = *pc_++;
    value |= (byte & 0x7f) << shift;
    if (byte < 0x80) return value;
  }
}

// --- locals ---

Value Builder::get_local(u32 index) {
  if (!in_frame_) return locals_[index];
  return emit({Op::LocalGet, local_types_[index], 0, 0, 0, index});
}

void Builder::set_local(u32 index, Value v) {
  if (in_frame_) {
    emit({Op::LocalSet, Type::None, 0, v, 0, index});
  } else {
    locals_[index] = v;
  }
}

Result<void> Builder::start_function() {
  pc_ = body_.body.data();
  end_ = pc_ + body_.body.size();
  source_ = static_cast<u32>(here());
  TRY(scan_, scan_assignments(module_, f_.index));
  in_frame_ = scan_.is_too_large;
  for (const auto param : type_.params) f_.parameters.push_back(type_of(param));
  for (const auto result : type_.results) f_.results.push_back(type_of(result));
  local_types_ = f_.parameters;
  for (u32 runs = wasm::next_u32(pc_); runs != 0; --runs) {
    const u32 count = wasm::next_u32(pc_);
    local_types_.insert(local_types_.end(), count, next_type(pc_));
  }
  open(new_block());
  const auto params = static_cast<u32>(f_.parameters.size());
  locals_.reserve(local_types_.size());
  for (u32 i = 0; i < params; ++i) locals_.push_back(emit({Op::Param, f_.parameters[i], 0, 0, 0, i}));
  if (in_frame_) {
    f_.frame_locals = static_cast<u32>(local_types_.size());
    for (u32 i = 0; i < params; ++i) emit({Op::LocalSet, Type::None, 0, locals_[i], 0, i});
    return {};
  }
  for (size_t i = params; i < local_types_.size(); ++i) {
    locals_.push_back(simplifier_.zero(local_types_[i]));
  }
  return {};
}

// --- memory ---

// The immediates of an access. Bit 6 of the alignment says that a memory index follows.
void Builder::memarg(Inst& inst) {
  const u32 alignment = immediate();
  const u32 memory = (alignment & 0x40) != 0 ? immediate() : 0;
  const u64 offset = immediate64();
  if (memory == 0 && offset <= 0xffffffff) {
    inst.c = static_cast<u32>(offset);
  } else {
    inst.aux = kWideAccess;
    inst.c = static_cast<u32>(f_.accesses.size());
    f_.accesses.push_back({offset, memory});
  }
}

void Builder::load(Op op) {
  Inst inst{op, op_info(op).result};
  memarg(inst);
  inst.a = pop();
  push(emit(inst));
}

void Builder::store(Op op) {
  Inst inst{op};
  memarg(inst);
  inst.b = pop();
  inst.a = pop();
  emit(inst);
}

// --- calls ---

// The operands are on the stack (for Indirect and Reference, the index or reference on top).
void Builder::call(CallKind kind, u32 callee, u32 type_index, bool is_tail) {
  const wasm::FuncType& type = module_.types[type_index];
  const bool by_value = kind == CallKind::Indirect || kind == CallKind::Reference;
  const auto args = static_cast<u32>(type.params.size()) + (by_value ? 1 : 0);
  const auto results = static_cast<u32>(type.results.size());
  const u32 first = pop_list(args);
  f_.calls.push_back({kind, is_tail, callee, type_index, first, args, results});
  if (is_tail) {
    terminate({Op::TailCall, Type::None, 0, static_cast<u32>(f_.calls.size() - 1), 0, 0});
    return set_unreachable();
  }
  const Type first_type = results == 0 ? Type::None : type_of(type.results[0]);
  const Value v = emit({Op::Call, first_type, 0, static_cast<u32>(f_.calls.size() - 1), 0, 0});
  if (results != 0) push(v);
  for (u32 i = 1; i < results; ++i) push(emit({Op::Result, type_of(type.results[i]), 0, v, i, 0}));
  throws();
}

// A function of a type that others may be declared subtypes of is looked up by the runtime, which knows types' ids of
// the whole program. Other types need one comparison.
void Builder::call_indirect(bool is_tail) {
  const u32 type = immediate();
  const u32 table = immediate();
  if (module_.shapes[type].is_final) return call(CallKind::Indirect, table, type, is_tail);
  const u32 immediates[] = {table, type};
  exit(abi::Exit::IndirectFunction, 1, immediates, Type::I64);
  call(CallKind::Reference, kNone, type, is_tail);
}

// Everything below needs no check behind the first one: GVN does not know, so it stays.
void Builder::as_non_null() {
  const Value is_null = place(simplifier_.numeric(Op::I64Eqz, stack_.back(), kNone, source_));
  const BlockId next = new_block();
  const BlockId fail = new_block();
  branch(is_null, {fail, 0}, {next, 0});
  open(fail);
  terminate({Op::Trap, Type::None, 0, 0, 0, static_cast<u32>(hermit::Trap::NullReference)});
  open(next);
}

void Builder::exit(abi::Exit number, u32 operands, std::span<const u32> immediates, Type result) {
  for (const u32 immediate_value : immediates) push_const(Type::I32, immediate_value);
  const u32 args = operands + static_cast<u32>(immediates.size());
  CHECK(args == abi::exit_operands(number));
  const u32 first = pop_list(args);
  f_.calls.push_back(
      {CallKind::Exit, false, static_cast<u32>(number), kNone, first, args, result == Type::None ? 0u : 1u});
  const Value v = emit({Op::Call, result, 0, static_cast<u32>(f_.calls.size() - 1), 0, 0});
  if (result != Type::None) push(v);
}

void Builder::global_get(u32 index) {
  const Type type = type_of(module_.globals[index].type.type);
  if (const auto bits = info_.constant_global(index)) return push_const(type, *bits);
  push(emit({Op::GlobalGet, type, 0, 0, 0, index}));
}

// --- instructions ---

wasm::Op Builder::next_op() {
  source_ = static_cast<u32>(here());
  const u8 byte = *pc_++;
  return static_cast<wasm::Op>(byte < 0xfb || byte == 0xff ? byte : wasm::op_number(byte, immediate()));
}

Result<void> Builder::instruction(wasm::Op op) {
  switch (op) {
    case wasm::Op::Unreachable:
      terminate({Op::Trap, Type::None, 0, 0, 0, static_cast<u32>(hermit::Trap::Unreachable)});
      set_unreachable();
      return {};
    case wasm::Op::Nop: return {};
    case wasm::Op::Block: return begin_block(), Result<void>();
    case wasm::Op::Loop: return begin_loop(), Result<void>();
    case wasm::Op::If: return begin_if(), Result<void>();
    case wasm::Op::Else: return begin_else(), Result<void>();
    case wasm::Op::End: return end_construct(), Result<void>();
    case wasm::Op::Br:
      jump_to(label(immediate()));
      set_unreachable();
      return {};
    case wasm::Op::BrIf: return branch_if(), Result<void>();
    case wasm::Op::BrTable:
      branch_table();
      set_unreachable();
      return {};
    case wasm::Op::Return:
      return_values();
      set_unreachable();
      return {};
    case wasm::Op::Call: {
      const u32 index = immediate();
      const bool imported = index < module_.imported_functions;
      call(imported ? CallKind::Import : CallKind::Direct, index, module_.functions[index].type, false);
      return {};
    }
    case wasm::Op::ReturnCall: {
      const u32 index = immediate();
      const bool imported = index < module_.imported_functions;
      call(imported ? CallKind::Import : CallKind::Direct, index, module_.functions[index].type, true);
      return {};
    }
    case wasm::Op::ReturnCallIndirect: return call_indirect(true), Result<void>();
    case wasm::Op::ReturnCallRef: call(CallKind::Reference, kNone, immediate(), true); return {};
    case wasm::Op::Try: return begin_try(Kind::Try), Result<void>();
    case wasm::Op::TryTable: return begin_try(Kind::TryTable), Result<void>();
    case wasm::Op::Catch: return begin_catch(false), Result<void>();
    case wasm::Op::CatchAll: return begin_catch(true), Result<void>();
    case wasm::Op::Delegate: return delegate(), Result<void>();
    case wasm::Op::Throw: return throw_tag(), Result<void>();
    case wasm::Op::ThrowRef: return throw_reference(pop()), Result<void>();
    case wasm::Op::Rethrow: return throw_reference(label(immediate()).exception), Result<void>();
    case wasm::Op::CallIndirect: return call_indirect(false), Result<void>();
    case wasm::Op::CallRef: call(CallKind::Reference, kNone, immediate(), false); return {};
    case wasm::Op::Drop: pop(); return {};
    case wasm::Op::SelectTyped:
      for (u32 n = immediate(); n != 0; --n) (void)next_type(pc_);
      [[fallthrough]];
    case wasm::Op::Select: {
      const Value condition = pop();
      const Value if_false = pop();
      const Value if_true = pop();
      push(place(simplifier_.select(if_true, if_false, condition, source_)));
      return {};
    }
    case wasm::Op::LocalGet: push(get_local(immediate())); return {};
    case wasm::Op::LocalSet: set_local(immediate(), pop()); return {};
    case wasm::Op::LocalTee: set_local(immediate(), stack_.back()); return {};
    case wasm::Op::GlobalGet: global_get(immediate()); return {};
    case wasm::Op::GlobalSet: emit({Op::GlobalSet, Type::None, 0, pop(), 0, immediate()}); return {};
    case wasm::Op::TableGet: push(emit({Op::TableGet, Type::I64, 0, pop(), 0, immediate()})); return {};
    case wasm::Op::TableSet: {
      const Value reference = pop();
      emit({Op::TableSet, Type::None, 0, pop(), reference, immediate()});
      return {};
    }
    case wasm::Op::MemorySize: {
      const u32 memory = immediate();
      push(emit({Op::MemorySize, index_type(module_.memories[memory].limits), 0, 0, 0, memory}));
      return {};
    }
    case wasm::Op::MemoryGrow: {
      const u32 memory[] = {immediate()};
      exit(abi::Exit::MemoryGrow, 1, memory, index_type(module_.memories[memory[0]].limits));
      return {};
    }
    case wasm::Op::I32Const: push_const(Type::I32, static_cast<u32>(wasm::next_i32(pc_))); return {};
    case wasm::Op::I64Const: push_const(Type::I64, static_cast<u64>(wasm::next_i64(pc_))); return {};
    case wasm::Op::F32Const:
      push_const(Type::F32, load_le<u32>(pc_));
      pc_ += 4;
      return {};
    case wasm::Op::F64Const:
      push_const(Type::F64, load_le<u64>(pc_));
      pc_ += 8;
      return {};
    case wasm::Op::RefNull:
      (void)wasm::next_i64(pc_);
      push_const(Type::I64, 0);
      return {};
    case wasm::Op::RefIsNull: push(place(simplifier_.numeric(Op::I64Eqz, pop(), kNone, source_))); return {};
    case wasm::Op::RefAsNonNull: as_non_null(); return {};
    case wasm::Op::BrOnNull: return branch_on_null(true), Result<void>();
    case wasm::Op::BrOnNonNull: return branch_on_null(false), Result<void>();
    case wasm::Op::RefFunc: push(emit({Op::RefFunc, Type::I64, 0, 0, 0, immediate()})); return {};
#define HERMIT_LOAD(name) \
  case wasm::Op::name: load(Op::name); return {};
      HERMIT_LOAD(I32Load)
      HERMIT_LOAD(I64Load)
      HERMIT_LOAD(F32Load)
      HERMIT_LOAD(F64Load)
      HERMIT_LOAD(I32Load8S)
      HERMIT_LOAD(I32Load8U)
      HERMIT_LOAD(I32Load16S)
      HERMIT_LOAD(I32Load16U)
      HERMIT_LOAD(I64Load8S)
      HERMIT_LOAD(I64Load8U)
      HERMIT_LOAD(I64Load16S)
      HERMIT_LOAD(I64Load16U)
      HERMIT_LOAD(I64Load32S)
      HERMIT_LOAD(I64Load32U)
#undef HERMIT_LOAD
#define HERMIT_STORE(name) \
  case wasm::Op::name: store(Op::name); return {};
      HERMIT_STORE(I32Store)
      HERMIT_STORE(I64Store)
      HERMIT_STORE(F32Store)
      HERMIT_STORE(F64Store)
      HERMIT_STORE(I32Store8)
      HERMIT_STORE(I32Store16)
      HERMIT_STORE(I64Store8)
      HERMIT_STORE(I64Store16)
      HERMIT_STORE(I64Store32)
#undef HERMIT_STORE
#define HERMIT_UNARY(name, operand, result, function) \
  case wasm::Op::name: push(place(simplifier_.numeric(Op::name, pop(), kNone, source_))); return {};
#define HERMIT_UNARY_CHECKED HERMIT_UNARY
#define HERMIT_BINARY(name, operand, result, function)         \
  case wasm::Op::name: {                                       \
    const Value b = pop();                                     \
    const Value a = pop();                                     \
    push(place(simplifier_.numeric(Op::name, a, b, source_))); \
    return {};                                                 \
  }
#define HERMIT_BINARY_CHECKED HERMIT_BINARY
#include "abi/numeric_ops.def"
    default:
      if (static_cast<u32>(op) >> 12 == (wasm::kPrefixSimd & 0xf) && simd_instruction(op)) return {};
      return misc_instruction(op);
  }
}

// Bulk operations, and everything unknown.
Result<void> Builder::misc_instruction(wasm::Op op) {
  const auto leave = [&](abi::Exit number, u32 operands, u32 immediate_count, Type result) -> Result<void> {
    u32 immediates[2] = {};
    for (u32 i = 0; i < immediate_count; ++i) immediates[i] = immediate();
    exit(number, operands, {immediates, immediate_count}, result);
    return {};
  };
  switch (op) {
    case wasm::Op::MemoryInit: return leave(abi::Exit::MemoryInit, 3, 2, Type::None);
    case wasm::Op::MemoryCopy: return leave(abi::Exit::MemoryCopy, 3, 2, Type::None);
    case wasm::Op::MemoryFill: return leave(abi::Exit::MemoryFill, 3, 1, Type::None);
    case wasm::Op::DataDrop: return leave(abi::Exit::DataDrop, 0, 1, Type::None);
    case wasm::Op::TableInit: return leave(abi::Exit::TableInit, 3, 2, Type::None);
    case wasm::Op::TableCopy: return leave(abi::Exit::TableCopy, 3, 2, Type::None);
    case wasm::Op::TableFill: return leave(abi::Exit::TableFill, 3, 1, Type::None);
    case wasm::Op::TableGrow: {
      const u32 table[] = {immediate()};
      exit(abi::Exit::TableGrow, 2, table, index_type(module_.tables[table[0]].limits));
      return {};
    }
    case wasm::Op::ElemDrop: return leave(abi::Exit::ElemDrop, 0, 1, Type::None);
    case wasm::Op::TableSize: {
      const u32 table = immediate();
      push(emit({Op::TableSize, index_type(module_.tables[table].limits), 0, 0, 0, table}));
      return {};
    }
    default: return unsupported();
  }
}

Result<Function> Builder::run() {
  TRY_VOID(start_function());
  controls_.push_back({Kind::Function});
  controls_.back().results = static_cast<u32>(type_.results.size());
  while (!controls_.empty()) {
    if (!reachable_) TRY_VOID(skip_unreachable());
    TRY_VOID(instruction(next_op()));
  }
  std::vector<Value> replacement(f_.insts.size());
  for (Value v = 0; v < replacement.size(); ++v) replacement[v] = v;
  rebuild(f_, layout_, replacement, std::vector<bool>(f_.insts.size(), true));
  return std::move(f_);
}

Result<Function> build(const ModuleInfo& info, u32 index) { return Builder(info, index).run(); }

}  // namespace hermit::compiler

// The interpreter loop: one handler per instruction form, each ending in a jump to the next one.
//
// The problem: an interpreter's time goes into finding the next instruction and into moving operands. The idea:
// operands were given slots by translate.cc, so most instructions are one load per operand, the operation and one
// store; and every handler ends with its own indirect tail call (`musttail`), so the branch predictor sees one site per
// handler and the four values that matter stay in registers on every calling convention we build for:
//   pc   the instruction being executed       fp    the frame (code.h)
//   mem  memory 0's base                      inst  the instance
// Memory accesses check their bounds on the 64-bit sum of index and offset. A trap leaves through raise().
// SIMD instructions are in simd.cc. This file is compiled with -O2 (CMakeLists.txt); numeric semantics are in
// abi/numeric.h, one row per instruction.
#include <cstring>

#include "abi/numeric.h"
#include "base/check.h"
#include "interp/handler.h"
#include "runtime/instance.h"

namespace hermit::interp {

[[gnu::noinline]] HANDLER(origin) { CHECK(false && "an instruction without handler"); }

namespace {

using runtime::Instance;

// For a trap that is only known when it happens.
[[gnu::noinline, gnu::cold]] void trapped_with(const Instruction* pc, u64* fp, abi::Instance* inst, Trap trap) {
  raise(thread_of(inst), trap, pc, fp);
}

inline const Instruction* jump(const Instruction* pc, i32 distance) {
  return reinterpret_cast<const Instruction*>(reinterpret_cast<const u8*>(pc) + distance);
}

template <typename T>
inline T immediate(i32 value) {
  return static_cast<T>(static_cast<i64>(value));
}

// --- numeric instructions ---

template <typename T, typename R, R (*kFunction)(T)>
HANDLER(unary) {
  set<R>(fp, pc->a, kFunction(get<T>(fp, pc->b)));
  NEXT();
}
template <typename T, typename R, R (*kFunction)(T, T)>
HANDLER(binary) {
  set<R>(fp, pc->a, kFunction(get<T>(fp, pc->b), get<T>(fp, pc->c)));
  NEXT();
}
template <typename T, typename R, R (*kFunction)(T, T)>
HANDLER(binary_immediate) {
  set<R>(fp, pc->a, kFunction(get<T>(fp, pc->b), immediate<T>(pc->c)));
  NEXT();
}
template <typename T, typename R, R (*kFunction)(T, T)>
HANDLER(binary_negated) {
  set<u32>(fp, pc->a, !kFunction(get<T>(fp, pc->b), get<T>(fp, pc->c)));
  NEXT();
}
template <typename T, typename R, R (*kFunction)(T, T)>
HANDLER(branch) {
  if (kFunction(get<T>(fp, pc->a), get<T>(fp, pc->b))) GO(jump(pc, pc->c));
  NEXT();
}
template <typename T, typename R, R (*kFunction)(T, T)>
HANDLER(branch_immediate) {
  if (kFunction(get<T>(fp, pc->a), immediate<T>(pc->b))) GO(jump(pc, pc->c));
  NEXT();
}
template <typename T, typename R, R (*kFunction)(T, T)>
HANDLER(branch_negated) {
  if (!kFunction(get<T>(fp, pc->a), get<T>(fp, pc->b))) GO(jump(pc, pc->c));
  NEXT();
}
template <typename T, typename R, numeric::Checked<R> (*kFunction)(T)>
HANDLER(unary_checked) {
  const auto result = kFunction(get<T>(fp, pc->b));
  if (result.trap != Trap::None) return trapped_with(pc, fp, inst, result.trap);
  set<R>(fp, pc->a, result.value);
  NEXT();
}
template <typename T, typename R, numeric::Checked<R> (*kFunction)(T, T)>
HANDLER(binary_checked) {
  const auto result = kFunction(get<T>(fp, pc->b), get<T>(fp, pc->c));
  if (result.trap != Trap::None) return trapped_with(pc, fp, inst, result.trap);
  set<R>(fp, pc->a, result.value);
  NEXT();
}
template <typename T, typename R, numeric::Checked<R> (*kFunction)(T, T)>
HANDLER(binary_checked_immediate) {
  const auto result = kFunction(get<T>(fp, pc->b), immediate<T>(pc->c));
  if (result.trap != Trap::None) return trapped_with(pc, fp, inst, result.trap);
  set<R>(fp, pc->a, result.value);
  NEXT();
}

// --- memory ---

// A u64 holds the sum of a 32-bit index and a 32-bit offset exactly, whatever the guest chose.
template <typename T, typename R>
HANDLER(load) {
  const u64 address = u64{get<u32>(fp, pc->b)} + static_cast<u32>(pc->c);
  TRAP_IF(address + sizeof(T) > inst->memory0.size, Trap::OutOfBoundsMemoryAccess);
  T value;
  std::memcpy(&value, mem + address, sizeof(T));
  set<R>(fp, pc->a, static_cast<R>(value));
  NEXT();
}
template <typename T>
HANDLER(store) {
  const u64 address = u64{get<u32>(fp, pc->b)} + static_cast<u32>(pc->c);
  TRAP_IF(address + sizeof(T) > inst->memory0.size, Trap::OutOfBoundsMemoryAccess);
  const T value = get<T>(fp, pc->a);
  std::memcpy(mem + address, &value, sizeof(T));
  NEXT();
}

template <typename T, typename R>
HANDLER(load_far) {
  const u8* at = far_address(inst, fp[pc->b], pc + 1, sizeof(T));
  TRAP_IF(at == nullptr, Trap::OutOfBoundsMemoryAccess);
  T value;
  std::memcpy(&value, at, sizeof(T));
  set<R>(fp, pc->a, static_cast<R>(value));
  GO(pc + 2);
}
template <typename T>
HANDLER(store_far) {
  u8* at = far_address(inst, fp[pc->b], pc + 1, sizeof(T));
  TRAP_IF(at == nullptr, Trap::OutOfBoundsMemoryAccess);
  const T value = get<T>(fp, pc->a);
  std::memcpy(at, &value, sizeof(T));
  GO(pc + 2);
}

// --- calls ---

HANDLER(enter_simple) {
  TRAP_IF(fp + pc->a > inst->execution->interpreter_end, Trap::StackOverflow);
  NEXT();
}
HANDLER(enter) {
  TRAP_IF(fp + pc->a > inst->execution->interpreter_end, Trap::StackOverflow);
  for (i32 i = 0; i < pc->b; ++i) fp[kLinkSlots + i] = 0;
  const Instruction* data = pc + 1;
  for (const Instruction* end = data + pc->c; data != end; ++data) fp[data->a] = data->wide();
  GO(data);
}
#define RETURN()                                                    \
  do {                                                              \
    const auto* back = reinterpret_cast<const Instruction*>(fp[0]); \
    fp = reinterpret_cast<u64*>(fp[1]);                             \
    mem = inst->memory0.base; /* it may have moved */               \
    GO(back);                                                       \
  } while (false)
HANDLER(return0) { RETURN(); }
HANDLER(return1) {
  const auto* back = reinterpret_cast<const Instruction*>(fp[0]);
  auto* caller = reinterpret_cast<u64*>(fp[1]);
  fp[pc->b] = fp[pc->a];  // the link's place, if there are no parameters
  fp = caller;
  mem = inst->memory0.base;
  GO(back);
}
HANDLER(return_many) {
  const auto* back = reinterpret_cast<const Instruction*>(fp[0]);
  auto* caller = reinterpret_cast<u64*>(fp[1]);
  std::memmove(fp + pc->b, fp + pc->a, static_cast<size_t>(pc->c) * sizeof(u64));  // may overwrite the link
  fp = caller;
  mem = inst->memory0.base;
  GO(back);
}

inline void link(u64* callee_fp, const Instruction* back, u64* caller_fp, const abi::FuncRef* function) {
  callee_fp[0] = reinterpret_cast<u64>(back);
  callee_fp[1] = reinterpret_cast<u64>(caller_fp);
  callee_fp[2] = reinterpret_cast<u64>(function);
}

HANDLER(call) {
  const auto* function = reinterpret_cast<const abi::FuncRef*>(pc->wide());
  u64* callee = fp + pc->a;
  link(callee, pc + 1, fp, function);
  fp = callee;
  GO(static_cast<const Instruction*>(function->body));
}

// The callee's frame is entered as usual, but it returns to an instruction that brings the caller's instance back.
[[gnu::noinline]] void leave_instance(abi::Instance* inst, const Instruction* back) {
  thread_of(inst).cross_frames.push_back({inst, back});
}
HANDLER(call_cross) {
  const auto* function = reinterpret_cast<const abi::FuncRef*>(pc->wide());
  u64* callee = fp + pc->a;
  leave_instance(inst, pc + 1);
  link(callee, &static_code().cross_return, fp, function);
  fp = callee;
  inst = function->instance;
  mem = inst->memory0.base;
  GO(static_cast<const Instruction*>(function->body));
}
HANDLER(cross_return) {
  auto& frames = thread_of(inst).cross_frames;
  const CrossFrame back = frames.back();
  frames.pop_back();
  inst = back.instance;
  mem = inst->memory0.base;
  GO(back.return_pc);
}
// The rest of call_ref: a function of another instance, or of the host.
[[gnu::noinline]] HANDLER(call_ref_cross) {
  const auto* function = reinterpret_cast<const abi::FuncRef*>(fp[pc->b]);
  u64* callee = fp + pc->a;
  leave_instance(inst, pc + 1);
  link(callee, &static_code().cross_return, fp, function);
  inst = function->instance;
  mem = inst->memory0.base;
  fp = callee;
  GO(static_cast<const Instruction*>(function->body));
}
HANDLER(call_ref) {
  const auto* function = reinterpret_cast<const abi::FuncRef*>(fp[pc->b]);
  TRAP_IF(function == nullptr, Trap::NullFunctionReference);
  if (function->instance != inst && function->instance != nullptr) [[unlikely]] {
    [[clang::musttail]] return call_ref_cross(pc, fp, mem, inst);
  }
  u64* callee = fp + pc->a;
  link(callee, pc + 1, fp, function);
  fp = callee;
  GO(static_cast<const Instruction*>(function->body));
}

// Is a function of this type what the instruction asks for, though their ids differ?
[[gnu::noinline, gnu::cold]] bool is_declared_subtype(const abi::Instance* inst, u32 type, u32 wanted) {
  return static_cast<const Instance*>(inst)->program->is_subtype(type, wanted);
}

// The rest of call_indirect, apart so that the common path saves no registers: functions of other instances and of
// subtypes. Requires: the element exists and is not null.
[[gnu::noinline]] HANDLER(call_indirect_slow) {
  const auto* table = reinterpret_cast<const abi::Table*>(pc[1].wide());
  const auto* function = reinterpret_cast<const abi::FuncRef*>(table->elements[fp[pc->b]]);
  const u32 wanted = static_cast<u32>(pc->c);
  const bool fits = function->type_id == wanted || is_declared_subtype(inst, function->type_id, wanted);
  TRAP_IF(!fits, Trap::IndirectCallTypeMismatch);
  u64* callee = fp + pc->a;
  const Instruction* back = pc + 2;
  if (function->instance != inst && function->instance != nullptr) {
    leave_instance(inst, back);
    back = &static_code().cross_return;
    inst = function->instance;
    mem = inst->memory0.base;
  }
  link(callee, back, fp, function);
  fp = callee;
  GO(static_cast<const Instruction*>(function->body));
}
HANDLER(call_indirect) {
  const auto* table = reinterpret_cast<const abi::Table*>(pc[1].wide());
  const u64 index = fp[pc->b];
  TRAP_IF(index >= table->size, Trap::UndefinedElement);
  const auto* function = reinterpret_cast<const abi::FuncRef*>(table->elements[index]);
  TRAP_IF(function == nullptr, Trap::UninitializedElement);
  const bool is_foreign = function->instance != inst && function->instance != nullptr;
  if (function->type_id != static_cast<u32>(pc->c) || is_foreign) [[unlikely]] {
    [[clang::musttail]] return call_indirect_slow(pc, fp, mem, inst);
  }
  u64* callee = fp + pc->a;
  link(callee, pc + 2, fp, function);
  fp = callee;
  GO(static_cast<const Instruction*>(function->body));
}
HANDLER(resolve_indirect) {
  const auto* table = reinterpret_cast<const abi::Table*>(pc[1].wide());
  const u64 index = fp[pc->b];
  TRAP_IF(index >= table->size, Trap::UndefinedElement);
  const auto* function = reinterpret_cast<const abi::FuncRef*>(table->elements[index]);
  TRAP_IF(function == nullptr, Trap::UninitializedElement);
  const u32 wanted = static_cast<u32>(pc->c);
  const bool fits = function->type_id == wanted || is_declared_subtype(inst, function->type_id, wanted);
  TRAP_IF(!fits, Trap::IndirectCallTypeMismatch);
  fp[pc->a] = reinterpret_cast<u64>(function);
  GO(pc + 2);
}

// --- tail calls ---

// The instance that a tail call from another one leaves must come back when its caller goes on. Once is enough: what
// calls on from there finds cross_return in its link already, so endless tail calls take no memory.
[[gnu::noinline]] const Instruction* leave_by_tail_call(abi::Instance* inst, const Instruction* back) {
  if (back == &static_code().cross_return || back == &static_code().exit) return back;
  leave_instance(inst, back);
  return &static_code().cross_return;
}
// The callee's frame takes the place of this one: its parameters start where the own ones do, results go there, too.
inline u64* replace_frame(const Instruction* pc, u64* fp, abi::Instance*& inst, const abi::FuncRef* function) {
  const auto* back = reinterpret_cast<const Instruction*>(fp[0]);
  auto* caller = reinterpret_cast<u64*>(fp[1]);
  u64* base = fp - pc->c;
  std::memmove(base, fp + pc->a, static_cast<size_t>(pc->b) * sizeof(u64));
  if (function->instance != inst && function->instance != nullptr) {
    back = leave_by_tail_call(inst, back);
    inst = function->instance;
  }
  u64* callee = base + pc->b;
  link(callee, back, caller, function);
  return callee;
}
HANDLER(tail_call) {
  const auto* function = reinterpret_cast<const abi::FuncRef*>(pc[1].wide());
  fp = replace_frame(pc, fp, inst, function);
  mem = inst->memory0.base;
  GO(static_cast<const Instruction*>(function->body));
}
HANDLER(tail_call_ref) {
  const auto* function = reinterpret_cast<const abi::FuncRef*>(fp[pc[1].a]);
  TRAP_IF(function == nullptr, Trap::NullFunctionReference);
  fp = replace_frame(pc, fp, inst, function);
  mem = inst->memory0.base;
  GO(static_cast<const Instruction*>(function->body));
}

// --- exceptions ---

HANDLER(throw_) {
  const Resume resume = throw_new(thread_of(inst), *reinterpret_cast<const abi::Tag*>(pc->wide()), pc, fp, inst);
  if (resume.pc == nullptr) return;
  fp = resume.fp;
  inst = resume.instance;
  mem = inst->memory0.base;
  GO(resume.pc);
}
HANDLER(throw_ref) {
  const auto* exception = reinterpret_cast<const abi::Exception*>(fp[pc->a]);
  TRAP_IF(exception == nullptr, Trap::NullReference);
  const Resume resume = throw_again(thread_of(inst), *exception, pc, fp, inst);
  if (resume.pc == nullptr) return;
  fp = resume.fp;
  inst = resume.instance;
  mem = inst->memory0.base;
  GO(resume.pc);
}
HANDLER(null_check) {
  TRAP_IF(fp[pc->a] == abi::kNullReference, Trap::NullReference);
  NEXT();
}
HANDLER(translate) {
  auto* function = static_cast<runtime::Function*>(reinterpret_cast<abi::FuncRef*>(fp[2]));
  GO(translate_now(thread_of(inst), *function));
}
HANDLER(host) {
  const auto* back = reinterpret_cast<const Instruction*>(fp[0]);
  auto* caller = reinterpret_cast<u64*>(fp[1]);
  const Trap trap = call_host(thread_of(inst), fp, inst);
  if (trap != Trap::None) return trapped_with(nullptr, fp, inst, trap);
  fp = caller;
  mem = inst->memory0.base;
  GO(back);
}
HANDLER(exit) { thread_of(inst).trap = Trap::None; }

// --- control, variables ---

HANDLER(br) { GO(jump(pc, pc->c)); }
HANDLER(br_table) {
  const u32 index = get<u32>(fp, pc->a);
  const u32 count = static_cast<u32>(pc->b);
  const u32 arm = index < count ? index : count;
  GO(jump(pc + 1 + arm / 2, reinterpret_cast<const BrArm*>(pc + 1)[arm].distance));
}
HANDLER(br_table_values) {
  const u32 index = get<u32>(fp, pc->a);
  const u32 count = static_cast<u32>(pc->b);
  const u32 number = index < count ? index : count;
  const BrArm arm = reinterpret_cast<const BrArm*>(pc + 2)[number];
  std::memmove(fp + arm.to, fp + pc[1].a, static_cast<size_t>(pc->c) * sizeof(u64));
  GO(jump(pc + 2 + number / 2, arm.distance));
}
HANDLER(unreachable) { TRAP(Trap::Unreachable); }
HANDLER(copy) {
  fp[pc->a] = fp[pc->b];
  NEXT();
}
HANDLER(copy2) {
  const u64 low = fp[pc->b];
  const u64 high = fp[pc->b + 1];
  fp[pc->a] = low;
  fp[pc->a + 1] = high;
  NEXT();
}
HANDLER(copy_many) {
  std::memmove(fp + pc->a, fp + pc->b, static_cast<size_t>(pc->c) * sizeof(u64));
  NEXT();
}
HANDLER(const_) {
  fp[pc->a] = pc->wide();
  NEXT();
}
HANDLER(const2) {
  std::memcpy(fp + pc->a, pc + 1, 16);
  GO(pc + 2);
}
HANDLER(select2) {
  const i32 from = get<u32>(fp, pc[1].a) != 0 ? pc->b : pc->c;
  const u64 low = fp[from];
  const u64 high = fp[from + 1];
  fp[pc->a] = low;
  fp[pc->a + 1] = high;
  GO(pc + 2);
}
HANDLER(global_get2) {
  std::memcpy(fp + pc->a, reinterpret_cast<const u64*>(pc->wide()), 16);
  NEXT();
}
HANDLER(global_set2) {
  std::memcpy(reinterpret_cast<u64*>(pc->wide()), fp + pc->a, 16);
  NEXT();
}
HANDLER(select) {
  fp[pc->a] = get<u32>(fp, pc[1].a) != 0 ? fp[pc->b] : fp[pc->c];
  GO(pc + 2);
}
HANDLER(global_get) {
  fp[pc->a] = *reinterpret_cast<const u64*>(pc->wide());
  NEXT();
}
HANDLER(global_set) {
  *reinterpret_cast<u64*>(pc->wide()) = fp[pc->a];
  NEXT();
}

// --- tables and bulk operations: the runtime does the work ---

// What a bulk operation burns. Counts that are out of bounds anyway are not worth more.
[[maybe_unused]] constexpr u64 bulk_fuel(u64 count) { return (count < 1 << 20 ? count : 1 << 20) / 64; }

inline Instance& instance_of(abi::Instance* inst) { return *static_cast<Instance*>(inst); }

HANDLER(table_get) {
  const abi::Table* table = inst->tables[pc->c];
  const u64 index = fp[pc->b];
  TRAP_IF(index >= table->size, Trap::OutOfBoundsTableAccess);
  fp[pc->a] = table->elements[index];
  NEXT();
}
HANDLER(table_set) {
  abi::Table* table = inst->tables[pc->c];
  const u64 index = fp[pc->a];
  TRAP_IF(index >= table->size, Trap::OutOfBoundsTableAccess);
  table->elements[index] = fp[pc->b];
  NEXT();
}
HANDLER(table_size) {
  fp[pc->a] = inst->tables[pc->c]->size;
  NEXT();
}
// An old size, or -1, as the address type has it.
inline u64 size_result(i64 old, const wasm::Limits& limits) {
  return limits.is_64 ? static_cast<u64>(old) : static_cast<u32>(old);
}
HANDLER(table_grow) {
  BURN(bulk_fuel(fp[pc->a + 1]), pc);
  runtime::Table& table = *instance_of(inst).table(static_cast<u32>(pc->c));
  fp[pc->a] = size_result(table.grow(fp[pc->a + 1], fp[pc->a]), table.type().limits);
  NEXT();
}
HANDLER(memory_size) {
  fp[pc->a] = inst->memories[pc->c]->size / wasm::kPageSize;
  NEXT();
}
HANDLER(memory_grow) {
  runtime::Memory& memory = *instance_of(inst).memory(static_cast<u32>(pc->c));
  fp[pc->a] = size_result(memory.grow(fp[pc->b]), memory.type().limits);
  mem = inst->memory0.base;
  NEXT();
}

// The three operands of a bulk operation, in consecutive slots.
struct Range {
  u64 to, from, count;
};
inline Range range(const u64* fp, i32 slot) { return {fp[slot], fp[slot + 1], fp[slot + 2]}; }
#define BULK(name, expression)                                       \
  HANDLER(name) {                                                    \
    [[maybe_unused]] const Range r = range(fp, pc->a);               \
    [[maybe_unused]] const u32 b = static_cast<u32>(pc->b);          \
    [[maybe_unused]] const u32 c = static_cast<u32>(pc->c);          \
    BURN(bulk_fuel(r.count), pc);                                    \
    const Trap trap = instance_of(inst).expression;                  \
    if (trap != Trap::None) return trapped_with(pc, fp, inst, trap); \
    NEXT();                                                          \
  }
BULK(memory_init, memory_init(b, c, r.to, r.from, r.count))
BULK(memory_copy, memory_copy(b, c, r.to, r.from, r.count))
BULK(memory_fill, memory_fill(c, r.to, static_cast<u8>(r.from), r.count))
BULK(table_init, table_init(b, c, r.to, r.from, r.count))
BULK(table_copy, table_copy(b, c, r.to, r.from, r.count))
BULK(table_fill, table_fill(c, r.to, fp[pc->a + 1], r.count))
#undef BULK
HANDLER(elem_drop) {
  instance_of(inst).elem_drop(static_cast<u32>(pc->b));
  NEXT();
}
HANDLER(data_drop) {
  instance_of(inst).data_drop(static_cast<u32>(pc->b));
  NEXT();
}

// --- from names to handlers ---

// In the order of Special.
constexpr Handler kSpecial[] = {
    enter,           enter_simple, return0,     return1,       return_many,      call,        call_cross,
    call_indirect,   call_ref,     tail_call,   tail_call_ref, resolve_indirect, br,          br_table,
    br_table_values, copy,         copy2,       copy_many,     const_,           const2,      select,
    select2,         global_get,   global_get2, global_set,    global_set2,      null_check,  throw_,
    throw_ref,       table_get,    table_set,   table_size,    table_grow,       table_fill,  table_copy,
    table_init,      elem_drop,    memory_size, memory_grow,   memory_fill,      memory_copy, memory_init,
    data_drop,       unreachable,  translate,   host,          cross_return,     exit,
};
static_assert(sizeof kSpecial / sizeof kSpecial[0] == static_cast<size_t>(Special::Count));

struct Forms {
  wasm::Op op;
  Handler handlers[static_cast<size_t>(Form::Count)];
};

// A row per instruction; forms that do not apply are null.
template <typename T>
inline constexpr bool kIsInt = std::is_integral_v<T>;
template <typename T, typename R, R (*kF)(T, T)>
constexpr Forms binary_forms(wasm::Op op, bool is_comparison) {
  Forms forms{op, {binary<T, R, kF>}};
  const auto put = [&](Form form, Handler h) { forms.handlers[static_cast<size_t>(form)] = h; };
  if constexpr (kIsInt<T>) put(Form::Immediate, binary_immediate<T, R, kF>);
  if constexpr (std::is_same_v<R, u32>) {
    if (is_comparison) {
      put(Form::Branch, branch<T, R, kF>);
      if constexpr (kIsInt<T>) {
        put(Form::BranchImmediate, branch_immediate<T, R, kF>);
      } else {
        put(Form::Negated, binary_negated<T, R, kF>);
        put(Form::BranchNegated, branch_negated<T, R, kF>);
      }
    }
  }
  return forms;
}

constexpr bool is_comparison(wasm::Op op) { return op >= wasm::Op::I32Eqz && op <= wasm::Op::F64Ge; }

constexpr Forms kForms[] = {
#define HERMIT_UNARY(name, T, R, function) {wasm::Op::name, {unary<T, R, function>}},
#define HERMIT_BINARY(name, T, R, function) binary_forms<T, R, function>(wasm::Op::name, is_comparison(wasm::Op::name)),
#define HERMIT_UNARY_CHECKED(name, T, R, function) {wasm::Op::name, {unary_checked<T, R, function>}},
#define HERMIT_BINARY_CHECKED(name, T, R, function) \
  {wasm::Op::name, {binary_checked<T, R, function>, nullptr, binary_checked_immediate<T, R, function>}},
#include "abi/numeric_ops.def"
    {wasm::Op::I32Load, {load<u32, u32>, load_far<u32, u32>}},
    {wasm::Op::I64Load, {load<u64, u64>, load_far<u64, u64>}},
    {wasm::Op::F32Load, {load<u32, u32>, load_far<u32, u32>}},
    {wasm::Op::F64Load, {load<u64, u64>, load_far<u64, u64>}},
    {wasm::Op::I32Load8S, {load<i8, u32>, load_far<i8, u32>}},
    {wasm::Op::I32Load8U, {load<u8, u32>, load_far<u8, u32>}},
    {wasm::Op::I32Load16S, {load<i16, u32>, load_far<i16, u32>}},
    {wasm::Op::I32Load16U, {load<u16, u32>, load_far<u16, u32>}},
    {wasm::Op::I64Load8S, {load<i8, u64>, load_far<i8, u64>}},
    {wasm::Op::I64Load8U, {load<u8, u64>, load_far<u8, u64>}},
    {wasm::Op::I64Load16S, {load<i16, u64>, load_far<i16, u64>}},
    {wasm::Op::I64Load16U, {load<u16, u64>, load_far<u16, u64>}},
    {wasm::Op::I64Load32S, {load<i32, u64>, load_far<i32, u64>}},
    {wasm::Op::I64Load32U, {load<u32, u64>, load_far<u32, u64>}},
    {wasm::Op::I32Store, {store<u32>, store_far<u32>}},
    {wasm::Op::I64Store, {store<u64>, store_far<u64>}},
    {wasm::Op::F32Store, {store<u32>, store_far<u32>}},
    {wasm::Op::F64Store, {store<u64>, store_far<u64>}},
    {wasm::Op::I32Store8, {store<u8>, store_far<u8>}},
    {wasm::Op::I32Store16, {store<u16>, store_far<u16>}},
    {wasm::Op::I64Store8, {store<u8>, store_far<u8>}},
    {wasm::Op::I64Store16, {store<u16>, store_far<u16>}},
    {wasm::Op::I64Store32, {store<u32>, store_far<u32>}},
};

// kForms by instruction: the row's number plus one, or 0.
constexpr size_t slot_of(wasm::Op op) {
  return (static_cast<u16>(op) & 0xff) + (static_cast<u16>(op) > 0xff ? 256 : 0);
}
struct Index {
  u8 row[512] = {};
  constexpr Index() {
    for (size_t i = 0; i < sizeof kForms / sizeof kForms[0]; ++i) row[slot_of(kForms[i].op)] = static_cast<u8>(i + 1);
  }
};
static_assert(sizeof kForms / sizeof kForms[0] < 256);
constexpr Index kIndex;

Handler find(wasm::Op op, Form form) {
  if (static_cast<u16>(op) >> 12 == (wasm::kPrefixSimd & 0xf)) return simd_handler(op, form);
  const u8 row = kIndex.row[slot_of(op)];
  return row == 0 ? nullptr : kForms[row - 1].handlers[static_cast<size_t>(form)];
}

}  // namespace

i32 distance(Handler h) {
  const auto difference = static_cast<intptr_t>(reinterpret_cast<uintptr_t>(h) - reinterpret_cast<uintptr_t>(&origin));
  CHECK(difference == static_cast<i32>(difference));
  return static_cast<i32>(difference);
}

i32 handler(Special special) { return distance(kSpecial[static_cast<size_t>(special)]); }
i32 handler(wasm::Op op, Form form) {
  const Handler h = find(op, form);
  CHECK(h != nullptr);
  return distance(h);
}
bool has_form(wasm::Op op, Form form) { return find(op, form) != nullptr; }

const StaticCode& static_code() {
  static const StaticCode code = {{handler(Special::Translate), 0, 0, 0},
                                  {handler(Special::Host), 0, 0, 0},
                                  {handler(Special::Exit), 0, 0, 0},
                                  {handler(Special::CrossReturn), 0, 0, 0}};
  return code;
}

void run(const Instruction* pc, u64* fp, abi::Instance* inst) { handler_at(pc)(pc, fp, inst->memory0.base, inst); }

}  // namespace hermit::interp

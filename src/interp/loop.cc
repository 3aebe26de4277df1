// The interpreter loop: one handler per instruction form, each ending in a jump to the next one.
//
// The problem: an interpreter's time goes into finding the next instruction and into moving operands. The idea:
// operands were given slots by translate.cc, so most instructions are one load per operand, the operation and one
// store; and every handler ends with its own indirect tail call (`musttail`), so the branch predictor sees one site per
// handler and the four values that matter stay in registers on every calling convention we build for:
//   pc   the instruction being executed       fp    the frame (code.h)
//   mem  memory 0's base                      inst  the instance
// Memory accesses check their bounds on the 64-bit sum of index and offset. A trap leaves through raise().
// This file is compiled with -O2 (CMakeLists.txt); numeric semantics are in abi/numeric.h, one row per instruction.
#include <cstring>

#include "abi/numeric.h"
#include "base/check.h"
#include "interp/code.h"
#include "interp/thread.h"
#include "runtime/instance.h"

namespace hermit::interp {
namespace {

using runtime::Instance;
using Handler = void (*)(const Instruction* pc, u64* fp, u8* mem, abi::Instance* inst);
#define HANDLER(name)                                                                                   \
  void name([[maybe_unused]] const Instruction* pc, [[maybe_unused]] u64* fp, [[maybe_unused]] u8* mem, \
            [[maybe_unused]] abi::Instance* inst)

// Handlers are named by their distance from this function.
[[gnu::noinline]] HANDLER(origin) { CHECK(false && "an instruction without handler"); }

inline Handler handler_at(const Instruction* pc) {
  return reinterpret_cast<Handler>(reinterpret_cast<uintptr_t>(&origin) +
                                   static_cast<uintptr_t>(static_cast<intptr_t>(pc->handler)));
}

#define GO(next)                                                        \
  do {                                                                  \
    const Instruction* go_to = (next);                                  \
    [[clang::musttail]] return handler_at(go_to)(go_to, fp, mem, inst); \
  } while (false)
#define NEXT() GO(pc + 1)
#define TRAP(which) [[clang::musttail]] return trapped<which>(pc, fp, mem, inst)
#define TRAP_IF(condition, which) \
  if (__builtin_expect(condition, false)) TRAP(which)

template <Trap kTrap>
[[gnu::noinline, gnu::cold]] HANDLER(trapped) {
  raise(thread_of(inst), kTrap, pc, fp);
}

// For a trap that is only known when it happens.
[[gnu::noinline, gnu::cold]] void trapped_with(const Instruction* pc, u64* fp, abi::Instance* inst, Trap trap) {
  raise(thread_of(inst), trap, pc, fp);
}

inline const Instruction* jump(const Instruction* pc, i32 distance) {
  return reinterpret_cast<const Instruction*>(reinterpret_cast<const u8*>(pc) + distance);
}

template <typename T>
inline T get(const u64* fp, i32 slot) {
  T value;
  std::memcpy(&value, fp + slot, sizeof(T));  // little-endian hosts only: the low bytes come first
  return value;
}
template <typename T>
inline void set(u64* fp, i32 slot, T value) {
  if constexpr (sizeof(T) == 8) {
    fp[slot] = std::bit_cast<u64>(value);
  } else {
    fp[slot] = std::bit_cast<u32>(value);
  }
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
// The rest of call_indirect, apart so that the common path saves no registers. Requires: everything was checked.
[[gnu::noinline]] HANDLER(call_indirect_cross) {
  const auto* table = reinterpret_cast<const abi::Table*>(pc[1].wide());
  const auto* function = reinterpret_cast<const abi::FuncRef*>(table->elements[get<u32>(fp, pc->b)]);
  u64* callee = fp + pc->a;
  leave_instance(inst, pc + 2);
  link(callee, &static_code().cross_return, fp, function);
  inst = function->instance;
  mem = inst->memory0.base;
  fp = callee;
  GO(static_cast<const Instruction*>(function->body));
}
HANDLER(call_indirect) {
  const auto* table = reinterpret_cast<const abi::Table*>(pc[1].wide());
  const u32 index = get<u32>(fp, pc->b);
  TRAP_IF(index >= table->size, Trap::UndefinedElement);
  const auto* function = reinterpret_cast<const abi::FuncRef*>(table->elements[index]);
  TRAP_IF(function == nullptr, Trap::UninitializedElement);
  TRAP_IF(function->type_id != static_cast<u32>(pc->c), Trap::IndirectCallTypeMismatch);
  if (function->instance != inst && function->instance != nullptr) [[unlikely]] {
    [[clang::musttail]] return call_indirect_cross(pc, fp, mem, inst);
  }
  u64* callee = fp + pc->a;
  link(callee, pc + 2, fp, function);
  fp = callee;
  GO(static_cast<const Instruction*>(function->body));
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
  const Instruction* entry = pc + 1 + (index < count ? index : count);
  GO(jump(entry, entry->c));
}
HANDLER(unreachable) { TRAP(Trap::Unreachable); }
HANDLER(copy) {
  fp[pc->a] = fp[pc->b];
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

inline Instance& instance_of(abi::Instance* inst) { return *static_cast<Instance*>(inst); }

HANDLER(table_get) {
  const abi::Table* table = inst->tables[pc->c];
  const u32 index = get<u32>(fp, pc->b);
  TRAP_IF(index >= table->size, Trap::OutOfBoundsTableAccess);
  fp[pc->a] = table->elements[index];
  NEXT();
}
HANDLER(table_set) {
  abi::Table* table = inst->tables[pc->c];
  const u32 index = get<u32>(fp, pc->a);
  TRAP_IF(index >= table->size, Trap::OutOfBoundsTableAccess);
  table->elements[index] = fp[pc->b];
  NEXT();
}
HANDLER(table_size) {
  set<u32>(fp, pc->a, static_cast<u32>(inst->tables[pc->c]->size));
  NEXT();
}
HANDLER(table_grow) {
  const i64 old = instance_of(inst).table(static_cast<u32>(pc->c))->grow(get<u32>(fp, pc->a + 1), fp[pc->a]);
  set<u32>(fp, pc->a, static_cast<u32>(old));
  NEXT();
}
HANDLER(memory_size) {
  set<u32>(fp, pc->a, static_cast<u32>(inst->memory0.size / wasm::kPageSize));
  NEXT();
}
HANDLER(memory_grow) {
  const i64 old = instance_of(inst).memory(0)->grow(get<u32>(fp, pc->b));
  set<u32>(fp, pc->a, static_cast<u32>(old));
  mem = inst->memory0.base;
  NEXT();
}

// The three operands of a bulk operation, in consecutive slots.
struct Range {
  u64 to, from, count;
};
inline Range range(const u64* fp, i32 slot) {
  return {get<u32>(fp, slot), get<u32>(fp, slot + 1), get<u32>(fp, slot + 2)};
}
#define BULK(name, expression)                                       \
  HANDLER(name) {                                                    \
    [[maybe_unused]] const Range r = range(fp, pc->a);               \
    [[maybe_unused]] const u32 b = static_cast<u32>(pc->b);          \
    [[maybe_unused]] const u32 c = static_cast<u32>(pc->c);          \
    const Trap trap = instance_of(inst).expression;                  \
    if (trap != Trap::None) return trapped_with(pc, fp, inst, trap); \
    NEXT();                                                          \
  }
BULK(memory_init, memory_init(b, 0, r.to, r.from, r.count))
BULK(memory_copy, memory_copy(0, 0, r.to, r.from, r.count))
BULK(memory_fill, memory_fill(0, r.to, static_cast<u8>(r.from), r.count))
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
    enter,         enter_simple, return0,     return1,     return_many, call,         call_cross,
    call_indirect, br,           br_table,    copy,        copy_many,   const_,       select,
    global_get,    global_set,   table_get,   table_set,   table_size,  table_grow,   table_fill,
    table_copy,    table_init,   elem_drop,   memory_size, memory_grow, memory_fill,  memory_copy,
    memory_init,   data_drop,    unreachable, translate,   host,        cross_return, exit,
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
  {wasm::Op::name, {binary_checked<T, R, function>, binary_checked_immediate<T, R, function>}},
#include "abi/numeric_ops.def"
    {wasm::Op::I32Load, {load<u32, u32>}},    {wasm::Op::I64Load, {load<u64, u64>}},
    {wasm::Op::F32Load, {load<u32, u32>}},    {wasm::Op::F64Load, {load<u64, u64>}},
    {wasm::Op::I32Load8S, {load<i8, u32>}},   {wasm::Op::I32Load8U, {load<u8, u32>}},
    {wasm::Op::I32Load16S, {load<i16, u32>}}, {wasm::Op::I32Load16U, {load<u16, u32>}},
    {wasm::Op::I64Load8S, {load<i8, u64>}},   {wasm::Op::I64Load8U, {load<u8, u64>}},
    {wasm::Op::I64Load16S, {load<i16, u64>}}, {wasm::Op::I64Load16U, {load<u16, u64>}},
    {wasm::Op::I64Load32S, {load<i32, u64>}}, {wasm::Op::I64Load32U, {load<u32, u64>}},
    {wasm::Op::I32Store, {store<u32>}},       {wasm::Op::I64Store, {store<u64>}},
    {wasm::Op::F32Store, {store<u32>}},       {wasm::Op::F64Store, {store<u64>}},
    {wasm::Op::I32Store8, {store<u8>}},       {wasm::Op::I32Store16, {store<u16>}},
    {wasm::Op::I64Store8, {store<u8>}},       {wasm::Op::I64Store16, {store<u16>}},
    {wasm::Op::I64Store32, {store<u32>}},
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

i32 distance(Handler h) {
  const auto difference = static_cast<intptr_t>(reinterpret_cast<uintptr_t>(h) - reinterpret_cast<uintptr_t>(&origin));
  CHECK(difference == static_cast<i32>(difference));
  return static_cast<i32>(difference);
}

Handler find(wasm::Op op, Form form) {
  const u8 row = kIndex.row[slot_of(op)];
  return row == 0 ? nullptr : kForms[row - 1].handlers[static_cast<size_t>(form)];
}

}  // namespace

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

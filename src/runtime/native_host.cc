// What compiled code reaches through the gates: host functions, and the exits of abi/exits.def.
#include <algorithm>

#include "base/check.h"
#include "runtime/native_gate.h"
#include "runtime/native_thread.h"

namespace hermit::runtime {

namespace {

// Calls visit(slots in the frame or on the stack, first slot of the value among all, type) for each value of `types` by
// the calling convention. Values beyond the registers lie at `memory`; returns how many bytes of it they take.
template <typename Visit>
u64 each_value(const std::vector<wasm::ValType>& types, u64* integers, u64 (*floats)[2], u64* memory, Visit visit) {
  u32 next_integer = 0;
  u32 next_float = 0;
  u64* next = memory;
  size_t slot = 0;
  for (const wasm::ValType type : types) {
    const bool is_float = type == wasm::ValType::F32 || type == wasm::ValType::F64 || type == wasm::ValType::V128;
    if (is_float && next_float < abi::kFloatArguments) {
      visit(floats[next_float++], slot, type);
    } else if (!is_float && next_integer < abi::kIntegerArguments) {
      visit(&integers[next_integer++], slot, type);
    } else {
      visit(next, slot, type);
      next += wasm::slots_of(type);
    }
    slot += wasm::slots_of(type);
  }
  return static_cast<u64>(next - memory) * sizeof(u64);
}

// A slot holds an i32 or f32 zero-extended, whatever the upper half of the place says.
void copy_value(u64* to, const u64* from, wasm::ValType type) {
  to[0] = type == wasm::ValType::I32 || type == wasm::ValType::F32 ? static_cast<u32>(from[0]) : from[0];
  if (type == wasm::ValType::V128) to[1] = from[1];
}

// What memory.grow and table.grow give: -1 in the width of an index.
u64 as_size(i64 size, const wasm::Limits& limits) {
  return limits.is_64 ? static_cast<u64>(size) : static_cast<u32>(size);
}

// Replaces the index by the function in the table, which must be of the module's type `type` or a subtype of it.
Trap indirect_function(const Instance& instance, u32 table_index, u32 type, u64& index) {
  const Table& table = *instance.table(table_index);
  if (index >= table.size) return Trap::UndefinedElement;
  const abi::Reference reference = table.elements[index];
  if (reference == abi::kNullReference) return Trap::UninitializedElement;
  const auto* function = reinterpret_cast<const abi::FuncRef*>(reference);
  index = reference;
  const bool fits = instance.program->is_subtype(function->type_id, instance.type_ids[type]);
  return fits ? Trap::None : Trap::IndirectCallTypeMismatch;
}

u64 whole_16(u64 bytes) { return (bytes + 15) / 16 * 16; }

}  // namespace

u64 stack_bytes(const wasm::FuncType& type) {
  u64 integers[abi::kIntegerArguments];
  u64 floats[abi::kFloatArguments][2];
  u64 none = 0;
  return whole_16(each_value(type.params, integers, floats, &none, [](u64*, size_t, wasm::ValType) {}));
}

void put_arguments(const wasm::FuncType& type, const u64* slots, EntryFrame& frame, u64* stack) {
  each_value(type.params, frame.integers, frame.floats, stack,
             [&](u64* to, size_t i, wasm::ValType t) { copy_value(to, slots + i, t); });
}

void take_results(const wasm::FuncType& type, EntryFrame& frame, u64* overflow, u64* slots) {
  each_value(type.results, frame.integers, frame.floats, overflow,
             [&](u64* from, size_t i, wasm::ValType t) { copy_value(slots + i, from, t); });
}

namespace {

// Calls the function with its values in `slots`; a trap's place is where the guest called.
u64 call_with(const Function& function, u64* slots, const abi::Instance& instance) {
  NativeThread& thread = thread_of(instance);
  HostCall call{slots, instance.memory0.base, instance.memory0.size};
  const Trap trap = function.host(function.host_context, call);
  if (trap != Trap::None) {
    const abi::Execution& execution = *instance.execution;  // as before, even if the function called the guest
    thread.trap_place = {execution.guest_frame, execution.guest_pc};
    thread.keep_trace = thread.nested_trap == trap;  // it passes on what the guest it called met
  }
  // Written only if it changes: a store here, every time, held up the loads of whatever lies as far into another page.
  if (thread.nested_trap != Trap::None) thread.nested_trap = Trap::None;
  return static_cast<u64>(trap);
}

u64 call_host(const Function& function, GateFrame& frame, const abi::Instance& instance, u64* stack_arguments) {
  // Few host functions have more; those get slots from the heap.
  constexpr size_t kFew = 16;
  u64 few[kFew];
  std::vector<u64> many;
  const size_t wanted = std::max(function.param_slots, function.result_slots);
  if (wanted > kFew) many.resize(wanted);
  u64* const slots = wanted > kFew ? many.data() : few;
  frame.stack_bytes =
      whole_16(each_value(function.type->params, frame.integers, frame.floats, stack_arguments,
                          [&](u64* from, size_t i, wasm::ValType t) { copy_value(slots + i, from, t); }));
  const u64 trap = call_with(function, slots, instance);
  if (trap != 0) return trap;
  each_value(function.type->results, frame.integers, frame.floats, instance.execution->results,
             [&](u64* to, size_t i, wasm::ValType t) { copy_value(to, slots + i, t); });
  return 0;
}

u64 leave(abi::Instance* view, u64 number, u64* a) {
  auto& instance = *static_cast<Instance*>(view);
  const auto u32_at = [&](size_t i) { return static_cast<u32>(a[i]); };
  Trap trap = Trap::None;
  switch (static_cast<abi::Exit>(number)) {
    case abi::Exit::MemoryGrow: {
      Memory& memory = *instance.memory(u32_at(1));
      a[0] = as_size(memory.grow(a[0]), memory.type().limits);
      break;
    }
    case abi::Exit::MemoryInit: trap = instance.memory_init(u32_at(3), u32_at(4), a[0], a[1], a[2]); break;
    case abi::Exit::MemoryCopy: trap = instance.memory_copy(u32_at(3), u32_at(4), a[0], a[1], a[2]); break;
    case abi::Exit::MemoryFill: trap = instance.memory_fill(u32_at(3), a[0], static_cast<u8>(a[1]), a[2]); break;
    case abi::Exit::DataDrop: instance.data_drop(u32_at(0)); break;
    case abi::Exit::TableGrow: {
      Table& table = *instance.table(u32_at(2));
      a[0] = as_size(table.grow(a[1], a[0]), table.type().limits);
      break;
    }
    case abi::Exit::TableInit: trap = instance.table_init(u32_at(3), u32_at(4), a[0], a[1], a[2]); break;
    case abi::Exit::TableCopy: trap = instance.table_copy(u32_at(3), u32_at(4), a[0], a[1], a[2]); break;
    case abi::Exit::TableFill: trap = instance.table_fill(u32_at(3), a[0], a[1], a[2]); break;
    case abi::Exit::ElemDrop: instance.elem_drop(u32_at(0)); break;
    case abi::Exit::IndirectFunction: trap = indirect_function(instance, u32_at(1), u32_at(2), a[0]); break;
    case abi::Exit::Throw: return throw_new(thread_of(*view), *instance.tag(u32_at(0)));
    case abi::Exit::ThrowRef: return throw_again(thread_of(*view), reinterpret_cast<const abi::Exception*>(a[0]));
    case abi::Exit::Count: CHECK(false && "no such exit");
  }
  if (trap != Trap::None) {
    NativeThread& thread = thread_of(*view);
    thread.trap_place = {view->execution->guest_frame, view->execution->guest_pc};
    thread.keep_trace = false;
  }
  return static_cast<u64>(trap);
}

}  // namespace

u64 hermit_native_host_call(const abi::FuncRef* ref, GateFrame* frame, abi::Instance* instance,
                            const u8* stack_arguments) {
  NativeThread& thread = thread_of(*instance);
  change_stacks(thread);
  const u64 trap = call_host(*static_cast<const Function*>(ref), *frame, *instance,
                             reinterpret_cast<u64*>(const_cast<u8*>(stack_arguments)));
  change_stacks(thread);
  return trap;
}

// What the gate saved are the slots as they stand.
u64 hermit_native_integer_call(const abi::FuncRef* ref, GateFrame* frame, abi::Instance* instance) {
  NativeThread& thread = thread_of(*instance);
  change_stacks(thread);
  const u64 trap = call_with(*static_cast<const Function*>(ref), frame->integers, *instance);
  change_stacks(thread);
  return trap;
}

u64 hermit_native_exit(abi::Instance* instance, u64 number, u64* arguments) {
  NativeThread& thread = thread_of(*instance);
  change_stacks(thread);
  const u64 trap = leave(instance, number, arguments);
  change_stacks(thread);
  return trap;
}

}  // namespace hermit::runtime

// Selection of calls, entries and returns: the calling convention of abi/calling_convention.h.
#include <algorithm>
#include <cstddef>

#include "abi/calling_convention.h"
#include "abi/instance_layout.h"
#include "compiler/arm64/selector.h"

namespace hermit::arm64 {

namespace {

// Gives each value in turn a register or a place in memory.
class Places {
 public:
  // The register, or kNone; then `offset` says where in memory, counted in bytes.
  u32 next(Type type) {
    u32& used = class_of(type) == RegClass::Integer ? integers_ : floats_;
    if (class_of(type) == RegClass::Integer && used < abi::kIntegerArguments) return kIntegerArgs[used++];
    if (class_of(type) == RegClass::Float && used < abi::kFloatArguments) return kV0 + used++;
    offset = memory_;
    memory_ += type == Type::V128 ? 16 : 8;
    return kNone;
  }
  [[nodiscard]] u32 bytes() const { return memory_; }
  u32 offset = 0;

 private:
  u32 integers_ = 0, floats_ = 0, memory_ = 0;
};

u32 whole_16(u32 bytes) { return (bytes + 15) / 16 * 16; }

}  // namespace

void Selector::entry() {
  Places places;
  std::vector<std::pair<VReg, u32>> in_registers;
  struct InMemory {
    VReg vreg;
    Type type;
    u32 offset;
  };
  std::vector<InMemory> in_memory;
  std::vector<VReg> param_of(f_.parameters.size(), kNone);
  for (const Value v : f_.body(0)) {
    if (f_.insts[v].op == Op::Param) param_of[f_.insts[v].c] = vreg_of_[v];
  }
  for (u32 i = 0; i < f_.parameters.size(); ++i) {
    const u32 where = places.next(f_.parameters[i]);
    if (param_of[i] == kNone) continue;
    if (where != kNone) {
      in_registers.emplace_back(param_of[i], where);
    } else {
      in_memory.push_back({param_of[i], f_.parameters[i], places.offset});
    }
  }
  m_.stack_params = whole_16(places.bytes());
  add(kEntry);
  for (const auto& [vreg, where] : in_registers) def_fixed(vreg, where);
  for (const InMemory& param : in_memory) {
    MachineInst& load = add(kLoadParam, 0, width_of(param.type));
    load.displacement = static_cast<i32>(param.offset);
    def(param.vreg);
  }
  if (f_.frame_locals != 0) add(kZeroLocals);
}

// Results beyond the registers wait in Execution::results.
void Selector::call_results(Value v, const Call& call) {
  if (call.results == 0) return;
  std::vector<VReg> wanted(call.results, kNone);
  wanted[0] = result();
  // The Results of a call follow it at once.
  if (call.results > 1) {
    const auto body = f_.body(current_block_);
    auto at = std::find(body.begin(), body.end(), v);
    for (++at; at != body.end() && f_.insts[*at].op == Op::Result && f_.insts[*at].a == v; ++at) {
      wanted[f_.insts[*at].b] = vreg_of_[*at];
    }
  }
  Places places;
  struct InMemory {
    VReg vreg;
    Type type;
    u32 offset;
  };
  std::vector<InMemory> in_memory;
  const auto result_type = [&](u32 i) {
    return call.type == kNone ? f_.insts[v].type : type_of(module_.types[call.type].results[i]);
  };
  for (u32 i = 0; i < call.results; ++i) {
    const Type t = result_type(i);
    const u32 where = places.next(t);
    if (where != kNone) {
      def_fixed(wanted[i] == kNone ? m_.new_vreg(t) : wanted[i], where);
    } else if (wanted[i] != kNone) {
      in_memory.push_back({wanted[i], t, places.offset});
    }
  }
  if (in_memory.empty()) return;
  const VReg execution = instance_field(offsetof(abi::Instance, execution));
  for (const InMemory& r : in_memory) {
    MachineInst& load = add(kLoadPointer, 0, width_of(r.type));
    load.displacement = static_cast<i32>(offsetof(abi::Execution, results) + r.offset);
    def(r.vreg);
    use(execution);
  }
}

void Selector::call(Value v) {
  const Call& call = f_.calls[f_.insts[v].a];
  m_.has_calls = true;
  const bool by_value = call.kind == CallKind::Indirect || call.kind == CallKind::Reference;
  const u32 args = call.args - (by_value ? 1 : 0);
  const Value* values = f_.lists.data() + call.first_arg;

  // The reference comes first: its checks happen before the call.
  VReg reference = kNone;
  const bool is_static = call.kind == CallKind::Indirect && info_.static_tables[call.callee].has_value();
  if (call.kind == CallKind::Import) {
    reference = pointer(instance_field(offsetof(abi::Instance, functions)), static_cast<i32>(8 * call.callee));
  } else if (by_value) {
    reference = reg(values[args]);
    if (call.kind == CallKind::Indirect && !is_static) {
      VReg elements;
      const VReg index = table_element(call.callee, values[args], hermit::Trap::UndefinedElement, elements);
      reference = m_.new_vreg(Type::I64);
      add(kLoadIndexed);
      def(reference);
      use(elements);
      use(index);
    }
    const auto if_null =
        call.kind == CallKind::Indirect ? hermit::Trap::UninitializedElement : hermit::Trap::NullFunctionReference;
    if (!is_static) trap_if({Compare::Zero, kEqual, 8, reference, kNone, 0}, if_null);
    if (call.kind == CallKind::Indirect && !is_static) {
      const VReg ids = instance_field(offsetof(abi::Instance, type_ids));
      const VReg wanted = pointer(ids, static_cast<i32>(4 * call.type), Type::I32);
      const VReg actual = pointer(reference, offsetof(abi::FuncRef, type_id), Type::I32);
      trap_if({Compare::Int, kNotEqual, 4, actual, wanted, 0}, hermit::Trap::IndirectCallTypeMismatch);
    }
  }

  Places places;
  std::vector<std::pair<VReg, u32>> fixed;
  struct InMemory {
    VReg vreg;
    Type type;
    u32 offset;
  };
  std::vector<InMemory> in_memory;
  for (u32 i = 0; i < args; ++i) {
    const Type t = type(values[i]);
    const u32 where = places.next(t);
    if (where != kNone) {
      fixed.emplace_back(reg(values[i]), where);
    } else {
      in_memory.push_back({reg(values[i]), t, places.offset});
    }
  }
  const u32 stack = whole_16(places.bytes());
  m_.max_stack_args = std::max(m_.max_stack_args, stack);
  if (stack != 0) add(kReserveArgs).displacement = static_cast<i32>(stack);
  for (const InMemory& arg : in_memory) {
    // An i32 takes its whole place: a gate reads all of it, which a store of half would hold up.
    MachineInst& store = add(kStoreArg, 0, arg.type == Type::I32 ? u8{8} : width_of(arg.type));
    store.displacement = static_cast<i32>(arg.offset);
    use(arg.vreg);
  }
  const bool tail = call.is_tail;
  const u16 form = call.kind == CallKind::Direct ? (tail ? kTailDirect : kCallDirect)
                   : call.kind == CallKind::Exit ? kCallExit
                   : is_static                   ? (tail ? kTailTable : kCallTable)
                                                 : (tail ? kTailReference : kCallReference);
  MachineInst& out = add(form);
  out.is_call = true;
  out.target = call.callee;
  out.displacement = static_cast<i32>(stack);
  if (is_static) {
    out.immediate = u64{info_.static_tables[call.callee]->size()} << 32 | info_.first_equal_type[call.type];
  }
  if (form == kCallReference || form == kTailReference) m_.leaves_instance = true;
  if (reference != kNone) use_fixed(reference, kScratch);
  for (const auto& [vreg, where] : fixed) use_fixed(vreg, where);
  if (!tail) call_results(v, call);
}

// The reference to an exception is a pointer to abi::Exception.
void Selector::exception_access(const Inst& inst) {
  if (inst.op == Op::ThrownValue) {
    const VReg value = reg(inst.a);
    const VReg execution = instance_field(offsetof(abi::Instance, execution));
    MachineInst& store = add(kStorePointer, 0, width_of(type(inst.a)));
    store.displacement = static_cast<i32>(offsetof(abi::Execution, results) + sizeof(u64) * inst.c);
    use(execution);
    use(value);
    return;
  }
  const VReg exception = reg(inst.a);
  if (inst.op == Op::ExceptionValue) {
    MachineInst& load = add(kLoadPointer, 0, width_of(inst.type));
    load.displacement = static_cast<i32>(offsetof(abi::Exception, values) + sizeof(u64) * inst.c);
    def(result());
    use(exception);
    return;
  }
  const VReg tag = pointer(exception, offsetof(abi::Exception, tag));
  const VReg wanted = pointer(instance_field(offsetof(abi::Instance, tags)), static_cast<i32>(8 * inst.c));
  MachineInst& set = add(kSet);
  def(result());
  comparison(set, {Compare::Int, kEqual, 8, tag, wanted, 0});
}

void Selector::return_values(const Inst& inst) {
  Places places;
  std::vector<std::pair<VReg, u32>> fixed;
  VReg execution = kNone;
  for (u32 i = 0; i < inst.b; ++i) {
    const Value value = f_.lists[inst.a + i];
    const u32 where = places.next(type(value));
    const VReg from = reg(value);
    if (where != kNone) {
      fixed.emplace_back(from, where);
      continue;
    }
    if (execution == kNone) execution = instance_field(offsetof(abi::Instance, execution));
    MachineInst& store = add(kStorePointer, 0, width_of(type(value)));
    store.displacement = static_cast<i32>(offsetof(abi::Execution, results) + places.offset);
    use(execution);
    use(from);
  }
  add(kReturn);
  for (const auto& [vreg, where] : fixed) use_fixed(vreg, where);
}

}  // namespace hermit::arm64

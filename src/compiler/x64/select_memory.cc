// Selection of what touches memory: guest memory, and the instance's globals, tables and sizes.
#include <cstddef>

#include "abi/instance_layout.h"
#include "compiler/ranges.h"
#include "compiler/x64/selector.h"

namespace hermit::x64 {

namespace {

// No memory is larger: 2^48 pages are what a type may say.
constexpr u64 kLargestMemory = u64{1} << 62;

Id load_instruction(Op op) {
  switch (op) {
    case Op::I32Load8S:
    case Op::I32Load16S:
    case Op::I64Load8S:
    case Op::I64Load16S: return Id::kIdMovsx;
    case Op::I32Load8U:
    case Op::I32Load16U:
    case Op::I64Load8U:
    case Op::I64Load16U: return Id::kIdMovzx;
    case Op::I64Load32S: return Id::kIdMovsxd;
    case Op::V128Load32Zero:
    case Op::F32Load: return Id::kIdMovss;
    case Op::V128Load64Zero:
    case Op::F64Load: return Id::kIdMovsd;
    case Op::V128Load: return Id::kIdMovups;
    default: return Id::kIdMov;
  }
}

Id move_instruction(Type type) {
  switch (type) {
    case Type::F32: return Id::kIdMovss;
    case Type::F64: return Id::kIdMovsd;
    case Type::V128: return Id::kIdMovups;
    default: return Id::kIdMov;
  }
}

}  // namespace

// The address is memory 0's base + the zero-extended index + the offset: as one operand where the offset fits into a
// signed displacement, else with their 64-bit sum in a register. A further memory is reached from memory 0's base by
// the distance between the two. Accesses to 64-bit memories are checked; these do not move either (native.cc sees to
// that).
Selector::Address Selector::guest_address(Value base, const Inst& access, u32 source) {
  const Access where = f_.access(access);
  if (where.memory != 0 || type(base) == Type::I64) return far_address(base, where, access_bytes(access.op), source);
  if (f_.is_const(base)) {
    const u64 sum = f_.const_bits(base) + where.offset;  // at most 33 bits
    if (sum <= 0x7fffffff) return {kNone, static_cast<i32>(sum), source};
    return {constant(Type::I64, sum), 0, source};
  }
  if (where.offset <= 0x7fffffff) {
    // A shift is part of the address only if no bit leaves the 32 that the address has.
    const Inst& shift = f_.insts[base];
    if (shift.op == Op::I32Shl && f_.is_const(shift.b) && used_once_here(base)) {
      const u64 count = f_.const_bits(shift.b) & 31;
      if (count >= 1 && count <= 3 && largest(f_, shift.a) <= u64{0xffffffff} >> count) {
        return {reg(shift.a), static_cast<i32>(where.offset), source, static_cast<u8>(count)};
      }
    }
    return {reg(base), static_cast<i32>(where.offset), source};
  }
  const VReg offset = constant(Type::I64, where.offset);
  const VReg index = reg(base);
  const VReg sum = m_.new_vreg(Type::I64);
  add(kAdd, 0, 8);
  def(sum);
  use(index);
  use(offset);
  return {sum, 0, source};
}

Selector::Address Selector::far_address(Value base, const Access& where, u32 bytes, u32 source) {
  const auto sum_of = [&](VReg a, VReg b) {
    const VReg sum = m_.new_vreg(Type::I64);
    add(kAdd, 0, 8);
    def(sum);
    use(a);
    use(b);
    return sum;
  };
  const u32 at = source_;
  source_ = source;
  VReg address = reg(base);
  VReg memory = kNone;
  if (where.memory != 0) {
    memory = pointer(instance_field(offsetof(abi::Instance, memories)), static_cast<i32>(8 * where.memory));
  }
  if (type(base) == Type::I64) {
    // size < end: the access lies outside whatever the address; else address > size - end.
    const VReg size = memory == kNone ? instance_field(offsetof(abi::Instance, memory0.size))
                                      : pointer(memory, offsetof(abi::Memory, size));
    const u64 end = where.offset + bytes;
    if (end < where.offset || end > kLargestMemory) {
      trap_if({Compare::Int, kAboveEqual, 8, size, size, 0, {kNone, 0, source_}},
              hermit::Trap::OutOfBoundsMemoryAccess);
      source_ = at;
      return {address, 0, source};
    }
    const VReg needed = constant(Type::I64, end);
    trap_if({Compare::Int, kBelow, 8, size, needed, 0, {kNone, 0, source_}}, hermit::Trap::OutOfBoundsMemoryAccess);
    const VReg last = m_.new_vreg(Type::I64);
    add(kBinary, static_cast<u16>(Id::kIdSub), 8);
    def_reuse(last);
    use(size);
    use(needed);
    trap_if({Compare::Int, kAbove, 8, address, last, 0, {kNone, 0, source_}}, hermit::Trap::OutOfBoundsMemoryAccess);
  }
  if (memory != kNone) {
    const VReg there = pointer(memory, offsetof(abi::Memory, base));
    const VReg here = instance_field(offsetof(abi::Instance, memory0.base));
    const VReg distance = m_.new_vreg(Type::I64);
    add(kBinary, static_cast<u16>(Id::kIdSub), 8);
    def_reuse(distance);
    use(there);
    use(here);
    address = sum_of(address, distance);
  }
  if (where.offset > 0x7fffffff) address = sum_of(address, constant(Type::I64, where.offset));
  source_ = at;
  return {address, where.offset > 0x7fffffff ? 0 : static_cast<i32>(where.offset), source};
}

void Selector::load(Value v) {
  const Inst& inst = f_.insts[v];
  const Address from = guest_address(inst.a, inst, source_);
  MachineInst& out = add(kLoad, static_cast<u16>(load_instruction(inst.op)), static_cast<u8>(access_bytes(inst.op)));
  out.type = inst.type;
  def(result());
  address(from);
}

void Selector::store(Value v) {
  const Inst& inst = f_.insts[v];
  const u8 width = static_cast<u8>(access_bytes(inst.op));
  const auto small = is_float(inst.b) ? std::nullopt : immediate(inst.b);
  if (small) {
    const Address to = guest_address(inst.a, inst, source_);
    MachineInst& out = add(kStoreImm, 0, width);
    out.immediate = static_cast<u64>(i64{*small});
    address(to);
    return;
  }
  const VReg value = reg(inst.b);
  const Address to = guest_address(inst.a, inst, source_);
  add(kStore, static_cast<u16>(move_instruction(type(inst.b))), width);
  use(value);
  address(to);
}

// --- the instance ---

VReg Selector::instance_field(i32 offset) {
  const VReg v = m_.new_vreg(Type::I64);
  add(kLoadInstance).displacement = offset;
  def(v);
  return v;
}

VReg Selector::pointer(VReg base, i32 offset) {
  const VReg v = m_.new_vreg(Type::I64);
  add(kLoadPointer, static_cast<u16>(Id::kIdMov)).displacement = offset;
  def(v);
  use(base);
  return v;
}

// Checks the index; returns it, and where the elements are. Traps like an access beyond the end.
VReg Selector::table_element(u32 table, Value index, hermit::Trap trap, VReg& elements) {
  const VReg tables = instance_field(offsetof(abi::Instance, tables));
  const VReg object = pointer(tables, static_cast<i32>(8 * table));
  const VReg size = pointer(object, offsetof(abi::Table, size));
  const VReg i = reg(index);
  trap_if({Compare::Int, kAboveEqual, 8, i, size, 0, {kNone, 0, source_}}, trap);
  elements = pointer(object, offsetof(abi::Table, elements));
  return i;
}

void Selector::instance_access(Value v) {
  const Inst& inst = f_.insts[v];
  const auto shift_size = [&](VReg bytes) {  // pages of 64 KiB
    add(kBinaryImm, static_cast<u16>(Id::kIdShr), 8).immediate = 16;
    def_reuse(result());
    use(bytes);
  };
  switch (inst.op) {
    case Op::MemorySize:
      if (inst.c == 0) return shift_size(instance_field(offsetof(abi::Instance, memory0.size)));
      return shift_size(
          pointer(pointer(instance_field(offsetof(abi::Instance, memories)), static_cast<i32>(8 * inst.c)),
                  offsetof(abi::Memory, size)));
    case Op::TableSize: {
      const VReg object = pointer(instance_field(offsetof(abi::Instance, tables)), static_cast<i32>(8 * inst.c));
      add(kLoadPointer, static_cast<u16>(Id::kIdMov)).displacement = offsetof(abi::Table, size);
      def(result());
      use(object);
      return;
    }
    case Op::TableGet: {
      VReg elements;
      const VReg index = table_element(inst.c, inst.a, hermit::Trap::OutOfBoundsTableAccess, elements);
      add(kLoadIndexed);
      def(result());
      use(elements);
      use(index);
      return;
    }
    case Op::TableSet: {
      VReg elements;
      const VReg value = reg(inst.b);
      const VReg index = table_element(inst.c, inst.a, hermit::Trap::OutOfBoundsTableAccess, elements);
      add(kStoreIndexed);
      use(elements);
      use(index);
      use(value);
      return;
    }
    default: {  // RefFunc
      const VReg functions = instance_field(offsetof(abi::Instance, functions));
      add(kLoadPointer, static_cast<u16>(Id::kIdMov)).displacement = static_cast<i32>(8 * inst.c);
      def(result());
      use(functions);
    }
  }
}

void Selector::globals(Value v) {
  const Inst& inst = f_.insts[v];
  const bool is_set = inst.op == Op::GlobalSet;
  const VReg value = is_set ? reg(inst.a) : result();
  const Type value_type = is_set ? type(inst.a) : inst.type;
  const u16 form = is_set ? kStorePointer : kLoadPointer;
  const u32 number = inst.c - module_.imported_globals;
  if (inst.c >= module_.imported_globals && number < abi::kOwnGlobals) {
    MachineInst& access = add(form, static_cast<u16>(move_instruction(value_type)), width_of(value_type));
    access.displacement = static_cast<i32>(abi::own_global_offset(number) + offsetof(abi::Global, value));
    if (is_set) {
      use(value);
    } else {
      def(value);
    }
    return;
  }
  const VReg all = instance_field(offsetof(abi::Instance, globals));
  const VReg global = pointer(all, static_cast<i32>(8 * inst.c));
  MachineInst& access = add(form, static_cast<u16>(move_instruction(value_type)), width_of(value_type));
  access.displacement = offsetof(abi::Global, value);
  if (is_set) {
    use(global);
    use(value);
  } else {
    def(value);
    use(global);
  }
}

void Selector::local_access(Value v) {
  const Inst& inst = f_.insts[v];
  if (inst.op == Op::LocalGet) {
    MachineInst& get = add(kLoadLocal, static_cast<u16>(move_instruction(inst.type)), width_of(inst.type));
    get.target = inst.c;
    def(result());
  } else {
    const VReg value = reg(inst.a);
    MachineInst& set = add(kStoreLocal, static_cast<u16>(move_instruction(type(inst.a))), width_of(type(inst.a)));
    set.target = inst.c;
    use(value);
  }
}

}  // namespace hermit::x64

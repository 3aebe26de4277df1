// Selection of what touches memory: guest memory, and the instance's globals, tables and sizes.
#include <cstddef>

#include "abi/instance_layout.h"
#include "compiler/arm64/selector.h"
#include "compiler/ranges.h"

namespace hermit::arm64 {

namespace {

// No memory is larger: 2^48 pages are what a type may say.
constexpr u64 kLargestMemory = u64{1} << 62;

Id load_instruction(Op op) {
  switch (op) {
    case Op::I32Load8S:
    case Op::I64Load8S: return Id::kIdLdrsb;
    case Op::I32Load16S:
    case Op::I64Load16S: return Id::kIdLdrsh;
    case Op::I64Load32S: return Id::kIdLdrsw;
    case Op::I32Load8U:
    case Op::I64Load8U: return Id::kIdLdrb;
    case Op::I32Load16U:
    case Op::I64Load16U: return Id::kIdLdrh;
    case Op::F32Load:
    case Op::F64Load:
    case Op::V128Load:
    case Op::V128Load32Zero:
    case Op::V128Load64Zero: return Id::kIdLdr_v;
    default: return Id::kIdLdr;
  }
}

Id store_instruction(u32 bytes, bool is_float) {
  if (is_float) return Id::kIdStr_v;
  return bytes == 1 ? Id::kIdStrb : bytes == 2 ? Id::kIdStrh : Id::kIdStr;
}

}  // namespace

void Selector::address(const Address& a) {
  piece_.back().immediate = a.offset;
  piece_.back().condition = static_cast<u8>((a.index == kNone ? 0 : kHasIndex) | (a.base == kNone ? 0 : kHasBase) |
                                            (a.is_wide ? kWideIndex : 0) | a.shift << kIndexShift);
  if (a.index != kNone) use(a.index);
  if (a.base != kNone) use(a.base);
}

// Memory 0's base + the index's low 32 bits + the offset; the emitter adds them in 64 bits.
Selector::Address Selector::guest_address(Value base, const Inst& access) {
  const Access where = f_.access(access);
  if (where.memory != 0 || type(base) == Type::I64) return far_address(base, where, access_bytes(access.op));
  if (f_.is_const(base)) return {kNone, f_.const_bits(base) + where.offset};  // at most 33 bits
  // A shift is part of the address only if no bit leaves the 32 that the address has. The access itself shifts by its
  // own size alone, and adds nothing then; the sum for an offset, by up to 4.
  const Inst& shift = f_.insts[base];
  if (shift.op == Op::I32Shl && f_.is_const(shift.b) && used_once_here(base)) {
    const u64 count = f_.const_bits(shift.b) & 31;
    const bool fits = where.offset != 0 ? count <= 4 : u64{1} << count == access_bytes(access.op);
    if (count != 0 && fits && compiler::largest(f_, shift.a) <= u64{0xffffffff} >> count) {
      return {.index = reg(shift.a), .offset = where.offset, .shift = static_cast<u8>(count)};
    }
  }
  return {reg(base), where.offset};
}

// A further memory has its base in the instance. Accesses to 64-bit memories are checked; neither moves (native.cc sees
// to that).
Selector::Address Selector::far_address(Value base, const Access& where, u32 bytes) {
  Address address{reg(base), where.offset};
  VReg memory = kNone;
  if (where.memory != 0) {
    memory = pointer(instance_field(offsetof(abi::Instance, memories)), static_cast<i32>(8 * where.memory));
  }
  if (type(base) == Type::I64) {
    address.is_wide = true;
    // size < end: the access lies outside whatever the address; else address > size - end.
    const VReg size = memory == kNone ? instance_field(offsetof(abi::Instance, memory0.size))
                                      : pointer(memory, offsetof(abi::Memory, size));
    const u64 end = where.offset + bytes;
    if (end < where.offset || end > kLargestMemory) {
      trap_if({Compare::Int, kAboveEqual, 8, size, size, 0}, hermit::Trap::OutOfBoundsMemoryAccess);
      address.offset = 0;
      return address;
    }
    const VReg needed = constant(Type::I64, end);
    trap_if({Compare::Int, kBelow, 8, size, needed, 0}, hermit::Trap::OutOfBoundsMemoryAccess);
    const VReg last = m_.new_vreg(Type::I64);
    add(kBinary, Id::kIdSub);
    def(last);
    use(size);
    use(needed);
    trap_if({Compare::Int, kAbove, 8, address.index, last, 0}, hermit::Trap::OutOfBoundsMemoryAccess);
  }
  if (memory != kNone) address.base = pointer(memory, offsetof(abi::Memory, base));
  return address;
}

void Selector::load(Value v) {
  const Inst& inst = f_.insts[v];
  const Address from = guest_address(inst.a, inst);
  MachineInst& out = add(kLoad, load_instruction(inst.op), static_cast<u8>(access_bytes(inst.op)));
  out.type = inst.type;
  def(result());
  address(from);
}

void Selector::store(Value v) {
  const Inst& inst = f_.insts[v];
  const u8 width = static_cast<u8>(access_bytes(inst.op));
  const Id id = store_instruction(width, is_float(inst.b));
  const u8 reached = (inst.aux & kReachedAccess) != 0 ? kReached : 0;
  if (integer(inst.b) == 0) {
    const Address to = guest_address(inst.a, inst);
    add(kStoreZero, id, width);
    address(to);
    piece_.back().condition |= reached;
    return;
  }
  const VReg value = reg(inst.b);
  const Address to = guest_address(inst.a, inst);
  add(kStore, id, width);
  use(value);
  address(to);
  piece_.back().condition |= reached;
}

// --- the instance ---

VReg Selector::instance_field(i32 offset) {
  const VReg v = m_.new_vreg(Type::I64);
  add(kLoadInstance).displacement = offset;
  def(v);
  return v;
}

VReg Selector::pointer(VReg base, i32 offset, Type type) {
  const VReg v = m_.new_vreg(type);
  add(kLoadPointer, 0, width_of(type)).displacement = offset;
  def(v);
  use(base);
  return v;
}

// Checks the index; returns it, and where the elements are. Traps like an access beyond the end.
VReg Selector::table_element(u32 table, Value index, hermit::Trap trap, VReg& elements) {
  const VReg tables = instance_field(offsetof(abi::Instance, tables));
  const VReg object = pointer(tables, static_cast<i32>(8 * table));
  const VReg size = pointer(object, offsetof(abi::Table, size));
  const VReg at = reg(index);
  trap_if({Compare::Int, kAboveEqual, 8, at, size, 0}, trap);
  elements = pointer(object, offsetof(abi::Table, elements));
  return at;
}

void Selector::instance_access(Value v) {
  const Inst& inst = f_.insts[v];
  switch (inst.op) {
    case Op::MemorySize: {
      VReg bytes;
      if (inst.c == 0) {
        bytes = instance_field(offsetof(abi::Instance, memory0.size));
      } else {
        const VReg memories = instance_field(offsetof(abi::Instance, memories));
        bytes = pointer(pointer(memories, static_cast<i32>(8 * inst.c)), offsetof(abi::Memory, size));
      }
      add(kBinaryImm, Id::kIdLsr).immediate = 16;
      def(result());
      use(bytes);
      return;
    }
    case Op::TableSize: {
      const VReg object = pointer(instance_field(offsetof(abi::Instance, tables)), static_cast<i32>(8 * inst.c));
      add(kLoadPointer).displacement = offsetof(abi::Table, size);
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
      add(kLoadPointer).displacement = static_cast<i32>(8 * inst.c);
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
    MachineInst& access = add(form, 0, width_of(value_type));
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
  MachineInst& access = add(form, 0, width_of(value_type));
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
    add(kLoadLocal, 0, width_of(inst.type)).target = inst.c;
    def(result());
  } else {
    const VReg value = reg(inst.a);
    add(kStoreLocal, 0, width_of(type(inst.a))).target = inst.c;
    use(value);
  }
}

}  // namespace hermit::arm64

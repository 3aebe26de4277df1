// Emission of comparisons and what depends on them, branches, calls, returns.
#include <bit>
#include <cstddef>

#include "abi/calling_convention.h"
#include "abi/instance_layout.h"
#include "compiler/arm64/emitter.h"

namespace hermit::arm64 {

namespace {

// Without their distances, which image.cc fills in.
constexpr u32 kBranchLink = 0x94000000;  // bl
constexpr u32 kJumpTo = 0x14000000;      // b
constexpr u32 kPageToX17 = 0x90000011;   // adrp x17

CondCode code_of(Condition c) { return static_cast<CondCode>(c); }

}  // namespace

// Sets the flags for the comparison whose operands begin at `first`.
void Emitter::compare(const MachineInst& inst, u32 first) {
  const u8 w = inst.width;
  switch (static_cast<Compare>(inst.compare)) {
    case Compare::Zero: a_.cmp(gp_at(inst, first, w), imm(0)); return;
    case Compare::Int: a_.cmp(gp_at(inst, first, w), gp_at(inst, first + 1, w)); return;
    case Compare::IntImm:
      if (inst.displacement < 0) {
        a_.cmn(gp_at(inst, first, w), imm(-i64{inst.displacement}));
      } else {
        a_.cmp(gp_at(inst, first, w), imm(inst.displacement));
      }
      return;
    case Compare::Bits: a_.tst(gp_at(inst, first, w), gp_at(inst, first + 1, w)); return;
    case Compare::BitsImm: a_.tst(gp_at(inst, first, w), imm(inst.displacement)); return;
    case Compare::Float: a_.fcmp(vec_at(inst, first, w), vec_at(inst, first + 1, w)); return;
    case Compare::FloatZero: a_.fcmp(vec_at(inst, first, w), imm(0)); return;
  }
}

void Emitter::jump_if(Condition condition, const Label& target) {
  if (reach_ != Reach::Far) {
    a_.b(code_of(condition), target);
    return;
  }
  const Label skip = a_.newLabel();
  a_.b(code_of(negate(condition)), skip);
  a_.b(target);
  a_.bind(skip);
}

void Emitter::jump_if_zero(bool is_zero, const a64::Gp& a, const Label& target) {
  if (reach_ != Reach::Far) {
    a_.emit(is_zero ? Id::kIdCbz : Id::kIdCbnz, a, target);
    return;
  }
  const Label skip = a_.newLabel();
  a_.emit(is_zero ? Id::kIdCbnz : Id::kIdCbz, a, skip);
  a_.b(target);
  a_.bind(skip);
}

void Emitter::compare_and_jump(const MachineInst& inst, bool inverted, const Label& target) {
  const auto stated = static_cast<Condition>(inst.condition);
  const Condition condition = inverted ? negate(stated) : stated;
  const auto kind = static_cast<Compare>(inst.compare);
  const auto mask = static_cast<u32>(inst.displacement);
  if (kind == Compare::Zero) return jump_if_zero(condition == kEqual, gp_at(inst, 0, inst.width), target);
  if (kind == Compare::BitsImm && std::has_single_bit(mask) && reach_ == Reach::Near) {
    a_.emit(condition == kEqual ? Id::kIdTbz : Id::kIdTbnz, gp_at(inst, 0, inst.width), imm(std::countr_zero(mask)),
            target);
    return;
  }
  compare(inst, 0);
  jump_if(condition, target);
}

void Emitter::select(const MachineInst& inst) {
  compare(inst, 3);
  const auto condition = static_cast<Condition>(inst.condition);
  if (class_of(inst.type) == RegClass::Integer) {
    const u8 width = inst.type == Type::I32 ? 4 : 8;
    a_.csel(gp_at(inst, 0, width), gp_at(inst, 1, width), gp_at(inst, 2, width), imm(code_of(condition)));
  } else if (inst.type != Type::V128) {
    a_.fcsel(vec_at(inst, 0, 8), vec_at(inst, 1, 8), vec_at(inst, 2, 8), imm(code_of(condition)));
  } else {
    const a64::VecV mask = a64::v31;
    a_.csetm(a64::x16, imm(code_of(condition)));
    a_.dup(mask.d2(), a64::x16);
    a_.bsl(mask.b16(), vec_at(inst, 1, 16).b16(), vec_at(inst, 2, 16).b16());
    a_.mov(vec_at(inst, 0, 16).b16(), mask.b16());
  }
}

void Emitter::branch(const MachineInst& inst) {
  const auto if_false = static_cast<BlockId>(inst.immediate);
  if (is_next(inst.target) || (!is_next(if_false) && is_likelier(if_false, inst.target))) {
    compare_and_jump(inst, true, label(if_false));
    if (!is_next(inst.target)) a_.b(label(inst.target));
  } else {
    compare_and_jump(inst, false, label(inst.target));
    if (!is_next(if_false)) a_.b(label(if_false));
  }
}

void Emitter::switch_(const MachineInst& inst) {
  const auto count = static_cast<u32>(inst.immediate);
  const Label otherwise = label(f_.targets[inst.target + count - 1]);
  if (count == 1) {
    a_.b(otherwise);
    return;
  }
  const a64::Gp index = gp_at(inst, 0, 4);
  if (is_add_immediate(count - 1)) {
    a_.cmp(index, imm(count - 1));
  } else {
    a_.mov(a64::w16, imm(count - 1));
    a_.cmp(index, a64::w16);
  }
  jump_if(kAboveEqual, otherwise);
  const Label table = a_.newLabel();
  a_.adr(a64::x16, table);
  a_.ldrsw(a64::x17, a64::ptr(a64::x16, index, a64::uxtw(2)));
  a_.add(a64::x16, a64::x16, a64::x17);
  a_.br(a64::x16);
  if (reach_ == Reach::Far) {
    jump_table(table, inst.target, count - 1);
  } else {
    tables_.push_back({table, inst.target, count - 1});
  }
}

void Emitter::jump_table(const Label& at, u32 first, u32 count) {
  a_.bind(at);
  for (u32 i = 0; i < count; ++i) a_.embedLabelDelta(label(f_.targets[first + i]), at, 4);
}

void Emitter::call(const MachineInst& inst) {
  pushed_ = 0;  // the callee takes its arguments away
  switch (inst.form) {
    case kCallDirect:
      code_.calls.push_back({here(), inst.target});
      a_.embedUInt32(kBranchLink);
      return_site(inst.source);
      return;
    case kCallExit:
      a_.ldr(a64::x17, a64::ptr(a64::x28, offsetof(abi::Instance, exit_gate)));
      a_.mov(a64::w16, imm(inst.target));
      a_.blr(a64::x17);
      return_site(inst.source);
      return;
    case kCallTable: return call_table(inst, false);
    default:
      a_.ldr(a64::x17, a64::ptr(a64::x16, offsetof(abi::FuncRef, native)));
      a_.blr(a64::x17);
      return_site(inst.source);
      restore_instance();
  }
}

// Entered by the runtime with the frame pointer alone, and the exception in x0.
void Emitter::landing() {
  pushed_ = 0;
  add_number(a64::sp, a64::x29, -i64{frame_});
  restore_instance();
}

// The callee's stack arguments lie at sp. Afterwards they end where those of this function end, and the frame is gone.
// What is overwritten has been read before; arguments are in v0 to v7, and x16 may lead to the callee.
void Emitter::leave_for_tail_call(const MachineInst& inst) {
  pushed_ = 0;
  restore_saved();
  const i32 bytes = inst.displacement;
  if (bytes == 0 && f_.stack_params == 0) {
    if (frame_ != 0) a_.mov(a64::sp, a64::x29);
    a_.ldp(a64::x29, a64::x30, a64::ptr_post(a64::sp, 16));
    return;
  }
  a_.ldr(a64::x30, a64::ptr(a64::x29, 8));
  a_.ldr(a64::d30, a64::ptr(a64::x29));
  add_number(a64::x17, a64::x29, 16 + i64{f_.stack_params} - bytes);
  for (i32 at = bytes - 16; at >= 0; at -= 16) {
    a_.ldr(a64::q31, a64::ptr(a64::sp, at));
    a_.str(a64::q31, a64::ptr(a64::x17, at));
  }
  a_.mov(a64::sp, a64::x17);
  a_.fmov(a64::x29, a64::d30);
}

// A function of another instance is called and returned from: somebody must bring this instance back.
void Emitter::tail_call(const MachineInst& inst) {
  switch (inst.form) {
    case kTailDirect:
      leave_for_tail_call(inst);
      code_.calls.push_back({here(), inst.target});
      a_.embedUInt32(kJumpTo);
      return;
    case kTailTable: return call_table(inst, true);
    default:
      a_.ldr(a64::x17, a64::ptr(a64::x16, offsetof(abi::FuncRef, instance)));
      a_.cmp(a64::x17, a64::x28);
      jump_if(kNotEqual, cold(inst, Label()));
      leave_for_tail_call(inst);
      a_.ldr(a64::x17, a64::ptr(a64::x16, offsetof(abi::FuncRef, native)));
      a_.br(a64::x17);
  }
}

void Emitter::cold_tail_reference(const Cold& c) {
  a_.ldr(a64::x17, a64::ptr(a64::x16, offsetof(abi::FuncRef, native)));
  a_.blr(a64::x17);
  return_site(c.inst->source);
  restore_instance();
  epilogue();
}

// A static table is a list of {i64 distance of the function from this element, u32 type, u32 0} in the text (image.cc).
// x17 becomes the element, x16 the function; x30 is free, because the call writes it.
void Emitter::call_table(const MachineInst& inst, bool is_tail) {
  const auto size = static_cast<u32>(inst.immediate >> 32);
  const auto type = static_cast<u32>(inst.immediate);
  if (is_add_immediate(size)) {
    a_.cmp(a64::w16, imm(size));
  } else {
    a_.mov(a64::w17, imm(size));
    a_.cmp(a64::w16, a64::w17);
  }
  jump_if(kAboveEqual, trap(hermit::Trap::UndefinedElement, inst.source));
  code_.tables.push_back({here(), inst.target});
  a_.embedUInt32(kPageToX17);
  a_.add(a64::x17, a64::x17, imm(0));
  a_.add(a64::x17, a64::x17, a64::x16, a64::uxtw(4));
  a_.ldr(a64::w30, a64::ptr(a64::x17, 8));
  if (type > 0xfff) {
    CHECK(type < 1 << 24);
    a_.sub(a64::w30, a64::w30, imm(type & 0xfff000));
  }
  a_.cmp(a64::w30, imm(type & 0xfff));
  jump_if(kNotEqual, cold(inst, Label()));
  a_.ldr(a64::x16, a64::ptr(a64::x17));
  a_.add(a64::x16, a64::x16, a64::x17);
  if (is_tail) {
    leave_for_tail_call(inst);
    a_.br(a64::x16);
    return;
  }
  a_.blr(a64::x16);
  return_site(inst.source);
}

// The type differs: is there a function at all?
void Emitter::cold_call_table(const Cold& c) {
  a_.ldr(a64::w16, a64::ptr(a64::x17, 8));
  a_.cmn(a64::w16, imm(1));
  jump_if(kEqual, trap(hermit::Trap::UninitializedElement, c.inst->source));
  a_.b(trap(hermit::Trap::IndirectCallTypeMismatch, c.inst->source));
}

bool Emitter::control_instruction(const MachineInst& inst) {
  switch (inst.form) {
    case kSet:
      compare(inst, 1);
      a_.cset(gp_at(inst, 0, 4), imm(code_of(static_cast<Condition>(inst.condition))));
      return true;
    case kIncrement: {
      const u8 w = inst.type == Type::I64 ? 8 : 4;
      compare(inst, 2);
      a_.cinc(gp_at(inst, 0, w), gp_at(inst, 1, w), imm(code_of(static_cast<Condition>(inst.condition))));
      return true;
    }
    case kSelect: return select(inst), true;
    case kTrapIf: compare_and_jump(inst, false, trap(static_cast<hermit::Trap>(inst.target), inst.source)); return true;
    case kBranch: return branch(inst), true;
    case kJump:
      if (!is_next(inst.target)) a_.b(label(inst.target));
      return true;
    case kSwitch: return switch_(inst), true;
    case kTrap:
      site(inst.source);
      a_.udf(imm(inst.target));
      return true;
    case kCallDirect:
    case kCallReference:
    case kCallTable:
    case kCallExit: return call(inst), true;
    case kTailDirect:
    case kTailReference:
    case kTailTable: return tail_call(inst), true;
    case kLanding: return landing(), true;
    case kReturn: return epilogue(), true;
    default: return false;
  }
}

}  // namespace hermit::arm64

// Emission of comparisons and what depends on them, branches, calls, returns.
#include <algorithm>
#include <cstddef>

#include "abi/calling_convention.h"
#include "abi/instance_layout.h"
#include "compiler/x64/emitter.h"

namespace hermit::x64 {

namespace {

x86::CondCode code_of(Condition c) {
  switch (c) {
    case kOverflow: return x86::CondCode::kO;
    case kBelow: return x86::CondCode::kB;
    case kAboveEqual: return x86::CondCode::kAE;
    case kNotEqual: return x86::CondCode::kNE;
    case kBelowEqual: return x86::CondCode::kBE;
    case kAbove: return x86::CondCode::kA;
    case kLess: return x86::CondCode::kL;
    case kGreaterEqual: return x86::CondCode::kGE;
    case kLessEqual: return x86::CondCode::kLE;
    case kGreater: return x86::CondCode::kG;
    default: return x86::CondCode::kE;
  }
}

}  // namespace

// Sets the flags for the comparison whose operands begin at `first`.
void Emitter::compare(const MachineInst& inst, u32 first) {
  switch (static_cast<Compare>(inst.compare)) {
    case Compare::Test: {
      if (has_flags(inst, first)) return;
      const x86::Gp a = gp_at(inst, first, inst.width);
      a_.test(a, a);
      return;
    }
    case Compare::TestImm: return test_bits(inst, first);
    case Compare::TestInt: a_.test(gp_at(inst, first, inst.width), gp_at(inst, first + 1, inst.width)); return;
    case Compare::Int: a_.emit(Id::kIdCmp, gp_at(inst, first, inst.width), any(inst, first + 1, inst.width)); return;
    case Compare::IntImm: a_.cmp(gp_at(inst, first, inst.width), imm(inst.displacement)); return;
    case Compare::IntLoad: {
      const x86::Mem from = guest(inst, first + 1, inst.width);
      site(inst.source);
      a_.cmp(gp_at(inst, first, inst.width), from);
      return;
    }
    case Compare::Float:
      a_.emit(inst.width == 4 ? Id::kIdUcomiss : Id::kIdUcomisd, xmm_at(inst, first), xmm_at(inst, first + 1));
      return;
  }
}

// Do the flags say already whether the operand is zero?
bool Emitter::has_flags(const MachineInst& inst, u32 first) const {
  if (!flags_.is_known || static_cast<Compare>(inst.compare) != Compare::Test) return false;
  const auto condition = static_cast<Condition>(inst.condition);
  return (condition == kEqual || condition == kNotEqual) && flags_.width == inst.width &&
         flags_.of == place(inst, first);
}

// Only whether the result is zero is asked for, so the smallest width that holds the number does.
void Emitter::test_bits(const MachineInst& inst, u32 first) {
  const i32 bits = inst.displacement;
  const u8 width = bits >= 0 && bits < 0x80 ? 1 : bits >= 0 ? 4 : inst.width;
  a_.test(gp_at(inst, first, width), imm(bits));
}

void Emitter::jump_if(Condition condition, const Label& target, bool near) {
  const auto jump_on = [&](x86::CondCode code) {
    if (near) {
      a_.short_();
    } else if (estimate_.empty()) {
      a_.long_();
    }
    a_.j(code, target);
  };
  if (condition == kFloatNotEqual) {
    jump_on(x86::CondCode::kNE);
    jump_on(x86::CondCode::kP);
  } else if (condition == kFloatEqual) {
    const Label skip = a_.newLabel();
    a_.short_().jne(skip);
    jump_on(x86::CondCode::kNP);
    a_.bind(skip);
  } else {
    jump_on(code_of(condition));
  }
}

void Emitter::set(const MachineInst& inst) {
  const u32 to = place(inst, 0).number();
  bool is_operand = false;
  for (u32 n = 1; n < inst.operands; ++n) is_operand |= place(inst, n) == place(inst, 0);
  const auto condition = static_cast<Condition>(inst.condition);
  if (condition == kFloatEqual || condition == kFloatNotEqual) {
    compare(inst, 1);
    const bool equal = condition == kFloatEqual;
    a_.set(equal ? x86::CondCode::kNP : x86::CondCode::kP, x86::r11b);
    a_.set(equal ? x86::CondCode::kE : x86::CondCode::kNE, gp(to, 1));
    a_.emit(equal ? Id::kIdAnd : Id::kIdOr, gp(to, 1), x86::r11b);
    a_.movzx(gp(to, 4), gp(to, 1));
    return;
  }
  const bool widens = is_operand || has_flags(inst, 1);
  if (!widens) a_.xor_(gp(to, 4), gp(to, 4));
  compare(inst, 1);
  a_.set(code_of(condition), gp(to, 1));
  if (widens) a_.movzx(gp(to, 4), gp(to, 1));
}

// Operand 0 holds the value for "false" already.
void Emitter::select(const MachineInst& inst) {
  compare(inst, 3);
  const auto condition = static_cast<Condition>(inst.condition);
  const bool integer = class_of(inst.type) == RegClass::Integer;
  if (integer && condition != kFloatEqual) {
    const u8 width = inst.type == Type::I32 ? 4 : 8;
    if (condition == kFloatNotEqual) {
      a_.cmov(x86::CondCode::kNE, gp_at(inst, 0, width), gp_at(inst, 2, width));
      a_.cmov(x86::CondCode::kP, gp_at(inst, 0, width), gp_at(inst, 2, width));
    } else {
      a_.cmov(code_of(condition), gp_at(inst, 0, width), gp_at(inst, 2, width));
    }
    return;
  }
  const Label skip = a_.newLabel();
  const Label take = a_.newLabel();
  if (condition == kFloatEqual) {
    a_.jne(skip);
    a_.jp(skip);
  } else if (condition == kFloatNotEqual) {
    a_.jne(take);
    a_.jnp(skip);
    a_.bind(take);
  } else {
    a_.j(code_of(negate(condition)), skip);
  }
  if (integer) {
    a_.mov(gp_at(inst, 0, 8), gp_at(inst, 2, 8));
  } else {
    a_.movaps(xmm_at(inst, 0), xmm_at(inst, 2));
  }
  a_.bind(skip);
}

void Emitter::branch(const MachineInst& inst) {
  compare(inst, 0);
  const auto condition = static_cast<Condition>(inst.condition);
  const auto if_false = static_cast<BlockId>(inst.immediate);
  if (is_next(inst.target) || (!is_next(if_false) && is_likelier(if_false, inst.target))) {
    jump_if(negate(condition), label(if_false), is_near(if_false));
    if (!is_next(inst.target)) jump(inst.target);
  } else {
    jump_if(condition, label(inst.target), is_near(inst.target));
    if (!is_next(if_false)) jump(if_false);
  }
}

void Emitter::switch_(const MachineInst& inst) {
  const auto count = static_cast<u32>(inst.immediate);
  const Label otherwise = label(f_.targets[inst.target + count - 1]);
  if (count == 1) {
    a_.jmp(otherwise);
    return;
  }
  const x86::Gp base = gp_at(inst, 1, 8);
  a_.cmp(gp_at(inst, 0, 4), imm(static_cast<i32>(count - 1)));
  a_.jae(otherwise);
  tables_.push_back({a_.newLabel(), inst.target, count - 1});
  a_.lea(base, x86::ptr(tables_.back().at));
  a_.movsxd(x86::r11, x86::ptr(base, gp_at(inst, 0, 8), 2, 0, 4));
  a_.add(base, x86::r11);
  a_.jmp(base);
}

void Emitter::call(const MachineInst& inst) {
  switch (inst.form) {
    case kCallDirect:
      a_.db(0xe8);
      code_.calls.push_back({static_cast<u32>(a_.offset()), inst.target});
      a_.dd(0);
      return_site(inst.source);
      return;
    case kCallExit:
      a_.mov(x86::r11d, imm(inst.target));
      a_.call(x86::ptr(x86::r14, offsetof(abi::Instance, exit_gate), 8));
      return_site(inst.source);
      return;
    case kCallTable: return call_table(inst, false);
    default:
      a_.call(x86::ptr(x86::r11, offsetof(abi::FuncRef, native), 8));
      return_site(inst.source);
      restore_instance();
  }
}

// Entered by the runtime with the frame pointer alone, and the exception in rax.
void Emitter::landing(const MachineInst&) {
  a_.lea(x86::rsp, x86::ptr(x86::rbp, -static_cast<i32>(saved_base_ + frame_)));
  restore_instance();
}

// The callee's stack arguments lie at rsp. Afterwards they end where those of this function end, with the return
// address in front of them, and the frame is gone. What is overwritten has been read before; arguments are in xmm0 to
// xmm7.
void Emitter::leave_for_tail_call(const MachineInst& inst) {
  const i32 bytes = inst.displacement;
  if (bytes == 0 && f_.stack_params == 0) {
    restore_preserved();
    if (saved_base_ + frame_ != 0) {
      a_.leave();
    } else {
      a_.pop(x86::rbp);
    }
    return;
  }
  const i32 to = 16 + static_cast<i32>(f_.stack_params) - bytes;
  a_.movq(x86::xmm8, x86::ptr(x86::rbp, 8, 8));
  a_.movq(x86::xmm9, x86::ptr(x86::rbp, 0, 8));
  restore_preserved();
  for (i32 at = bytes - 16; at >= 0; at -= 16) {
    a_.movups(x86::xmm10, x86::ptr(x86::rsp, at, 16));
    a_.movups(x86::ptr(x86::rbp, to + at, 16), x86::xmm10);
  }
  a_.movq(x86::ptr(x86::rbp, to - 8, 8), x86::xmm8);
  a_.lea(x86::rsp, x86::ptr(x86::rbp, to - 8));
  a_.movq(x86::rbp, x86::xmm9);
}

// A function of another instance is called and returned from: somebody must bring this instance back.
void Emitter::tail_call(const MachineInst& inst) {
  switch (inst.form) {
    case kTailDirect:
      leave_for_tail_call(inst);
      a_.db(0xe9);
      code_.calls.push_back({static_cast<u32>(a_.offset()), inst.target});
      a_.dd(0);
      return;
    case kTailTable: return call_table(inst, true);
    default:
      a_.cmp(x86::r14, x86::ptr(x86::r11, offsetof(abi::FuncRef, instance), 8));
      a_.jne(cold(inst, Label()));
      leave_for_tail_call(inst);
      a_.jmp(x86::ptr(x86::r11, offsetof(abi::FuncRef, native), 8));
  }
}

void Emitter::cold_tail_reference(const Cold& c) {
  a_.call(x86::ptr(x86::r11, offsetof(abi::FuncRef, native), 8));
  return_site(c.inst->source);
  restore_instance();
  epilogue();
}

// A static table is a list of {i64 distance of the function from text + 16 * index, u32 type, u32 0} in the text
// (image.cc). r11 becomes text + 16 * index, and then the function; the table's offset is added to displacements later.
void Emitter::call_table(const MachineInst& inst, bool is_tail) {
  const auto size = static_cast<u32>(inst.immediate >> 32);
  const auto type = static_cast<i32>(inst.immediate);
  a_.cmp(x86::r11d, imm(size));
  a_.jae(trap(hermit::Trap::UndefinedElement, inst.source));
  a_.shl(x86::r11, 4);
  a_.add(x86::r11, x86::ptr(x86::r14, offsetof(abi::Instance, text), 8));
  a_.cmp(x86::ptr(x86::r11, i32{kTableField + 8}, 4), imm(type));
  table_site(inst, type >= -128 && type <= 127 ? 1 : 4);
  a_.jne(cold(inst, Label()));
  a_.add(x86::r11, x86::ptr(x86::r11, i32{kTableField}, 8));
  table_site(inst, 0);
  if (is_tail) {
    leave_for_tail_call(inst);
    a_.jmp(x86::r11);
    return;
  }
  a_.call(x86::r11);
  return_site(inst.source);
}

// The four bytes before the last `behind` bytes written are a displacement to a table.
void Emitter::table_site(const MachineInst& inst, u32 behind) {
  const auto at = static_cast<u32>(a_.offset()) - behind - 4;
  code_.tables.push_back({at, inst.target});
}

// The type differs: is there a function at all?
void Emitter::cold_call_table(const Cold& c) {
  a_.cmp(x86::ptr(x86::r11, i32{kTableField + 8}, 4), imm(-1));
  table_site(*c.inst, 1);
  a_.je(trap(hermit::Trap::UninitializedElement, c.inst->source));
  a_.jmp(trap(hermit::Trap::IndirectCallTypeMismatch, c.inst->source));
}

bool Emitter::control_instruction(const MachineInst& inst) {
  switch (inst.form) {
    case kSet: return set(inst), true;
    case kSelect: return select(inst), true;
    case kAddCarry:
      compare(inst, 2);
      a_.adc(gp_at(inst, 0, inst.type == Type::I64 ? 8 : 4), imm(0));
      return true;
    case kAddWords: {
      const u8 high = inst.type == Type::I64 ? 8 : 4;
      a_.emit(Id::kIdAdd, any(inst, 0, inst.width), any(inst, 4, inst.width));
      if (inst.operands == 6) {
        a_.emit(Id::kIdAdc, any(inst, 1, high), any(inst, 5, high));
      } else {
        a_.adc(gp_at(inst, 1, high), imm(0));
      }
      return true;
    }
    case kTrapIf:
      compare(inst, 0);
      jump_if(static_cast<Condition>(inst.condition), trap(static_cast<hermit::Trap>(inst.target), inst.source));
      return true;
    case kBranch: return branch(inst), true;
    case kJump:
      if (!is_next(inst.target)) jump(inst.target);
      return true;
    case kSwitch: return switch_(inst), true;
    case kTrap:
      site(inst.source);
      a_.ud2();
      a_.db(static_cast<u8>(inst.target));
      return true;
    case kCallDirect:
    case kCallReference:
    case kCallTable:
    case kCallExit: return call(inst), true;
    case kTailDirect:
    case kTailReference:
    case kTailTable: return tail_call(inst), true;
    case kLanding: return landing(inst), true;
    case kReturn: return epilogue(), true;
    default: return false;
  }
}

}  // namespace hermit::x64

// Emission of numeric operations, and of their odd cases behind the body.
#include <bit>

#include "compiler/arm64/emitter.h"

namespace hermit::arm64 {

void Emitter::unary(const MachineInst& inst) {
  const u8 w = inst.width;
  switch (inst.code) {
    case Id::kIdMov:
    case Id::kIdClz: a_.emit(inst.code, gp_at(inst, 0, w), gp_at(inst, 1, w)); return;
    case Id::kIdSxtb:
    case Id::kIdSxth:
    case Id::kIdSxtw: a_.emit(inst.code, gp_at(inst, 0, inst.type == Type::I64 ? 8 : 4), gp_at(inst, 1, 4)); return;
    default: a_.emit(inst.code, vec_at(inst, 0, inst.type == Type::F64 ? 8 : 4), vec_at(inst, 1, w));
  }
}

bool Emitter::numeric_instruction(const MachineInst& inst) {
  const u8 w = inst.width;
  switch (inst.form) {
    case kCopy:
      if (place(inst, 0) != place(inst, 1)) a_.mov(gp_at(inst, 0, 8), gp_at(inst, 1, 8));
      return true;
    case kBinary: a_.emit(inst.code, any(inst, 0, w), any(inst, 1, w), any(inst, 2, w)); return true;
    case kBinaryShifted: {
      const asmjit::arm::Shift by(static_cast<asmjit::arm::ShiftOp>(inst.condition),
                                  static_cast<u32>(inst.displacement));
      a_.emit(inst.code, gp_at(inst, 0, w), gp_at(inst, 1, w), gp_at(inst, 2, w), imm(by));
      return true;
    }
    case kBinaryImm: a_.emit(inst.code, gp_at(inst, 0, w), gp_at(inst, 1, w), imm(inst.immediate)); return true;
    case kBits: a_.ubfx(gp_at(inst, 0, w), gp_at(inst, 1, w), imm(inst.immediate), imm(inst.displacement)); return true;
    case kAddImm: add_number(gp_at(inst, 0, w), gp_at(inst, 1, w), static_cast<i64>(inst.immediate)); return true;
    case kRotateLeft:
      a_.neg(gp(kScratch, w), gp_at(inst, 2, w));
      a_.ror(gp_at(inst, 0, w), gp_at(inst, 1, w), gp(kScratch, w));
      return true;
    case kMulAdd:
      a_.emit(inst.code, gp_at(inst, 0, w), gp_at(inst, 1, w), gp_at(inst, 2, w), gp_at(inst, 3, w));
      return true;
    case kUnary: return unary(inst), true;
    case kCtz:
      a_.rbit(gp_at(inst, 0, w), gp_at(inst, 1, w));
      a_.clz(gp_at(inst, 0, w), gp_at(inst, 0, w));
      return true;
    case kPopcnt: {
      const a64::VecV bytes = a64::v31;
      a_.fmov(vec(kFloatScratch, w), gp_at(inst, 1, w));
      a_.cnt(bytes.b8(), bytes.b8());
      a_.addv(bytes.b(), bytes.b8());
      a_.fmov(gp_at(inst, 0, 4), vec(kFloatScratch, 4));
      return true;
    }
    case kVector: return vector(inst), true;
    case kVectorShift: return vector_shift(inst), true;
    case kShuffle: return shuffle(inst), true;
    case kDivide: return divide(inst), true;
    case kCopysign: return copysign(inst), true;
    case kTruncate: return truncate(inst), true;
    case kConvertInt:
      a_.emit(inst.code, vec_at(inst, 0, inst.type == Type::F64 ? 8 : 4), gp_at(inst, 1, w));
      return true;
    case kMoveBits: a_.emit(Id::kIdFmov_v, any(inst, 0, w), any(inst, 1, w)); return true;
    default: return false;
  }
}

// The machine divides by zero without a trap, and the smallest number by -1.
void Emitter::divide(const MachineInst& inst) {
  const u8 w = inst.width;
  const auto division = static_cast<Division>(inst.condition);
  const bool is_signed = division == Division::DivS || division == Division::RemS;
  const Id id = is_signed ? Id::kIdSdiv : Id::kIdUdiv;
  const a64::Gp to = gp_at(inst, 0, w);
  const a64::Gp dividend = gp_at(inst, 1, w);
  const a64::Gp divisor = gp_at(inst, 2, w);
  jump_if_zero(true, divisor, trap(hermit::Trap::IntegerDivideByZero, inst.source));
  if (division == Division::DivS) {
    // If the divisor is -1: does dividend - 1 overflow?
    a_.cmn(divisor, imm(1));
    a_.ccmp(dividend, imm(1), imm(0), imm(CondCode::kEQ));
    jump_if(kOverflow, trap(hermit::Trap::IntegerOverflow, inst.source));
  }
  if (division == Division::DivS || division == Division::DivU) {
    a_.emit(id, to, dividend, divisor);
  } else {
    const a64::Gp quotient = gp(kScratch, w);
    a_.emit(id, quotient, dividend, divisor);
    a_.msub(to, quotient, divisor, dividend);
  }
}

// A mask of the sign chooses between the bits of both.
void Emitter::copysign(const MachineInst& inst) {
  const a64::VecV mask = a64::v31;
  if (inst.width == 4) {
    a_.movi(mask.s4(), imm(0x80), imm(a64::lsl(24)));
  } else {
    a_.movi(mask.d2(), imm(0));
    a_.fneg(mask.d2(), mask.d2());
  }
  a_.bsl(mask.b16(), vec_at(inst, 2, 16).b16(), vec_at(inst, 1, 16).b16());
  a_.fmov(vec_at(inst, 0, 8), vec(kFloatScratch, 8));
}

// The machine saturates, and makes 0 of NaN, as the saturating operations want it. The others look at the result: 32
// bits are in range if those of 64 are their extension; of 64 bits only the ends are doubtful.
void Emitter::truncate(const MachineInst& inst) {
  const u8 flags = inst.condition;
  const bool is_unsigned = (flags & kTruncateUnsigned) != 0;
  const bool to_64 = (flags & kTruncateTo64) != 0;
  const Id convert = is_unsigned ? Id::kIdFcvtzu_v : Id::kIdFcvtzs_v;
  const a64::Vec from = vec_at(inst, 1, inst.width);
  const a64::Gp to = gp_at(inst, 0, 8);
  if ((flags & kTruncateSaturating) != 0) {
    a_.emit(convert, gp_at(inst, 0, to_64 ? 8 : 4), from);
    return;
  }
  if (to_64 && is_unsigned) {
    // At most -1, or NaN. The largest result stands for whatever is larger, since no float is exactly that.
    const Label back = a_.newLabel();
    a_.fmov(vec(kFloatScratch, inst.width), imm(-1.0));
    a_.fcmp(from, vec(kFloatScratch, inst.width));
    const Label odd = cold(inst, back);
    jump_if(kLessEqual, odd);
    a_.emit(convert, to, from);
    a_.cmn(to, imm(1));
    jump_if(kEqual, odd);
    a_.bind(back);
    return;
  }
  a_.fcmp(from, from);
  jump_if(kOverflow, trap(hermit::Trap::InvalidConversionToInteger, inst.source));
  a_.emit(Id::kIdFcvtzs_v, to, from);
  if (to_64) {
    const Label back = a_.newLabel();
    a_.cmp(to, imm(1));  // the smallest overflows,
    a_.ccmn(to, imm(1), imm(1), imm(CondCode::kVC));  // and the largest; 1 is the flag V
    jump_if(kOverflow, cold(inst, back));
    a_.bind(back);
    return;
  }
  if (is_unsigned) {
    a_.cmp(to, to, imm(a64::uxtw(0)));
  } else {
    a_.cmp(to, to, imm(a64::sxtw(0)));
  }
  jump_if(kNotEqual, trap(hermit::Trap::IntegerOverflow, inst.source));
  if (!is_unsigned) a_.mov(to.w(), to.w());
}

// 64 bits. Unsigned: negative, too large or NaN. Signed: an end of the range; the lower one may be meant.
void Emitter::cold_truncate(const Cold& c) {
  const MachineInst& inst = *c.inst;
  const a64::Vec from = vec_at(inst, 1, inst.width);
  if ((inst.condition & kTruncateUnsigned) != 0) {
    a_.fcmp(from, from);
    jump_if(kOverflow, trap(hermit::Trap::InvalidConversionToInteger, inst.source));
  } else {
    const u64 lowest = inst.width == 8 ? std::bit_cast<u64>(-0x1p63) : std::bit_cast<u32>(-0x1p63f);
    a_.mov(gp(kScratch, inst.width), imm(lowest));
    a_.fmov(vec(kFloatScratch, inst.width), gp(kScratch, inst.width));
    a_.fcmp(from, vec(kFloatScratch, inst.width));
    jump_if(kEqual, c.back);
  }
  a_.b(trap(hermit::Trap::IntegerOverflow, inst.source));
}

void Emitter::cold_code(const Cold& c) {
  switch (c.inst->form) {
    case kTruncate: return cold_truncate(c);
    case kTailTable:
    case kCallTable: return cold_call_table(c);
    case kTailReference: return cold_tail_reference(c);
    default: CHECK(false && "no odd case");
  }
}

}  // namespace hermit::arm64

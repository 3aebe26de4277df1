// Emission of numeric operations, and of their odd cases behind the body.
#include <bit>

#include "compiler/x64/emitter.h"

namespace hermit::x64 {

namespace {

constexpr u64 kSign32 = 0x80000000'80000000;
constexpr u64 kSign64 = u64{1} << 63;

}  // namespace

void Emitter::unary(const MachineInst& inst) {
  const auto id = static_cast<Id>(inst.code);
  switch (id) {
    case Id::kIdMov: a_.mov(gp_at(inst, 0, 4), gp_at(inst, 1, 4)); return;
    case Id::kIdMovsx:
    case Id::kIdMovsxd: a_.emit(id, gp_at(inst, 0, inst.type == Type::I64 ? 8 : 4), gp_at(inst, 1, inst.width)); return;
    case Id::kIdPopcnt: a_.popcnt(gp_at(inst, 0, inst.width), gp_at(inst, 1, inst.width)); return;
    case Id::kIdPshufd:
    case Id::kIdRoundps:
    case Id::kIdRoundpd:
    case Id::kIdRoundss:
    case Id::kIdRoundsd: a_.emit(id, xmm_at(inst, 0), xmm_at(inst, 1), imm(inst.immediate)); return;
    default: a_.emit(id, xmm_at(inst, 0), xmm_at(inst, 1));
  }
}

namespace {

bool is_complement(const MachineInst& inst) {
  return static_cast<Id>(inst.code) == Id::kIdXor && static_cast<i64>(inst.immediate) == -1;
}

}  // namespace

// Does the instruction leave the zero flag as its result, which is operand 0, is?
bool Emitter::sets_flags(const MachineInst& inst) const {
  switch (inst.form) {
    case kAdd: return place(inst, 0) == place(inst, 1) || place(inst, 0) == place(inst, 2);
    case kAddImm: return place(inst, 0) == place(inst, 1);
    case kBinary:
    case kBinaryLoad:
    case kBinaryImm:
      switch (static_cast<Id>(inst.code)) {
        case Id::kIdAdd:
        case Id::kIdSub:
        case Id::kIdAnd:
        case Id::kIdOr: return true;
        case Id::kIdXor: return inst.form != kBinaryImm || !is_complement(inst);
        case Id::kIdShl:
        case Id::kIdShr:
        case Id::kIdSar: return inst.form == kBinaryImm && inst.immediate != 0;
        default: return false;
      }
    default: return false;
  }
}

bool Emitter::numeric_instruction(const MachineInst& inst) {
  const u8 w = inst.width;
  switch (inst.form) {
    case kCopy:
      if (place(inst, 0) != place(inst, 1)) a_.mov(gp_at(inst, 0, 8), gp_at(inst, 1, 8));
      return true;
    case kAdd: {
      const x86::Gp to = gp_at(inst, 0, w);
      if (place(inst, 0) == place(inst, 1)) {
        a_.add(to, gp_at(inst, 2, w));
      } else if (place(inst, 0) == place(inst, 2)) {
        a_.add(to, gp_at(inst, 1, w));
      } else {
        a_.lea(to, x86::ptr(gp_at(inst, 1, 8), gp_at(inst, 2, 8)));
      }
      return true;
    }
    case kAddImm: {
      const auto value = static_cast<i32>(inst.immediate);
      if (place(inst, 0) == place(inst, 1)) {
        a_.add(gp_at(inst, 0, w), imm(value));
      } else {
        a_.lea(gp_at(inst, 0, w), x86::ptr(gp_at(inst, 1, 8), value));
      }
      return true;
    }
    case kLea:
      a_.lea(gp_at(inst, 0, w), x86::ptr(gp_at(inst, 1, 8), gp_at(inst, 2, 8),
                                         static_cast<u32>(std::countr_zero(inst.condition)), inst.displacement));
      return true;
    case kBinary: a_.emit(inst.code, any(inst, 0, w), any(inst, 2, w)); return true;
    case kBinaryImm:
      if (is_complement(inst)) {
        a_.not_(gp_at(inst, 0, w));
      } else {
        a_.emit(inst.code, gp_at(inst, 0, w), imm(static_cast<i64>(inst.immediate)));
      }
      return true;
    case kBinaryLoad: {
      const x86::Mem from = guest(inst, 2, w);
      const asmjit::Operand to = any(inst, 0, w);
      site(inst.source);
      a_.emit(inst.code, to, from);
      return true;
    }
    case kBinaryPool: {
      const x86::Mem from = pool(inst.immediate, w == 16);
      a_.emit(inst.code, xmm_at(inst, 0), from);
      return true;
    }
    case kVector: return vector(inst), true;
    case kVectorImm: a_.emit(inst.code, xmm_at(inst, 0), imm(inst.immediate)); return true;
    case kVectorShift: return vector_shift_by_constant(inst), true;
    case kShuffle: return shuffle(inst), true;
    case kMulImm:
      a_.emit(Id::kIdImul, gp_at(inst, 0, w), any(inst, 1, w), imm(static_cast<i32>(inst.immediate)));
      return true;
    case kShift: a_.emit(inst.code, gp_at(inst, 0, w), x86::cl); return true;
    case kUnary: return unary(inst), true;
    case kConvertInt: {
      const x86::Xmm to = xmm_at(inst, 0);
      a_.xorps(to, to);  // the instruction keeps the upper part, which would make it wait for the register's last value
      a_.emit(inst.type == Type::F32 ? Id::kIdCvtsi2ss : Id::kIdCvtsi2sd, to, gp_at(inst, 1, w));
      return true;
    }
    case kClz: {
      const u32 bits = 8u * w;
      a_.bsr(gp_at(inst, 0, w), gp_at(inst, 1, w));
      a_.mov(x86::r11d, imm(2 * bits - 1));  // which the exclusive-or below makes `bits`
      a_.cmovz(gp_at(inst, 0, w), gp(kScratch, w));
      a_.xor_(gp_at(inst, 0, w), imm(bits - 1));
      return true;
    }
    case kCtz: {
      // A processor without tzcnt executes bsf instead, which leaves the register as it is if no bit is set; one with
      // it has no need to.
      const bool is_operand = place(inst, 0) == place(inst, 1);
      const x86::Gp to = is_operand ? gp(kScratch, w) : gp_at(inst, 0, w);
      a_.mov(to.r32(), imm(8u * w));
      a_.tzcnt(to, gp_at(inst, 1, w));
      if (is_operand) a_.mov(gp_at(inst, 0, 4), to.r32());
      return true;
    }
    case kDivide: return divide(inst), true;
    case kMulHigh: a_.emit(inst.code, any(inst, 3, 8)); return true;
    case kMinMax: return min_max(inst), true;
    case kCopysign: return copysign(inst), true;
    case kTruncate: return truncate(inst), true;
    case kConvertU64: return convert_u64(inst), true;
    case kMoveBits:
      if (class_of(inst.type) == RegClass::Float) {
        a_.emit(w == 4 ? Id::kIdMovd : Id::kIdMovq, xmm_at(inst, 0), gp_at(inst, 1, w));
      } else {
        a_.emit(w == 4 ? Id::kIdMovd : Id::kIdMovq, gp_at(inst, 0, w), xmm_at(inst, 1));
      }
      return true;
    default: return false;
  }
}

// --- division ---

void Emitter::divide(const MachineInst& inst) {
  const u8 w = inst.width;
  const auto division = static_cast<Division>(inst.condition);
  const x86::Gp divisor = gp_at(inst, 3, w);
  a_.test(divisor, divisor);
  a_.jz(trap(hermit::Trap::IntegerDivideByZero, inst.source));
  const Label back = a_.newLabel();
  if (division == Division::DivU || division == Division::RemU) {
    a_.xor_(x86::edx, x86::edx);
    a_.div(divisor);
    return;
  }
  a_.cmp(divisor, imm(-1));
  a_.je(cold(inst, back));
  if (division == Division::DivS) a_.bind(back);
  if (w == 8) {
    a_.cqo();
  } else {
    a_.cdq();
  }
  a_.idiv(divisor);
  if (division == Division::RemS) a_.bind(back);
}

// By -1: the quotient of the smallest number overflows, a remainder is 0.
void Emitter::cold_divide(const Cold& c) {
  if (static_cast<Division>(c.inst->condition) == Division::RemS) {
    a_.xor_(x86::edx, x86::edx);
  } else {
    if (c.inst->width == 8) {
      a_.mov(x86::r11, imm(static_cast<i64>(kSign64)));
      a_.cmp(x86::rax, x86::r11);
    } else {
      a_.cmp(x86::eax, imm(static_cast<i32>(0x80000000)));
    }
    a_.je(trap(hermit::Trap::IntegerOverflow, c.inst->source));
  }
  a_.jmp(c.back);
}

// --- floats ---

void Emitter::min_max(const MachineInst& inst) {
  const bool is_f32 = inst.width == 4;
  const bool is_max = inst.condition == 1;
  const x86::Xmm to = xmm_at(inst, 0);
  const x86::Xmm other = xmm_at(inst, 2);
  const Label back = a_.newLabel();
  a_.emit(is_f32 ? Id::kIdUcomiss : Id::kIdUcomisd, to, other);
  a_.jz(cold(inst, back));  // equal, or not ordered
  a_.emit(is_max ? (is_f32 ? Id::kIdMaxss : Id::kIdMaxsd) : (is_f32 ? Id::kIdMinss : Id::kIdMinsd), to, other);
  a_.bind(back);
}

// Equal operands may be zeros of different sign; a NaN comes out of an addition.
void Emitter::cold_min_max(const Cold& c) {
  const x86::Xmm to = xmm_at(*c.inst, 0);
  const x86::Xmm other = xmm_at(*c.inst, 2);
  const Label unordered = a_.newLabel();
  a_.jp(unordered);
  a_.emit(c.inst->condition == 1 ? Id::kIdAndps : Id::kIdOrps, to, other);
  a_.jmp(c.back);
  a_.bind(unordered);
  a_.emit(c.inst->width == 4 ? Id::kIdAddss : Id::kIdAddsd, to, other);
  a_.jmp(c.back);
}

void Emitter::copysign(const MachineInst& inst) {
  const u64 sign = inst.width == 4 ? kSign32 : kSign64;
  const x86::Xmm temporary = x86::xmm(kFloatScratch - kFloatBase);
  const x86::Mem sign_bits = pool(sign, true);
  const x86::Mem other_bits = pool(~sign, true);
  a_.movaps(temporary, xmm_at(inst, 2));
  a_.andps(temporary, sign_bits);
  a_.andps(xmm_at(inst, 0), other_bits);
  a_.orps(xmm_at(inst, 0), temporary);
}

// The machine converts to signed 64 bits, and gives the smallest number for everything else. Results of 32 bits are in
// range if they survive being narrowed; unsigned 64 bits need two cases.
void Emitter::truncate(const MachineInst& inst) {
  const u8 flags = inst.condition;
  const bool is_f64 = (flags & kTruncateFromF64) != 0;
  const Id convert = is_f64 ? Id::kIdCvttsd2si : Id::kIdCvttss2si;
  const x86::Gp to = gp_at(inst, 0, 8);
  const x86::Xmm from = xmm_at(inst, 1);
  const Label back = a_.newLabel();
  if ((flags & kTruncateTo64) == 0) {
    a_.emit(convert, to, from);
    if ((flags & kTruncateUnsigned) != 0) {
      a_.mov(x86::r11d, to.r32());
    } else {
      a_.movsxd(x86::r11, to.r32());
    }
    a_.cmp(x86::r11, to);
    a_.jne(cold(inst, back));
    if ((flags & kTruncateUnsigned) == 0) a_.mov(to.r32(), to.r32());
  } else if ((flags & kTruncateUnsigned) == 0) {
    a_.emit(convert, to, from);
    a_.cmp(to, imm(1));
    a_.jo(cold(inst, back));
  } else {
    const x86::Xmm half = x86::xmm(kFloatScratch - kFloatBase);
    const x86::Mem two_63 = pool(is_f64 ? std::bit_cast<u64>(0x1p63) : std::bit_cast<u32>(0x1p63f), false);
    a_.emit(is_f64 ? Id::kIdMovsd : Id::kIdMovss, half, two_63);
    a_.emit(is_f64 ? Id::kIdUcomisd : Id::kIdUcomiss, from, half);
    a_.jae(cold(inst, back, 1));
    a_.emit(convert, to, from);
    a_.test(to, to);
    a_.js(cold(inst, back));
  }
  a_.bind(back);
}

// detail 1: unsigned 64 bits of at least 2^63, which is in the scratch register. 0: out of range or NaN (or exactly the
// smallest signed 64-bit number).
void Emitter::cold_truncate(const Cold& c) {
  const MachineInst& inst = *c.inst;
  const u8 flags = inst.condition;
  const bool is_f64 = (flags & kTruncateFromF64) != 0;
  const bool is_unsigned = (flags & kTruncateUnsigned) != 0;
  const bool to_64 = (flags & kTruncateTo64) != 0;
  const Id compare_id = is_f64 ? Id::kIdUcomisd : Id::kIdUcomiss;
  const x86::Gp to = gp_at(inst, 0, 8);
  const x86::Xmm from = xmm_at(inst, 1);
  const x86::Xmm half = x86::xmm(kFloatScratch - kFloatBase);
  const x86::Xmm temporary = x86::xmm(kFloatCycleScratch - kFloatBase);
  if (c.detail == 1) {
    a_.movaps(temporary, from);
    a_.emit(is_f64 ? Id::kIdSubsd : Id::kIdSubss, temporary, half);
    a_.emit(is_f64 ? Id::kIdCvttsd2si : Id::kIdCvttss2si, to, temporary);
    a_.test(to, to);
    a_.js(cold(inst, c.back));
    a_.mov(x86::r11, imm(static_cast<i64>(kSign64)));
    a_.xor_(to, x86::r11);
    a_.jmp(c.back);
    return;
  }
  a_.emit(compare_id, from, from);
  if ((flags & kTruncateSaturating) == 0) {
    a_.jp(trap(hermit::Trap::InvalidConversionToInteger, inst.source));
    if (to_64 && !is_unsigned) {
      const x86::Mem lowest = pool(is_f64 ? std::bit_cast<u64>(-0x1p63) : std::bit_cast<u32>(-0x1p63f), false);
      a_.emit(compare_id, from, lowest);
      a_.je(c.back);
    }
    a_.jmp(trap(hermit::Trap::IntegerOverflow, inst.source));
    return;
  }
  const Label done = a_.newLabel();
  const u64 highest = is_unsigned ? (to_64 ? ~u64{0} : 0xffffffff) : (to_64 ? kSign64 - 1 : 0x7fffffff);
  const u64 lowest = is_unsigned ? 0 : (to_64 ? kSign64 : 0x80000000);
  a_.mov(to, imm(0));
  a_.jp(done);
  a_.xorps(temporary, temporary);
  a_.mov(to, imm(static_cast<i64>(highest)));
  a_.emit(compare_id, from, temporary);
  a_.ja(done);
  a_.mov(to, imm(static_cast<i64>(lowest)));
  a_.bind(done);
  a_.jmp(c.back);
}

void Emitter::convert_u64(const MachineInst& inst) {
  const x86::Gp from = gp_at(inst, 1, 8);
  const x86::Xmm to = xmm_at(inst, 0);
  const Label back = a_.newLabel();
  a_.test(from, from);
  a_.js(cold(inst, back));
  a_.xorps(to, to);
  a_.emit(inst.width == 4 ? Id::kIdCvtsi2ss : Id::kIdCvtsi2sd, to, from);
  a_.bind(back);
}

// Too large for a signed number: half of it, rounded to odd so that rounding again is right, then doubled.
void Emitter::cold_convert_u64(const Cold& c) {
  const x86::Xmm to = xmm_at(*c.inst, 0);
  const Label even = a_.newLabel();
  a_.mov(x86::r11, gp_at(*c.inst, 1, 8));
  a_.shr(x86::r11, 1);
  a_.jnc(even);
  a_.or_(x86::r11, 1);
  a_.bind(even);
  a_.xorps(to, to);
  a_.emit(c.inst->width == 4 ? Id::kIdCvtsi2ss : Id::kIdCvtsi2sd, to, x86::r11);
  a_.emit(c.inst->width == 4 ? Id::kIdAddss : Id::kIdAddsd, to, to);
  a_.jmp(c.back);
}

void Emitter::cold_code(const Cold& c) {
  switch (c.inst->form) {
    case kDivide: return cold_divide(c);
    case kMinMax: return cold_min_max(c);
    case kTruncate: return cold_truncate(c);
    case kConvertU64: return cold_convert_u64(c);
    case kTailTable:
    case kCallTable: return cold_call_table(c);
    case kTailReference: return cold_tail_reference(c);
    default: CHECK(false && "no odd case");
  }
}

}  // namespace hermit::x64

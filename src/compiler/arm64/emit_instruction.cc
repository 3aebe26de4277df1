// Emission of moves of data: constants, loads and stores, the instance, the frame.
#include <bit>
#include <cstddef>

#include "abi/instance_layout.h"
#include "compiler/arm64/emitter.h"

namespace hermit::arm64 {

// Base + zero-extended index + offset, in 64 bits. Nothing but this function decides which part of the sum the
// instruction adds.
a64::Mem Emitter::guest(const MachineInst& inst, u32 n) {
  const u64 offset = inst.immediate;
  const bool fits = offset % inst.width == 0 && offset / inst.width <= 0xfff;
  const bool has_index = (inst.condition & kHasIndex) != 0;
  const a64::Gp base = (inst.condition & kHasBase) != 0 ? gp_at(inst, has_index ? n + 1 : n, 8) : gp(27, 8);
  if (!has_index) {
    if (fits) return a64::ptr(base, static_cast<i32>(offset));
    a_.mov(a64::x16, imm(offset));
    return a64::ptr(base, a64::x16);
  }
  const a64::Gp index = gp_at(inst, n, 8);
  const bool is_wide = (inst.condition & kWideIndex) != 0;
  const asmjit::arm::Shift extend =
      is_wide ? asmjit::arm::Shift(asmjit::arm::ShiftOp::kUXTX, 0) : a64::uxtw(index_shift(inst.condition));
  if (offset == 0) return is_wide ? a64::ptr(base, index) : a64::ptr(base, index.w(), extend);
  if (fits || offset <= 255) {
    a_.add(a64::x16, base, index, imm(extend));
    return a64::ptr(a64::x16, static_cast<i32>(offset));
  }
  if (offset < 1 << 24) {
    // The upper part belongs to the index, the lower 12 bits perhaps to the instruction.
    const u64 low = offset & 0xfff;
    const bool low_fits = low % inst.width == 0 || low <= 255;
    a_.add(a64::x16, base, index, imm(extend));
    if ((offset & 0xfff000) != 0) a_.add(a64::x16, a64::x16, imm(offset & 0xfff000));
    if (low_fits) return a64::ptr(a64::x16, static_cast<i32>(low));
    a_.add(a64::x16, a64::x16, imm(low));
    return a64::ptr(a64::x16);
  }
  a_.mov(a64::x16, imm(offset));
  a_.add(a64::x16, a64::x16, index, imm(extend));
  return a64::ptr(base, a64::x16);
}

// A store that crosses the end of memory may write its first part before it faults: this machine allows that. A load of
// the same bytes faults instead, and nothing is written. What is aligned does not cross anything, nor what lies below
// something that was accessed.
void Emitter::probe(const MachineInst& inst, const a64::Mem& to) {
  site(inst.source);
  const bool is_aligned = inst.condition == 0 && inst.immediate % inst.width == 0;
  if (inst.width == 1 || is_aligned || (inst.condition & kReached) != 0) return;
  if (inst.width == 16) {
    a_.ldr(a64::q31, to);
  } else if (inst.width == 2) {
    a_.ldrh(a64::wzr, to);
  } else {
    a_.ldr(inst.width == 8 ? a64::Gp(a64::xzr) : a64::Gp(a64::wzr), to);
  }
}

void Emitter::float_constant(const MachineInst& inst) {
  const u64 bits = inst.immediate;
  const a64::Vec to = vec_at(inst, 0, inst.width);
  if (bits == 0) {
    a_.movi(vec_at(inst, 0, 8), imm(0));
  } else if (inst.width == 4 && a64::Utils::isFP32Imm8(static_cast<u32>(bits))) {
    a_.fmov(to, imm(static_cast<double>(std::bit_cast<float>(static_cast<u32>(bits)))));
  } else if (inst.width == 8 && a64::Utils::isFP64Imm8(bits)) {
    a_.fmov(to, imm(std::bit_cast<double>(bits)));
  } else {
    a_.mov(gp(kScratch, inst.width), imm(bits));
    a_.fmov(to, gp(kScratch, inst.width));
  }
}

// Sixteen bytes each, from sp.
void Emitter::zero_locals() {
  constexpr u32 kFew = 8;
  if (f_.frame_locals <= kFew) {
    for (u32 i = 0; i < f_.frame_locals; ++i) {
      a_.stp(a64::xzr, a64::xzr, a64::ptr(a64::sp, static_cast<i32>(16 * i)));
    }
    return;
  }
  const Label loop = a_.newLabel();
  a_.mov(a64::x16, a64::sp);
  a_.mov(a64::x17, imm(f_.frame_locals));
  a_.bind(loop);
  a_.stp(a64::xzr, a64::xzr, a64::ptr_post(a64::x16, 16));
  a_.subs(a64::x17, a64::x17, imm(1));
  a_.b_ne(loop);
}

void Emitter::instruction(const MachineInst& inst) {
  switch (inst.form) {
    case kLabel:
    case kEntry: return;
    case kLoadParam:
      return load(place(inst, 0).number(), memory(a64::x29, 16 + i64{inst.displacement}, inst.width), inst.width);
    case kConstant:
      a_.mov(gp_at(inst, 0, inst.immediate <= 0xffffffff ? 4 : 8), imm(static_cast<i64>(inst.immediate)));
      return;
    case kFloatConstant: return float_constant(inst);
    case kVectorConstant: return vector_constant(place(inst, 0).number(), inst.vector());
    case kLoad: {
      const a64::Mem from = guest(inst, 1);
      // Zero extension to 64 bits is that to 32 bits; sign extension goes to the type's width.
      const bool is_signed = inst.code == Id::kIdLdrsb || inst.code == Id::kIdLdrsh || inst.code == Id::kIdLdrsw;
      const u32 width = is_float(inst, 0) ? inst.width
                        : inst.width == 8 ? 8
                        : is_signed       ? (inst.type == Type::I64 ? 8 : 4)
                                          : 4;
      site(inst.source);
      a_.emit(inst.code, any(inst, 0, width), from);
      return;
    }
    case kStore: {
      const a64::Mem to = guest(inst, 1);
      probe(inst, to);
      a_.emit(inst.code, any(inst, 0, is_float(inst, 0) || inst.width == 8 ? inst.width : 4), to);
      return;
    }
    case kStoreZero: {
      const a64::Mem to = guest(inst, 0);
      probe(inst, to);
      a_.emit(inst.code, inst.width == 8 ? a64::Gp(a64::xzr) : a64::Gp(a64::wzr), to);
      return;
    }
    case kLoadInstance: a_.ldr(gp_at(inst, 0, 8), a64::ptr(a64::x28, inst.displacement)); return;
    case kLoadPointer: {
      const a64::Gp base = inst.operands == 1 ? a64::Gp(a64::x28) : gp_at(inst, 1, 8);
      return load(place(inst, 0).number(), memory(base, inst.displacement, inst.width), inst.width);
    }
    case kStorePointer: {
      // Four bytes of an i32 or f32: the upper half of a slot is zero from the beginning.
      const a64::Gp base = inst.operands == 1 ? a64::Gp(a64::x28) : gp_at(inst, 0, 8);
      return store(place(inst, inst.operands - 1).number(), memory(base, inst.displacement, inst.width), inst.width);
    }
    case kLoadIndexed: a_.ldr(gp_at(inst, 0, 8), a64::ptr(gp_at(inst, 1, 8), gp_at(inst, 2, 8), a64::lsl(3))); return;
    case kStoreIndexed: a_.str(gp_at(inst, 2, 8), a64::ptr(gp_at(inst, 0, 8), gp_at(inst, 1, 8), a64::lsl(3))); return;
    case kLoadLocal: return load(place(inst, 0).number(), local(inst.target, inst.width), inst.width);
    case kStoreLocal: return store(place(inst, 0).number(), local(inst.target, inst.width), inst.width);
    case kZeroLocals: return zero_locals();
    case kReserveArgs:
      pushed_ = static_cast<u32>(inst.displacement);
      add_number(a64::sp, a64::sp, -i64{inst.displacement});
      return;
    case kStoreArg: return store(place(inst, 0).number(), memory(a64::sp, inst.displacement, inst.width), inst.width);
    default: CHECK(control_instruction(inst) || numeric_instruction(inst));
  }
}

}  // namespace hermit::arm64

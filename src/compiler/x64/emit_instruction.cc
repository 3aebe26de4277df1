// Emission of moves of data: constants, loads and stores, the instance, the frame.
#include <bit>
#include <cstddef>

#include "abi/instance_layout.h"
#include "compiler/x64/emitter.h"

namespace hermit::x64 {

void Emitter::load(const MachineInst& inst) {
  const auto id = static_cast<Id>(inst.code);
  const x86::Mem from = guest(inst, 1, inst.width);
  site(inst.source);
  if (class_of(inst.type) == RegClass::Float) {
    a_.emit(id, xmm_at(inst, 0), from);
  } else {
    // Zero extension to 64 bits is that to 32 bits; sign extension goes to the type's width.
    const bool wide = inst.type == Type::I64 && (id == Id::kIdMovsx || id == Id::kIdMovsxd || inst.width == 8);
    a_.emit(id, gp_at(inst, 0, wide ? 8 : 4), from);
  }
}

void Emitter::instruction(const MachineInst& inst) {
  switch (inst.form) {
    case kLabel:
    case kEntry: return;
    case kLoadParam: {
      const x86::Mem from = x86::ptr(x86::rbp, 16 + inst.displacement, inst.width);
      if (place(inst, 0).number() >= kFloatBase) {
        a_.emit(inst.code, xmm_at(inst, 0), from);
      } else {
        a_.mov(gp_at(inst, 0, inst.width), from);
      }
      return;
    }
    case kConstant: {
      const x86::Gp to = gp_at(inst, 0, 4);
      if (inst.immediate == 0) {
        a_.xor_(to, to);
      } else if (inst.immediate <= 0xffffffff) {
        a_.mov(to, imm(inst.immediate));
      } else {
        a_.mov(gp_at(inst, 0, 8), imm(static_cast<i64>(inst.immediate)));
      }
      return;
    }
    case kFloatConstant: {
      const x86::Xmm to = xmm_at(inst, 0);
      if (inst.immediate == 0) {
        a_.xorps(to, to);
      } else {
        a_.emit(inst.width == 4 ? Id::kIdMovss : Id::kIdMovsd, to, pool(inst.immediate, false));
      }
      return;
    }
    case kVectorConstant: {
      const x86::Xmm to = xmm_at(inst, 0);
      const Vector bits = inst.vector();
      if ((bits.low | bits.high) == 0) {
        a_.pxor(to, to);
      } else if ((bits.low & bits.high) == ~u64{0}) {
        a_.pcmpeqd(to, to);
      } else {
        a_.movdqa(to, pool_16(bits.low, bits.high));
      }
      return;
    }
    case kLoad: return load(inst);
    case kStore: {
      const x86::Mem to = guest(inst, 1, inst.width);
      site(inst.source);
      if (place(inst, 0).number() >= kFloatBase) {
        a_.emit(inst.code, to, xmm_at(inst, 0));
      } else {
        a_.mov(to, gp_at(inst, 0, inst.width));
      }
      return;
    }
    case kStoreImm: {
      const x86::Mem to = guest(inst, 0, inst.width);
      site(inst.source);
      const i64 value = inst.width == 1   ? static_cast<i8>(inst.immediate)
                        : inst.width == 2 ? static_cast<i16>(inst.immediate)
                                          : static_cast<i32>(inst.immediate);
      a_.mov(to, imm(value));
      return;
    }
    case kLoadInstance: a_.mov(gp_at(inst, 0, 8), x86::ptr(x86::r14, inst.displacement, 8)); return;
    case kLoadPointer: {
      const x86::Gp base = inst.operands == 1 ? x86::Gp(x86::r14) : gp_at(inst, 1, 8);
      const x86::Mem from = x86::ptr(base, inst.displacement, inst.width);
      if (place(inst, 0).number() >= kFloatBase) {
        a_.emit(inst.code, xmm_at(inst, 0), from);
      } else {
        a_.mov(gp_at(inst, 0, inst.width), from);
      }
      return;
    }
    case kStorePointer: {
      const u32 value = inst.operands - 1;
      const x86::Gp base = inst.operands == 1 ? x86::Gp(x86::r14) : gp_at(inst, 0, 8);
      const x86::Mem to = x86::ptr(base, inst.displacement, inst.width);
      if (place(inst, value).number() >= kFloatBase) {
        a_.emit(inst.code, to, xmm_at(inst, value));
      } else {
        // Slots hold an i32 zero-extended.
        a_.mov(to, gp_at(inst, value, inst.width));
      }
      return;
    }
    case kLoadIndexed: a_.mov(gp_at(inst, 0, 8), x86::ptr(gp_at(inst, 1, 8), gp_at(inst, 2, 8), 3, 0, 8)); return;
    case kStoreIndexed: a_.mov(x86::ptr(gp_at(inst, 0, 8), gp_at(inst, 1, 8), 3, 0, 8), gp_at(inst, 2, 8)); return;
    case kLoadLocal:
      if (place(inst, 0).number() >= kFloatBase) {
        a_.emit(inst.code, xmm_at(inst, 0), local(inst.target, inst.width));
      } else {
        a_.mov(gp_at(inst, 0, inst.width), local(inst.target, inst.width));
      }
      return;
    case kStoreLocal:
      if (place(inst, 0).number() >= kFloatBase) {
        a_.emit(inst.code, local(inst.target, inst.width), xmm_at(inst, 0));
      } else {
        a_.mov(local(inst.target, inst.width), gp_at(inst, 0, inst.width));
      }
      return;
    case kZeroLocals:
      a_.lea(x86::rdi, local(f_.frame_locals - 1, 16));
      a_.mov(x86::ecx, imm(2 * f_.frame_locals));
      a_.xor_(x86::eax, x86::eax);
      a_.rep().stosq();
      return;
    case kReserveArgs: a_.sub(x86::rsp, inst.displacement); return;
    case kStoreArg: {
      const x86::Mem to = x86::ptr(x86::rsp, inst.displacement, inst.width);
      if (place(inst, 0).number() >= kFloatBase) {
        a_.emit(inst.code, to, xmm_at(inst, 0));
      } else {
        a_.mov(to, gp_at(inst, 0, inst.width));
      }
      return;
    }
    default: CHECK(control_instruction(inst) || numeric_instruction(inst));
  }
}

}  // namespace hermit::x64

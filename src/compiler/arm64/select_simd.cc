// Selection of vector operations. Nearly all are one instruction or a sequence that needs no register but the emitter's
// own, so here they only get their operands; emit_simd.cc has the instructions.
#include "compiler/arm64/selector.h"

namespace hermit::arm64 {

void Selector::vector_constant(VReg to, const Vector& bits) {
  add(kVectorConstant, 0, 16).set_vector(bits.low, bits.high);
  def(to);
}

void Selector::vector(Value v) {
  const Inst inst = f_.insts[v];
  const auto code = static_cast<u32>(inst.op);
  switch (inst.op) {
    case Op::I8x16Shuffle: {
      const Vector lanes = f_.vectors[inst.c];
      const VReg a = reg(inst.a);
      const VReg b = inst.a == inst.b ? a : reg(inst.b);
      add(kShuffle, 0, 16).set_vector(lanes.low, lanes.high);
      def(result());
      use(a);
      use(b);
      return;
    }
#define HERMIT_SIMD_SHIFT(name, function) case Op::name:
#include "abi/numeric_simd_ops.def"
      if (f_.is_const(inst.b)) {
        const VReg a = reg(inst.a);
        add(kVectorShift, code, 16).immediate = f_.const_bits(inst.b);
        def(result());
        use(a);
        return;
      }
      break;
#define HERMIT_SIMD_EXTRACT(name, lane, scalar) case Op::name:
#include "abi/numeric_simd_ops.def"
      one(kVector, code, 16, reg(inst.a));
      piece_.back().condition = static_cast<u8>(inst.c);
      return;
#define HERMIT_SIMD_REPLACE(name, lane) case Op::name:
#include "abi/numeric_simd_ops.def"
      {
        const VReg a = reg(inst.a);
        two(kVector, code, 16, a, reg(inst.b));
        piece_.back().condition = static_cast<u8>(inst.c);
        return;
      }
    default: break;
  }
  const Shape shape = op_info(inst.op).shape;
  const VReg a = reg(inst.a);
  const VReg b = shape == Shape::Unary ? kNone : reg(inst.b);
  const VReg c = shape == Shape::Ternary ? reg(inst.c) : kNone;
  add(kVector, code, 16).type = inst.type;
  def(result());
  use(a);
  if (b != kNone) use(b);
  if (c != kNone) use(c);
}

}  // namespace hermit::arm64

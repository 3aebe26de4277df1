// Vector instructions → IR. Accesses that extend, splat or touch one lane are a plain access and an operation on its
// value, in the same order of effects; selection puts together what the machine has as one instruction.
#include "compiler/builder.h"

namespace hermit::compiler {

namespace {

struct LoadParts {
  wasm::Op instruction;
  Op load, then;
};
constexpr LoadParts kLoads[] = {
    {wasm::Op::V128Load8x8S, Op::V128Load64Zero, Op::I16x8ExtendLowI8x16S},
    {wasm::Op::V128Load8x8U, Op::V128Load64Zero, Op::I16x8ExtendLowI8x16U},
    {wasm::Op::V128Load16x4S, Op::V128Load64Zero, Op::I32x4ExtendLowI16x8S},
    {wasm::Op::V128Load16x4U, Op::V128Load64Zero, Op::I32x4ExtendLowI16x8U},
    {wasm::Op::V128Load32x2S, Op::V128Load64Zero, Op::I64x2ExtendLowI32x4S},
    {wasm::Op::V128Load32x2U, Op::V128Load64Zero, Op::I64x2ExtendLowI32x4U},
    {wasm::Op::V128Load8Splat, Op::I32Load8U, Op::I8x16Splat},
    {wasm::Op::V128Load16Splat, Op::I32Load16U, Op::I16x8Splat},
    {wasm::Op::V128Load32Splat, Op::F32Load, Op::F32x4Splat},
    {wasm::Op::V128Load64Splat, Op::F64Load, Op::F64x2Splat},
};
struct LaneParts {
  wasm::Op instruction;
  Op access, lane;
  bool is_store;
};
constexpr LaneParts kLanes[] = {
    {wasm::Op::V128Load8Lane, Op::I32Load8U, Op::I8x16ReplaceLane, false},
    {wasm::Op::V128Load16Lane, Op::I32Load16U, Op::I16x8ReplaceLane, false},
    {wasm::Op::V128Load32Lane, Op::I32Load, Op::I32x4ReplaceLane, false},
    {wasm::Op::V128Load64Lane, Op::I64Load, Op::I64x2ReplaceLane, false},
    {wasm::Op::V128Store8Lane, Op::I32Store8, Op::I8x16ExtractLaneU, true},
    {wasm::Op::V128Store16Lane, Op::I32Store16, Op::I16x8ExtractLaneU, true},
    {wasm::Op::V128Store32Lane, Op::I32Store, Op::I32x4ExtractLane, true},
    {wasm::Op::V128Store64Lane, Op::I64Store, Op::I64x2ExtractLane, true},
};

}  // namespace

void Builder::vector_load(wasm::Op op) {
  for (const LoadParts& parts : kLoads) {
    if (parts.instruction != op) continue;
    load(parts.load);
    push(emit({parts.then, Type::V128, 0, pop(), 0, 0}));
  }
}

void Builder::vector_lane_access(wasm::Op op) {
  for (const LaneParts& parts : kLanes) {
    if (parts.instruction != op) continue;
    const OpInfo& lane_info = op_info(parts.lane);
    Inst access{parts.access};
    memarg(access);
    const u32 lane = *pc_++;
    const Value vector = pop();
    access.a = pop();
    if (parts.is_store) {
      access.b = emit({parts.lane, lane_info.result, 0, vector, 0, lane});
      emit(access);
    } else {
      access.type = op_info(parts.access).result;
      const Value scalar = emit(access);
      push(emit({parts.lane, Type::V128, 0, vector, scalar, lane}));
    }
  }
}

// False if it is not one of them.
bool Builder::simd_instruction(wasm::Op op) {
  const auto vector_immediate = [&] {
    const Vector bits{load_le<u64>(pc_), load_le<u64>(pc_ + 8)};
    pc_ += 16;
    return bits;
  };
  const auto operation = [&](Op made, u32 lane) {
    const OpInfo& info = op_info(made);
    Inst inst{made, info.result, 0, 0, 0, lane};
    if (info.shape == Shape::Ternary) inst.c = pop();
    if (info.shape != Shape::Unary && info.shape != Shape::UnaryImmediate) inst.b = pop();
    inst.a = pop();
    push(emit(inst));
  };
  switch (op) {
    case wasm::Op::V128Const: push(simplifier_.vector(vector_immediate())); return true;
    case wasm::Op::I8x16Shuffle:
      f_.vectors.push_back(vector_immediate());
      operation(Op::I8x16Shuffle, static_cast<u32>(f_.vectors.size() - 1));
      return true;
    case wasm::Op::V128Load: load(Op::V128Load); return true;
    case wasm::Op::V128Load32Zero: load(Op::V128Load32Zero); return true;
    case wasm::Op::V128Load64Zero: load(Op::V128Load64Zero); return true;
    case wasm::Op::V128Store: store(Op::V128Store); return true;
    case wasm::Op::V128Load8x8S:
    case wasm::Op::V128Load8x8U:
    case wasm::Op::V128Load16x4S:
    case wasm::Op::V128Load16x4U:
    case wasm::Op::V128Load32x2S:
    case wasm::Op::V128Load32x2U:
    case wasm::Op::V128Load8Splat:
    case wasm::Op::V128Load16Splat:
    case wasm::Op::V128Load32Splat:
    case wasm::Op::V128Load64Splat: vector_load(op); return true;
    case wasm::Op::V128Load8Lane:
    case wasm::Op::V128Load16Lane:
    case wasm::Op::V128Load32Lane:
    case wasm::Op::V128Load64Lane:
    case wasm::Op::V128Store8Lane:
    case wasm::Op::V128Store16Lane:
    case wasm::Op::V128Store32Lane:
    case wasm::Op::V128Store64Lane: vector_lane_access(op); return true;
#define HERMIT_SIMD_UNARY(name, function) \
  case wasm::Op::name: operation(Op::name, 0); return true;
#define HERMIT_SIMD_BINARY(name, function) \
  case wasm::Op::name: operation(Op::name, 0); return true;
#define HERMIT_SIMD_TERNARY(name, function) \
  case wasm::Op::name: operation(Op::name, 0); return true;
#define HERMIT_SIMD_SHIFT(name, function) \
  case wasm::Op::name: operation(Op::name, 0); return true;
#define HERMIT_SIMD_TEST(name, function) \
  case wasm::Op::name: operation(Op::name, 0); return true;
#define HERMIT_SIMD_SPLAT(name, lane) \
  case wasm::Op::name: operation(Op::name, 0); return true;
#define HERMIT_SIMD_EXTRACT(name, lane, scalar) \
  case wasm::Op::name: operation(Op::name, *pc_++); return true;
#define HERMIT_SIMD_REPLACE(name, lane) \
  case wasm::Op::name: operation(Op::name, *pc_++); return true;
#include "abi/numeric_simd_ops.def"
    default: return false;
  }
}

}  // namespace hermit::compiler

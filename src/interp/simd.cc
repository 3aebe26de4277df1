// Handlers of SIMD instructions; see loop.cc for handlers at large. One template per shape of operands, the semantics
// come from abi/numeric_simd.h. A v128 is two slots. Memory accesses other than v128.load and v128.store have the long
// form alone: it serves all memories.
#include "abi/numeric_simd.h"

#include "interp/handler.h"

namespace hermit::interp {
namespace {

using simd::V128;

inline V128 get_v128(const u64* fp, i32 slot) {
  V128 value;
  std::memcpy(&value, fp + slot, sizeof value);
  return value;
}
inline void set_v128(u64* fp, i32 slot, V128 value) { std::memcpy(fp + slot, &value, sizeof value); }

template <V128 (*kFunction)(V128)>
HANDLER(unary) {
  set_v128(fp, pc->a, kFunction(get_v128(fp, pc->b)));
  NEXT();
}
template <V128 (*kFunction)(V128, V128)>
HANDLER(binary) {
  set_v128(fp, pc->a, kFunction(get_v128(fp, pc->b), get_v128(fp, pc->c)));
  NEXT();
}
template <V128 (*kFunction)(V128, V128, V128)>
HANDLER(ternary) {
  set_v128(fp, pc->a, kFunction(get_v128(fp, pc->b), get_v128(fp, pc->c), get_v128(fp, pc[1].a)));
  GO(pc + 2);
}
template <V128 (*kFunction)(V128, u32)>
HANDLER(shift) {
  set_v128(fp, pc->a, kFunction(get_v128(fp, pc->b), get<u32>(fp, pc->c)));
  NEXT();
}
template <u32 (*kFunction)(V128)>
HANDLER(test) {
  set<u32>(fp, pc->a, kFunction(get_v128(fp, pc->b)));
  NEXT();
}
template <typename T>
HANDLER(splat) {
  set_v128(fp, pc->a, simd::splat<T>(get<T>(fp, pc->b)));
  NEXT();
}
template <typename T, typename Scalar>
HANDLER(extract) {
  set<Scalar>(fp, pc->a, static_cast<Scalar>(simd::extract<T>(get_v128(fp, pc->b), static_cast<u32>(pc->c))));
  NEXT();
}
template <typename T>
HANDLER(replace) {
  const u32 lane = static_cast<u32>(pc[1].a);
  set_v128(fp, pc->a, simd::replace<T>(get_v128(fp, pc->b), lane, get<T>(fp, pc->c)));
  GO(pc + 2);
}
HANDLER(shuffle) {
  const u8* lanes = reinterpret_cast<const u8*>(pc + 1);
  set_v128(fp, pc->a, simd::shuffle(get_v128(fp, pc->b), get_v128(fp, pc->c), lanes));
  GO(pc + 2);
}

// --- memory ---

HANDLER(load) {
  const u64 address = u64{get<u32>(fp, pc->b)} + static_cast<u32>(pc->c);
  TRAP_IF(address + 16 > inst->memory0.size, Trap::OutOfBoundsMemoryAccess);
  std::memcpy(fp + pc->a, mem + address, 16);
  NEXT();
}
HANDLER(store) {
  const u64 address = u64{get<u32>(fp, pc->b)} + static_cast<u32>(pc->c);
  TRAP_IF(address + 16 > inst->memory0.size, Trap::OutOfBoundsMemoryAccess);
  std::memcpy(mem + address, fp + pc->a, 16);
  NEXT();
}
HANDLER(store_far) {
  u8* at = far_address(inst, fp[pc->b], pc + 1, 16);
  TRAP_IF(at == nullptr, Trap::OutOfBoundsMemoryAccess);
  std::memcpy(at, fp + pc->a, 16);
  GO(pc + 2);
}

// Loads sizeof(T) bytes and makes a vector of them.
inline V128 whole(V128 bytes) { return bytes; }
template <typename T>
inline V128 zero_extended(T bits) {
  return {{bits, 0}};
}
template <typename To, typename From>
inline V128 extended(u64 bits) {
  return simd::extend<To, From, false>({{bits, 0}});
}
template <typename T, V128 (*kFunction)(T)>
HANDLER(load_far) {
  const u8* at = far_address(inst, fp[pc->b], pc + 1, sizeof(T));
  TRAP_IF(at == nullptr, Trap::OutOfBoundsMemoryAccess);
  T bits;
  std::memcpy(&bits, at, sizeof(T));
  set_v128(fp, pc->a, kFunction(bits));
  GO(pc + 2);
}
template <typename T>
HANDLER(load_lane) {
  const u8* at = far_address(inst, fp[pc->b], pc + 1, sizeof(T));
  TRAP_IF(at == nullptr, Trap::OutOfBoundsMemoryAccess);
  T bits;
  std::memcpy(&bits, at, sizeof(T));
  set_v128(fp, pc->a, simd::replace<T>(get_v128(fp, pc->c), static_cast<u32>(pc[1].handler), bits));
  GO(pc + 2);
}
template <typename T>
HANDLER(store_lane) {
  u8* at = far_address(inst, fp[pc->b], pc + 1, sizeof(T));
  TRAP_IF(at == nullptr, Trap::OutOfBoundsMemoryAccess);
  const T bits = simd::extract<T>(get_v128(fp, pc->c), static_cast<u32>(pc[1].handler));
  std::memcpy(at, &bits, sizeof(T));
  GO(pc + 2);
}

// --- from names to handlers: two per instruction, for the forms Slots and Far ---

struct Row {
  wasm::Op op;
  Handler slots;
  Handler far;
};

constexpr Row kRows[] = {
#define HERMIT_SIMD_UNARY(name, function) {wasm::Op::name, unary<function>, nullptr},
#define HERMIT_SIMD_BINARY(name, function) {wasm::Op::name, binary<function>, nullptr},
#define HERMIT_SIMD_TERNARY(name, function) {wasm::Op::name, ternary<function>, nullptr},
#define HERMIT_SIMD_SHIFT(name, function) {wasm::Op::name, shift<function>, nullptr},
#define HERMIT_SIMD_TEST(name, function) {wasm::Op::name, test<function>, nullptr},
#define HERMIT_SIMD_SPLAT(name, lane) {wasm::Op::name, splat<lane>, nullptr},
#define HERMIT_SIMD_EXTRACT(name, lane, scalar) {wasm::Op::name, extract<lane, scalar>, nullptr},
#define HERMIT_SIMD_REPLACE(name, lane) {wasm::Op::name, replace<lane>, nullptr},
#include "abi/numeric_simd_ops.def"
    {wasm::Op::I8x16Shuffle, shuffle, nullptr},
    {wasm::Op::V128Load, load, load_far<V128, whole>},
    {wasm::Op::V128Store, store, store_far},
    {wasm::Op::V128Load8x8S, nullptr, load_far<u64, extended<i16, i8>>},
    {wasm::Op::V128Load8x8U, nullptr, load_far<u64, extended<u16, u8>>},
    {wasm::Op::V128Load16x4S, nullptr, load_far<u64, extended<i32, i16>>},
    {wasm::Op::V128Load16x4U, nullptr, load_far<u64, extended<u32, u16>>},
    {wasm::Op::V128Load32x2S, nullptr, load_far<u64, extended<i64, i32>>},
    {wasm::Op::V128Load32x2U, nullptr, load_far<u64, extended<u64, u32>>},
    {wasm::Op::V128Load8Splat, nullptr, load_far<u8, simd::splat<u8>>},
    {wasm::Op::V128Load16Splat, nullptr, load_far<u16, simd::splat<u16>>},
    {wasm::Op::V128Load32Splat, nullptr, load_far<u32, simd::splat<u32>>},
    {wasm::Op::V128Load64Splat, nullptr, load_far<u64, simd::splat<u64>>},
    {wasm::Op::V128Load32Zero, nullptr, load_far<u32, zero_extended<u32>>},
    {wasm::Op::V128Load64Zero, nullptr, load_far<u64, zero_extended<u64>>},
    {wasm::Op::V128Load8Lane, nullptr, load_lane<u8>},
    {wasm::Op::V128Load16Lane, nullptr, load_lane<u16>},
    {wasm::Op::V128Load32Lane, nullptr, load_lane<u32>},
    {wasm::Op::V128Load64Lane, nullptr, load_lane<u64>},
    {wasm::Op::V128Store8Lane, nullptr, store_lane<u8>},
    {wasm::Op::V128Store16Lane, nullptr, store_lane<u16>},
    {wasm::Op::V128Store32Lane, nullptr, store_lane<u32>},
    {wasm::Op::V128Store64Lane, nullptr, store_lane<u64>},
};

// kRows by instruction: the row's number plus one, or 0.
struct Index {
  u16 row[wasm::kSimdOpCount] = {};
  constexpr Index() {
    for (size_t i = 0; i < sizeof kRows / sizeof kRows[0]; ++i) {
      row[static_cast<u16>(kRows[i].op) & 0xfff] = static_cast<u16>(i + 1);
    }
  }
};
constexpr Index kIndex;

}  // namespace

Handler simd_handler(wasm::Op op, Form form) {
  const u16 number = kIndex.row[static_cast<u16>(op) & 0xfff];
  if (number == 0) return nullptr;
  const Row& row = kRows[number - 1];
  return form == Form::Slots ? row.slots : form == Form::Far ? row.far : nullptr;
}

}  // namespace hermit::interp

// WebAssembly types (core specification 3.0, section 2.3) as plain values.
//
// A ValType is one number, so types are equal exactly if the numbers are: the decoder writes type indices inside them
// as *canonical* indices (the first of all equal types of the module, Module::shapes), and a reference type that has a
// short form never takes the long one.
#pragma once

#include <span>
#include <vector>

#include "base/types.h"

namespace hermit::wasm {

// The numbers below 0x100 are the binary encoding (section 5.3). Other reference types are made by ref_type() and
// indexed_ref(). References are 64-bit values at run time, v128 takes two 64-bit slots.
enum class ValType : u32 {
  I32 = 0x7f,
  I64 = 0x7e,
  F32 = 0x7d,
  F64 = 0x7c,
  V128 = 0x7b,
  I8 = 0x78,  // in fields of structs and arrays only
  I16 = 0x77,
  NullExnRef = 0x74,
  NullFuncRef = 0x73,
  NullExternRef = 0x72,
  NullRef = 0x71,
  FuncRef = 0x70,
  ExternRef = 0x6f,
  AnyRef = 0x6e,
  EqRef = 0x6d,
  I31Ref = 0x6c,
  StructRef = 0x6b,
  ArrayRef = 0x6a,
  ExnRef = 0x69,
};

// The bits of a ValType above the encoding: "not null", and "refers to a type of the module", whose index follows.
inline constexpr u32 kNonNullBit = 0x100;
inline constexpr u32 kIndexedBit = 0x200;
inline constexpr u32 kTypeIndexShift = 10;
// The type of references that no value has: what `ref.as_non_null` gives in unreachable code. Below every reference.
inline constexpr ValType kBottomRef{0x01 | kNonNullBit};

constexpr u32 bits_of(ValType type) { return static_cast<u32>(type); }
// Requires: is_reference(abstract) and it is one of the enumerators.
constexpr ValType non_null(ValType type) { return ValType{bits_of(type) | kNonNullBit}; }
constexpr ValType nullable(ValType type) { return ValType{bits_of(type) & ~kNonNullBit}; }
// Requires: index < 2^22 (kMaxTypes is smaller).
constexpr ValType indexed_ref(u32 index, bool is_nullable) {
  return ValType{index << kTypeIndexShift | kIndexedBit | (is_nullable ? 0 : kNonNullBit)};
}
constexpr bool is_indexed(ValType type) { return (bits_of(type) & kIndexedBit) != 0; }
// Requires: is_indexed(type).
constexpr u32 type_index(ValType type) { return bits_of(type) >> kTypeIndexShift; }
constexpr bool is_reference(ValType type) {
  return bits_of(type) >= 0x100 || (bits_of(type) >= 0x69 && bits_of(type) <= 0x74);
}
// Has the type a value that locals start with? All but non-null references.
constexpr bool is_defaultable(ValType type) { return (bits_of(type) & kNonNullBit) == 0; }
constexpr u32 slots_of(ValType type) { return type == ValType::V128 ? 2 : 1; }
u32 slots_of(std::span<const ValType> types);

// "i32", "funcref", "(ref func)"; a type of the module reads "(ref null type)" whatever its index, since the text is
// static.
const char* to_string(ValType type);

struct FuncType {
  std::vector<ValType> params;
  std::vector<ValType> results;
  bool operator==(const FuncType&) const = default;
};

struct FieldType {
  ValType type = ValType::I32;
  bool is_mutable = false;
  bool operator==(const FieldType&) const = default;
};

enum class CompositeKind : u8 { Function = 0x60, Struct = 0x5f, Array = 0x5e };

// What a type is besides a FuncType: its place in the hierarchy of types (section 2.3.8, "recursive types").
struct TypeShape {
  CompositeKind kind = CompositeKind::Function;
  bool is_final = true;
  u8 depth = 0;  // how many supertypes it has (kMaxSubtypingDepth)
  u32 super = 0xffffffff;  // canonical index of the declared supertype; 0xffffffff without one
  u32 canonical = 0;  // index of the first equal type; the type's own index if it is that
  u32 first_field = 0;  // structs and arrays: their fields in Module::fields
  u32 field_count = 0;
};

// Is every value of type `a` one of type `b` (section 3.3.6)? Indices in both are canonical indices into `shapes`.
bool is_subtype(ValType a, ValType b, std::span<const TypeShape> shapes);
// The same for defined types by canonical index: equal, or along the declared supertypes.
bool is_subtype_index(u32 a, u32 b, std::span<const TypeShape> shapes);

// Sizes in units of the described thing: pages of 64 KiB for memories, elements for tables.
struct Limits {
  u64 min = 0;
  u64 max = 0;  // meaningful only if has_max
  bool has_max = false;
  bool is_64 = false;  // indices are i64 (memory64)
  bool operator==(const Limits&) const = default;
};

constexpr ValType address_type(const Limits& limits) { return limits.is_64 ? ValType::I64 : ValType::I32; }

struct MemoryType {
  Limits limits;
};
struct TableType {
  ValType element = ValType::FuncRef;
  Limits limits;
};
struct GlobalType {
  ValType type = ValType::I32;
  bool is_mutable = false;
  bool operator==(const GlobalType&) const = default;
};

inline constexpr u64 kPageSize = 65536;
inline constexpr u64 kMaxPages32 = 65536;
inline constexpr u64 kMaxPages64 = u64{1} << 48;  // what a type may say; limits.h has what a memory can have

}  // namespace hermit::wasm

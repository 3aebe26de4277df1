// The hierarchy of reference types (core specification 3.0, section 3.3): three trees with a top and a bottom each, and
// the types that a module defines in between.
//
//   any ── eq ── i31, struct (defined structs), array (defined arrays) ── none
//   func ── defined function types ── nofunc       extern ── noextern       exn ── noexn
#include "wasm/types.h"

namespace hermit::wasm {

namespace {

constexpr ValType kNoParent{0};

// The abstract type directly above an abstract type.
ValType parent(ValType heap) {
  switch (heap) {
    case ValType::EqRef: return ValType::AnyRef;
    case ValType::I31Ref:
    case ValType::StructRef:
    case ValType::ArrayRef: return ValType::EqRef;
    default: return kNoParent;
  }
}

ValType abstract_parent(CompositeKind kind) {
  switch (kind) {
    case CompositeKind::Function: return ValType::FuncRef;
    case CompositeKind::Struct: return ValType::StructRef;
    case CompositeKind::Array: return ValType::ArrayRef;
  }
  return kNoParent;
}

// The top of the tree that `heap`, an abstract type, belongs to.
ValType top(ValType heap) {
  switch (heap) {
    case ValType::FuncRef:
    case ValType::NullFuncRef: return ValType::FuncRef;
    case ValType::ExternRef:
    case ValType::NullExternRef: return ValType::ExternRef;
    case ValType::ExnRef:
    case ValType::NullExnRef: return ValType::ExnRef;
    default: return ValType::AnyRef;
  }
}

bool is_bottom(ValType heap) {
  return heap == ValType::NullRef || heap == ValType::NullFuncRef || heap == ValType::NullExternRef ||
         heap == ValType::NullExnRef;
}

// The nullable reference to an abstract heap type that is the nearest above a defined type.
ValType above(ValType indexed, std::span<const TypeShape> shapes) {
  return abstract_parent(shapes[type_index(indexed)].kind);
}

bool is_heap_subtype(ValType a, ValType b, std::span<const TypeShape> shapes) {
  if (is_indexed(a)) {
    if (is_indexed(b)) return is_subtype_index(type_index(a), type_index(b), shapes);
    a = above(a, shapes);
  } else if (is_bottom(a)) {
    return top(is_indexed(b) ? above(b, shapes) : b) == top(a);
  } else if (is_indexed(b)) {
    return false;
  }
  for (; a != kNoParent; a = parent(a)) {
    if (a == b) return true;
  }
  return false;
}

}  // namespace

u32 slots_of(std::span<const ValType> types) {
  u32 count = 0;
  for (const ValType type : types) count += slots_of(type);
  return count;
}

bool is_subtype_index(u32 a, u32 b, std::span<const TypeShape> shapes) {
  for (; a != b; a = shapes[a].super) {
    if (a >= shapes.size()) return false;
  }
  return true;
}

bool is_subtype(ValType a, ValType b, std::span<const TypeShape> shapes) {
  if (a == b) return true;
  if (!is_reference(a) || !is_reference(b)) return false;
  if (!is_defaultable(b) && is_defaultable(a)) return false;
  if (a == kBottomRef) return true;
  return is_heap_subtype(nullable(a), nullable(b), shapes);
}

const char* to_string(ValType type) {
  switch (type) {
    case ValType::I32: return "i32";
    case ValType::I64: return "i64";
    case ValType::F32: return "f32";
    case ValType::F64: return "f64";
    case ValType::V128: return "v128";
    case ValType::I8: return "i8";
    case ValType::I16: return "i16";
    case ValType::FuncRef: return "funcref";
    case ValType::ExternRef: return "externref";
    case ValType::ExnRef: return "exnref";
    case ValType::AnyRef: return "anyref";
    case ValType::EqRef: return "eqref";
    case ValType::I31Ref: return "i31ref";
    case ValType::StructRef: return "structref";
    case ValType::ArrayRef: return "arrayref";
    case ValType::NullExnRef: return "nullexnref";
    case ValType::NullFuncRef: return "nullfuncref";
    case ValType::NullExternRef: return "nullexternref";
    case ValType::NullRef: return "nullref";
  }
  if (is_indexed(type)) return is_defaultable(type) ? "(ref null type)" : "(ref type)";
  switch (nullable(type)) {
    case ValType::FuncRef: return "(ref func)";
    case ValType::ExternRef: return "(ref extern)";
    case ValType::ExnRef: return "(ref exn)";
    case ValType::AnyRef: return "(ref any)";
    case ValType::EqRef: return "(ref eq)";
    case ValType::I31Ref: return "(ref i31)";
    case ValType::StructRef: return "(ref struct)";
    case ValType::ArrayRef: return "(ref array)";
    case ValType::NullExnRef: return "(ref noexn)";
    case ValType::NullFuncRef: return "(ref nofunc)";
    case ValType::NullExternRef: return "(ref noextern)";
    case ValType::NullRef: return "(ref none)";
    default: return "?";
  }
}

}  // namespace hermit::wasm

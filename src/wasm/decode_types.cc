// Types in the binary format (core specification 3.0, section 5.3), and the type section.
//
// A recursive group may mention its own types before they are read, so all of its indices are made valid first; when
// the group is complete, it is compared with the earlier ones, and if it equals one, the types of both are the same
// from then on: every type index that is read later is replaced by the first equal type's.
#include <algorithm>

#include "wasm/section_decoder.h"
#include "wasm/type_reader.h"

namespace hermit::wasm {

namespace {

constexpr u8 kRec = 0x4e;
constexpr u8 kSub = 0x50;
constexpr u8 kSubFinal = 0x4f;

}  // namespace

ValType SectionDecoder::value_type() {
  const u64 where = reader_.offset();
  const u8* p = reader_.position();
  TypeFailure failure;
  const ValType type = read_value_type(p, p + reader_.remaining(), module_, failure);
  if (p == nullptr) return reader_.fail(failure.kind, failure.what, where), ValType::I32;
  reader_.set_position(p);
  return type;
}

ValType SectionDecoder::reference_type() {
  const u64 where = reader_.offset();
  const u8* p = reader_.position();
  TypeFailure failure;
  const ValType type = read_value_type(p, p + reader_.remaining(), module_, failure, "malformed reference type");
  if (p != nullptr && !is_reference(type)) failure.what = "malformed reference type", p = nullptr;
  if (p == nullptr) return reader_.fail(failure.kind, failure.what, where), ValType::FuncRef;
  reader_.set_position(p);
  return type;
}

void SectionDecoder::value_types(std::vector<ValType>& out, u32 limit, const char* limit_message) {
  const u32 count = read_count(reader_, 1, limit, limit_message);
  out.reserve(count);
  for (u32 i = 0; i < count && reader_.ok(); ++i) out.push_back(value_type());
}

bool SectionDecoder::mutability() {
  const u64 where = reader_.offset();
  const u8 byte = reader_.read_u8();
  if (byte > 1) fail("malformed mutability", where);
  return byte == 1;
}

void SectionDecoder::field(ValType& type, bool& is_mutable) {
  const u8* p = reader_.position();
  if (reader_.remaining() != 0 && (*p == bits_of(ValType::I8) || *p == bits_of(ValType::I16))) {
    type = ValType{*p};
    reader_.skip(1);
  } else {
    type = value_type();
  }
  is_mutable = mutability();
}

void SectionDecoder::composite_type(u32 index, u8 form, u64 where) {
  TypeShape& shape = module_.shapes[index];
  switch (form) {
    case static_cast<u8>(CompositeKind::Function): {
      FuncType& type = module_.types[index];
      value_types(type.params, kMaxParams, "too many parameters");
      return value_types(type.results, kMaxResults, "too many results");
    }
    case static_cast<u8>(CompositeKind::Struct):
    case static_cast<u8>(CompositeKind::Array): {
      shape.kind = static_cast<CompositeKind>(form);
      shape.first_field = static_cast<u32>(module_.fields.size());
      shape.field_count =
          shape.kind == CompositeKind::Array ? 1 : read_count(reader_, 2, kMaxFields, "too many fields");
      for (u32 i = 0; i < shape.field_count && reader_.ok(); ++i) {
        FieldType& added = module_.fields.emplace_back();
        field(added.type, added.is_mutable);
      }
      return;
    }
    default: return fail(form >= 0x80 ? kIntegerTooLong : "malformed functype", where);
  }
}

void SectionDecoder::sub_type(u32 index) {
  u64 where = reader_.offset();
  u8 form = reader_.read_u8();
  if (form == kSub || form == kSubFinal) {
    TypeShape& shape = module_.shapes[index];
    shape.is_final = form == kSubFinal;
    const u32 supers = read_count(reader_, 1, kNoIndex, "");
    const u64 super_at = reader_.offset();
    if (supers > 1) reader_.fail(ErrorKind::Invalid, "sub type", super_at);
    if (supers == 1) {
      const u32 super = read_var_u32(reader_);
      if (!reader_.ok()) return;
      if (super >= index) return reader_.fail(ErrorKind::Invalid, kUnknownType, super_at);
      shape.super = module_.shapes[super].canonical;
      if (module_.shapes[super].depth == kMaxSubtypingDepth) {
        return reader_.fail(ErrorKind::Limit, "too many supertypes in a row", super_at);
      }
      shape.depth = static_cast<u8>(module_.shapes[super].depth + 1);
    }
    where = reader_.offset();
    form = reader_.read_u8();
  }
  if (reader_.ok()) composite_type(index, form, where);
}

// Looks for an equal group among those read before, and lets the types of this one refer to that.
void SectionDecoder::canonicalize(u32 begin, u32 size) {
  const u32 first = registry_.intern(module_, begin, size, {}, begin);
  if (first == begin) return;
  const auto moved = [&](ValType type) {
    if (!is_indexed(type) || type_index(type) < begin) return type;
    return indexed_ref(type_index(type) - begin + first, is_defaultable(type));
  };
  for (u32 i = begin; i < begin + size; ++i) {
    TypeShape& shape = module_.shapes[i];
    shape.canonical = i - begin + first;
    if (shape.super != kNoIndex && shape.super >= begin) shape.super = shape.super - begin + first;
    for (ValType& type : module_.types[i].params) type = moved(type);
    for (ValType& type : module_.types[i].results) type = moved(type);
    for (u32 f = 0; f < shape.field_count; ++f) {
      ValType& type = module_.fields[shape.first_field + f].type;
      type = moved(type);
    }
  }
}

void SectionDecoder::recursive_group() {
  u32 size = 1;
  if (reader_.remaining() != 0 && *reader_.position() == kRec) {
    reader_.skip(1);
    const u32 left = kMaxTypes - static_cast<u32>(module_.types.size());
    size = read_count(reader_, 2, left, "too many types");
  }
  const u32 begin = static_cast<u32>(module_.types.size());
  if (!reader_.ok() || size == 0) return;
  if (begin + size > kMaxTypes) return reader_.fail(ErrorKind::Limit, "too many types", reader_.offset());
  module_.types.resize(begin + size);
  module_.shapes.resize(begin + size);
  module_.groups.push_back(begin);
  for (u32 i = begin; i < begin + size; ++i) module_.shapes[i].canonical = i;
  for (u32 i = begin; i < begin + size && reader_.ok(); ++i) sub_type(i);
  if (reader_.ok()) canonicalize(begin, size);
}

void SectionDecoder::types() {
  const u32 count = read_count(reader_, 1, kMaxTypes, "too many types");
  for (u32 i = 0; i < count && reader_.ok(); ++i) recursive_group();
}

Limits SectionDecoder::limits(bool is_memory) {
  constexpr u8 kHasMax = 1;
  constexpr u8 kShared = 2;
  constexpr u8 kIs64 = 4;
  const u64 where = reader_.offset();
  const u8 flags = reader_.read_u8();
  if (flags > (kHasMax | kShared | kIs64)) return fail("malformed limits flags", where), Limits{};
  if ((flags & kShared) != 0) {
    if (!is_memory) return fail("malformed limits flags", where), Limits{};
    reader_.fail(ErrorKind::Unsupported, "malformed limits flags: shared memories (threads) are not supported", where);
    return {};
  }
  Limits limits;
  limits.is_64 = (flags & kIs64) != 0;
  limits.has_max = (flags & kHasMax) != 0;
  limits.min = read_var_u64(reader_);  // 64 bits for all; the validator compares them with the address type
  if (limits.has_max) limits.max = read_var_u64(reader_);
  return limits;
}

TableType SectionDecoder::table_type() {
  TableType type;
  type.element = reference_type();
  type.limits = limits(false);
  return type;
}

GlobalType SectionDecoder::global_type() {
  GlobalType type;
  type.type = value_type();
  type.is_mutable = mutability();
  return type;
}

u32 SectionDecoder::tag_type() {
  const u64 where = reader_.offset();
  if (reader_.read_u8() != 0) fail("malformed tag attribute", where);
  return read_var_u32(reader_);
}

}  // namespace hermit::wasm

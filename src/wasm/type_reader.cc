// See type_reader.h. A heap type is a signed 33-bit number: not negative, an index; negative and one byte long, the
// code of an abstract type. Codes of reference types are those of their heap types, so both share one list.
#include "wasm/type_reader.h"

#include "wasm/leb128.h"

namespace hermit::wasm {

namespace {

bool is_one_byte_negative(u8 byte) { return byte >= 0x40 && byte < 0x80; }

ValType failed(const u8*& p, TypeFailure& failure, ErrorKind kind, const char* what) {
  p = nullptr;
  failure = {kind, what};
  return ValType::FuncRef;
}

ValType read_index(const u8*& p, const u8* end, const Module& module, TypeFailure& failure) {
  const char* what = nullptr;
  const i64 index = read_var_i33(p, end, what);
  if (p == nullptr) return failed(p, failure, ErrorKind::Malformed, what);
  if (index < 0) return failed(p, failure, ErrorKind::Malformed, "malformed heap type");
  if (static_cast<u64>(index) >= module.shapes.size()) return failed(p, failure, ErrorKind::Invalid, kUnknownType);
  return indexed_ref(module.shapes[static_cast<size_t>(index)].canonical, true);
}

}  // namespace

ValType read_heap_type(const u8*& p, const u8* end, const Module& module, TypeFailure& failure) {
  if (p == end) return failed(p, failure, ErrorKind::Malformed, kUnexpectedEnd);
  if (!is_one_byte_negative(*p)) return read_index(p, end, module, failure);
  const ValType type{*p};
  if (!is_reference(type)) return failed(p, failure, ErrorKind::Malformed, "malformed reference type");
  ++p;
  return type;
}

ValType read_value_type(const u8*& p, const u8* end, const Module& module, TypeFailure& failure,
                        const char* otherwise) {
  if (p == end) return failed(p, failure, ErrorKind::Malformed, kUnexpectedEnd);
  const u8 byte = *p;
  if (byte == kNonNullRef || byte == kNullableRef) {
    ++p;
    const ValType type = read_heap_type(p, end, module, failure);
    return byte == kNonNullRef ? non_null(type) : type;
  }
  const ValType type{byte};
  if (!is_reference(type) && (byte < 0x7b || byte > 0x7f)) {
    return failed(p, failure, ErrorKind::Malformed, otherwise);
  }
  ++p;
  return type;
}

void skip_block_type(const u8*& p, const u8* end, const char*& what) {
  if (p != end && (*p == kNonNullRef || *p == kNullableRef)) ++p;
  (void)read_var_i33(p, end, what);
}

}  // namespace hermit::wasm

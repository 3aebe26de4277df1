// Reads the content of one section into a module: the parts that decoder.cc, decode_types.cc and decode_sections.cc
// share. Private to this folder.
#pragma once

#include "base/bytes.h"
#include "wasm/leb128.h"
#include "wasm/limits.h"
#include "wasm/module.h"
#include "wasm/type_registry.h"

namespace hermit::wasm {

inline constexpr char kEndOfSection[] = "unexpected end of section or function";

// What spans sections.
struct DecoderState {
  Module module;
  TypeRegistry registry;
  u32 bodies = 0;  // in the code section
};

class SectionDecoder {
 public:
  SectionDecoder(DecoderState& state, ByteReader& reader)
      : module_(state.module), registry_(state.registry), bodies_(state.bodies), reader_(reader) {}

  void types();
  void imports();
  void functions();
  void tables();
  void memories();
  void tags();
  void globals();
  void exports();
  void start();
  void elements();
  void data_count();
  void code();
  void data();

  std::string_view name();

 private:
  void fail(const Error& error) { reader_.fail(error.kind, error.what, error.where); }
  void fail(const char* what, u64 where) { reader_.fail(ErrorKind::Malformed, what, where); }

  // decode_types.cc
  ValType value_type();
  ValType reference_type();
  void value_types(std::vector<ValType>& out, u32 limit, const char* limit_message);
  void field(ValType& type, bool& is_mutable);
  bool mutability();
  void recursive_group();
  void sub_type(u32 index);
  void composite_type(u32 index, u8 form, u64 where);
  void canonicalize(u32 begin, u32 size);
  Limits limits(bool is_memory);
  TableType table_type();
  GlobalType global_type();
  u32 tag_type();

  // decode_sections.cc
  ConstExpr const_expr();
  bool simple_const_expr(ConstExpr& expr);
  ElementInit element_expr();
  void element_segment(ElementSegment& segment);
  void data_segment(DataSegment& segment);
  void import_item(Import& import, u64 where);

  Module& module_;
  TypeRegistry& registry_;
  u32& bodies_;
  ByteReader& reader_;
};

}  // namespace hermit::wasm

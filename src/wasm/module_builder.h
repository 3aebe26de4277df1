// For tests only: modules from C++ expressions, valid or deliberately not. Nothing is checked.
//
//   ModuleBuilder m;
//   const u32 type = m.type({ValType::I32}, {ValType::I32});
//   m.export_function("double", m.function(type, {}, Code().local_get(0).local_get(0).op(Op::I32Add)));
//   const Bytes bytes = m.build();
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "wasm/module.h"

namespace hermit::wasm {

inline void append_unsigned(Bytes& out, u64 value) {
  for (; value >= 0x80; value >>= 7) out.push_back(static_cast<u8>(value | 0x80));
  out.push_back(static_cast<u8>(value));
}
inline void append_signed(Bytes& out, i64 value) {
  for (;; value >>= 7) {
    const bool last = value >= -64 && value < 64;
    out.push_back(static_cast<u8>((value & 0x7f) | (last ? 0 : 0x80)));
    if (last) return;
  }
}
inline void append_name(Bytes& out, std::string_view name) {
  append_unsigned(out, name.size());
  out.insert(out.end(), name.begin(), name.end());
}
inline void append(Bytes& out, ByteView bytes) { out.insert(out.end(), bytes.begin(), bytes.end()); }

// A value type in its binary form.
inline void append_type(Bytes& out, ValType type) {
  const u32 heap = bits_of(type) & 0xff;
  if (is_indexed(type)) {
    out.push_back(is_defaultable(type) ? 0x63 : 0x64);
    return append_signed(out, type_index(type));
  }
  if (!is_defaultable(type)) out.push_back(0x64);
  out.push_back(static_cast<u8>(heap));
}

// Instructions. `end` of a function body or constant expression is added by the builder.
class Code {
 public:
  Code& op(Op op) {
    const u32 number = static_cast<u32>(op);
    if (number < 0x100) {
      bytes_.push_back(static_cast<u8>(number));
    } else {
      bytes_.push_back(static_cast<u8>(0xf0 | number >> 12));
      append_unsigned(bytes_, number & 0xfff);
    }
    return *this;
  }
  // An instruction with unsigned immediates (indices; alignment exponent and offset; segment and table, ...).
  Code& op(Op op, std::initializer_list<u64> immediates) {
    this->op(op);
    for (const u64 value : immediates) append_unsigned(bytes_, value);
    return *this;
  }
  Code& i32(i64 value) { return op(Op::I32Const), append_signed(bytes_, value), *this; }
  Code& i64(hermit::i64 value) { return op(Op::I64Const), append_signed(bytes_, value), *this; }
  Code& f32_bits(u32 bits) { return op(Op::F32Const), ByteWriter(bytes_).write_le(bits), *this; }
  Code& f64_bits(u64 bits) { return op(Op::F64Const), ByteWriter(bytes_).write_le(bits), *this; }
  Code& local_get(u32 index) { return op(Op::LocalGet, {index}); }
  Code& local_set(u32 index) { return op(Op::LocalSet, {index}); }
  Code& v128(hermit::u64 low, hermit::u64 high) {
    op(Op::V128Const);
    return ByteWriter(bytes_).write_le(low), ByteWriter(bytes_).write_le(high), *this;
  }
  Code& ref_null(ValType type) { return op(Op::RefNull, {static_cast<u64>(type)}); }
  // block, loop, if: without a result, with one, or with the type of index `type`.
  Code& begin(Op kind) { return op(kind), bytes_.push_back(0x40), *this; }
  Code& begin(Op kind, ValType result) { return op(kind), append_type(bytes_, result), *this; }
  Code& begin_typed(Op kind, u32 type) { return op(kind), append_signed(bytes_, type), *this; }
  Code& end() { return op(Op::End); }
  Code& br_table(const std::vector<u32>& targets, u32 otherwise) {
    op(Op::BrTable);
    append_unsigned(bytes_, targets.size());
    for (const u32 target : targets) append_unsigned(bytes_, target);
    append_unsigned(bytes_, otherwise);
    return *this;
  }
  Code& raw(std::initializer_list<u8> bytes) { return bytes_.insert(bytes_.end(), bytes), *this; }
  Code& code(const Code& other) { return append(bytes_, other.bytes_), *this; }

  [[nodiscard]] const Bytes& bytes() const { return bytes_; }

 private:
  Bytes bytes_;
};

class ModuleBuilder {
 public:
  using ValTypes = std::vector<ValType>;
  using LocalRuns = std::vector<std::pair<u32, ValType>>;

  // A type of any form, as bytes behind each other; counts as one index.
  u32 raw_type(std::initializer_list<u8> bytes) { return types_.insert(types_.end(), bytes), type_count_++; }
  u32 type(const ValTypes& params, const ValTypes& results) {
    types_.push_back(0x60);
    append_types(types_, params);
    append_types(types_, results);
    return type_count_++;
  }

  // Imports come before definitions of the same kind.
  u32 import_function(std::string_view module, std::string_view name, u32 type_index) {
    import(module, name, 0);
    append_unsigned(imports_, type_index);
    return function_count_++;
  }
  u32 import_table(std::string_view module, std::string_view name, const TableType& table) {
    import(module, name, 1);
    append_type(imports_, table.element);
    append_limits(imports_, table.limits);
    return table_count_++;
  }
  u32 import_memory(std::string_view module, std::string_view name, const Limits& limits) {
    import(module, name, 2);
    append_limits(imports_, limits);
    return memory_count_++;
  }
  u32 import_global(std::string_view module, std::string_view name, const GlobalType& global) {
    import(module, name, 3);
    append_global_type(imports_, global);
    return global_count_++;
  }

  u32 function(u32 type_index, const LocalRuns& locals, const Code& body) {
    append_unsigned(functions_, type_index);
    Bytes entry;
    append_unsigned(entry, locals.size());
    for (const auto& [count, local] : locals) {
      append_unsigned(entry, count);
      append_type(entry, local);
    }
    append(entry, body.bytes());
    entry.push_back(0x0b);
    append_unsigned(code_, entry.size());
    append(code_, entry);
    ++defined_functions_;
    return function_count_++;
  }
  u32 table(const TableType& table) {
    append_type(tables_, table.element);
    append_limits(tables_, table.limits);
    ++defined_tables_;
    return table_count_++;
  }
  u32 memory(const Limits& limits) {
    append_limits(memories_, limits);
    ++defined_memories_;
    return memory_count_++;
  }
  u32 tag(u32 type_index) {
    tags_.push_back(0);
    append_unsigned(tags_, type_index);
    ++defined_tags_;
    return tag_count_++;
  }
  u32 import_tag(std::string_view module, std::string_view name, u32 type_index) {
    import(module, name, 4);
    imports_.push_back(0);
    append_unsigned(imports_, type_index);
    return tag_count_++;
  }
  u32 global(const GlobalType& global, const Code& init) {
    append_global_type(globals_, global);
    append_expr(globals_, init);
    ++defined_globals_;
    return global_count_++;
  }

  void export_function(std::string_view name, u32 index) { export_(name, 0, index); }
  void export_table(std::string_view name, u32 index) { export_(name, 1, index); }
  void export_memory(std::string_view name, u32 index) { export_(name, 2, index); }
  void export_global(std::string_view name, u32 index) { export_(name, 3, index); }
  void export_tag(std::string_view name, u32 index) { export_(name, 4, index); }
  void start(u32 function_index) { append_unsigned(start_, function_index); }

  // Active on table 0 / passive / declarative segments of functions, and active ones on any table with expressions.
  void elements(const Code& offset, const std::vector<u32>& functions) {
    begin_element(0);
    append_expr(elements_, offset);
    append_indices(elements_, functions);
  }
  void passive_elements(const std::vector<u32>& functions) {
    begin_element(1);
    elements_.push_back(0);
    append_indices(elements_, functions);
  }
  void declare_functions(const std::vector<u32>& functions) {
    begin_element(3);
    elements_.push_back(0);
    append_indices(elements_, functions);
  }
  void element_expressions(u32 table_index, const Code& offset, ValType element, const std::vector<Code>& values) {
    begin_element(6);
    append_unsigned(elements_, table_index);
    append_expr(elements_, offset);
    append_type(elements_, element);
    append_unsigned(elements_, values.size());
    for (const Code& value : values) append_expr(elements_, value);
  }

  void data(const Code& offset, std::string_view bytes) {
    data_.push_back(0);
    append_expr(data_, offset);
    append_name(data_, bytes);
    ++data_segments_;
  }
  void passive_data(std::string_view bytes) {
    data_.push_back(1);
    append_name(data_, bytes);
    ++data_segments_;
  }
  void data_count() { has_data_count_ = true; }

  // Behind all other sections, or before them.
  void custom(std::string_view name, ByteView content) { append_custom(last_, name, content); }
  void custom_first(std::string_view name, ByteView content) { append_custom(first_, name, content); }

  [[nodiscard]] Bytes build() const {
    Bytes out = {0, 'a', 's', 'm', 1, 0, 0, 0};
    append(out, first_);
    vector_section(out, 1, type_count_, types_);
    vector_section(out, 2, import_count_, imports_);
    vector_section(out, 3, defined_functions_, functions_);
    vector_section(out, 4, defined_tables_, tables_);
    vector_section(out, 5, defined_memories_, memories_);
    vector_section(out, 13, defined_tags_, tags_);
    vector_section(out, 6, defined_globals_, globals_);
    vector_section(out, 7, export_count_, exports_);
    if (!start_.empty()) section(out, 8, start_);
    vector_section(out, 9, element_segments_, elements_);
    if (has_data_count_) {
      Bytes count;
      append_unsigned(count, data_segments_);
      section(out, 12, count);
    }
    vector_section(out, 10, defined_functions_, code_);
    vector_section(out, 11, data_segments_, data_);
    append(out, last_);
    return out;
  }

 private:
  static void append_types(Bytes& out, const ValTypes& types) {
    append_unsigned(out, types.size());
    for (const ValType type : types) append_type(out, type);
  }
  static void append_limits(Bytes& out, const Limits& limits) {
    out.push_back(static_cast<u8>((limits.has_max ? 1 : 0) | (limits.is_64 ? 4 : 0)));
    append_unsigned(out, limits.min);
    if (limits.has_max) append_unsigned(out, limits.max);
  }
  static void append_global_type(Bytes& out, const GlobalType& global) {
    append_type(out, global.type);
    out.push_back(global.is_mutable ? 1 : 0);
  }
  static void append_expr(Bytes& out, const Code& code) {
    append(out, code.bytes());
    out.push_back(0x0b);
  }
  static void append_indices(Bytes& out, const std::vector<u32>& indices) {
    append_unsigned(out, indices.size());
    for (const u32 index : indices) append_unsigned(out, index);
  }
  static void section(Bytes& out, u8 id, const Bytes& content) {
    out.push_back(id);
    append_unsigned(out, content.size());
    append(out, content);
  }
  static void vector_section(Bytes& out, u8 id, u32 count, const Bytes& content) {
    if (count == 0) return;
    Bytes with_count;
    append_unsigned(with_count, count);
    append(with_count, content);
    section(out, id, with_count);
  }
  static void append_custom(Bytes& out, std::string_view name, ByteView content) {
    Bytes payload;
    append_name(payload, name);
    append(payload, content);
    section(out, 0, payload);
  }
  void import(std::string_view module, std::string_view name, u8 kind) {
    append_name(imports_, module);
    append_name(imports_, name);
    imports_.push_back(kind);
    ++import_count_;
  }
  void export_(std::string_view name, u8 kind, u32 index) {
    append_name(exports_, name);
    exports_.push_back(kind);
    append_unsigned(exports_, index);
    ++export_count_;
  }
  void begin_element(u8 flags) {
    elements_.push_back(flags);
    ++element_segments_;
  }

  Bytes first_, types_, imports_, functions_, tables_, memories_, globals_, exports_, start_, elements_, code_, data_,
      tags_, last_;
  u32 type_count_ = 0, import_count_ = 0, export_count_ = 0, element_segments_ = 0, data_segments_ = 0;
  u32 function_count_ = 0, table_count_ = 0, memory_count_ = 0, global_count_ = 0;
  u32 defined_functions_ = 0, defined_tables_ = 0, defined_memories_ = 0, defined_globals_ = 0;
  u32 tag_count_ = 0, defined_tags_ = 0;
  bool has_data_count_ = false;
};

}  // namespace hermit::wasm

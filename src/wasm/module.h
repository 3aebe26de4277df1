// A decoded module: every section as vectors, names and bodies as views into the module's bytes.
//
// A Module owns its vectors and borrows the bytes it was decoded from: they must outlive it, unchanged. Index spaces
// list imports first, as the specification does (section 2.5). All offsets are byte offsets in the module.
#pragma once

#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "wasm/opcodes.h"
#include "wasm/types.h"

namespace hermit::wasm {

inline constexpr u32 kNoIndex = 0xffffffff;  // "none" where an index is optional

// The numbers are those of section 5.5.5 and 5.5.10.
enum class ExternalKind : u8 { Function = 0, Table = 1, Memory = 2, Global = 3, Tag = 4 };

// A constant expression. Nearly all are one instruction and `end`; then is_simple holds and `op` and `bits` say it:
//   I32Const  zero-extended value     F32Const, F64Const  bits of the value     RefNull  the ValType
//   I64Const  value                   GlobalGet           global index          RefFunc  function index
// Others are longer, or v128.const. A validated one has besides these instructions only i32 and i64 add, sub and mul.
struct ConstExpr {
  Op op = Op::I32Const;
  bool is_simple = false;
  u64 bits = 0;
  ByteView code;  // with its final `end`
  u64 offset = 0;  // of code[0]
};

struct Import {
  std::string_view module;
  std::string_view name;
  ExternalKind kind;
  u32 index;  // in the index space of `kind`, where its type stands
  u64 offset;  // of the import's first byte
};

struct Export {
  std::string_view name;
  ExternalKind kind;
  u32 index;
  u64 offset;
};

struct Function {
  u32 type = 0;  // index into Module::types
  ByteView body;  // local declarations, then instructions up to and including the final `end`; empty for imports
  u64 offset = 0;  // of body[0]; for imports, of the import
};

// An exception's tag: parameters are what it carries; no results.
struct Tag {
  u32 type = 0;  // index into Module::types
  u64 offset = 0;  // of its first byte; for imports, of the import
};

// A table without initialiser is filled with null.
struct TableInit {
  u32 table;
  ConstExpr init;
};

struct Global {
  GlobalType type;
  ConstExpr init;  // meaningless for imports
};

enum class SegmentMode : u8 { Active, Passive, Declarative };

// One element of an element segment in 8 bytes. `index` is a function index (RefFunc), a global index (GlobalGet), the
// ValType (RefNull), or an index into Module::general_exprs (General: anything longer).
struct ElementInit {
  enum class Kind : u8 { RefFunc, RefNull, GlobalGet, General };
  Kind kind;
  u32 index;
};

struct ElementSegment {
  SegmentMode mode = SegmentMode::Active;
  ValType type = ValType::FuncRef;
  u32 table = 0;  // Active only
  ConstExpr start;  // Active only
  std::vector<ElementInit> elements;
  u64 offset = 0;
};

struct DataSegment {
  SegmentMode mode = SegmentMode::Active;
  u32 memory = 0;  // Active only
  ConstExpr start;  // Active only
  ByteView bytes;
  u64 offset = 0;  // of the segment's first byte (its flags)
};

enum class SectionId : u8 {
  Custom = 0,
  Type,
  Import,
  Function,
  Table,
  Memory,
  Global,
  Export,
  Start,
  Element,
  Code,
  Data,
  DataCount,
  Tag,
};
const char* to_string(SectionId id);

// One section as it lies in the file, custom ones included, in file order. The whole section is
// [offset, content_offset + content.size()).
struct Section {
  SectionId id;
  std::string_view name;  // custom sections only
  ByteView content;  // behind the size (custom sections: behind the name)
  u64 offset;  // of the id byte
  u64 content_offset;  // of content[0]
};

struct Module {
  ByteView bytes;
  std::vector<Section> sections;

  // Types by index; `types` holds the functions' signatures (structs and arrays stand there as []->[]), `shapes` the
  // rest.
  std::vector<FuncType> types;
  std::vector<TypeShape> shapes;
  std::vector<FieldType> fields;
  // Recursive groups: the first type index of each, ascending. A type outside of a `rec` is a group of its own.
  std::vector<u32> groups;
  std::vector<Import> imports;
  std::vector<Function> functions;  // imported ones first
  std::vector<TableType> tables;
  std::vector<MemoryType> memories;
  std::vector<Global> globals;
  std::vector<Tag> tags;
  std::vector<TableInit> table_inits;  // ascending by table
  u32 imported_functions = 0;  // how many of the five index spaces are imports
  u32 imported_tables = 0;
  u32 imported_memories = 0;
  u32 imported_globals = 0;
  u32 imported_tags = 0;

  std::vector<Export> exports;
  u32 start = kNoIndex;  // function index
  std::vector<ElementSegment> elements;
  std::vector<DataSegment> data;
  u32 data_count = kNoIndex;  // what the data count section says; kNoIndex without one
  std::vector<ConstExpr> general_exprs;

  // Requires: index < functions.size() and a validated module.
  [[nodiscard]] const FuncType& function_type(u32 index) const { return types[functions[index].type]; }
  [[nodiscard]] const FuncType& tag_type(u32 index) const { return types[tags[index].type]; }
  // Is every value of type `a` one of type `b`? Both from this module.
  [[nodiscard]] bool is_subtype(ValType a, ValType b) const { return wasm::is_subtype(a, b, shapes); }
  // Null if there is no such export.
  [[nodiscard]] const Export* find_export(std::string_view name) const;
  // The first custom section of that name, or null.
  [[nodiscard]] const Section* find_custom(std::string_view name) const;
};

}  // namespace hermit::wasm

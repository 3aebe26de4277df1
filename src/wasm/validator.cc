// Validation of everything but function bodies (core specification 3.0, section 3.5): types, indices, limits,
// segments, exports. Constant expressions are const_validator.cc. Comes after the decoder, which has checked the
// format, and before body_validator.cc.
#include "wasm/validator.h"

#include <algorithm>

#include "base/sort.h"
#include "wasm/body_validator.h"
#include "wasm/const_validator.h"

namespace hermit::wasm {
namespace {

constexpr char kTypeMismatch[] = "type mismatch";
constexpr char kUnknownFunction[] = "unknown function";
constexpr char kUnknownGlobal[] = "unknown global";
constexpr char kUnknownMemory[] = "unknown memory";
constexpr char kUnknownTable[] = "unknown table";

// Where the content of a section starts, for errors about records that keep no offset of their own.
u64 section_offset(const Module& module, SectionId id) {
  for (const Section& section : module.sections) {
    if (section.id == id) return section.content_offset;
  }
  return 0;
}

// The number that fits the address type and the message if it does not.
struct SizeLimit {
  u64 max;
  const char* message;
};

Result<void> check_limits(const Limits& limits, const SizeLimit& at_most, u64 where) {
  if (limits.min > at_most.max || (limits.has_max && limits.max > at_most.max)) return invalid(at_most.message, where);
  if (limits.has_max && limits.min > limits.max) return invalid("size minimum must not be greater than maximum", where);
  return {};
}

// --- Types ---

bool is_field_subtype(const Module& module, const FieldType& a, const FieldType& b) {
  if (a.is_mutable != b.is_mutable) return false;
  if (!module.is_subtype(a.type, b.type)) return false;
  return !a.is_mutable || module.is_subtype(b.type, a.type);
}

bool all_subtypes(const Module& module, const std::vector<ValType>& a, const std::vector<ValType>& b) {
  const auto below = [&](ValType x, ValType y) { return module.is_subtype(x, y); };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), below);
}

// May the type of index `sub` declare the type of index `super` as its supertype (section 3.3.10)?
bool matches_super(const Module& module, u32 sub, u32 super) {
  const TypeShape& a = module.shapes[sub];
  const TypeShape& b = module.shapes[super];
  if (b.is_final || a.kind != b.kind) return false;
  if (a.kind == CompositeKind::Function) {
    return all_subtypes(module, module.types[super].params, module.types[sub].params) &&
           all_subtypes(module, module.types[sub].results, module.types[super].results);
  }
  if (a.field_count < b.field_count) return false;
  for (u32 i = 0; i < b.field_count; ++i) {
    if (!is_field_subtype(module, module.fields[a.first_field + i], module.fields[b.first_field + i])) return false;
  }
  return true;
}

Result<void> check_types(const Module& module) {
  const u64 where = section_offset(module, SectionId::Type);
  for (u32 i = 0; i < module.shapes.size(); ++i) {
    const TypeShape& shape = module.shapes[i];
    if (shape.super == kNoIndex || shape.canonical != i) continue;
    if (!matches_super(module, i, shape.super)) return invalid("sub type", where);
  }
  return {};
}

bool is_function_type(const Module& module, u32 type) {
  return type < module.shapes.size() && module.shapes[type].kind == CompositeKind::Function;
}

Result<void> check_functions(const Module& module) {
  for (const Function& function : module.functions) {
    if (!is_function_type(module, function.type)) return invalid(kUnknownType, function.offset);
  }
  for (const Tag& tag : module.tags) {
    if (!is_function_type(module, tag.type)) return invalid(kUnknownType, tag.offset);
    if (!module.types[tag.type].results.empty()) return invalid("non-empty tag result type", tag.offset);
  }
  return {};
}

// --- Tables, memories, globals ---

Result<void> check_tables(const Module& module) {
  const u64 where = section_offset(module, SectionId::Table);
  auto init = module.table_inits.begin();
  for (u32 i = 0; i < module.tables.size(); ++i) {
    const TableType& table = module.tables[i];
    const SizeLimit at_most{table.limits.is_64 ? ~u64{0} : 0xffffffff, "table size must be at most 2^32 - 1"};
    TRY_VOID(check_limits(table.limits, at_most, where));
    if (init != module.table_inits.end() && init->table == i) {
      TRY_VOID(check_const_expr(module, init->init, table.element, module.imported_globals));
      ++init;
    } else if (i >= module.imported_tables && !is_defaultable(table.element)) {
      return invalid(kTypeMismatch, where);
    }
  }
  return {};
}

Result<void> check_memories(const Module& module) {
  const u64 where = section_offset(module, SectionId::Memory);
  for (const MemoryType& memory : module.memories) {
    const SizeLimit at_most = memory.limits.is_64
                                  ? SizeLimit{kMaxPages64, "memory size must be at most 2^48 pages"}
                                  : SizeLimit{kMaxPages32, "memory size must be at most 65536 pages (4GiB)"};
    TRY_VOID(check_limits(memory.limits, at_most, where));
  }
  if (module.memories.size() > kMaxMemories) {
    return std::unexpected(Error{ErrorKind::Limit, "too many memories", where});
  }
  return {};
}

Result<void> check_globals(const Module& module) {
  for (size_t i = module.imported_globals; i < module.globals.size(); ++i) {
    const Global& global = module.globals[i];
    TRY_VOID(check_const_expr(module, global.init, global.type.type, i));
  }
  return {};
}

Result<void> check_export_names(const Module& module) {
  std::vector<u32> order(module.exports.size());
  for (u32 i = 0; i < order.size(); ++i) order[i] = i;
  const auto by_name = [&](u32 a, u32 b) {
    const int difference = module.exports[a].name.compare(module.exports[b].name);
    return difference != 0 ? difference < 0 : a < b;
  };
  heap_sort(order, by_name);
  for (size_t i = 1; i < order.size(); ++i) {
    const Export& second = module.exports[order[i]];
    if (module.exports[order[i - 1]].name == second.name) return invalid("duplicate export name", second.offset);
  }
  return {};
}

Result<void> check_exports(const Module& module) {
  for (const Export& exported : module.exports) {
    size_t count = 0;
    const char* unknown = kUnknownFunction;
    switch (exported.kind) {
      case ExternalKind::Function: count = module.functions.size(); break;
      case ExternalKind::Table: count = module.tables.size(), unknown = kUnknownTable; break;
      case ExternalKind::Memory: count = module.memories.size(), unknown = kUnknownMemory; break;
      case ExternalKind::Global: count = module.globals.size(), unknown = kUnknownGlobal; break;
      case ExternalKind::Tag: count = module.tags.size(), unknown = "unknown tag"; break;
    }
    if (exported.index >= count) return invalid(unknown, exported.offset);
  }
  return check_export_names(module);
}

Result<void> check_start(const Module& module) {
  if (module.start == kNoIndex) return {};
  const u64 where = section_offset(module, SectionId::Start);
  if (module.start >= module.functions.size()) return invalid(kUnknownFunction, where);
  const FuncType& type = module.function_type(module.start);
  if (!type.params.empty() || !type.results.empty()) return invalid("start function", where);
  return {};
}

Result<void> check_element(const Module& module, const ElementSegment& segment, const ElementInit& element) {
  ConstExpr expr;
  expr.offset = segment.offset;
  expr.is_simple = true;
  expr.bits = element.index;
  switch (element.kind) {
    case ElementInit::Kind::RefFunc: expr.op = Op::RefFunc; break;
    case ElementInit::Kind::RefNull: expr.op = Op::RefNull; break;
    case ElementInit::Kind::GlobalGet: expr.op = Op::GlobalGet; break;
    case ElementInit::Kind::General: expr = module.general_exprs[element.index]; break;
  }
  return check_const_expr(module, expr, segment.type, module.globals.size());
}

Result<void> check_elements(const Module& module) {
  for (const ElementSegment& segment : module.elements) {
    if (segment.mode == SegmentMode::Active) {
      if (segment.table >= module.tables.size()) return invalid(kUnknownTable, segment.offset);
      const TableType& table = module.tables[segment.table];
      if (!module.is_subtype(segment.type, table.element)) return invalid(kTypeMismatch, segment.offset);
      TRY_VOID(check_const_expr(module, segment.start, address_type(table.limits), module.globals.size()));
    }
    for (const ElementInit& element : segment.elements) TRY_VOID(check_element(module, segment, element));
  }
  return {};
}

Result<void> check_data(const Module& module) {
  for (const DataSegment& segment : module.data) {
    if (segment.mode != SegmentMode::Active) continue;
    if (segment.memory >= module.memories.size()) return invalid(kUnknownMemory, segment.offset);
    const ValType address = address_type(module.memories[segment.memory].limits);
    TRY_VOID(check_const_expr(module, segment.start, address, module.globals.size()));
  }
  return {};
}

}  // namespace

Result<void> validate_module(const Module& module) {
  TRY_VOID(check_types(module));
  TRY_VOID(check_functions(module));
  TRY_VOID(check_tables(module));
  TRY_VOID(check_memories(module));
  TRY_VOID(check_globals(module));
  TRY_VOID(check_exports(module));
  TRY_VOID(check_start(module));
  TRY_VOID(check_elements(module));
  return check_data(module);
}

Result<void> validate_all(const Module& module) {
  TRY_VOID(validate_module(module));
  BodyValidator validator(module);
  for (u32 i = module.imported_functions; i < module.functions.size(); ++i) TRY_VOID(validator.validate(i));
  return {};
}

}  // namespace hermit::wasm

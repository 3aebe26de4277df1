// Validation of everything but function bodies (core specification, section 3.4): indices, limits, constant
// expressions, exports. Comes after the decoder, which has checked the format, and before body_validator.cc.
#include "wasm/validator.h"

#include <algorithm>

#include "wasm/body_validator.h"
#include "wasm/instruction_reader.h"

namespace hermit::wasm {
namespace {

constexpr char kTypeMismatch[] = "type mismatch";
constexpr char kConstantRequired[] = "constant expression required";
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

// Only constants and reads of globals may stand in a constant expression (section 3.3.10).
bool is_constant(Op op) {
  switch (op) {
    case Op::I32Const:
    case Op::I64Const:
    case Op::F32Const:
    case Op::F64Const:
    case Op::RefNull:
    case Op::RefFunc:
    case Op::GlobalGet:
    case Op::End: return true;
    default: return false;
  }
}

// Why an expression that is not one constant instruction is invalid. Requires: !expr.is_simple.
Error general_expr_error(const ConstExpr& expr) {
  InstructionReader reader(expr.code, expr.offset);
  while (!reader.at_end()) {
    const u64 where = reader.offset();
    const Result<Op> op = reader.next();
    if (!op) return op.error();
    if (!is_constant(*op)) return {ErrorKind::Invalid, kConstantRequired, where};
  }
  return {ErrorKind::Invalid, kTypeMismatch, expr.offset};  // none of them, or more than one
}

// An imported, immutable global (others may not be initialised yet). Gives its type.
Result<ValType> constant_global(const Module& module, u64 index, u64 where) {
  if (index >= module.imported_globals) return invalid(kUnknownGlobal, where);
  const GlobalType& type = module.globals[static_cast<size_t>(index)].type;
  if (type.is_mutable) return invalid(kConstantRequired, where);
  return type.type;
}

Result<void> check_const_expr(const Module& module, const ConstExpr& expr, ValType expected) {
  if (!expr.is_simple) return std::unexpected(general_expr_error(expr));
  ValType actual = ValType::I32;
  switch (expr.op) {
    case Op::I32Const: break;
    case Op::I64Const: actual = ValType::I64; break;
    case Op::F32Const: actual = ValType::F32; break;
    case Op::F64Const: actual = ValType::F64; break;
    case Op::RefNull: actual = static_cast<ValType>(expr.bits); break;
    case Op::RefFunc:
      if (expr.bits >= module.functions.size()) return invalid(kUnknownFunction, expr.offset);
      actual = ValType::FuncRef;
      break;
    case Op::GlobalGet: {
      TRY(actual, constant_global(module, expr.bits, expr.offset));
      break;
    }
    default: return invalid(kConstantRequired, expr.offset);
  }
  if (actual != expected) return invalid(kTypeMismatch, expr.offset);
  return {};
}

Result<void> check_limits(const Limits& limits, u64 where) {
  if (limits.has_max && limits.min > limits.max) return invalid("size minimum must not be greater than maximum", where);
  return {};
}

Result<void> check_functions(const Module& module) {
  for (const Function& function : module.functions) {
    if (function.type >= module.types.size()) return invalid("unknown type", function.offset);
  }
  return {};
}

Result<void> check_tables_and_memories(const Module& module) {
  const u64 where_table = section_offset(module, SectionId::Table);
  for (const TableType& table : module.tables) TRY_VOID(check_limits(table.limits, where_table));

  const u64 where = section_offset(module, SectionId::Memory);
  for (const MemoryType& memory : module.memories) {
    const Limits& limits = memory.limits;
    if (limits.min > kMaxPages32 || (limits.has_max && limits.max > kMaxPages32)) {
      return invalid("memory size must be at most 65536 pages (4GiB)", where);
    }
    TRY_VOID(check_limits(limits, where));
  }
  if (module.memories.size() > 1) {
    return std::unexpected(Error{ErrorKind::Unsupported, "multiple memories are not supported", where});
  }
  return {};
}

Result<void> check_globals(const Module& module) {
  for (size_t i = module.imported_globals; i < module.globals.size(); ++i) {
    const Global& global = module.globals[i];
    TRY_VOID(check_const_expr(module, global.init, global.type.type));
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
  std::sort(order.begin(), order.end(), by_name);
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
  ValType actual = ValType::FuncRef;
  switch (element.kind) {
    case ElementInit::Kind::RefFunc:
      if (element.index >= module.functions.size()) return invalid(kUnknownFunction, segment.offset);
      break;
    case ElementInit::Kind::RefNull: actual = static_cast<ValType>(element.index); break;
    case ElementInit::Kind::GlobalGet: {
      TRY(actual, constant_global(module, element.index, segment.offset));
      break;
    }
    case ElementInit::Kind::General: return check_const_expr(module, module.general_exprs[element.index], segment.type);
  }
  if (actual != segment.type) return invalid(kTypeMismatch, segment.offset);
  return {};
}

Result<void> check_elements(const Module& module) {
  for (const ElementSegment& segment : module.elements) {
    if (segment.mode == SegmentMode::Active) {
      if (segment.table >= module.tables.size()) return invalid(kUnknownTable, segment.offset);
      if (module.tables[segment.table].element != segment.type) return invalid(kTypeMismatch, segment.offset);
      TRY_VOID(check_const_expr(module, segment.start, ValType::I32));
    }
    for (const ElementInit& element : segment.elements) TRY_VOID(check_element(module, segment, element));
  }
  return {};
}

Result<void> check_data(const Module& module) {
  for (const DataSegment& segment : module.data) {
    if (segment.mode != SegmentMode::Active) continue;
    if (segment.memory >= module.memories.size()) return invalid(kUnknownMemory, segment.offset);
    TRY_VOID(check_const_expr(module, segment.start, ValType::I32));
  }
  return {};
}

}  // namespace

Result<void> validate_module(const Module& module) {
  TRY_VOID(check_functions(module));
  TRY_VOID(check_tables_and_memories(module));
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

// One walk over exports, segments and globals, and one over all bodies for what they do to tables.
//
// A table is static if the module defines it and keeps it to itself, no instruction but call_indirect, table.get and
// table.size names it, and constant segments inside its bounds fill it with functions of the module: what every
// compiler makes of function pointers and virtual methods. Calls through it need neither the runtime's table nor its
// references.
//
// A function that none of them names cannot become a reference: ref.func
// in a body may only name functions that occur in one of these places (specification, section 3.4.10).
#include "compiler/module_info.h"

#include "compiler/inline.h"
#include "compiler/build.h"
#include "wasm/instruction_reader.h"
#include "wasm/leb128.h"

namespace hermit::compiler {

namespace {

void mark(const wasm::ConstExpr& expression, std::vector<bool>& escapes) {
  if (expression.is_simple && expression.op == wasm::Op::RefFunc) escapes[expression.bits] = true;
}

// Tables larger than this stay dynamic: the copy in the image would only cost.
constexpr u64 kMaxStaticTable = 1u << 20;

// Forgets the tables that an instruction of this body may write to.
void drop_written_tables(const wasm::Function& function, std::vector<std::optional<StaticTable>>& tables) {
  const u8* p = function.body.data();
  const u8* const end = p + function.body.size();
  for (u32 runs = wasm::next_u32(p); runs != 0; --runs) {
    (void)wasm::next_u32(p);
    (void)next_type(p);
  }
  wasm::InstructionReader reader({p, end});
  while (!reader.at_end()) {
    const u8* at = reader.position();
    const auto op = reader.next();
    if (!op) {  // cannot be for a validated body; then nothing is known
      for (auto& table : tables) table.reset();
      return;
    }
    const auto written = [&](u32 which, bool prefixed) {
      ++at;
      if (prefixed) (void)wasm::next_u32(at);
      u32 table = 0;
      for (u32 i = 0; i <= which; ++i) table = wasm::next_u32(at);
      tables[table].reset();
    };
    switch (*op) {
      case wasm::Op::TableSet: written(0, false); break;
      case wasm::Op::TableGrow:
      case wasm::Op::TableFill:
      case wasm::Op::TableCopy: written(0, true); break;
      case wasm::Op::TableInit: written(1, true); break;
      default: break;
    }
  }
}

// Puts a segment's elements into a candidate; false if it is not as simple as that.
bool fill(const wasm::Module& module, const wasm::ElementSegment& segment, StaticTable& table) {
  if (!segment.start.is_simple || segment.start.op != wasm::Op::I32Const) return false;
  const u64 to = segment.start.bits;
  if (to > table.size() || segment.elements.size() > table.size() - to) return false;
  for (size_t i = 0; i < segment.elements.size(); ++i) {
    const wasm::ElementInit& init = segment.elements[i];
    if (init.kind == wasm::ElementInit::Kind::RefNull) {
      table[to + i] = kNoFunction;
    } else if (init.kind == wasm::ElementInit::Kind::RefFunc && init.index >= module.imported_functions) {
      table[to + i] = init.index;
    } else {
      return false;
    }
  }
  return true;
}

void find_static_tables(ModuleInfo& info) {
  const wasm::Module& module = *info.module;
  auto& tables = info.static_tables;
  tables.resize(module.tables.size());
  bool any = false;
  for (size_t i = module.imported_tables; i < tables.size(); ++i) {
    const wasm::TableType& type = module.tables[i];
    if (type.element != wasm::ValType::FuncRef || type.limits.min > kMaxStaticTable || type.limits.is_64) continue;
    tables[i].emplace(static_cast<size_t>(type.limits.min), kNoFunction);
    any = true;
  }
  if (!any) return;
  for (const wasm::Export& item : module.exports) {
    if (item.kind == wasm::ExternalKind::Table) tables[item.index].reset();
  }
  for (const wasm::TableInit& init : module.table_inits) tables[init.table].reset();
  for (const wasm::ElementSegment& segment : module.elements) {
    if (segment.mode != wasm::SegmentMode::Active || !tables[segment.table]) continue;
    if (!fill(module, segment, *tables[segment.table])) tables[segment.table].reset();
  }
  for (size_t i = module.imported_functions; i < module.functions.size(); ++i) {
    drop_written_tables(module.functions[i], tables);
  }
}

}  // namespace

std::optional<u64> ModuleInfo::constant_global(u32 index) const {
  const wasm::Global& global = module->globals[index];
  if (index < module->imported_globals || global.type.is_mutable || !global.init.is_simple) return std::nullopt;
  switch (global.init.op) {
    case wasm::Op::I32Const:
    case wasm::Op::I64Const:
    case wasm::Op::F32Const:
    case wasm::Op::F64Const: return global.init.bits;
    default: return std::nullopt;
  }
}

ModuleInfo examine(const wasm::Module& module) {
  ModuleInfo info{&module, std::vector<bool>(module.functions.size()), {}, {}, {}, {}};
  for (const wasm::Export& item : module.exports) {
    if (item.kind == wasm::ExternalKind::Function) info.escapes[item.index] = true;
  }
  if (module.start != wasm::kNoIndex) info.escapes[module.start] = true;
  for (const wasm::Global& global : module.globals) mark(global.init, info.escapes);
  for (const wasm::ConstExpr& expression : module.general_exprs) mark(expression, info.escapes);
  for (const wasm::TableInit& init : module.table_inits) mark(init.init, info.escapes);
  for (const wasm::ElementSegment& segment : module.elements) {
    for (const wasm::ElementInit& init : segment.elements) {
      if (init.kind == wasm::ElementInit::Kind::RefFunc) info.escapes[init.index] = true;
    }
  }
  find_static_tables(info);
  for (const wasm::TypeShape& shape : module.shapes) info.first_equal_type.push_back(shape.canonical);
  find_leaves(info);
  return info;
}

}  // namespace hermit::compiler

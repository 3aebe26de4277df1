// One walk over exports, segments and globals. A function that none of them names cannot become a reference: ref.func
// in a body may only name functions that occur in one of these places (specification, section 3.4.10).
#include "compiler/module_info.h"

namespace hermit::compiler {

namespace {

void mark(const wasm::ConstExpr& expression, std::vector<bool>& escapes) {
  if (expression.is_simple && expression.op == wasm::Op::RefFunc) escapes[expression.bits] = true;
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
  ModuleInfo info{&module, std::vector<bool>(module.functions.size())};
  for (const wasm::Export& item : module.exports) {
    if (item.kind == wasm::ExternalKind::Function) info.escapes[item.index] = true;
  }
  if (module.start != wasm::kNoIndex) info.escapes[module.start] = true;
  for (const wasm::Global& global : module.globals) mark(global.init, info.escapes);
  for (const wasm::ConstExpr& expression : module.general_exprs) mark(expression, info.escapes);
  for (const wasm::ElementSegment& segment : module.elements) {
    for (const wasm::ElementInit& init : segment.elements) {
      if (init.kind == wasm::ElementInit::Kind::RefFunc) info.escapes[init.index] = true;
    }
  }
  return info;
}

}  // namespace hermit::compiler

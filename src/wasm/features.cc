// Looks at everything that a feature added to the format: types, sections, segments, constant expressions, and each
// instruction of each body. opcodes.def says which feature an instruction belongs to.
#include "wasm/features.h"

#include "wasm/instruction_reader.h"
#include "wasm/leb128.h"
#include "wasm/type_reader.h"

namespace hermit::wasm {
namespace {

void add_type(ValType type, FeatureSet& used) {
  if (type == ValType::V128) used.add(Feature::Simd);
  if (!is_reference(type)) return;
  if (type == ValType::FuncRef || type == ValType::ExternRef) return used.add(Feature::ReferenceTypes);
  used.add(nullable(type) == ValType::ExnRef || nullable(type) == ValType::NullExnRef ? Feature::Exceptions
                                                                                      : Feature::FunctionReferences);
}

void add_limits(const Limits& limits, FeatureSet& used) {
  if (limits.is_64) used.add(Feature::Memory64);
}

// `at` is the block type.
void add_block(const Module& module, const u8* at, FeatureSet& used) {
  const u8* const end = module.bytes.data() + module.bytes.size();
  if (*at == 0x40) return;
  if (*at < 0x40 || *at >= 0x80) {
    const FuncType& type = module.types[static_cast<size_t>(next_i64(at))];
    if (!type.params.empty() || type.results.size() > 1) used.add(Feature::MultiValue);
    return;
  }
  TypeFailure failure;
  add_type(read_value_type(at, end, module, failure), used);
}

// Indices of memories in instructions. `at` is behind the opcode.
void add_immediates(Immediate kind, const u8* at, FeatureSet& used) {
  switch (kind) {
    case Immediate::Memory:
      if (next_u32(at) != 0) used.add(Feature::MultiMemory);
      return;
    case Immediate::DataMemory:
      (void)next_u32(at);
      if (next_u32(at) != 0) used.add(Feature::MultiMemory);
      return;
    case Immediate::MemoryMemory:
      if (const u32 to = next_u32(at), from = next_u32(at); to != 0 || from != 0) used.add(Feature::MultiMemory);
      return;
    default:
      if (kind >= Immediate::Memarg8 && kind <= Immediate::Memarg64Lane && next_memarg(at).memory != 0) {
        used.add(Feature::MultiMemory);
      }
  }
}

void add_instructions(const Module& module, ByteView code, FeatureSet& used) {
  InstructionReader reader(code, 0);
  while (!reader.at_end()) {
    const u8* at = reader.position();
    const Result<Op> op = reader.next();
    if (!op) return;
    const OpInfo& info = op_info(*op);
    used.add(info.feature);
    if (is_prefix(*at++)) (void)next_u32(at);
    if (info.immediate == Immediate::Block || info.immediate == Immediate::TryTable) {
      add_block(module, at, used);
    } else {
      add_immediates(info.immediate, at, used);
    }
  }
}

void add_body(const Module& module, const Function& function, FeatureSet& used) {
  const u8* p = function.body.data();
  const u8* const end = p + function.body.size();
  for (u32 runs = next_u32(p); runs != 0; --runs) {
    (void)next_u32(p);
    TypeFailure failure;
    add_type(read_value_type(p, end, module, failure), used);
  }
  add_instructions(module, ByteView(p, end), used);
}

void add_types(const Module& module, FeatureSet& used) {
  for (const FuncType& type : module.types) {
    if (type.results.size() > 1) used.add(Feature::MultiValue);
    for (const ValType value : type.params) add_type(value, used);
    for (const ValType value : type.results) add_type(value, used);
  }
  for (const TypeShape& shape : module.shapes) {
    const bool is_plain = shape.kind == CompositeKind::Function && shape.is_final && shape.super == kNoIndex;
    if (!is_plain) used.add(Feature::FunctionReferences);
  }
  if (module.groups.size() != module.types.size()) used.add(Feature::FunctionReferences);
}

void add_tables_and_memories(const Module& module, FeatureSet& used) {
  if (module.tables.size() > 1) used.add(Feature::ReferenceTypes);
  for (const TableType& table : module.tables) {
    if (table.element != ValType::FuncRef) add_type(table.element, used);
    add_limits(table.limits, used);
  }
  if (!module.table_inits.empty()) used.add(Feature::FunctionReferences);
  if (module.memories.size() > 1) used.add(Feature::MultiMemory);
  for (const MemoryType& memory : module.memories) add_limits(memory.limits, used);
  if (!module.tags.empty()) used.add(Feature::Exceptions);
}

void add_const_expr(const ConstExpr& expr, FeatureSet& used) {
  if (expr.is_simple) return;
  InstructionReader reader(expr.code);
  for (bool is_first = true; !reader.at_end(); is_first = false) {
    const Result<Op> op = reader.next();
    if (!op) return;
    used.add(op_info(*op).feature);
    if (!is_first && *op != Op::End) used.add(Feature::ExtendedConst);
  }
}

void add_segments(const Module& module, FeatureSet& used) {
  if (module.data_count != kNoIndex) used.add(Feature::BulkMemory);
  for (const DataSegment& segment : module.data) {
    if (segment.mode != SegmentMode::Active) used.add(Feature::BulkMemory);
    if (segment.mode == SegmentMode::Active) add_const_expr(segment.start, used);
  }
  for (const ElementSegment& segment : module.elements) {
    if (segment.mode == SegmentMode::Passive) used.add(Feature::BulkMemory);
    if (segment.mode == SegmentMode::Declarative) used.add(Feature::ReferenceTypes);
    if (segment.mode == SegmentMode::Active) add_const_expr(segment.start, used);
  }
  for (const ConstExpr& expr : module.general_exprs) add_const_expr(expr, used);
}

void add_globals(const Module& module, FeatureSet& used) {
  for (u32 i = 0; i < module.globals.size(); ++i) {
    const Global& global = module.globals[i];
    add_type(global.type.type, used);
    if (i < module.imported_globals) {
      if (global.type.is_mutable) used.add(Feature::MutableGlobals);
    } else {
      add_const_expr(global.init, used);
    }
  }
  for (const Export& exported : module.exports) {
    if (exported.kind == ExternalKind::Global && module.globals[exported.index].type.is_mutable) {
      used.add(Feature::MutableGlobals);
    }
  }
}

}  // namespace

const char* to_string(Feature feature) {
  switch (feature) {
    case Feature::Mvp: return "mvp";
    case Feature::SignExtension: return "sign-ext";
    case Feature::SaturatingFloatToInt: return "nontrapping-fptoint";
    case Feature::BulkMemory: return "bulk-memory";
    case Feature::ReferenceTypes: return "reference-types";
    case Feature::MultiValue: return "multivalue";
    case Feature::MutableGlobals: return "mutable-globals";
    case Feature::Simd: return "simd128";
    case Feature::RelaxedSimd: return "relaxed-simd";
    case Feature::TailCalls: return "tail-call";
    case Feature::ExtendedConst: return "extended-const";
    case Feature::MultiMemory: return "multimemory";
    case Feature::Memory64: return "memory64";
    case Feature::FunctionReferences: return "typed-function-references";
    case Feature::Exceptions: return "exception-handling";
    case Feature::LegacyExceptions: return "legacy-exceptions";
  }
  return "?";
}

FeatureSet used_features(const Module& module) {
  FeatureSet used;
  add_types(module, used);
  add_tables_and_memories(module, used);
  add_segments(module, used);
  add_globals(module, used);
  for (size_t i = module.imported_functions; i < module.functions.size(); ++i)
    add_body(module, module.functions[i], used);
  return used;
}

}  // namespace hermit::wasm

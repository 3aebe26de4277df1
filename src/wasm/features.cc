// Collects features from the rows of opcodes.def that occur in bodies, and from the few that show elsewhere: types with
// several results, segments that are not active, imported and exported mutable globals, more than one table.
#include "wasm/features.h"

#include "wasm/instruction_reader.h"
#include "wasm/leb128.h"

namespace hermit::wasm {
namespace {

void add_body(const Module& module, const Function& function, FeatureSet& used) {
  const u8* p = function.body.data();
  const u8* const end = p + function.body.size();
  for (u32 runs = next_u32(p); runs != 0; --runs) {
    (void)next_u32(p);
    if (is_reference(static_cast<ValType>(*p++))) used.add(Feature::ReferenceTypes);
  }
  InstructionReader reader(ByteView(p, end), 0);
  while (!reader.at_end()) {
    const u8* const at = reader.position();
    const Result<Op> op = reader.next();
    if (!op) return;
    used.add(op_info(*op).feature);
    const bool is_block = *op == Op::Block || *op == Op::Loop || *op == Op::If;
    // A block type that is an index: parameters or several results. 0x40 .. 0x7f is "empty" or a value type.
    if (is_block && (at[1] < 0x40 || at[1] >= 0x80)) {
      const u8* immediate = at + 1;
      const FuncType& type = module.types[static_cast<size_t>(next_i64(immediate))];
      if (!type.params.empty() || type.results.size() > 1) used.add(Feature::MultiValue);
    }
  }
}

void add_types(const Module& module, FeatureSet& used) {
  for (const FuncType& type : module.types) {
    if (type.results.size() > 1) used.add(Feature::MultiValue);
    for (const ValType value : type.params) {
      if (is_reference(value)) used.add(Feature::ReferenceTypes);
    }
    for (const ValType value : type.results) {
      if (is_reference(value)) used.add(Feature::ReferenceTypes);
    }
  }
  if (module.tables.size() > 1) used.add(Feature::ReferenceTypes);
  for (const TableType& table : module.tables) {
    if (table.element != ValType::FuncRef) used.add(Feature::ReferenceTypes);
  }
  for (const Global& global : module.globals) {
    if (is_reference(global.type.type)) used.add(Feature::ReferenceTypes);
  }
}

void add_segments(const Module& module, FeatureSet& used) {
  if (module.data_count != kNoIndex) used.add(Feature::BulkMemory);
  for (const DataSegment& segment : module.data) {
    if (segment.mode != SegmentMode::Active) used.add(Feature::BulkMemory);
  }
  for (const ElementSegment& segment : module.elements) {
    if (segment.mode == SegmentMode::Passive) used.add(Feature::BulkMemory);
    if (segment.mode == SegmentMode::Declarative) used.add(Feature::ReferenceTypes);
  }
}

void add_globals(const Module& module, FeatureSet& used) {
  for (u32 i = 0; i < module.imported_globals; ++i) {
    if (module.globals[i].type.is_mutable) used.add(Feature::MutableGlobals);
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
  }
  return "?";
}

FeatureSet used_features(const Module& module) {
  FeatureSet used;
  add_types(module, used);
  add_segments(module, used);
  add_globals(module, used);
  for (size_t i = module.imported_functions; i < module.functions.size(); ++i)
    add_body(module, module.functions[i], used);
  return used;
}

}  // namespace hermit::wasm

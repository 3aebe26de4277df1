#include "wasm/module.h"

namespace hermit::wasm {

const char* to_string(SectionId id) {
  switch (id) {
    case SectionId::Custom: return "custom";
    case SectionId::Type: return "type";
    case SectionId::Import: return "import";
    case SectionId::Function: return "function";
    case SectionId::Table: return "table";
    case SectionId::Memory: return "memory";
    case SectionId::Global: return "global";
    case SectionId::Export: return "export";
    case SectionId::Start: return "start";
    case SectionId::Element: return "element";
    case SectionId::Code: return "code";
    case SectionId::Data: return "data";
    case SectionId::DataCount: return "data count";
    case SectionId::Tag: return "tag";
  }
  return "?";
}

const Export* Module::find_export(std::string_view name) const {
  for (const Export& candidate : exports) {
    if (candidate.name == name) return &candidate;
  }
  return nullptr;
}

const Section* Module::find_custom(std::string_view name) const {
  for (const Section& section : sections) {
    if (section.id == SectionId::Custom && section.name == name) return &section;
  }
  return nullptr;
}

}  // namespace hermit::wasm

// Several modules as one program (LINK): in which order they are instantiated, and whether what one exports is what
// another imports.
//
// An import belongs to the linked module whose name is the import's module name. A module's own name is not its own to
// import from: such an import means the host, so a linked module can wrap host functions of the same name.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "wasm/module.h"

namespace hermit::wasm {

struct ProgramModule {
  std::string_view name;  // what others import it as; empty: nobody can
  const Module* module;
};

// Indices of `modules`, every module behind those it imports from, else in the given order. If that is impossible
// `order` is empty and `cycle` holds modules of which each imports from the next and the last from the first.
struct InstantiationOrder {
  std::vector<size_t> order;
  std::vector<size_t> cycle;
};
InstantiationOrder instantiation_order(std::span<const ProgramModule> modules);

// Import matching (core specification, section 3.4) on declared types. Sizes are the declared ones: a memory that grows
// before the import is bound may match later and does not here. Requires: validated modules.
bool export_matches(const Module& exporter, const Export& offered, const Module& importer, const Import& wanted);

// "[i32] -> []", "a memory of 1 to 2 pages", "a table of 3 funcref", "a mutable global i32".
std::string describe_item(const Module& module, ExternalKind kind, u32 index);

}  // namespace hermit::wasm

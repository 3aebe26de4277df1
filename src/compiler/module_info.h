// What the compiler knows of a whole module before it compiles the first function.
#pragma once

#include <optional>
#include <vector>

#include "base/types.h"
#include "compiler/ir.h"
#include "wasm/module.h"

namespace hermit::compiler {

// Function indices by element; kNoFunction where the element is null.
inline constexpr u32 kNoFunction = 0xffffffff;
using StaticTable = std::vector<u32>;

struct ModuleInfo {
  const wasm::Module* module;
  // By function index: may it be called through a reference, an export or by the host? Such functions get an external
  // entry (abi/calling_convention.h).
  std::vector<bool> escapes;

  // By table index: what a table that nothing can change holds, or nothing (module_info.cc).
  std::vector<std::optional<StaticTable>> static_tables;
  // By type index: the first type equal to it.
  std::vector<u32> first_equal_type;
  // Functions to be put in place of their calls (inline.cc), and by function index which of them: kNone if none.
  std::vector<Function> leaves;
  std::vector<u32> leaf_of;

  // The bits of an immutable global that this module defines with a constant.
  [[nodiscard]] std::optional<u64> constant_global(u32 index) const;
};

// Requires: a validated module, which outlives the result.
ModuleInfo examine(const wasm::Module& module);

}  // namespace hermit::compiler

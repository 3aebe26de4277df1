// For tests only: the machine code that a function written as IR text becomes.
#pragma once

#include <gtest/gtest.h>

#include <string>

#include "compiler/allocate.h"
#include "compiler/cfg.h"
#include "compiler/ir_text.h"
#include "compiler/ir_verify.h"
#include "compiler/target.h"
#include "wasm/module_builder.h"

namespace hermit::compiler {

inline std::string code_of(abi::Isa isa, const std::string& text) {
  auto function = parse(text);
  EXPECT_TRUE(function) << function.error().what << " in line " << function.error().where;
  if (!function) return {};
  EXPECT_EQ(verify(*function), "");
  copy_returns(*function);
  split_critical_edges(*function);
  find_loops(*function);
  const wasm::Module module;
  const ModuleInfo info = examine(module);
  const Target& target = target_of(isa);
  const auto machine = *target.select(info, *function);
  const auto allocation = *allocate(machine, target.register_file());
  EXPECT_EQ(check_allocation(machine, target.register_file(), allocation), "");
  std::string listing;
  EXPECT_TRUE(target.emit(machine, allocation, false, &listing));
  return listing;
}
inline std::string x64_of(const std::string& text) { return code_of(abi::Isa::X64, text); }

}  // namespace hermit::compiler

// IR → x86-64 machine instructions with virtual registers.
#pragma once

#include "base/error.h"
#include "compiler/ir.h"
#include "compiler/machine.h"
#include "compiler/module_info.h"

namespace hermit::x64 {

// Requires: critical edges are split, loops are found. Errors: Unsupported, for what is not compiled yet.
Result<compiler::MachineFunction> select(const compiler::ModuleInfo& info, const compiler::Function& function);

}  // namespace hermit::x64

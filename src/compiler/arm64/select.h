// Instruction selection for AArch64.
#pragma once

#include "base/error.h"
#include "compiler/ir.h"
#include "compiler/machine.h"
#include "compiler/module_info.h"

namespace hermit::arm64 {

// Errors: Unsupported, with the offset of an instruction that is not compiled yet.
Result<compiler::MachineFunction> select(const compiler::ModuleInfo& info, const compiler::Function& function);

}  // namespace hermit::arm64

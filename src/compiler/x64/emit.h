// Allocated machine instructions → bytes.
#pragma once

#include "base/bytes.h"
#include "compiler/code.h"
#include "compiler/machine.h"

namespace hermit::x64 {

// `has_external_entry`: puts the external entry in front (abi/calling_convention.h).
compiler::FunctionCode emit(const compiler::MachineFunction& function, const compiler::Allocation& allocation,
                            bool has_external_entry);

}  // namespace hermit::x64

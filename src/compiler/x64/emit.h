// Allocated machine instructions → bytes.
#pragma once

#include <string>

#include "base/bytes.h"
#include "compiler/code.h"
#include "compiler/machine.h"

namespace hermit::x64 {

// `has_external_entry`: puts the external entry in front (abi/calling_convention.h). With `listing`, the code is
// appended to it as text.
compiler::FunctionCode emit(const compiler::MachineFunction& function, const compiler::Allocation& allocation,
                            bool has_external_entry, std::string* listing = nullptr);

}  // namespace hermit::x64

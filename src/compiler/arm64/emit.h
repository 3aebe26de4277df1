// Machine code from an allocated function, for AArch64.
#pragma once

#include "base/error.h"
#include "compiler/code.h"
#include "compiler/machine.h"

namespace hermit::arm64 {

// As Target::emit. Errors: Unsupported if the code is so large that its branches do not reach over it.
Result<compiler::FunctionCode> emit(const compiler::MachineFunction& function, const compiler::Allocation& allocation,
                                    bool has_external_entry, std::string* listing);

}  // namespace hermit::arm64

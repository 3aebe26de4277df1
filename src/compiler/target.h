// What depends on the machine, in one place: everything else of the compiler is the same for every target.
#pragma once

#include "abi/native_image.h"
#include "base/error.h"
#include "compiler/code.h"
#include "compiler/machine.h"
#include "compiler/module_info.h"

namespace hermit::compiler {

struct Target {
  const RegisterFile& (*register_file)();
  // Requires: critical edges are split, loops are found. Errors: Unsupported, for what is not compiled yet.
  Result<MachineFunction> (*select)(const ModuleInfo& info, const Function& function);
  // `has_external_entry`: puts the external entry in front (abi/calling_convention.h). With `listing`, the code is
  // appended to it as text.
  Result<FunctionCode> (*emit)(const MachineFunction& function, const Allocation& allocation, bool has_external_entry,
                               std::string* listing);
};

const Target& target_of(abi::Isa isa);

}  // namespace hermit::compiler

// One function body → the interpreter's code.
#pragma once

#include <vector>

#include "interp/code.h"
#include "runtime/instance.h"

namespace hermit::interp {

// The code of instance.module->functions[index]. Branches are relative, so the code may be copied; pointers in it are
// those of the instance's objects. Time and size are linear in the body.
// Requires: a validated module; index is not an import.
std::vector<Instruction> translate(const runtime::Instance& instance, u32 index);

// For each instruction of that code, the offset in the module's bytes of the wasm instruction it belongs to. This
// translates again, so that nothing is kept for the case of a trap.
std::vector<u32> source_offsets(const runtime::Instance& instance, u32 index);

}  // namespace hermit::interp

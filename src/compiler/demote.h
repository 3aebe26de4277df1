// The way out for functions that are too large for the register allocator.
#pragma once

#include "compiler/ir.h"

namespace hermit::compiler {

// Afterwards no value is used outside the block that defines it, and no block has parameters: what crosses blocks goes
// through locals in the frame. Linear. Requires: critical edges are split.
void demote(Function& function);

}  // namespace hermit::compiler

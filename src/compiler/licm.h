// Loop-invariant code motion.
#pragma once

#include "compiler/ir.h"

namespace hermit::compiler {

// Computes in front of a loop what does not change inside of it, where that saves work. Requires: critical edges are
// split, loops are found.
void hoist_invariants(Function& function);

}  // namespace hermit::compiler

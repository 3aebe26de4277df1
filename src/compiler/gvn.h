// Values that are computed twice.
#pragma once

#include "compiler/ir.h"

namespace hermit::compiler {

// Replaces an operation by an equal one that dominates it, a load by what an earlier access of the same bytes left, and
// global.get by what the global is known to hold; simplifies again with what became known. Linear.
void number_values(Function& function);

}  // namespace hermit::compiler

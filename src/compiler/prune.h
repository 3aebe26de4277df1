// Removes what the builder made too much of.
#pragma once

#include "compiler/ir.h"

namespace hermit::compiler {

// Threads jumps, folds branches on constants, drops unreachable blocks, block parameters that always hold the same
// value, and everything whose result nobody uses; merges blocks that can only follow each other. Near-linear.
void prune(Function& function);

}  // namespace hermit::compiler

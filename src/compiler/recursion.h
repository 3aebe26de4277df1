// Functions that call themselves, with their own body in place of those calls.
#pragma once

#include "compiler/ir.h"

namespace hermit::compiler {

// Replaces calls of a small function to itself by its body, a few levels deep. Sources of what comes in are
// kInlinedSource plus a number in function.inlined, so that backtraces name every level.
// Requires: nothing was inlined yet; offsets in the module are below kInlinedSource.
void inline_recursion(Function& function);

}  // namespace hermit::compiler

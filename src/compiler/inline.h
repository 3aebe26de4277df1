// Small leaf functions in place of their calls.
#pragma once

#include "compiler/module_info.h"

namespace hermit::compiler {

// Fills in info.leaves and info.leaf_of. Requires: the rest of `info` is complete.
void find_leaves(ModuleInfo& info);

// Adds functions[index] to them if it is one; false if not. Requires: info.leaf_of has an entry for each function.
bool add_leaf(ModuleInfo& info, u32 index);

// Replaces calls of leaves. Sources of what comes in are kInlinedSource plus a number in function.inlined, so that
// backtraces name both functions.
void inline_leaves(const ModuleInfo& info, Function& function);

}  // namespace hermit::compiler

// The dominator tree of a Function.
#pragma once

#include "compiler/ir.h"

namespace hermit::compiler {

struct Dominators {
  std::vector<BlockId> parent;  // immediate dominator; of the entry: itself
  std::vector<u32> enter, leave;  // times of a walk over the tree: a dominates b if a's interval holds b's
  [[nodiscard]] bool dominates(BlockId a, BlockId b) const { return enter[a] <= enter[b] && leave[b] <= leave[a]; }
};

// Requires: every block is reachable and blocks are in the order ir.h promises, so parents have smaller numbers.
Dominators find_dominators(const Function& function);

}  // namespace hermit::compiler

// The order in which the blocks of a function are written down, and what a jump to a block leads to.
#pragma once

#include "compiler/machine.h"

namespace hermit::compiler {

struct BlockLayout {
  std::vector<BlockId> order;   // the blocks that are written, the entry first
  std::vector<BlockId> target;  // of each block: where a jump to it leads; itself, if it is written
  std::vector<u32> position;    // of each block that is written: its place in `order`
};

// Blocks that only jump, with nothing to move, are left out. Those that are rarely executed come last; a loop's blocks
// stand together, and where it can the loop ends with the branch that leaves it, so that a round costs one jump.
BlockLayout lay_out_blocks(const MachineFunction& function, const Allocation& allocation);

// The first of the allocation's groups of moves at `inst` or behind it.
size_t first_group(const Allocation& allocation, u32 inst);

}  // namespace hermit::compiler

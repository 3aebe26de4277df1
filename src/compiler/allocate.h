// Register allocation: linear scan over split intervals (Wimmer and Franz, "Linear Scan Register Allocation on SSA
// Form", 2010), with weights and spilling at definitions.
#pragma once

#include <optional>
#include <string>

#include "compiler/machine.h"

namespace hermit::compiler {

// Gives every operand a place and says which moves connect them; nothing if lifetimes are so many and so long that it
// would take too much time and memory (demote.h is the answer). Deterministic: a function of its input alone. Requires:
// no edge leads from a block with several successors to one with several predecessors.
std::optional<Allocation> allocate(const MachineFunction& function, const RegisterFile& registers);

// Checks an allocation without knowing how it was made: runs the code symbolically, with the set of virtual registers
// that each place holds, over all paths. Empty, or what is wrong first.
std::string check_allocation(const MachineFunction& function, const RegisterFile& registers,
                             const Allocation& allocation);

}  // namespace hermit::compiler

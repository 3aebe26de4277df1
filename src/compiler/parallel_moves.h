// Puts moves that happen at once into an order in which they can be executed one by one.
#pragma once

#include "compiler/machine.h"

namespace hermit::compiler {

struct Scratch {
  Location integer, floating;  // registers that hold no value; a move between two slots goes through neither
};

// Appends to `out` a sequence with the same effect. A cycle is broken with the scratch register of its class.
// Requires: no place is the destination of two moves.
void sequence_moves(std::span<const Move> moves, const Scratch& scratch, std::vector<Move>& out);

}  // namespace hermit::compiler

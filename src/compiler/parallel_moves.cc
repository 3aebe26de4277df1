// A move can be executed once nobody else needs to read its destination. When none is left that can, what is left is
// cycles: one value goes to scratch, which frees its place. A slot that two moves share in part (a v128 over two slots)
// does not occur, since slots of a v128 are never given to anything narrower.
#include "compiler/parallel_moves.h"

namespace hermit::compiler {

void sequence_moves(std::span<const Move> moves, const Scratch& scratch, std::vector<Move>& out) {
  std::vector<Move> left(moves.begin(), moves.end());
  while (!left.empty()) {
    bool progress = false;
    for (size_t i = 0; i < left.size();) {
      bool blocked = false;
      for (size_t j = 0; j < left.size() && !blocked; ++j) blocked = j != i && left[j].from == left[i].to;
      if (blocked) {
        ++i;
        continue;
      }
      out.push_back(left[i]);
      left.erase(left.begin() + static_cast<std::ptrdiff_t>(i));
      progress = true;
    }
    if (progress || left.empty()) continue;
    const Location from = left[0].from;
    const Location temporary = class_of(left[0].type) == RegClass::Integer ? scratch.integer : scratch.floating;
    out.push_back({from, temporary, left[0].type});
    for (Move& move : left) {
      if (move.from == from) move.from = temporary;
    }
  }
}

}  // namespace hermit::compiler

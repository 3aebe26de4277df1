// Order, reachability and loops of a Function's blocks.
#pragma once

#include "compiler/ir.h"

namespace hermit::compiler {

// Rebuilds `function` with exactly the blocks of `layout`, in that order. `replacement` maps every Value to what stands
// for it now (itself where nothing changed; chains are followed); instructions with keep[v] == false are dropped, and
// parameters with keep[v] == false together with their arguments.
// Requires: layout[0] is the entry; every target of a listed block is listed.
void rebuild(Function& function, std::span<const BlockId> layout, std::vector<Value>& replacement,
             const std::vector<bool>& keep);

// Sets loop_depth and is_loop_header of every block. Requires: blocks are in the order ir.h promises.
void find_loops(Function& function);

// Gives every edge from a block with several successors to a block with several predecessors a block of its own, next
// to its target. Afterwards moves for an edge can stand at the end of its source or at the start of its target.
void split_critical_edges(Function& function);

// Blocks that do next to nothing but return get a copy for each of the few edges to them: each returns from where its
// values are, a short way through a function need not share its end with a long one, and what is known on an edge (a
// constant, most often) simplifies its copy.
void copy_returns(Function& function);

}  // namespace hermit::compiler

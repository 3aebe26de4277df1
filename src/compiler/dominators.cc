// Cooper, Harvey, Kennedy, "A Simple, Fast Dominance Algorithm": in a reducible graph whose blocks are in topological
// order but for back edges, one pass suffices, because the source of a back edge never changes its header's dominator.
#include "compiler/dominators.h"

namespace hermit::compiler {

Dominators find_dominators(const Function& function) {
  const Predecessors preds = predecessors(function);
  const auto count = static_cast<u32>(function.blocks.size());
  Dominators result;
  result.parent.assign(count, 0);
  for (BlockId b = 1; b < count; ++b) {
    BlockId common = kNone;
    for (BlockId p : preds.of(b)) {
      if (p >= b) continue;  // a back edge
      if (common == kNone) {
        common = p;
        continue;
      }
      while (p != common) {
        if (p > common) {
          p = result.parent[p];
        } else {
          common = result.parent[common];
        }
      }
    }
    result.parent[b] = common == kNone ? 0 : common;
  }
  // Times without recursion: sizes of subtrees bottom up, then places top down.
  std::vector<u32> size(count, 1);
  for (BlockId b = count; b-- > 1;) size[result.parent[b]] += size[b];
  result.enter.assign(count, 0);
  result.leave.assign(count, 0);
  std::vector<u32> next(count, 0);
  for (BlockId b = 0; b < count; ++b) {
    const BlockId parent = result.parent[b];
    result.enter[b] = b == 0 ? 0 : next[parent];
    if (b != 0) next[parent] += size[b];
    next[b] = result.enter[b] + 1;
    result.leave[b] = result.enter[b] + size[b];
  }
  return result;
}

}  // namespace hermit::compiler

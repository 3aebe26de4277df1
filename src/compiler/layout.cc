// Block layout. Blocks are numbered so that definitions come before uses, which is the order of the body; here only the
// order of the code changes, so passes and the allocator need not know.
//
// A loop that tests at its top ends in a jump back. Written from behind the test on, with the test last, the test's
// branch is the jump back and falls out of the loop: the first round comes in by a jump instead. Blocks that leave the
// loop but were written inside of it (`if (x) return;`) follow it. Inner loops are done first; each stays together.
// Before: the allocator. After: emission.
#include "compiler/layout.h"

#include <algorithm>

namespace hermit::compiler {

namespace {

// Larger loops keep their order: each block is looked at once for each loop around it.
constexpr u32 kMaxLoop = 256;

class Layout {
 public:
  Layout(const MachineFunction& function, const Allocation& allocation) : f_(function), allocation_(allocation) {}

  BlockLayout run() {
    find_edges();
    find_targets();
    find_cold();
    const auto count = static_cast<u32>(f_.blocks.size());
    before_.resize(count + 1);
    for (BlockId b = 0; b < count; ++b) {
      before_[b] = static_cast<u32>(out_.order.size());
      if (out_.target[b] == b && !cold_[b]) out_.order.push_back(b);
    }
    before_[count] = static_cast<u32>(out_.order.size());
    for (BlockId b = count; b-- != 0;) {
      if (f_.blocks[b].is_loop_header) loop(b);
    }
    for (BlockId b = 0; b < count; ++b) {
      if (out_.target[b] == b && cold_[b]) out_.order.push_back(b);
    }
    out_.position.assign(count, kNone);
    for (u32 i = 0; i < out_.order.size(); ++i) out_.position[out_.order[i]] = i;
    return std::move(out_);
  }

 private:
  [[nodiscard]] std::span<const MachineEdge> edges_of(BlockId b) const {
    return {f_.edges.data() + first_edge_[b], f_.edges.data() + first_edge_[b + 1]};
  }

  void find_edges() {
    first_edge_.assign(f_.blocks.size() + 1, 0);
    last_back_.assign(f_.blocks.size(), kNone);
    for (const MachineEdge& edge : f_.edges) {
      ++first_edge_[edge.from + 1];
      if (edge.to <= edge.from) last_back_[edge.to] = edge.from;
    }
    for (size_t b = 0; b < f_.blocks.size(); ++b) first_edge_[b + 1] += first_edge_[b];
  }

  // A block of a label and a jump, with nothing to move, stands for the block it jumps to.
  void find_targets() {
    const auto count = static_cast<u32>(f_.blocks.size());
    std::vector<BlockId>& target = out_.target;
    target.resize(count);
    std::vector<bool> has_moves(f_.insts.size());
    for (const MoveGroup& group : allocation_.groups) has_moves[group.inst] = true;
    for (BlockId b = 0; b < count; ++b) {
      const MachineBlock& block = f_.blocks[b];
      const bool only_jumps = b != 0 && block.end - block.begin == 2 && edges_of(b).size() == 1 &&
                              !has_moves[block.begin] && !has_moves[block.begin + 1];
      target[b] = only_jumps ? edges_of(b)[0].to : b;
    }
    for (BlockId b = 0; b < count; ++b) {
      BlockId last = b;
      for (u32 hops = 0; target[last] != last; last = target[last]) {
        if (++hops > count) break;  // a loop of nothing but jumps
      }
      target[last] = last;
      for (BlockId at = b; at != last;) {
        const BlockId next = target[at];
        target[at] = last;
        at = next;
      }
    }
  }

  // What ends in a trap is rarely executed, and what only leads there too; the entry comes first whatever it does.
  void find_cold() {
    cold_.assign(f_.blocks.size(), false);
    for (auto b = static_cast<BlockId>(f_.blocks.size()); b-- > 1;) {
      const auto edges = edges_of(b);
      const auto leads_to_cold = [&](const MachineEdge& edge) { return edge.to > b && cold_[edge.to]; };
      cold_[b] = f_.blocks[b].is_cold || (!edges.empty() && std::all_of(edges.begin(), edges.end(), leads_to_cold));
    }
  }

  void loop(BlockId header) {
    if (out_.target[header] != header || cold_[header]) return;
    const BlockId last = last_back_[header];
    if (last == kNone) return;
    const u32 begin = before_[header];
    u32 end = before_[last + 1];
    if (end - begin > kMaxLoop || end - begin < 2) return;
    const u32 depth = f_.blocks[header].loop_depth;
    const auto inside = [&](BlockId b) { return f_.blocks[b].loop_depth >= depth; };
    const auto first = out_.order.begin();
    end = static_cast<u32>(std::stable_partition(first + begin, first + end, inside) - first);
    const auto back = edges_of(out_.order[end - 1]);
    if (back.size() != 1 || out_.target[back[0].to] != header) return;
    const u32 test = find_test(begin, end, depth);
    if (test != kNone) std::rotate(first + begin, first + test + 1, first + end);
  }

  // The place of a block that leaves the loop or goes on to the next one; better not one that leaves it for a trap.
  [[nodiscard]] u32 find_test(u32 begin, u32 end, u32 depth) const {
    u32 found = kNone;
    for (u32 i = begin; i + 1 < end; ++i) {
      const BlockId b = out_.order[i];
      const auto edges = edges_of(b);
      if (f_.blocks[b].loop_depth != depth || edges.size() != 2) continue;
      for (u32 e = 0; e < 2; ++e) {
        const BlockId leaves = out_.target[edges[e].to];
        if (out_.target[edges[1 - e].to] != out_.order[i + 1] || f_.blocks[leaves].loop_depth >= depth) continue;
        if (f_.blocks[leaves].is_landing) continue;
        if (!cold_[leaves]) return i;
        if (found == kNone) found = i;
      }
    }
    return found;
  }

  const MachineFunction& f_;
  const Allocation& allocation_;
  BlockLayout out_;
  std::vector<u32> first_edge_;
  std::vector<BlockId> last_back_;  // of each loop's header: the last block that jumps back to it
  std::vector<u32> before_;  // blocks of `order` with a smaller number
  std::vector<bool> cold_;
};

}  // namespace

BlockLayout lay_out_blocks(const MachineFunction& function, const Allocation& allocation) {
  return Layout(function, allocation).run();
}

size_t first_group(const Allocation& allocation, u32 inst) {
  const auto found = std::lower_bound(allocation.groups.begin(), allocation.groups.end(), inst,
                                      [](const MoveGroup& group, u32 i) { return group.inst < i; });
  return static_cast<size_t>(found - allocation.groups.begin());
}

}  // namespace hermit::compiler

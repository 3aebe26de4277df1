// Passes over the shape of a function: none of them looks at what an instruction computes.
#include "compiler/cfg.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/check.h"

namespace hermit::compiler {

namespace {

// Follows and shortens a chain of replacements.
Value resolve(std::vector<Value>& replacement, Value v) {
  Value root = v;
  while (replacement[root] != root) root = replacement[root];
  while (replacement[v] != root) {
    const Value next = replacement[v];
    replacement[v] = root;
    v = next;
  }
  return root;
}

}  // namespace

void rebuild(Function& function, std::span<const BlockId> layout, std::vector<Value>& replacement,
             const std::vector<bool>& keep) {
  std::vector<BlockId> renumbered(function.blocks.size(), kNone);
  for (u32 i = 0; i < layout.size(); ++i) renumbered[layout[i]] = i;
  // Arguments first, while the parameter lists are still the old ones. Edges may share lists, so each writes anew.
  std::vector<u32> new_lists;
  std::vector<u32> old_lists;
  old_lists.swap(function.lists);
  const auto copy_list = [&](u32 first, u32 count) {
    const auto at = static_cast<u32>(new_lists.size());
    for (u32 i = 0; i < count; ++i) new_lists.push_back(resolve(replacement, old_lists[first + i]));
    return at;
  };
  std::vector<Edge> new_edges;
  const auto copy_edges = [&](std::span<const Edge> edges) {
    const auto at = static_cast<u32>(new_edges.size());
    for (const Edge& edge : edges) {
      const auto params = function.block_params(edge.target);
      const auto first_arg = static_cast<u32>(new_lists.size());
      for (size_t i = 0; i < params.size(); ++i) {
        if (keep[params[i]]) new_lists.push_back(resolve(replacement, old_lists[edge.first_arg + i]));
      }
      CHECK(renumbered[edge.target] != kNone);
      new_edges.push_back({renumbered[edge.target], first_arg});
    }
    return at;
  };

  std::vector<Block> new_blocks;
  std::vector<Value> new_order;
  std::vector<Value> new_params;
  new_order.reserve(function.order.size());
  for (const BlockId old_id : layout) {
    const Block& old = function.blocks[old_id];
    Block block = old;
    block.first_param = static_cast<u32>(new_params.size());
    for (const Value p : function.block_params(old_id)) {
      if (!keep[p]) continue;
      function.insts[p].a = renumbered[old_id];
      function.insts[p].b = static_cast<u32>(new_params.size()) - block.first_param;
      new_params.push_back(p);
    }
    block.params = static_cast<u32>(new_params.size()) - block.first_param;
    block.begin = static_cast<u32>(new_order.size());
    for (const Value v : function.body(old_id)) {
      if (!keep[v]) continue;
      new_order.push_back(v);
      Inst& inst = function.insts[v];
      switch (op_info(inst.op).shape) {
        case Shape::Call: {
          Call& call = function.calls[inst.a];
          call.first_arg = copy_list(call.first_arg, call.args);
          break;
        }
        case Shape::List: inst.a = copy_list(inst.a, inst.b); break;
        case Shape::Jump: inst.b = copy_edges({function.edges.data() + inst.b, 1}); break;
        case Shape::Handle: inst.b = copy_edges({function.edges.data() + inst.b, 2}); break;
        case Shape::Branch:
          inst.a = resolve(replacement, inst.a);
          inst.b = copy_edges({function.edges.data() + inst.b, 2});
          break;
        case Shape::Switch: {
          inst.a = resolve(replacement, inst.a);
          Switch& s = function.switches[inst.c];
          s.first_edge = copy_edges({function.edges.data() + s.first_edge, s.edges});
          const auto at = static_cast<u32>(new_lists.size());
          new_lists.insert(new_lists.end(), old_lists.begin() + s.first_case,
                           old_lists.begin() + s.first_case + s.cases);
          s.first_case = at;
          break;
        }
        default: for_each_operand(function, v, [&](u32& operand) { operand = resolve(replacement, operand); });
      }
    }
    block.end = static_cast<u32>(new_order.size());
    new_blocks.push_back(block);
  }
  function.blocks.swap(new_blocks);
  function.order.swap(new_order);
  function.params.swap(new_params);
  function.edges.swap(new_edges);
  function.lists.swap(new_lists);
}

// Headers are the targets of edges that do not go forward. Loops are found inside out, by descending header: everything
// that reaches a back edge without passing the header belongs to the loop, and an inner loop is stepped over as a whole
// (`inner` leads to its header), so each block and edge is looked at about once.
void find_loops(Function& function) {
  const Predecessors preds = predecessors(function);
  const auto count = static_cast<u32>(function.blocks.size());
  std::vector<BlockId> inner(count);
  std::vector<BlockId> parent(count, kNone);  // header of the innermost loop around a block (of a header: around it)
  for (BlockId b = 0; b < count; ++b) inner[b] = b;
  const auto outermost = [&](BlockId b) {
    while (inner[b] != b) b = inner[b] = inner[inner[b]];
    return b;
  };
  std::vector<BlockId> work;
  for (BlockId header = count; header-- != 0;) {
    function.blocks[header].is_loop_header = false;
    work.clear();
    for (const BlockId p : preds.of(header)) {
      if (p < header) continue;
      function.blocks[header].is_loop_header = true;
      if (p != header) work.push_back(p);
    }
    while (!work.empty()) {
      const BlockId b = outermost(work.back());
      work.pop_back();
      if (b == header) continue;
      CHECK(b > header);  // wasm has no loops with two entries
      inner[b] = header;
      parent[b] = header;
      for (const BlockId p : preds.of(b)) {
        if (outermost(p) != header) work.push_back(p);
      }
    }
  }
  for (BlockId b = 0; b < count; ++b) {
    Block& block = function.blocks[b];
    const u32 around = parent[b] == kNone ? 0 : function.blocks[parent[b]].loop_depth;
    block.loop_depth = static_cast<u16>(std::min(around + (block.is_loop_header ? 1u : 0u), 1000u));
  }
}

// A new block for a forward edge stands just before its target, for a back edge just behind its source, so both orders
// that ir.h promises stay true.
void split_critical_edges(Function& function) {
  const Predecessors preds = predecessors(function);
  const auto count = static_cast<u32>(function.blocks.size());
  std::vector<std::vector<BlockId>> before(count), behind(count);
  bool any = false;
  for (BlockId b = 0; b < count; ++b) {
    const Inst last = function.terminator(b);
    auto edges = function.successors(last);
    if (edges.size() < 2) continue;
    // An exception goes to a block of its own: there its values are in memory.
    const auto first_edge = static_cast<u32>(edges.data() - function.edges.data());
    const auto edge_count = static_cast<u32>(edges.size());
    for (u32 i = 0; i < edge_count; ++i) {
      const BlockId target = function.edges[first_edge + i].target;
      if (preds.of(target).size() < 2) continue;
      any = true;
      const auto added = static_cast<BlockId>(function.blocks.size());
      const Value jump = function.add({Op::Jump, Type::None, 0, 0, static_cast<u32>(function.edges.size()), 0},
                                      function.sources[function.order[function.blocks[b].end - 1]]);
      function.edges.push_back(function.edges[first_edge + i]);
      function.edges[first_edge + i] = {added, 0};
      Block block;
      block.begin = static_cast<u32>(function.order.size());
      function.order.push_back(jump);
      block.end = block.begin + 1;
      function.blocks.push_back(block);
      (target > b ? before[target] : behind[b]).push_back(added);
    }
  }
  if (!any) return;
  std::vector<BlockId> layout;
  for (BlockId b = 0; b < count; ++b) {
    layout.insert(layout.end(), before[b].begin(), before[b].end());
    layout.push_back(b);
    layout.insert(layout.end(), behind[b].begin(), behind[b].end());
  }
  std::vector<Value> replacement(function.insts.size());
  for (Value v = 0; v < replacement.size(); ++v) replacement[v] = v;
  rebuild(function, layout, replacement, std::vector<bool>(function.insts.size(), true));
}

void copy_returns(Function& function) {
  constexpr size_t kMaxCopies = 4;
  constexpr size_t kMaxCopied = 2;  // instructions in front of the return
  const auto is_short_end = [&](BlockId b) {
    const auto body = function.body(b);
    return b != 0 && body.size() <= kMaxCopied + 1 && function.terminator(b).op == Op::Return &&
           std::ranges::all_of(body.first(body.size() - 1), [&](Value v) {
             const Op op = function.insts[v].op;
             return effects(op) == 0 && op_info(op).shape != Shape::Result;
           });
  };
  std::vector<std::vector<u32>> edges_to(function.blocks.size());  // short ends
  for (BlockId b = 0; b < function.blocks.size(); ++b) {
    for (const Edge& edge : function.successors(b)) {
      if (is_short_end(edge.target)) edges_to[edge.target].push_back(static_cast<u32>(&edge - function.edges.data()));
    }
  }
  const auto count = static_cast<u32>(function.blocks.size());
  std::vector<BlockId> layout;
  bool any = false;
  for (BlockId b = 0; b < count; ++b) {
    if (edges_to[b].size() < 2 || edges_to[b].size() > kMaxCopies) {
      layout.push_back(b);
      continue;
    }
    any = true;
    for (const u32 e : edges_to[b]) {
      const Block original = function.blocks[b];
      Block copy = {.begin = static_cast<u32>(function.order.size())};
      std::array<std::pair<Value, Value>, kMaxCopied> copies;
      size_t copied = 0;
      const auto mapped = [&](Value v) {
        for (size_t i = 0; i < copied; ++i) {
          if (copies[i].first == v) return copies[i].second;
        }
        const Inst& made = function.insts[v];
        const bool is_param = made.op == Op::BlockParam && made.a == b;
        return is_param ? function.lists[function.edges[e].first_arg + made.b] : v;
      };
      for (u32 i = original.begin; i + 1 < original.end; ++i) {
        const Value v = function.order[i];
        const Value added = function.add(function.insts[v], function.sources[v]);
        for_each_operand(function, added, [&](u32& operand) { operand = mapped(operand); });
        copies[copied++] = {v, added};
        function.order.push_back(added);
      }
      const Value last = function.order[original.end - 1];
      Inst inst = function.insts[last];
      const auto first = static_cast<u32>(function.lists.size());
      for (u32 i = 0; i < inst.b; ++i) function.lists.push_back(mapped(function.lists[inst.a + i]));
      inst.a = first;
      function.order.push_back(function.add(inst, function.sources[last]));
      copy.end = static_cast<u32>(function.order.size());
      function.edges[e].target = static_cast<BlockId>(function.blocks.size());
      layout.push_back(function.edges[e].target);
      function.blocks.push_back(copy);
    }
  }
  if (!any) return;
  std::vector<Value> replacement(function.insts.size());
  for (Value v = 0; v < replacement.size(); ++v) replacement[v] = v;
  rebuild(function, layout, replacement, std::vector<bool>(function.insts.size(), true));
}

}  // namespace hermit::compiler

// Cleaning up, in the order that makes the most of it:
//   1. branches and switches on constants become jumps; a jump to an empty block that only jumps goes further
//   2. blocks that nothing reaches any more are left out
//   3. a parameter whose arguments are all one value (or itself) is that value; repeated, since one leads to another
//   4. results that nothing observable needs are left out, parameters included
//   5. a block whose only predecessor has no other successor joins it
// Steps 2 to 4 only collect facts; cfg.cc's rebuild applies them in one go.
#include "compiler/prune.h"

#include "base/check.h"
#include "compiler/cfg.h"

namespace hermit::compiler {

namespace {

// Rounds of step 3. Each is linear; loops nested deeper than this may keep a needless parameter.
constexpr int kMaxRounds = 8;

bool is_zero(const Function& f, Value v) { return f.is_const(v) && f.const_bits(v) == 0; }

void fold_terminators(Function& f) {
  for (BlockId b = 0; b < f.blocks.size(); ++b) {
    if (f.blocks[b].begin == f.blocks[b].end) continue;
    Inst& last = f.insts[f.order[f.blocks[b].end - 1]];
    if (last.op == Op::Branch && f.is_const(last.a)) {
      last = {Op::Jump, Type::None, 0, 0, f.const_bits(last.a) != 0 ? last.b : last.b + 1, 0};
    } else if (last.op == Op::Branch && f.insts[last.a].op == Op::I32Ne && is_zero(f, f.insts[last.a].b)) {
      last.a = f.insts[last.a].a;
    } else if (last.op == Op::Branch && f.insts[last.a].op == Op::I32Eqz) {
      last.a = f.insts[last.a].a;
      std::swap(f.edges[last.b], f.edges[last.b + 1]);
    } else if (last.op == Op::Switch && f.is_const(last.a)) {
      const Switch& s = f.switches[last.c];
      const u64 index = std::min<u64>(f.const_bits(last.a), s.cases - 1);
      last = {Op::Jump, Type::None, 0, 0, s.first_edge + f.lists[s.first_case + index], 0};
    }
  }
}

// An edge to a block that has no parameters and only jumps may lead to that jump's target at once, if the target's
// parameters get the same values. Edges back to a loop's header stay as they are: each loop keeps one entry.
//
// All edges to such a block go all the way, or none does: of the headers of loops that begin together, one that only an
// edge back still leads to would be a loop that nothing enters from above. Jumps lead to later blocks, so from the last
// one up, what a jump leads to is known.
void thread_jumps(Function& f) {
  std::vector<u32> way(f.blocks.size(), kNone);  // the edge that stands for those to a block
  for (auto b = static_cast<BlockId>(f.blocks.size()); b-- != 0;) {
    const Block& block = f.blocks[b];
    if (block.params != 0 || block.end - block.begin != 1) continue;
    const Inst& jump = f.insts[f.order[block.begin]];
    if (jump.op != Op::Jump || f.edges[jump.b].target <= b) continue;
    const u32 further = way[f.edges[jump.b].target];
    way[b] = further != kNone ? further : jump.b;
  }
  for (Edge& edge : f.edges) {
    if (way[edge.target] != kNone) edge = Edge(f.edges[way[edge.target]]);
  }
}

std::vector<bool> find_reachable(const Function& f) {
  std::vector<bool> reached(f.blocks.size());
  std::vector<BlockId> work = {0};
  reached[0] = true;
  while (!work.empty()) {
    const BlockId b = work.back();
    work.pop_back();
    for (const Edge& edge : f.successors(b)) {
      if (reached[edge.target]) continue;
      reached[edge.target] = true;
      work.push_back(edge.target);
    }
  }
  return reached;
}

Value root(std::vector<Value>& replacement, Value v) {
  while (replacement[v] != v) v = replacement[v] = replacement[replacement[v]];
  return v;
}

// Step 3. `unique[p]`: the one argument seen so far, kNone, or p itself once there are two.
void find_single_arguments(const Function& f, const std::vector<bool>& reached, std::vector<Value>& replacement) {
  std::vector<Value> unique(f.insts.size());
  for (int round = 0; round < kMaxRounds; ++round) {
    for (const Value p : f.params) unique[p] = kNone;
    for (BlockId b = 0; b < f.blocks.size(); ++b) {
      if (!reached[b]) continue;
      for (const Edge& edge : f.successors(b)) {
        const auto params = f.block_params(edge.target);
        const auto args = f.args(edge);
        for (size_t i = 0; i < params.size(); ++i) {
          const Value p = params[i];
          if (replacement[p] != p || unique[p] == p) continue;
          const Value arg = root(replacement, args[i]);
          if (arg == p || arg == unique[p]) continue;
          unique[p] = unique[p] == kNone ? arg : p;
        }
      }
    }
    bool changed = false;
    for (const Value p : f.params) {
      if (replacement[p] != p || unique[p] == kNone || unique[p] == p) continue;
      // The argument may itself have been replaced in this round by something that leads back here.
      const Value target = root(replacement, unique[p]);
      if (target == p) continue;
      replacement[p] = target;
      changed = true;
    }
    if (!changed) return;
  }
}

// Step 4: what observable instructions need, transitively.
std::vector<bool> find_needed(Function& f, const std::vector<bool>& reached, std::vector<Value>& replacement) {
  std::vector<bool> needed(f.insts.size());
  std::vector<Value> work;
  const auto need = [&](Value v) {
    v = root(replacement, v);
    if (needed[v]) return;
    needed[v] = true;
    work.push_back(v);
  };
  // Arguments by parameter, in compressed rows.
  std::vector<u32> first(f.insts.size() + 1, 0);
  const auto each_argument = [&](auto visit) {
    for (BlockId b = 0; b < f.blocks.size(); ++b) {
      if (!reached[b]) continue;
      for (const Edge& edge : f.successors(b)) {
        const auto params = f.block_params(edge.target);
        const auto args = f.args(edge);
        for (size_t i = 0; i < params.size(); ++i) {
          if (replacement[params[i]] == params[i]) visit(params[i], args[i]);
        }
      }
    }
  };
  each_argument([&](Value p, Value) { ++first[p + 1]; });
  for (size_t i = 0; i < f.insts.size(); ++i) first[i + 1] += first[i];
  std::vector<Value> arguments(first.back());
  std::vector<u32> next(first.begin(), first.end() - 1);
  each_argument([&](Value p, Value arg) { arguments[next[p]++] = arg; });

  for (BlockId b = 0; b < f.blocks.size(); ++b) {
    if (!reached[b]) continue;
    for (const Value v : f.body(b)) {
      if ((effects(f.insts[v].op) & kObservable) != 0) need(v);
    }
  }
  while (!work.empty()) {
    const Value v = work.back();
    work.pop_back();
    if (f.insts[v].op == Op::BlockParam) {
      for (u32 i = first[v]; i < first[v + 1]; ++i) need(arguments[i]);
    } else {
      for_each_operand(f, v, [&](u32& operand) { need(operand); });
    }
  }
  return needed;
}

// Step 5. The jump between the two blocks turns into nothing, the second block's instructions follow the first's.
void merge_chains(Function& f) {
  const Predecessors preds = predecessors(f);
  const auto count = static_cast<u32>(f.blocks.size());
  std::vector<bool> joined(count);
  std::vector<Value> order;
  order.reserve(f.order.size());
  std::vector<BlockId> layout;
  for (BlockId b = 0; b < count; ++b) {
    if (joined[b]) continue;
    layout.push_back(b);
    Block& head = f.blocks[b];
    auto begin = static_cast<u32>(order.size());
    for (BlockId at = b;;) {
      const auto body = f.body(at);
      const Inst& last = f.insts[body.back()];
      const bool continues = last.op == Op::Jump && f.edges[last.b].target > at &&
                             f.blocks[f.edges[last.b].target].params == 0 &&
                             preds.of(f.edges[last.b].target).size() == 1;
      order.insert(order.end(), body.begin(), body.end() - (continues ? 1 : 0));
      if (!continues) break;
      at = f.edges[last.b].target;
      joined[at] = true;
    }
    head.begin = begin;
    head.end = static_cast<u32>(order.size());
  }
  if (layout.size() == count) return;
  f.order.swap(order);
  std::vector<Value> replacement(f.insts.size());
  for (Value v = 0; v < replacement.size(); ++v) replacement[v] = v;
  rebuild(f, layout, replacement, std::vector<bool>(f.insts.size(), true));
}

}  // namespace

void prune(Function& function) {
  fold_terminators(function);
  thread_jumps(function);
  const auto reached = find_reachable(function);
  std::vector<BlockId> layout;
  for (BlockId b = 0; b < function.blocks.size(); ++b) {
    if (reached[b]) layout.push_back(b);
  }
  std::vector<Value> replacement(function.insts.size());
  for (Value v = 0; v < replacement.size(); ++v) replacement[v] = v;
  find_single_arguments(function, reached, replacement);
  std::vector<bool> keep = find_needed(function, reached, replacement);
  for (Value v = 0; v < keep.size(); ++v) {
    if (replacement[v] != v) keep[v] = false;
  }
  rebuild(function, layout, replacement, keep);
  merge_chains(function);
}

}  // namespace hermit::compiler

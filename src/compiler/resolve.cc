// From parts with places to moves: where a lifetime was split, where an operand wants a certain register, where a
// result leaves one, and on edges, where the place of a value differs between the two ends.
//
// A value that is in memory anywhere is stored once, at its definition, and its slot is valid from there on (SSA: the
// value never changes), so going to memory costs nothing. Only if the definition is in a deeper loop than every part
// that is in memory, it is stored where such a part begins instead.
#include <algorithm>

#include "base/check.h"
#include "compiler/allocate.h"
#include "compiler/intervals.h"

namespace hermit::compiler {

namespace {

class Resolver {
 public:
  Resolver(const MachineFunction& function, const Lifetimes& lifetimes, const Assignment& assignment)
      : f_(function), life_(lifetimes), parts_(assignment), lookup_(assignment) {}

  Allocation run() {
    out_.slots = parts_.slots;
    out_.used = parts_.used;
    out_.locations.resize(f_.operands.size());
    choose_stores();
    split_moves();
    for (u32 i = 0; i < f_.insts.size(); ++i) operand_moves(i);
    find_predecessors();
    edge_moves();
    collect();
    return std::move(out_);
  }

 private:
  struct Placed {
    u64 key;  // instruction, place
    Move move;
  };

  [[nodiscard]] Location location(VReg v, u32 position) const { return lookup_.at(v, position).location; }
  [[nodiscard]] const Interval& first_part(VReg v) const { return parts_.intervals[v]; }

  void add(u32 inst, MovePlace place, Location from, Location to, VReg v) {
    if (from == to) return;
    placed_.push_back({static_cast<u64>(inst) << 2 | static_cast<u64>(place), {from, to, f_.types[v]}});
    if (to.is_reg()) out_.used |= RegSet{1} << to.number();
  }

  void choose_stores() {
    store_at_definition_.assign(f_.types.size(), false);
    for (VReg v = 0; v < f_.types.size(); ++v) {
      if (parts_.slot_of[v] == kNone) continue;
      const u32 depth = f_.blocks[life_.def_block[v]].loop_depth;
      bool deeper = true;  // than all parts in memory
      for (u32 id = v; id != kNone; id = parts_.intervals[id].next) {
        const Interval& part = parts_.intervals[id];
        if (!part.location.is_slot()) continue;
        const u32 there = f_.blocks[life_.block_of[part.start / 2]].loop_depth;
        if ((part.start & 1) != 0 || there >= depth || id == v) deeper = false;
      }
      store_at_definition_[v] = !deeper || f_.has_landings;  // nothing can be stored on the way to a landing block
    }
  }
  [[nodiscard]] bool is_needless(VReg v, Location to) const { return to.is_slot() && store_at_definition_[v]; }

  // Is the slot the register's, and valid wherever it lives?
  [[nodiscard]] bool is_in_slot(VReg v, u32 slot) const { return store_at_definition_[v] && parts_.slot_of[v] == slot; }

  // Where one part follows another within a block.
  void split_moves() {
    for (VReg v = 0; v < f_.types.size(); ++v) {
      for (const Interval* part = &first_part(v); part->next != kNone;) {
        const Interval* next = &parts_.intervals[part->next];
        const u32 inst = next->start / 2;
        const bool at_block_start = next->start == 2 * f_.blocks[life_.block_of[inst]].begin;
        if (part->end == next->start && !at_block_start && !is_needless(v, next->location)) {
          add(inst, MovePlace::Before, part->location, next->location, v);
        }
        part = next;
      }
    }
  }

  void operand_moves(u32 i) {
    const MachineInst& inst = f_.insts[i];
    const auto operands = f_.operands_of(inst);
    for (size_t n = 0; n < operands.size(); ++n) {
      const Operand& o = operands[n];
      Location& place = out_.locations[inst.first_operand + n];
      if (o.where == Where::Fixed) {
        place = Location::reg(o.reg);
        out_.used |= RegSet{1} << o.reg;
        if (o.kind == OperandKind::Use) {
          add(i, MovePlace::Before, location(o.vreg, 2 * i - 1), place, o.vreg);
        } else if (o.kind == OperandKind::Def) {
          add(i, MovePlace::After, place, location(o.vreg, 2 * i + 1), o.vreg);
          if (store_at_definition_[o.vreg]) {
            const Location slot = Location::slot(parts_.slot_of[o.vreg]);
            if (location(o.vreg, 2 * i + 1) != slot) add(i, MovePlace::After, place, slot, o.vreg);
          }
        }
      } else if (o.kind == OperandKind::Use) {
        place = location(o.vreg, 2 * i);
      } else {
        place = location(o.vreg, o.where == Where::Reuse || o.kind == OperandKind::Temp ? 2 * i : 2 * i + 1);
        if (o.kind == OperandKind::Def && store_at_definition_[o.vreg] && !place.is_slot()) {
          add(i, MovePlace::After, place, Location::slot(parts_.slot_of[o.vreg]), o.vreg);
        }
      }
    }
    for (size_t n = 0; n < operands.size(); ++n) {
      const Operand& o = operands[n];
      if (o.where != Where::Reuse) continue;
      const VReg reused = operands[o.reg].vreg;
      const Location to = out_.locations[inst.first_operand + n];
      add(i, MovePlace::Before, location(reused, 2 * i - 1), to, reused);
      out_.locations[inst.first_operand + o.reg] = to;
    }
  }

  void find_predecessors() {
    successors_.assign(f_.blocks.size(), 0);
    first_edge_in_.assign(f_.blocks.size() + 1, 0);
    for (const MachineEdge& e : f_.edges) {
      ++successors_[e.from];
      ++first_edge_in_[e.to + 1];
    }
    for (size_t b = 0; b < f_.blocks.size(); ++b) first_edge_in_[b + 1] += first_edge_in_[b];
    edges_in_.resize(f_.edges.size());
    std::vector<u32> next(first_edge_in_.begin(), first_edge_in_.end() - 1);
    for (u32 e = 0; e < f_.edges.size(); ++e) edges_in_[next[f_.edges[e].to]++] = e;
  }

  void add_on_edge(const MachineEdge& edge, Location from, Location to, VReg v) {
    if (successors_[edge.from] == 1) {
      add(f_.blocks[edge.from].end - 1, MovePlace::EdgeEnd, from, to, v);
    } else {
      CHECK(first_edge_in_[edge.to + 1] - first_edge_in_[edge.to] == 1);
      add(f_.blocks[edge.to].begin, MovePlace::After, from, to, v);
    }
  }

  void edge_moves() {
    for (VReg v = 0; v < f_.types.size(); ++v) {
      if (parts_.intervals[v].next == kNone) continue;
      for (const BlockId b : life_.live_in_of(v)) {
        const Location to = location(v, 2 * f_.blocks[b].begin);
        if (is_needless(v, to)) continue;
        for (u32 i = first_edge_in_[b]; i < first_edge_in_[b + 1]; ++i) {
          const MachineEdge& edge = f_.edges[edges_in_[i]];
          add_on_edge(edge, location(v, 2 * (f_.blocks[edge.from].end - 1)), to, v);
        }
      }
    }
    for (const MachineEdge& edge : f_.edges) {
      const MachineBlock& target = f_.blocks[edge.to];
      for (u32 i = 0; i < target.params; ++i) {
        const VReg param = f_.params[target.first_param + i];
        if (life_.first_range[param] == life_.first_range[param + 1]) continue;
        const VReg arg = f_.args[edge.first_arg + i];
        const Location from = location(arg, 2 * (f_.blocks[edge.from].end - 1));
        const Location to = first_part(param).location;
        if (!to.is_slot() || !is_in_slot(arg, to.number())) add_on_edge(edge, from, to, param);
        if (!store_at_definition_[param]) continue;
        if (!to.is_slot() && !is_in_slot(arg, parts_.slot_of[param])) {
          add_on_edge(edge, from, Location::slot(parts_.slot_of[param]), param);
        }
      }
    }
  }

  void collect() {
    std::stable_sort(placed_.begin(), placed_.end(), [](const Placed& a, const Placed& b) { return a.key < b.key; });
    for (size_t i = 0; i < placed_.size(); ++i) {
      if (i == 0 || placed_[i].key != placed_[i - 1].key) {
        out_.groups.push_back({static_cast<u32>(placed_[i].key >> 2), static_cast<MovePlace>(placed_[i].key & 3),
                               static_cast<u32>(i), 0});
      }
      ++out_.groups.back().count;
      out_.moves.push_back(placed_[i].move);
    }
  }

  const MachineFunction& f_;
  const Lifetimes& life_;
  const Assignment& parts_;
  Parts lookup_;
  Allocation out_;
  std::vector<Placed> placed_;
  std::vector<bool> store_at_definition_;
  std::vector<u32> successors_, first_edge_in_, edges_in_;
};

}  // namespace

Parts::Parts(const Assignment& assignment) : assignment_(assignment) {
  const size_t vregs = assignment.slot_of.size();
  first_.reserve(vregs + 1);
  order_.reserve(assignment.intervals.size());
  for (u32 v = 0; v < vregs; ++v) {
    first_.push_back(static_cast<u32>(order_.size()));
    for (u32 id = v; id != kNone; id = assignment.intervals[id].next) order_.push_back(id);
  }
  first_.push_back(static_cast<u32>(order_.size()));
}

const Interval& Parts::at(VReg v, u32 position) const {
  const auto first = order_.begin() + first_[v] + 1;
  const auto last = order_.begin() + first_[v + 1];
  const auto behind =
      std::upper_bound(first, last, position, [&](u32 p, u32 id) { return p < assignment_.intervals[id].start; });
  return assignment_.intervals[*(behind - 1)];
}

Allocation resolve(const MachineFunction& function, const Lifetimes& lifetimes, const Assignment& assignment) {
  return Resolver(function, lifetimes, assignment).run();
}

std::optional<Allocation> allocate(const MachineFunction& function, const RegisterFile& registers) {
  const Lifetimes lifetimes = find_lifetimes(function);
  if (lifetimes.is_too_large) return std::nullopt;
  return resolve(function, lifetimes, scan(function, lifetimes, registers));
}

}  // namespace hermit::compiler

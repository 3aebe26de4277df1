// The symbolic checker. The state at a point is, for each place, the set of virtual registers whose value it holds on
// every path to the point; instructions and moves change it as they would change the machine, and each operand must
// find its register where the allocation says. States at a block's start are met (intersected) over its edges until
// nothing changes. It shares nothing with the allocator but the meaning of machine.h.
#include <algorithm>
#include <map>

#include "compiler/allocate.h"

namespace hermit::compiler {

namespace {

using State = std::map<u32, std::vector<VReg>>;  // by Location::code; vectors are sorted

class Checker {
 public:
  Checker(const MachineFunction& function, const RegisterFile& registers, const Allocation& allocation)
      : f_(function), registers_(registers), allocation_(allocation) {}

  std::string run() {
    std::vector<std::vector<u32>> edges_of(f_.blocks.size());
    for (u32 e = 0; e < f_.edges.size(); ++e) edges_of[f_.edges[e].from].push_back(e);
    entry_.resize(f_.blocks.size());
    known_.assign(f_.blocks.size(), false);
    known_[0] = true;
    std::vector<BlockId> work = {0};
    while (!work.empty()) {
      const BlockId b = work.back();
      work.pop_back();
      State state = entry_[b];
      if (auto wrong = block(b, state); !wrong.empty()) return wrong;
      for (const u32 e : edges_of[b]) {
        if (meet(f_.edges[e], edges_of[b].size() == 1, state)) work.push_back(f_.edges[e].to);
      }
    }
    return {};
  }

 private:
  static bool holds(const State& state, Location place, VReg v) {
    const auto found = state.find(place.code);
    return found != state.end() && std::binary_search(found->second.begin(), found->second.end(), v);
  }
  static void insert(State& state, Location place, VReg v) {
    auto& set = state[place.code];
    const auto at = std::lower_bound(set.begin(), set.end(), v);
    if (at == set.end() || *at != v) set.insert(at, v);
  }
  static void forget(State& state, VReg v) {
    for (auto& [place, set] : state) {
      const auto at = std::lower_bound(set.begin(), set.end(), v);
      if (at != set.end() && *at == v) set.erase(at);
    }
  }
  static void define(State& state, Location place, VReg v) {
    forget(state, v);
    state[place.code] = {v};
  }

  void moves(u32 inst, MovePlace place, State& state) const {
    const auto key = [](const MoveGroup& g) { return static_cast<u64>(g.inst) << 2 | static_cast<u64>(g.place); };
    const u64 wanted = static_cast<u64>(inst) << 2 | static_cast<u64>(place);
    const auto group = std::lower_bound(allocation_.groups.begin(), allocation_.groups.end(), wanted,
                                        [&](const MoveGroup& g, u64 w) { return key(g) < w; });
    if (group == allocation_.groups.end() || key(*group) != wanted) return;
    const State before = state;
    for (u32 i = group->first; i < group->first + group->count; ++i) {
      const Move& move = allocation_.moves[i];
      const auto source = before.find(move.from.code);
      state[move.to.code] = source == before.end() ? std::vector<VReg>{} : source->second;
    }
  }

  std::string wrong(u32 inst, VReg v, const char* what) const {
    return std::string(what) + ": instruction " + std::to_string(inst) + ", register v" + std::to_string(v);
  }

  std::string block(BlockId b, State& state) {
    for (u32 i = f_.blocks[b].begin; i < f_.blocks[b].end; ++i) {
      const MachineInst& inst = f_.insts[i];
      const auto operands = f_.operands_of(inst);
      moves(i, MovePlace::Before, state);
      const auto place = [&](size_t n) { return allocation_.locations[inst.first_operand + n]; };
      for (size_t n = 0; n < operands.size(); ++n) {
        const Operand& o = operands[n];
        if (o.where == Where::Register && !place(n).is_reg()) return wrong(i, o.vreg, "not in a register");
        if (o.where == Where::Fixed && place(n) != Location::reg(o.reg)) return wrong(i, o.vreg, "not in its register");
        if (o.where == Where::Reuse && place(n) != place(o.reg)) return wrong(i, o.vreg, "does not reuse");
        if (o.kind == OperandKind::Use && !holds(state, place(n), o.vreg)) return wrong(i, o.vreg, "value not there");
        if (o.where == Where::Fixed || o.kind == OperandKind::Use || !place(n).is_reg()) continue;
        if ((registers_.allocatable >> place(n).number() & 1) == 0) return wrong(i, o.vreg, "register not allocatable");
        // What is written early may not be read by this instruction.
        if (o.kind != OperandKind::Temp && o.where != Where::Reuse) continue;
        for (size_t m = 0; m < operands.size(); ++m) {
          if (operands[m].kind != OperandKind::Use || place(m) != place(n)) continue;
          if (o.where == Where::Reuse && m == o.reg) continue;
          return wrong(i, operands[m].vreg, "overwritten before it is read");
        }
      }
      moves(i, MovePlace::EdgeEnd, state);
      if (inst.is_call) {
        for (auto& [code, set] : state) {
          const Location l{code};
          if (l.is_reg() && (registers_.preserved >> l.number() & 1) == 0) set.clear();
        }
      }
      for (size_t n = 0; n < operands.size(); ++n) {
        if (operands[n].kind == OperandKind::Temp) state[place(n).code].clear();
      }
      for (size_t n = 0; n < operands.size(); ++n) {
        if (operands[n].kind == OperandKind::Def) define(state, place(n), operands[n].vreg);
      }
      // The moves after a Label belong to the edge into the block: meet() has made them.
      if (inst.form != kLabelForm) moves(i, MovePlace::After, state);
    }
    return {};
  }

  // Follows an edge; true if the target's state changed.
  bool meet(const MachineEdge& edge, bool only_edge, State state) {
    const MachineBlock& target = f_.blocks[edge.to];
    if (target.is_landing) {
      for (auto& [code, set] : state) {
        if (Location{code}.is_reg()) set.clear();
      }
    }
    if (!only_edge) moves(target.begin, MovePlace::After, state);
    // A place holds a parameter if it holds the argument; what the parameters were before is gone.
    State renamed = state;
    for (u32 i = 0; i < target.params; ++i) forget(renamed, f_.params[target.first_param + i]);
    for (u32 i = 0; i < target.params; ++i) {
      for (const auto& [code, set] : state) {
        if (std::binary_search(set.begin(), set.end(), f_.args[edge.first_arg + i])) {
          insert(renamed, Location{code}, f_.params[target.first_param + i]);
        }
      }
    }
    if (!known_[edge.to]) {
      known_[edge.to] = true;
      entry_[edge.to] = std::move(renamed);
      return true;
    }
    bool changed = false;
    for (auto& [code, set] : entry_[edge.to]) {
      const auto other = renamed.find(code);
      const size_t before = set.size();
      std::erase_if(set, [&](VReg v) {
        return other == renamed.end() || !std::binary_search(other->second.begin(), other->second.end(), v);
      });
      changed |= set.size() != before;
    }
    return changed;
  }

  const MachineFunction& f_;
  const RegisterFile& registers_;
  const Allocation& allocation_;
  std::vector<State> entry_;
  std::vector<bool> known_;
};

}  // namespace

std::string check_allocation(const MachineFunction& function, const RegisterFile& registers,
                             const Allocation& allocation) {
  return Checker(function, registers, allocation).run();
}

}  // namespace hermit::compiler

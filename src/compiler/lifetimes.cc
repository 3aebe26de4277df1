// Where is each virtual register alive? For each one on its own, walking from its uses backwards to its definition: the
// work is proportional to the lifetimes themselves, and most registers never leave their block.
#include <algorithm>

#include "base/check.h"
#include "compiler/intervals.h"

namespace hermit::compiler {

namespace {

constexpr u32 kMaxWeightedDepth = 6;
constexpr size_t kFreeEntries = size_t{1} << 20;
constexpr size_t kEntriesPerInstruction = 64;

class Finder {
 public:
  explicit Finder(const MachineFunction& function) : f_(function), vregs_(function.types.size()) {}

  Lifetimes run() {
    collect_uses();
    find_predecessors();
    stamp_.assign(f_.blocks.size(), kNone);
    last_.assign(f_.blocks.size(), 0);
    // Real functions need less than 20 entries per instruction.
    const size_t limit = kFreeEntries + kEntriesPerInstruction * f_.insts.size();
    for (VReg v = 0; v < vregs_; ++v) {
      lifetime(v);
      if (out_.live_in.size() > limit) {
        out_.is_too_large = true;
        return std::move(out_);
      }
    }
    out_.first_range.push_back(static_cast<u32>(out_.ranges.size()));
    out_.first_live_in.push_back(static_cast<u32>(out_.live_in.size()));
    return std::move(out_);
  }

 private:
  // Calls visit(vreg, use, is_definition) for everything that names a virtual register, by ascending position of
  // instructions. A lifetime reaches one beyond the position of a use.
  template <typename Visit>
  void each_use(Visit visit) {
    size_t edge = 0;
    for (BlockId b = 0; b < f_.blocks.size(); ++b) {
      const MachineBlock& block = f_.blocks[b];
      const u32 weight = weight_of(block.loop_depth);
      for (u32 i = 0; i < block.params; ++i) {
        visit(f_.params[block.first_param + i], UsePosition{2 * block.begin, weight, false, kNoRegister}, true);
      }
      for (u32 i = block.begin; i < block.end; ++i) {
        const auto operands = f_.operands_of(f_.insts[i]);
        u32 reused = 0;  // a bit for each operand that a Def overwrites
        for (const Operand& operand : operands) {
          if (operand.where == Where::Reuse) reused |= 1u << operand.reg;
        }
        for (size_t n = 0; n < operands.size(); ++n) {
          const Operand& o = operands[n];
          const bool fixed = o.where == Where::Fixed;
          const u8 preferred = fixed ? o.reg : kNoRegister;
          if (o.kind == OperandKind::Use) {
            const bool before = fixed || (n < 32 && (reused >> n & 1) != 0);
            visit(o.vreg,
                  UsePosition{before ? 2 * i - 1 : 2 * i, weight, o.where == Where::Register && !before, preferred},
                  false);
          } else {
            const bool early = o.kind == OperandKind::Temp || o.where == Where::Reuse;
            visit(o.vreg, UsePosition{early ? 2 * i : 2 * i + 1, weight, !fixed && o.where != Where::Any, preferred},
                  true);
          }
        }
      }
      for (; edge < f_.edges.size() && f_.edges[edge].from == b; ++edge) {
        const MachineEdge& e = f_.edges[edge];
        for (u32 i = 0; i < f_.blocks[e.to].params; ++i) {
          visit(f_.args[e.first_arg + i], UsePosition{2 * (block.end - 1), weight, false, kNoRegister}, false);
        }
      }
    }
  }

  void collect_uses() {
    out_.def_block.assign(vregs_, kNone);
    out_.block_of.resize(f_.insts.size());
    for (BlockId b = 0; b < f_.blocks.size(); ++b) {
      std::fill(out_.block_of.begin() + f_.blocks[b].begin, out_.block_of.begin() + f_.blocks[b].end, b);
    }
    out_.first_use.assign(vregs_ + 1, 0);
    each_use([&](VReg v, const UsePosition&, bool) { ++out_.first_use[v + 1]; });
    for (size_t v = 0; v < vregs_; ++v) out_.first_use[v + 1] += out_.first_use[v];
    out_.uses.resize(out_.first_use[vregs_]);
    std::vector<u32> next(out_.first_use.begin(), out_.first_use.end() - 1);
    each_use([&](VReg v, const UsePosition& use, bool is_definition) {
      if (is_definition) out_.def_block[v] = out_.block_of[use.position / 2];
      out_.uses[next[v]++] = use;
    });
    // An instruction may name a register twice at positions in the wrong order (2i before 2i - 1).
    for (VReg v = 0; v < vregs_; ++v) {
      const auto first = out_.uses.begin() + out_.first_use[v];
      const auto last = out_.uses.begin() + out_.first_use[v + 1];
      if (!std::is_sorted(first, last, by_position)) std::stable_sort(first, last, by_position);
    }
  }
  static bool by_position(const UsePosition& a, const UsePosition& b) { return a.position < b.position; }

  void find_predecessors() {
    first_pred_.assign(f_.blocks.size() + 1, 0);
    for (const MachineEdge& e : f_.edges) ++first_pred_[e.to + 1];
    for (size_t b = 0; b < f_.blocks.size(); ++b) first_pred_[b + 1] += first_pred_[b];
    preds_.resize(f_.edges.size());
    std::vector<u32> next(first_pred_.begin(), first_pred_.end() - 1);
    for (const MachineEdge& e : f_.edges) preds_[next[e.to]++] = e.from;
  }

  // The block is alive at its start until `last`; its predecessors come into the work list.
  void alive_at_start(VReg v, BlockId b, u32 last) {
    if (stamp_[b] == v) {
      last_[b] = std::max(last_[b], last);
      return;
    }
    stamp_[b] = v;
    last_[b] = last;
    touched_.push_back(b);
    for (u32 i = first_pred_[b]; i < first_pred_[b + 1]; ++i) work_.push_back(preds_[i]);
  }

  void lifetime(VReg v) {
    out_.first_range.push_back(static_cast<u32>(out_.ranges.size()));
    out_.first_live_in.push_back(static_cast<u32>(out_.live_in.size()));
    const u32 first = out_.first_use[v];
    const u32 last = out_.first_use[v + 1];
    if (first == last) return;
    const BlockId home = out_.def_block[v];
    CHECK(home != kNone);
    const u32 start = out_.uses[first].position;
    u32 home_end = std::max(start | 1, out_.uses[first].position + 1);  // a definition nobody uses still takes place
    if ((start & 1) == 0) home_end = start + 2;
    touched_.clear();
    for (u32 i = first + 1; i < last; ++i) {
      const u32 end = out_.uses[i].position + 1;
      const BlockId b = out_.block_of[out_.uses[i].position / 2];
      if (b == home) {
        home_end = std::max(home_end, end);
      } else {
        alive_at_start(v, b, end);
      }
    }
    while (!work_.empty()) {
      const BlockId b = work_.back();
      work_.pop_back();
      if (b == home) {
        home_end = 2 * f_.blocks[b].end;
      } else {
        alive_at_start(v, b, 2 * f_.blocks[b].end);
      }
    }
    std::sort(touched_.begin(), touched_.end());
    out_.ranges.push_back({start, home_end});
    for (const BlockId b : touched_) {
      out_.live_in.push_back(b);
      const u32 from = 2 * f_.blocks[b].begin;
      if (out_.ranges.back().to == from) {
        out_.ranges.back().to = last_[b];
      } else {
        out_.ranges.push_back({from, last_[b]});
      }
    }
  }

  const MachineFunction& f_;
  size_t vregs_;
  Lifetimes out_;
  std::vector<u32> first_pred_;
  std::vector<BlockId> preds_;
  std::vector<VReg> stamp_;
  std::vector<u32> last_;
  std::vector<BlockId> touched_, work_;
};

}  // namespace

u32 weight_of(u32 depth) {
  u32 weight = 1;
  for (u32 d = std::min(depth, kMaxWeightedDepth); d != 0; --d) weight *= 10;
  return weight;
}

Lifetimes find_lifetimes(const MachineFunction& function) { return Finder(function).run(); }

}  // namespace hermit::compiler

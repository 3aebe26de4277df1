// Loop-invariant code motion. Inner loops first, so what leaves one may leave the next.
//
// An operation is invariant if its operands come from outside of the loop or are invariant, and nothing inside writes
// what it reads. One without effects may then be computed in front of the loop even if the loop would not have. One
// that may trap moves only if it is the first thing that can be observed inside: nothing before it in the loop traps,
// writes or calls, and each round passes it before it can branch; so the trap is the same, at the same place.
//
// Each result that is kept over a loop takes a register from it, so only what costs something moves (a product, a load,
// arithmetic of floats), with the operands it needs, and only so many for each loop. Before: cfg.cc found the loops; a
// critical edge into a loop has a block of its own. After: selection.
#include "compiler/licm.h"

#include <algorithm>

namespace hermit::compiler {

namespace {

// Results that one loop may keep in registers.
constexpr u32 kMaxIntegers = 4;
constexpr u32 kMaxFloats = 6;
// Deeper loops are left as they are: each operation is looked at once for each loop around it.
constexpr u32 kMaxDepth = 8;

bool is_expensive(const Inst& inst) {
  const u32 flags = effects(inst.op);
  if ((flags & (kTraps | kReads)) != 0) return true;
  if (inst.type == Type::F32 || inst.type == Type::F64 || inst.type == Type::V128) return inst.op != Op::Const;
  switch (inst.op) {
    case Op::I32Mul:
    case Op::I64Mul:
    case Op::I64MulHighU:
    case Op::I64MulHighS:
    case Op::I32Clz:
    case Op::I32Ctz:
    case Op::I32Popcnt:
    case Op::I64Clz:
    case Op::I64Ctz:
    case Op::I64Popcnt:
    case Op::RefFunc: return true;
    default: return is_vector(inst.op);
  }
}

class Hoister {
 public:
  explicit Hoister(Function& function)
      : f_(function), preds_(predecessors(function)), home_(function.insts.size(), kNone) {}

  void run() {
    const auto count = static_cast<u32>(f_.blocks.size());
    std::vector<BlockId> last_back(count, kNone);
    bool any = false;
    for (BlockId b = 0; b < count; ++b) {
      for (const Value p : f_.block_params(b)) home_[p] = b;
      for (const Value v : f_.body(b)) home_[v] = b;
      for (const Edge& edge : f_.successors(b)) {
        if (edge.target <= b) last_back[edge.target] = b, any = true;
      }
    }
    if (!any) return;
    added_.resize(count);
    invariant_of_.assign(f_.insts.size(), kNone);
    wanted_of_.assign(f_.insts.size(), kNone);
    for (BlockId header = count; header-- != 0;) {
      if (last_back[header] == kNone) continue;
      for (BlockId inside = header + 1; inside <= last_back[header]; ++inside) {
        if (last_back[inside] == kNone) continue;
        inside = last_back[inside];
        last_back[header] = std::max(last_back[header], inside);
      }
      if (f_.blocks[header].loop_depth <= kMaxDepth) loop(header, last_back[header]);
    }
    write_back();
  }

 private:
  // The block in front of the loop, which leads nowhere else; kNone if there is none.
  [[nodiscard]] BlockId block_before(BlockId header) const {
    BlockId before = kNone;
    for (const BlockId p : preds_.of(header)) {
      if (p >= header) continue;
      if (before != kNone) return kNone;
      before = p;
    }
    return before != kNone && f_.successors(before).size() == 1 ? before : kNone;
  }

  template <typename Visit>
  void each_instruction(BlockId b, Visit visit) {
    const auto body = f_.body(b);
    for (size_t i = 0; i + 1 < body.size(); ++i) {
      if (home_[body[i]] == b) visit(body[i]);
    }
    for (const Value v : added_[b]) {
      if (home_[v] == b) visit(v);
    }
    visit(body.back());
  }

  void loop(BlockId header, BlockId last) {
    const BlockId before = block_before(header);
    if (before == kNone) return;
    u32 writes = 0;
    for (BlockId b = header; b <= last; ++b) {
      for (const Value v : f_.body(b)) writes |= effects(f_.insts[v].op);
    }
    const bool calls = (writes & kCalls) != 0;
    u32 readable = 0;
    if (!calls) {
      readable = kReadsInstance;
      if ((writes & kWritesMemory) == 0) readable |= kReadsMemory;
      if ((writes & kWritesGlobal) == 0) readable |= kReadsGlobal;
      if ((writes & kWritesTable) == 0) readable |= kReadsTable;
    }
    invariant_.clear();
    header_ = header;
    first_of_all_ = true;
    for (BlockId b = header; b <= last; ++b) {
      if (f_.blocks[b].loop_depth < f_.blocks[header].loop_depth) continue;
      each_instruction(b, [&](Value v) { look_at(v, readable); });
      if (b == header) first_of_all_ = false;  // what follows may be passed by
    }
    choose(before);
  }

  void look_at(Value v, u32 readable) {
    const Inst& inst = f_.insts[v];
    const u32 flags = effects(inst.op);
    bool moves = inst.op != Op::Nop && (flags & ~(kTraps | readable)) == 0;
    if ((flags & kTraps) != 0 && !first_of_all_) moves = false;
    if (moves) {
      for_each_operand(f_, v, [&](u32& operand) {
        if (home_[operand] != kNone && home_[operand] >= header_ && !is_invariant(operand)) moves = false;
      });
    }
    if (moves) {
      invariant_.push_back(v);
      invariant_of_[v] = header_;
    } else if ((flags & kObservable & ~kTerminates) != 0) {
      first_of_all_ = false;
    }
  }
  [[nodiscard]] bool is_invariant(Value v) const { return invariant_of_[v] == header_; }

  // What is expensive moves, and what that needs. One that traps and stays keeps all behind it.
  void choose(BlockId before) {
    u32 integers = 0;
    u32 floats = 0;
    std::vector<Value> work;
    const auto want = [&](Value v) {
      if (wanted_of_[v] == header_) return;
      wanted_of_[v] = header_;
      work.push_back(v);
    };
    for (const Value v : invariant_) {
      const Inst& inst = f_.insts[v];
      if (!is_expensive(inst)) continue;
      const bool is_integer = inst.type == Type::I32 || inst.type == Type::I64;
      u32& kept = is_integer ? integers : floats;
      if (kept < (is_integer ? kMaxIntegers : kMaxFloats)) {
        ++kept;
        want(v);
      } else if ((effects(inst.op) & kTraps) != 0) {
        break;
      }
    }
    while (!work.empty()) {
      const Value v = work.back();
      work.pop_back();
      for_each_operand(f_, v, [&](u32& operand) {
        if (is_invariant(operand)) want(operand);
      });
    }
    for (const Value v : invariant_) {
      if (wanted_of_[v] != header_) continue;
      home_[v] = before;
      added_[before].push_back(v);
      any_moved_ = true;
    }
  }

  void write_back() {
    if (!any_moved_) return;
    std::vector<Value> order;
    order.reserve(f_.order.size());
    for (BlockId b = 0; b < f_.blocks.size(); ++b) {
      Block& block = f_.blocks[b];
      const auto begin = static_cast<u32>(order.size());
      for (u32 i = block.begin; i + 1 < block.end; ++i) {
        if (home_[f_.order[i]] == b) order.push_back(f_.order[i]);
      }
      for (const Value v : added_[b]) {
        if (home_[v] == b) order.push_back(v);
      }
      order.push_back(f_.order[block.end - 1]);
      block.begin = begin;
      block.end = static_cast<u32>(order.size());
    }
    f_.order.swap(order);
  }

  Function& f_;
  Predecessors preds_;
  std::vector<BlockId> home_;
  std::vector<std::vector<Value>> added_;  // what has come to each block, in order
  BlockId header_ = kNone;  // of the loop at hand
  std::vector<Value> invariant_;
  std::vector<BlockId> invariant_of_, wanted_of_;  // of each instruction: the last loop it was found so in
  bool any_moved_ = false;
  bool first_of_all_ = false;  // nothing that can be observed came before in this round
};

}  // namespace

void hoist_invariants(Function& function) { Hoister(function).run(); }

}  // namespace hermit::compiler

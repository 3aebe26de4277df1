// Global value numbering, with loads and globals in the same walk.
//
// Blocks are visited in their order, in which dominators come first. Operations that depend on their operands alone are
// looked up in one hash table by (operation, operands); an entry counts if its block dominates the one at hand.
// Trapping ones too: where the same operation was executed before, it did not trap. What memory and globals hold is
// known from the block's beginning on, or from the end of its only predecessor if that is the block just before; a
// store to another base address or memory may hit anything, one to the same base only bytes it overlaps (base and
// offset are added in more than 33 bits, so they do not wrap). Before: prune. After: prune again, which drops what was
// replaced.
#include "compiler/gvn.h"

#include "compiler/cfg.h"
#include "compiler/dominators.h"
#include "compiler/simplify.h"

namespace hermit::compiler {

namespace {

// Accesses and globals remembered at a time; older ones are forgotten first.
constexpr size_t kMaxKnown = 16;
// Entries of one hash looked at before giving up.
constexpr int kMaxProbes = 8;

class Numbering {
 public:
  explicit Numbering(Function& function)
      : f_(function), simplifier_(function), dominators_(find_dominators(function)), preds_(predecessors(function)) {}

  void run() {
    replacement_.resize(f_.insts.size());
    for (Value v = 0; v < replacement_.size(); ++v) replacement_[v] = v;
    home_.assign(f_.insts.size(), 0);
    for (Value v = 0; v < replacement_.size(); ++v) {
      if (f_.insts[v].op == Op::Const) simplifier_.know(v);
    }
    size_t capacity = 64;
    while (capacity < 2 * f_.order.size()) capacity *= 2;
    table_.assign(capacity, kNone);
    std::vector<Value> order;
    order.reserve(f_.order.size());
    for (BlockId b = 0; b < f_.blocks.size(); ++b) {
      const auto preds = preds_.of(b);
      if (preds.size() != 1 || preds[0] + 1 != b) {
        accesses_.clear();
        globals_.clear();
      }
      const auto begin = static_cast<u32>(order.size());
      for (u32 i = f_.blocks[b].begin; i < f_.blocks[b].end; ++i) {
        const Value v = f_.order[i];
        for_each_operand(f_, v, [&](u32& operand) { operand = resolve(operand); });
        const Value same = visit(b, v);
        replacement_[v] = same;
        if (same == v) order.push_back(v);
        if (same >= home_.size()) grow();
        if (added_ != kNone) {
          order.push_back(added_);
          home_[added_] = b;
          added_ = kNone;
        }
      }
      f_.blocks[b].begin = begin;
      f_.blocks[b].end = static_cast<u32>(order.size());
    }
    f_.order.swap(order);
    grow();
    std::vector<BlockId> layout(f_.blocks.size());
    for (BlockId b = 0; b < layout.size(); ++b) layout[b] = b;
    rebuild(f_, layout, replacement_, std::vector<bool>(f_.insts.size(), true));
  }

 private:
  struct Access {
    Value base;
    u64 offset;
    u32 bytes;
    u32 memory;
    Op load;  // the load whose result `value` is
    Value value;
  };
  struct Global {
    u32 index;
    Value value;
  };

  void grow() {
    for (auto v = static_cast<Value>(replacement_.size()); v < f_.insts.size(); ++v) replacement_.push_back(v);
    home_.resize(f_.insts.size(), 0);
  }

  Value resolve(Value v) {
    while (replacement_[v] != v) v = replacement_[v] = replacement_[replacement_[v]];
    return v;
  }

  // The value that v is equal to: itself, an older one, or a new one that is left in `added_`.
  Value visit(BlockId b, Value v) {
    const Inst inst = f_.insts[v];
    const OpInfo& info = op_info(inst.op);
    home_[v] = b;
    if (info.shape == Shape::Load) return load(v, inst);
    if (info.shape == Shape::Store) return store(inst), v;
    if (inst.op == Op::GlobalGet) return global_get(v, inst);
    if (inst.op == Op::GlobalSet) return know_global(inst.c, inst.a), v;
    if ((info.effects & kCalls) != 0) {
      accesses_.clear();
      globals_.clear();
      return v;
    }
    const bool numeric = info.operand != Type::None;
    if (is_vector(inst.op)) return number(b, v, false);
    if (!numeric && inst.op != Op::Select && inst.op != Op::RefFunc) return v;
    if (numeric || inst.op == Op::Select) {
      if (const Value simpler = simplify(v, inst); simpler != v) {
        if (added_ == kNone) return resolve_new(simpler);
        return number(b, simpler, true);
      }
    }
    return number(b, v, false);
  }

  Value resolve_new(Value v) {
    if (v >= replacement_.size()) grow();
    return resolve(v);
  }

  // Simplifies once more: operands may have become constants. `added_` is set if the result is a new instruction.
  Value simplify(Value v, const Inst& inst) {
    const bool unary = op_info(inst.op).shape == Shape::Unary;
    const size_t before = f_.insts.size();
    const auto outcome = inst.op == Op::Select
                             ? simplifier_.select(inst.a, inst.b, inst.c, f_.sources[v])
                             : simplifier_.numeric(inst.op, inst.a, unary ? kNone : inst.b, f_.sources[v]);
    grow();
    if (!outcome.is_new) return outcome.value;
    const Inst& made = f_.insts[outcome.value];
    if (made.op == inst.op && made.a == inst.a && made.b == inst.b && made.c == inst.c) {
      // The same instruction: drop the copy if nothing was made after it.
      if (f_.insts.size() == outcome.value + 1 && before == outcome.value) {
        f_.insts.pop_back();
        f_.sources.pop_back();
        replacement_.pop_back();
        home_.pop_back();
      }
      return v;
    }
    added_ = outcome.value;
    return outcome.value;
  }

  static u64 hash(const Inst& inst) {
    u64 h = static_cast<u64>(inst.op) * 0x9e3779b97f4a7c15;
    for (const u32 part : {inst.a, inst.b, inst.c}) h = (h ^ part) * 0xff51afd7ed558ccd, h ^= h >> 32;
    return h;
  }

  Value number(BlockId b, Value v, bool is_added) {
    const Inst& inst = f_.insts[v];
    const u64 mask = table_.size() - 1;
    u64 slot = hash(inst) & mask;
    for (int probe = 0; probe < kMaxProbes; ++probe, slot = (slot + 1) & mask) {
      const Value other = table_[slot];
      if (other == kNone) {
        table_[slot] = v;
        return v;
      }
      const Inst& known = f_.insts[other];
      if (known.op != inst.op || known.a != inst.a || known.b != inst.b || known.c != inst.c) continue;
      if (dominators_.dominates(home_[other], b)) {
        if (is_added) added_ = kNone;
        return other;
      }
      table_[slot] = v;  // the block at hand is nearer to what comes
      return v;
    }
    return v;
  }

  static Op load_of_store(Op op) {
    switch (op) {
      case Op::I32Store: return Op::I32Load;
      case Op::I64Store: return Op::I64Load;
      case Op::F32Store: return Op::F32Load;
      case Op::F64Store: return Op::F64Load;
      case Op::V128Store: return Op::V128Load;
      default: return Op::Nop;
    }
  }

  void remember(const Access& access) {
    if (accesses_.size() == kMaxKnown) accesses_.erase(accesses_.begin());
    accesses_.push_back(access);
  }

  Value load(Value v, const Inst& inst) {
    const auto where = f_.access(inst);
    for (const Access& known : accesses_) {
      if (known.load == inst.op && known.base == inst.a && known.offset == where.offset &&
          known.memory == where.memory) {
        return resolve(known.value);
      }
    }
    remember({inst.a, where.offset, access_bytes(inst.op), where.memory, inst.op, v});
    return v;
  }

  void store(const Inst& inst) {
    const auto where = f_.access(inst);
    const u32 bytes = access_bytes(inst.op);
    std::erase_if(accesses_, [&](const Access& known) {
      // Two imported memories may be one.
      if (known.memory != where.memory || known.base != inst.a) return true;
      return known.offset < where.offset + bytes && where.offset < known.offset + known.bytes;
    });
    const Op op = load_of_store(inst.op);
    if (op != Op::Nop) remember({inst.a, where.offset, bytes, where.memory, op, inst.b});
  }

  Value global_get(Value v, const Inst& inst) {
    for (const Global& known : globals_) {
      if (known.index == inst.c) return resolve(known.value);
    }
    know_global(inst.c, v);
    return v;
  }
  // Two imported globals may be one, so an assignment makes the others unknown; globals are few.
  void know_global(u32 index, Value value) {
    if (f_.insts[value].op != Op::GlobalGet || f_.insts[value].c != index) globals_.clear();
    if (globals_.size() == kMaxKnown) globals_.erase(globals_.begin());
    globals_.push_back({index, value});
  }

  Function& f_;
  Simplifier simplifier_;
  Dominators dominators_;
  Predecessors preds_;
  std::vector<Value> replacement_;
  std::vector<BlockId> home_;
  std::vector<Value> table_;
  std::vector<Access> accesses_;
  std::vector<Global> globals_;
  Value added_ = kNone;
};

}  // namespace

void number_values(Function& function) { Numbering(function).run(); }

}  // namespace hermit::compiler

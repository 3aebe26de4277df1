// Global value numbering, with loads and globals in the same walk.
//
// Blocks are visited in their order, in which dominators come first. Operations that depend on their operands alone are
// looked up in one hash table by (operation, operands); an entry counts if its block dominates the one at hand.
// Trapping ones too: where the same operation was executed before, it did not trap.
//
// What memory and globals hold at a block's start is what all its predecessors agree on. At the start of a loop those
// before it count if nothing inside writes. A store may hit anything but what is a known distance away: addresses are
// taken apart into a root and a constant, and two ranges that do not overlap modulo 2^32 do not overlap. Before: prune.
// After: prune again, which drops what was replaced.
#include "compiler/gvn.h"

#include <algorithm>

#include "compiler/cfg.h"
#include "compiler/dominators.h"
#include "compiler/simplify.h"

namespace hermit::compiler {

namespace {

// Accesses and globals remembered at a time; older ones are forgotten first.
constexpr size_t kMaxKnown = 32;
// … and kept for blocks that follow, all blocks together: a block that many lead to could ask for gigabytes.
constexpr size_t kMaxKept = size_t{1} << 20;
// What an offset may become by taking another base: AArch64 adds so much at once.
constexpr u64 kMaxDistance = 4095;
// Entries of one hash, or of one root, looked at before giving up.
constexpr u32 kMaxProbes = 8;
// Root of all constant addresses.
constexpr Value kConstantRoot = kNone - 1;

class Numbering {
 public:
  explicit Numbering(Function& function)
      : f_(function), simplifier_(function), dominators_(find_dominators(function)), preds_(predecessors(function)) {}

  void run() {
    replacement_.resize(f_.insts.size());
    for (Value v = 0; v < replacement_.size(); ++v) replacement_[v] = v;
    home_.assign(f_.insts.size(), 0);
    newest_anchor_.resize(f_.insts.size(), kNone);
    for (Value v = 0; v < replacement_.size(); ++v) {
      if (f_.insts[v].op == Op::Const) simplifier_.know(v);
    }
    size_t capacity = 64;
    while (capacity < 2 * f_.order.size()) capacity *= 2;
    table_.assign(capacity, kNone);
    find_writes();
    at_end_.resize(f_.blocks.size());
    std::vector<Value> order;
    order.reserve(f_.order.size());
    for (BlockId b = 0; b < f_.blocks.size(); ++b) {
      enter(b);
      const auto begin = static_cast<u32>(order.size());
      for (u32 i = f_.blocks[b].begin; i < f_.blocks[b].end; ++i) {
        const Value v = f_.order[i];
        for_each_operand(f_, v, [&](u32& operand) { operand = resolve(operand); });
        keeps_access_ = false;
        const Value same = visit(b, v);
        replacement_[v] = same;
        if (same == v || keeps_access_) order.push_back(v);
        if (same >= home_.size()) grow();
        if (added_ != kNone) {
          order.push_back(added_);
          home_[added_] = b;
          added_ = kNone;
        }
      }
      f_.blocks[b].begin = begin;
      f_.blocks[b].end = static_cast<u32>(order.size());
      leave(b);
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
    // Modulo 2^32, if the base has 32 bits: root + distance.
    Value root;
    u32 distance;
    bool operator==(const Access&) const = default;
  };
  struct Global {
    u32 index;
    Value value;
    bool operator==(const Global&) const = default;
  };
  struct Known {
    std::vector<Access> accesses;
    std::vector<Global> globals;
  };

  // --- what is known between blocks ---

  // How many blocks up to each one write to memory, write a global, call; and where each loop ends.
  void find_writes() {
    const auto count = static_cast<u32>(f_.blocks.size());
    writes_.assign(count + 1, {});
    last_successor_.assign(count, 0);
    loop_end_.assign(count, kNone);
    for (BlockId b = 0; b < count; ++b) {
      u32 flags = 0;
      for (const Value v : f_.body(b)) flags |= effects(f_.insts[v].op);
      writes_[b + 1] = writes_[b];
      if ((flags & (kWritesMemory | kCalls)) != 0) ++writes_[b + 1].memory;
      if ((flags & (kWritesGlobal | kCalls)) != 0) ++writes_[b + 1].globals;
      for (const Edge& edge : f_.successors(b)) {
        if (edge.target <= b) {
          loop_end_[edge.target] = b;
        } else {
          last_successor_[b] = std::max(last_successor_[b], edge.target);
        }
      }
    }
    // A loop inside may end behind the last block that jumps back.
    for (BlockId b = count; b-- != 0;) {
      if (loop_end_[b] == kNone) continue;
      for (BlockId inside = b + 1; inside <= loop_end_[b]; ++inside) {
        if (loop_end_[inside] == kNone) continue;
        inside = loop_end_[inside];
        loop_end_[b] = std::max(loop_end_[b], inside);
      }
    }
  }

  void enter(BlockId b) {
    accesses_.clear();
    globals_.clear();
    const bool is_loop = loop_end_[b] != kNone;
    const auto preds = preds_.of(b);
    bool first = true;
    for (const BlockId p : preds) {
      if (p >= b) continue;
      Known& known = at_end_[p];
      if (first) {
        accesses_ = known.accesses;
        globals_ = known.globals;
      } else {
        const auto has = [](const auto& list, const auto& item) {
          return std::find(list.begin(), list.end(), item) != list.end();
        };
        std::erase_if(accesses_, [&](const Access& access) { return !has(known.accesses, access); });
        std::erase_if(globals_, [&](const Global& global) { return !has(known.globals, global); });
      }
      first = false;
      if (last_successor_[p] == b) {
        kept_ -= known.accesses.size() + known.globals.size();
        known = {};
      }
    }
    if (!is_loop) return;
    const u32 end = loop_end_[b] + 1;
    if (writes_[end].memory != writes_[b].memory) accesses_.clear();
    if (writes_[end].globals != writes_[b].globals) globals_.clear();
  }

  void leave(BlockId b) {
    const size_t count = accesses_.size() + globals_.size();
    if (last_successor_[b] == 0 || kept_ + count > kMaxKept) return;
    at_end_[b] = {accesses_, globals_};
    kept_ += count;
  }

  void grow() {
    for (auto v = static_cast<Value>(replacement_.size()); v < f_.insts.size(); ++v) replacement_.push_back(v);
    home_.resize(f_.insts.size(), 0);
    newest_anchor_.resize(f_.insts.size(), kNone);
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
    if (info.shape == Shape::Load) return load(b, v);
    if (info.shape == Shape::Store) return store(b, v), v;
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
        newest_anchor_.pop_back();
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
    for (u32 probe = 0; probe < kMaxProbes; ++probe, slot = (slot + 1) & mask) {
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

  // Makes an access from root + 24 (modulo 2^32) one from root + 8 if memory was accessed from that on all ways here,
  // 16 bytes up, further, or no more than the headroom below: then the difference is an offset, for it does not wrap.
  // Selection need not compute the sum. Is memory known to reach as far as this access, so that it cannot trap?
  bool rebase(BlockId b, Inst& inst) {
    const Access wanted = access(inst, inst.op, kNone);
    if (wanted.root == kNone || wanted.root == kConstantRoot || (inst.aux & kWideAccess) != 0) return false;
    const u32 distance = wanted.distance - static_cast<u32>(wanted.offset);
    u32& newest = newest_anchor_[wanted.root];
    Anchor anchor{b, inst.a, distance, newest, wanted.offset + wanted.bytes};
    bool is_reached = false;
    for (u32 i = newest, n = 0; i != kNone && n < kMaxProbes && !is_reached; i = anchors_[i].next, ++n) {
      const Anchor& known = anchors_[i];
      const u64 up = distance - known.distance;
      const u64 end = up + wanted.offset + wanted.bytes;
      if (up >= known.end + f_.headroom || (end > kMaxDistance && known.base != inst.a) ||
          !dominators_.dominates(known.block, b))
        continue;
      anchor = {b, known.base, known.distance, newest, end};
      is_reached = end <= known.end;
    }
    inst.a = anchor.base;
    inst.c = static_cast<u32>(anchor.end - wanted.bytes);
    if (is_reached) return true;
    newest = static_cast<u32>(anchors_.size());
    anchors_.push_back(anchor);
    return false;
  }

  Value load(BlockId b, Value v) {
    const Inst& inst = f_.insts[v];
    const Access wanted = access(inst, inst.op, v);
    bool is_safe = rebase(b, f_.insts[v]);
    const Access* same = nullptr;  // as what is read, but written otherwise
    for (const Access& known : accesses_) {
      if (known.memory != wanted.memory || known.load != inst.op) continue;
      if (known.base == wanted.base && known.offset == wanted.offset) return resolve(known.value);
      if (wanted.root == kNone || known.root != wanted.root || known.distance != wanted.distance) continue;
      same = &known;
      if (wanted.offset <= known.offset) is_safe = true;
    }
    // Two addresses that are equal modulo 2^32 need not be: (x - 8) + 8 lies beyond the end where x is below 8. So the
    // access stays, for its trap, unless one further up from the same base was made before. Or if the known access has
    // no smaller offset: its address is below 2^32, so going back from there, to this base, does not wrap.
    if (same != nullptr) {
      const Value value = resolve(same->value);
      keeps_access_ = !is_safe;
      if (keeps_access_) remember(access(inst, inst.op, value));
      return value;
    }
    remember(access(inst, inst.op, v));
    return v;
  }

  void store(BlockId b, Value v) {
    if (rebase(b, f_.insts[v])) f_.insts[v].aux |= kReachedAccess;
    const Inst& inst = f_.insts[v];
    const auto where = f_.access(inst);
    const u32 bytes = access_bytes(inst.op);
    const Op op = load_of_store(inst.op);
    const Access stored = access(inst, op, inst.b);
    std::erase_if(accesses_, [&](const Access& known) {
      if (known.memory != where.memory) return true;  // two imported memories may be one
      if (known.base == inst.a) {
        return known.offset < where.offset + bytes && where.offset < known.offset + known.bytes;
      }
      if (known.root != stored.root || stored.root == kNone) return true;
      const u32 behind = stored.distance - known.distance;
      const u32 before = known.distance - stored.distance;
      return behind < known.bytes || before < bytes;
    });
    if (op != Op::Nop) remember(stored);
  }

  Access access(const Inst& inst, Op load, Value value) {
    const auto where = f_.access(inst);
    Access result{inst.a, where.offset, access_bytes(inst.op), where.memory, load, value, kNone, 0};
    const Inst& base = f_.insts[inst.a];
    if (base.type != Type::I32) return result;
    result.root = inst.a;
    result.distance = static_cast<u32>(where.offset);
    if (base.op == Op::I32Add && f_.is_const(base.b)) {
      result.root = base.a;
      result.distance += static_cast<u32>(f_.const_bits(base.b));
    } else if (base.op == Op::Const) {
      result.root = kConstantRoot;
      result.distance += static_cast<u32>(f_.const_bits(inst.a));
    }
    return result;
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
  std::vector<Known> at_end_;  // of each block
  struct Anchor {  // memory was accessed up to base + end, which did not wrap; base is root + distance modulo 2^32
    BlockId block;
    Value base;
    u32 distance;
    u32 next;  // of the same root, older; else kNone
    u64 end;
  };
  std::vector<Anchor> anchors_;
  std::vector<u32> newest_anchor_;  // of each value as the root; else kNone
  struct Writes {
    u32 memory = 0, globals = 0;
  };
  std::vector<Writes> writes_;
  size_t kept_ = 0;  // entries in at_end_
  std::vector<BlockId> last_successor_;
  std::vector<BlockId> loop_end_;  // of a loop's first block: the last one inside; else kNone
  Value added_ = kNone;
  bool keeps_access_ = false;  // the load at hand stays although its value is known
};

}  // namespace

void number_values(Function& function) { Numbering(function).run(); }

}  // namespace hermit::compiler

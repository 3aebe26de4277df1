// Linear scan: intervals are taken by ascending start; each gets a register that is free for all of it, or takes one
// from an interval that matters less, or gets a register for its beginning, or goes to memory until its next use.
//
// An interval whose lifetime has holes is *inactive* while its hole lasts: another one may use its register meanwhile
// if the two never overlap. Splitting makes two parts of an interval; the second waits in the queue for its turn, so it
// may get another register ("second chance"). Parts begin at even positions, before an instruction, except those that
// go to memory at once: these may begin at the odd position where another interval is defined.
//
// What matters more: the weight of an interval is that of its uses (ten times as much in each deeper loop) over its
// length. Everything is a function of positions and numbers, never of addresses. Before: lifetimes.cc. After:
// resolve.cc.
#include <algorithm>
#include <queue>
#include <span>

#include "base/check.h"
#include "compiler/intervals.h"

namespace hermit::compiler {

namespace {

constexpr u32 kForever = 0xfffffffe;
// How many blocks back a reload may move to get out of a loop.
constexpr u32 kMaxReloadDistance = 64;
// How many blocks back a value may leave its register to do so outside of a loop.
constexpr u32 kMaxLeaveDistance = 256;
// Hints of a register that are looked at, best first.
constexpr u32 kMaxHints = 4;
// Inactive intervals at a time. In functions so large that there are more, intervals keep their registers through their
// holes, so that each one is compared with a bounded number of others.
constexpr size_t kMaxInactive = 32;
// Ranges of the lifetimes that share a slot because values follow each other. Joining two looks at all of theirs.
constexpr size_t kMaxJoined = 1024;

class Scanner {
 public:
  Scanner(const MachineFunction& function, const Lifetimes& lifetimes, const RegisterFile& registers)
      : f_(function), life_(lifetimes), registers_(registers) {}

  Assignment run() {
    collect_fixed();
    collect_hints();
    sum_up();
    const auto count = static_cast<u32>(f_.types.size());
    out_.slot_of.assign(count, kNone);
    latest_.resize(count);
    for (VReg v = 0; v < count; ++v) latest_[v] = v;
    for (VReg v = 0; v < count; ++v) {
      Interval interval{v,
                        0,
                        0,
                        life_.first_range[v],
                        life_.first_range[v + 1],
                        life_.first_use[v],
                        life_.first_use[v + 1],
                        kNone,
                        kNone,
                        {},
                        0};
      if (interval.first_range != interval.last_range) {
        interval.start = life_.ranges[interval.first_range].from;
        interval.end = life_.ranges[interval.last_range - 1].to;
      }
      out_.intervals.push_back(interval);
      if (interval.first_range != interval.last_range) enqueue(v);
    }
    while (!queue_.empty()) {
      const u32 id = static_cast<u32>(queue_.top());
      queue_.pop();
      allocate(id);
    }
    assign_slots();
    return std::move(out_);
  }

 private:
  Interval& at(u32 id) { return out_.intervals[id]; }

  // --- fixed registers ---

  void collect_fixed() {
    for (const MachineBlock& block : f_.blocks) {
      if (block.is_landing) landings_.push_back(2 * block.begin);
    }
    for (u32 i = 0; i < f_.insts.size(); ++i) {
      const MachineInst& inst = f_.insts[i];
      if (inst.is_call) calls_.push_back(2 * i);
      for (const Operand& operand : f_.operands_of(inst)) {
        if (operand.where != Where::Fixed) continue;
        auto& list = fixed_[operand.reg];
        if (list.empty() || list.back() != 2 * i) list.push_back(2 * i);
      }
    }
  }

  // The hints of each register, those of the deepest loops first.
  void collect_hints() {
    first_hint_.assign(f_.types.size() + 1, 0);
    for (const Hint& hint : f_.hints) ++first_hint_[hint.a + 1], ++first_hint_[hint.b + 1];
    for (size_t v = 0; v < f_.types.size(); ++v) first_hint_[v + 1] += first_hint_[v];
    hints_.resize(first_hint_.back());
    std::vector<u32> next(first_hint_.begin(), first_hint_.end() - 1);
    for (const Hint& hint : f_.hints) {
      hints_[next[hint.a]++] = {hint.b, hint.loop_depth};
      hints_[next[hint.b]++] = {hint.a, hint.loop_depth};
    }
    for (size_t v = 0; v < f_.types.size(); ++v) {
      const auto first = hints_.begin() + first_hint_[v];
      const auto last = hints_.begin() + first_hint_[v + 1];
      const auto is_deeper = [](const OneHint& a, const OneHint& b) { return a.loop_depth > b.loop_depth; };
      if (!std::is_sorted(first, last, is_deeper)) std::stable_sort(first, last, is_deeper);
    }
  }

  // The first of `points` (single positions, ascending) inside the interval.
  u32 first_inside(const std::vector<u32>& points, const Interval& interval) const {
    auto point = std::lower_bound(points.begin(), points.end(), interval.start);
    for (u32 r = interval.first_range; r < interval.last_range; ++r) {
      const u32 from = std::max(life_.ranges[r].from, interval.start);
      const u32 to = std::min(life_.ranges[r].to, interval.end);
      if (point != points.end() && *point < from) point = std::lower_bound(point, points.end(), from);
      if (point == points.end()) return kForever;
      if (*point < to) return *point;
    }
    return kForever;
  }
  // Where the interval meets a call, and where it enters a landing block.
  struct Clobbers {
    u32 call, landing;
  };
  [[nodiscard]] Clobbers first_clobbers(const Interval& interval) const {
    return {first_inside(calls_, interval), landings_.empty() ? kForever : first_inside(landings_, interval)};
  }
  u32 next_fixed(u32 reg, const Clobbers& clobbers, const Interval& interval) const {
    const u32 own = fixed_[reg].empty() ? kForever : first_inside(fixed_[reg], interval);
    return std::min({own, clobbers.landing, (registers_.preserved >> reg & 1) != 0 ? kForever : clobbers.call});
  }

  // --- intervals ---

  // A part of an interval is asked each time it is split, so nothing here may look at all of its uses or ranges.
  void sum_up() {
    const size_t uses = life_.uses.size();
    weight_before_.resize(uses + 1);
    next_in_register_.resize(uses + 1);
    next_preferred_.resize(uses + 1);
    for (size_t u = 0; u < uses; ++u) weight_before_[u + 1] = weight_before_[u] + life_.uses[u].weight;
    u32 in_register = static_cast<u32>(uses), preferred = static_cast<u32>(uses);
    for (size_t u = uses;; --u) {
      next_in_register_[u] = in_register;
      next_preferred_[u] = preferred;
      if (u == 0) break;
      if (life_.uses[u - 1].needs_register) in_register = static_cast<u32>(u - 1);
      if (life_.uses[u - 1].preferred != kNoRegister) preferred = static_cast<u32>(u - 1);
    }
    length_before_.resize(life_.ranges.size() + 1);
    for (size_t r = 0; r < life_.ranges.size(); ++r) {
      length_before_[r + 1] = length_before_[r] + (life_.ranges[r].to - life_.ranges[r].from);
    }
  }

  void set_weight(Interval& interval) const {
    const u64 weight = weight_before_[interval.last_use] - weight_before_[interval.first_use];
    u64 length = 0;
    if (interval.first_range != interval.last_range) {  // only the first and the last range may be cut
      length = length_before_[interval.last_range] - length_before_[interval.first_range];
      length -= interval.start - life_.ranges[interval.first_range].from;
      length -= life_.ranges[interval.last_range - 1].to - interval.end;
    }
    interval.weight = weight * 1024 / (length + 4);
  }
  void enqueue(u32 id) {
    set_weight(at(id));
    queue_.push(static_cast<u64>(at(id).start) << 32 | id);
  }

  // The interval's first range that ends behind `position`; last_range if there is none.
  [[nodiscard]] u32 range_after(const Interval& interval, u32 position) const {
    const auto first = life_.ranges.begin() + interval.first_range;
    const auto last = life_.ranges.begin() + interval.last_range;
    const auto found = std::upper_bound(first, last, position, [](u32 p, const Range& r) { return p < r.to; });
    return static_cast<u32>(found - life_.ranges.begin());
  }
  // The interval's first use at `position` or later; last_use if there is none.
  [[nodiscard]] u32 use_from(const Interval& interval, u32 position) const {
    const auto first = life_.uses.begin() + interval.first_use;
    const auto last = life_.uses.begin() + interval.last_use;
    const auto found =
        std::lower_bound(first, last, position, [](const UsePosition& u, u32 p) { return u.position < p; });
    return static_cast<u32>(found - life_.uses.begin());
  }

  [[nodiscard]] bool covers(const Interval& interval, u32 position) const {
    if (position < interval.start || position >= interval.end) return false;
    const u32 found = range_after(interval, position);
    return found != interval.last_range && life_.ranges[found].from <= position;
  }

  // An interval with a register that is not over. Only eviction splits it, which takes it out of its list, so what its
  // list needs of it stands here, and is looked up anew only where the interval comes to the end of a range or a hole.
  struct Listed {
    u32 id;
    u32 end;
    u32 range;  // the first that ends behind the position of update_lists
    u32 change;  // where the answer to "does it cover the position?" changes; nothing is looked up before
    u8 reg;
  };

  // Brings `listed` to `position`, which is before its end. Does it cover it?
  bool advance(Listed& listed, u32 position) const {
    while (life_.ranges[listed.range].to <= position) ++listed.range;
    const Range& range = life_.ranges[listed.range];
    const bool covers = range.from <= position;
    listed.change = covers ? std::min(range.to, listed.end) : range.from;
    return covers;
  }

  // The first position before `limit` that both cover, or kForever. Requires: `listed` is inactive and `cur`
  // starts where the lists are.
  [[nodiscard]] u32 intersection(const Listed& listed, const Interval& cur, u32 limit) const {
    limit = std::min({limit, listed.end, cur.end});
    if (listed.change >= limit) return kForever;
    u32 i = listed.range;
    u32 j = cur.first_range;
    while (j < cur.last_range) {
      const u32 from = std::max({life_.ranges[i].from, life_.ranges[j].from, cur.start});
      if (from >= limit) return kForever;
      const u32 to = life_.ranges[i].to;
      const u32 cur_to = life_.ranges[j].to;
      if (from < to && from < cur_to) return from;
      if (to <= cur_to) {
        ++i;
      } else {
        ++j;
      }
    }
    return kForever;
  }

  // Cuts the interval at `position`, which is inside; returns the second part.
  u32 split(u32 id, u32 position) {
    const auto child_id = static_cast<u32>(out_.intervals.size());
    Interval child = at(id);
    Interval& parent = at(id);
    CHECK(parent.start < position && position < parent.end);
    const u32 index = range_after(parent, position);
    const bool inside = life_.ranges[index].from < position;
    child.first_range = index;
    child.start = inside ? position : life_.ranges[index].from;
    parent.last_range = inside ? index + 1 : index;
    parent.end = inside ? position : life_.ranges[index - 1].to;
    child.first_use = parent.last_use = use_from(parent, position);
    child.location = {};
    parent.next = child_id;
    child.previous = id;
    if (child.next != kNone) at(child.next).previous = child_id;
    out_.intervals.push_back(child);
    return child_id;
  }

  // The first use that needs a register, from `position` on; null if there is none.
  [[nodiscard]] const UsePosition* register_use(const Interval& interval, u32 position) const {
    const u32 u = next_in_register_[use_from(interval, position)];
    return u < interval.last_use ? &life_.uses[u] : nullptr;
  }

  // Where to reload a value that is in memory from `from` on and needed in a register before `use`: right there, or at
  // the border of a loop around it.
  [[nodiscard]] u32 reload_position(u32 from, u32 use) const {
    const u32 latest = use & ~1u;
    const BlockId home = life_.block_of[latest / 2];
    const BlockId lowest = life_.block_of[from / 2];
    BlockId best = home;
    for (BlockId b = home; b > lowest && home - b < kMaxReloadDistance;) {
      --b;
      if (f_.blocks[b].loop_depth < f_.blocks[best].loop_depth) best = b;
    }
    if (best == home) return latest;
    const u32 border = 2 * f_.blocks[best + 1].begin;
    return border > from ? border : latest;
  }

  // --- allocation ---

  void update_lists(u32 position) {
    CHECK(position >= position_);
    position_ = position;
    const auto sort_out = [&](std::vector<Listed>& list, bool is_active) {
      size_t kept = 0;
      for (Listed& listed : list) {
        if (listed.end <= position) continue;
        bool stays = position < listed.change;
        if (!stays && advance(listed, position) == is_active) stays = true;
        if (!stays && is_active && inactive_.size() + moved_.size() >= kMaxInactive) {
          listed.change = position;  // in a hole, which is asked again
          stays = true;
        }
        if (stays) {
          list[kept++] = listed;
        } else {
          moved_.push_back(listed);
        }
      }
      list.resize(kept);
    };
    moved_.clear();
    sort_out(active_, true);
    const size_t deactivated = moved_.size();
    sort_out(inactive_, false);
    inactive_.insert(inactive_.end(), moved_.begin(), moved_.begin() + static_cast<std::ptrdiff_t>(deactivated));
    active_.insert(active_.end(), moved_.begin() + static_cast<std::ptrdiff_t>(deactivated), moved_.end());
  }

  void allocate(u32 id) {
    update_lists(at(id).start);
    const UsePosition* need = register_use(at(id), at(id).start);
    if (need == nullptr && at(id).first_use == at(id).last_use) return to_memory(id);  // only passes through
    const RegClass wanted = class_of(f_.types[at(id).vreg]);
    candidates_.clear();
    is_candidate_ = 0;
    for (u32 i = 0; i < registers_.order_size; ++i) {
      const u8 reg = registers_.order[i];
      if ((reg >= kFloatBase) != (wanted == RegClass::Float)) continue;
      candidates_.push_back(reg);
      is_candidate_ |= RegSet{1} << reg;
    }
    if (take_free(id)) return;
    take_occupied(id);
  }

  void give(u32 id, u32 reg) {
    at(id).location = Location::reg(reg);
    out_.used |= RegSet{1} << reg;
    Listed listed{id, at(id).end, at(id).first_range, 0, static_cast<u8>(reg)};
    (void)advance(listed, at(id).start);
    active_.push_back(listed);
  }

  // The last part of a register that starts at `position` or before; its first part if none does. Positions ascend but
  // for parts that begin again a little earlier, so the search goes on where the last one ended.
  [[nodiscard]] const Interval& latest_part(VReg v, u32 position) {
    u32& id = latest_[v];
    while (at(id).start > position && at(id).previous != kNone) id = at(id).previous;
    while (at(id).next != kNone && at(at(id).next).start <= position) id = at(id).next;
    return at(id);
  }

  // Registers that would save a move: of Fixed operands, of the part before, of hints. First those that save it in the
  // deepest loop.
  void collect_preferences(const Interval& interval) {
    preferred_.clear();
    const auto prefer = [&](Location l, u32 weight) {
      if (l.code != kNone && l.is_reg()) preferred_.push_back({l.number(), weight});
    };
    for (u32 u = interval.first_use; preferred_.size() < kMaxHints; ++u) {
      u = next_preferred_[u];
      if (u >= interval.last_use) break;
      preferred_.push_back({life_.uses[u].preferred, life_.uses[u].weight});
    }
    if (interval.previous != kNone)
      prefer(at(interval.previous).location, weight_of(f_.blocks[life_.block_of[interval.start / 2]].loop_depth));
    for (u32 i = first_hint_[interval.vreg]; i < first_hint_[interval.vreg + 1]; ++i) {
      if (i - first_hint_[interval.vreg] == kMaxHints) break;
      const u32 weight = weight_of(hints_[i].loop_depth);
      const Interval* hint = &latest_part(hints_[i].other, interval.start);
      prefer(hint->location, weight);
      // It has none yet, but will want this one.
      u32 found = 0;
      for (u32 u = hint->first_use; hint->location.code == kNone && found < kMaxHints; ++u, ++found) {
        u = next_preferred_[u];
        if (u >= hint->last_use) break;
        preferred_.push_back({life_.uses[u].preferred, std::min(weight, life_.uses[u].weight)});
      }
    }
    std::stable_sort(preferred_.begin(), preferred_.end(),
                     [](const Preference& a, const Preference& b) { return a.weight > b.weight; });
  }

  bool take_free(u32 id) {
    const Interval cur = at(id);
    u32 free_until[kMaxRegisters];
    const Clobbers clobbers = first_clobbers(cur);
    for (const u8 reg : candidates_) free_until[reg] = next_fixed(reg, clobbers, cur);
    for (const Listed& other : active_) free_until[other.reg] = 0;
    const bool is_float = candidates_[0] >= kFloatBase;
    for (const Listed& other : inactive_) {
      if ((other.reg >= kFloatBase) != is_float) continue;
      u32& until = free_until[other.reg];
      until = std::min(until, intersection(other, cur, until));
    }
    collect_preferences(cur);
    for (const auto& [reg, weight] : preferred_) {
      if (is_candidate(reg) && free_until[reg] >= cur.end) return give(id, reg), true;
    }
    u32 fit = kNone;
    u32 longest = candidates_[0];
    for (const u8 reg : candidates_) {
      if (free_until[reg] >= cur.end && (fit == kNone || free_until[reg] < free_until[fit])) fit = reg;
      if (free_until[reg] > free_until[longest]) longest = reg;
    }
    if (fit != kNone) return give(id, fit), true;
    for (const auto& [reg, weight] : preferred_) {
      if (is_candidate(reg) && serves_as_well(cur, free_until[reg] & ~1u, free_until[longest] & ~1u)) longest = reg;
    }
    // A register for the beginning only, if that serves a use and if no lighter interval could make room for all of it.
    const u32 until = free_until[longest] & ~1u;
    if (until <= cur.start + 1) return false;
    const bool serves = cur.first_use != cur.last_use && life_.uses[cur.first_use].position < until;
    if (!serves || lighter_occupant(cur) != kNone) return false;
    u32 cut = until;
    // Everything after the last use before `until` can be in memory; cut there if a loop lies between.
    const u32 block_start = 2 * f_.blocks[life_.block_of[until / 2]].begin;
    if (block_start > cur.start + 1 && block_start > life_.uses[cur.first_use].position &&
        f_.blocks[life_.block_of[until / 2]].loop_depth > f_.blocks[life_.block_of[cur.start / 2]].loop_depth) {
      cut = loop_border(cur, until);
    }
    enqueue(split(id, cut));
    set_weight(at(id));
    give(id, longest);
    return true;
  }

  // Are there no uses between `shorter` and `longer`, the positions up to which two registers are free?
  [[nodiscard]] bool serves_as_well(const Interval& cur, u32 shorter, u32 longer) const {
    if (shorter <= cur.start + 1) return shorter == longer;
    const u32 next = use_from(cur, shorter);
    return next == cur.last_use || life_.uses[next].position >= longer;
  }

  // The start of the outermost loop between the interval's first use and `position` that the interval enters.
  [[nodiscard]] u32 loop_border(const Interval& cur, u32 position) const {
    BlockId b = life_.block_of[position / 2];
    const u32 depth = f_.blocks[life_.block_of[cur.start / 2]].loop_depth;
    while (b > 0 && f_.blocks[b].loop_depth > depth && 2 * f_.blocks[b - 1].begin > cur.start + 1 &&
           2 * f_.blocks[b - 1].begin > life_.uses[cur.first_use].position) {
      --b;
    }
    const u32 border = 2 * f_.blocks[b].begin;
    return covers(cur, border) && border < position ? border : position;
  }

  [[nodiscard]] bool is_candidate(u32 reg) const { return (is_candidate_ >> reg & 1) != 0; }

  // May the interval lose its register at `position`? Not if the instruction there needs it.
  [[nodiscard]] bool is_evictable(const Interval& interval, u32 position) const {
    const UsePosition* use = register_use(interval, position);
    return use == nullptr || use->position / 2 != position / 2;
  }

  struct Occupant {
    u64 weight = 0;  // of the heaviest interval in the way
    bool evictable = true;
    u32 fixed = kForever;
  };
  void find_occupants(const Interval& cur, Occupant (&by_register)[kMaxRegisters]) {
    const Clobbers clobbers = first_clobbers(cur);
    for (const u8 reg : candidates_) {
      by_register[reg] = {};
      by_register[reg].fixed = next_fixed(reg, clobbers, cur);
    }
    const auto occupy = [&](const Listed& listed) {
      const u32 reg = listed.reg;
      if (!is_candidate(reg)) return;
      const Interval& other = at(listed.id);
      by_register[reg].weight = std::max(by_register[reg].weight, other.weight + 1);
      if (!is_evictable(other, cur.start)) by_register[reg].evictable = false;
    };
    for (const Listed& listed : active_) occupy(listed);
    for (const Listed& listed : inactive_) {
      if (is_candidate(listed.reg) && intersection(listed, cur, kForever) != kForever) occupy(listed);
    }
  }

  // A register whose occupants all weigh less than `cur` and that is otherwise free for all of it.
  u32 lighter_occupant(const Interval& cur) {
    Occupant by_register[kMaxRegisters];
    find_occupants(cur, by_register);
    u32 best = kNone;
    for (const u8 reg : candidates_) {
      const Occupant& o = by_register[reg];
      if (!o.evictable || o.fixed < cur.end || o.weight >= cur.weight) continue;
      if (best == kNone || o.weight < by_register[best].weight) best = reg;
    }
    return best;
  }

  void take_occupied(u32 id) {
    const Interval cur = at(id);
    const UsePosition* need = register_use(cur, cur.start);
    const bool at_once = need != nullptr && need->position / 2 == cur.start / 2;
    u32 best = lighter_occupant(cur);
    if (best == kNone) {
      if (!at_once) return to_memory(id);
      Occupant by_register[kMaxRegisters];
      find_occupants(cur, by_register);
      for (const u8 reg : candidates_) {
        const Occupant& o = by_register[reg];
        if (!o.evictable || o.fixed <= (need->position | 1)) continue;
        if (best == kNone || o.weight < by_register[best].weight ||
            (o.weight == by_register[best].weight && o.fixed > by_register[best].fixed)) {
          best = reg;
        }
      }
      CHECK(best != kNone);  // an instruction never needs more registers than there are
      const u32 fixed = by_register[best].fixed;
      if (fixed < cur.end) enqueue(split(id, fixed & ~1u));
    }
    evict(best, at(id));
    give(id, best);
  }

  void evict(u32 reg, const Interval cur) {
    std::vector<u32> losers;
    const auto collect = [&](std::vector<Listed>& list, bool only_intersecting) {
      size_t kept = 0;
      for (const Listed& listed : list) {
        if (listed.reg == reg && (!only_intersecting || intersection(listed, cur, kForever) != kForever)) {
          losers.push_back(listed.id);
        } else {
          list[kept++] = listed;
        }
      }
      list.resize(kept);
    };
    collect(active_, false);
    collect(inactive_, true);
    for (const u32 id : losers) {
      // From cur's start on (or, in a hole, from where it lives again) the loser is in memory until it is needed.
      if (at(id).start >= cur.start) {
        at(id).location = {};
        to_memory(id, cur.start);
      } else {
        to_memory(split(id, leave_position(at(id), cur.start)), cur.start);
      }
    }
  }

  // Where an interval that loses its register at `position` had better do so: behind its last use before, outside of as
  // many loops as possible. Inside of a loop the way back to the loop's start would have to load it again.
  [[nodiscard]] u32 leave_position(const Interval& interval, u32 position) const {
    u32 earliest = (interval.start + 3) & ~1u;
    if (const u32 next = use_from(interval, position); next != interval.first_use) {
      earliest = std::max(earliest, (life_.uses[next - 1].position + 3) & ~1u);
    }
    u32 best = position;
    BlockId b = life_.block_of[position / 2];
    u32 depth = f_.blocks[b].loop_depth;
    for (u32 distance = 0; depth != 0 && distance < kMaxLeaveDistance; ++distance, --b) {
      const u32 start = 2 * f_.blocks[b].begin;
      if (start < earliest) break;
      const u32 here = f_.blocks[b].loop_depth;
      depth = std::min(depth, here);
      if (here == depth && f_.blocks[b].is_loop_header && start < position && covers(interval, start)) best = start;
      if (b == 0) break;
    }
    return best;
  }

  // The interval has no register from its start on: memory until the next use that needs one, then another try, which
  // is not before `now`.
  void to_memory(u32 id, u32 now = 0) {
    const UsePosition* need = register_use(at(id), at(id).start);
    if (need != nullptr) {
      const u32 start = std::max(at(id).start, now);
      const u32 position = reload_position(start, need->position);
      CHECK(position > start);
      enqueue(split(id, position));
    }
    at(id).location = Location::slot(0);  // which one: assign_slots
    out_.slot_of[at(id).vreg] = 0;
  }

  // --- slots ---

  [[nodiscard]] std::span<const Range> ranges_of(VReg leader) const {
    if (!joined_[leader].empty()) return joined_[leader];
    return std::span(life_.ranges)
        .subspan(life_.first_range[leader], life_.first_range[leader + 1] - life_.first_range[leader]);
  }
  [[nodiscard]] bool meet(std::span<const Range> some, std::span<const Range> more) const {
    if (some.size() > more.size()) std::swap(some, more);
    auto other = more.begin();
    for (const Range& range : some) {
      other = std::upper_bound(other, more.end(), range.from, [](u32 p, const Range& r) { return p < r.to; });
      if (other == more.end()) return false;
      if (other->from < range.to) return true;
    }
    return false;
  }

  // What an edge hands over stays in its slot if the two lifetimes never meet: nothing is moved there. Where most
  // values are in memory and much is handed over (Asyncify makes such functions), these moves would be most of the
  // code.
  void join_slots() {
    const auto count = static_cast<u32>(out_.slot_of.size());
    leader_.resize(count);
    for (VReg v = 0; v < count; ++v) leader_[v] = v;
    joined_.resize(count);
    const auto leader_of = [&](VReg v) {
      while (leader_[v] != v) v = leader_[v] = leader_[leader_[v]];
      return v;
    };
    std::vector<u32> order(f_.edges.size());
    for (u32 e = 0; e < order.size(); ++e) order[e] = e;
    const auto depth = [&](u32 e) { return f_.blocks[f_.edges[e].from].loop_depth; };
    std::stable_sort(order.begin(), order.end(), [&](u32 a, u32 b) { return depth(a) > depth(b); });
    for (const u32 e : order) {
      const MachineEdge& edge = f_.edges[e];
      const MachineBlock& target = f_.blocks[edge.to];
      for (u32 i = 0; i < target.params; ++i) {
        const VReg param = f_.params[target.first_param + i], arg = f_.args[edge.first_arg + i];
        if (out_.slot_of[param] == kNone || out_.slot_of[arg] == kNone) continue;
        if ((f_.types[param] == Type::V128) != (f_.types[arg] == Type::V128)) continue;
        const VReg a = leader_of(param), b = leader_of(arg);
        if (a == b) continue;
        const auto some = ranges_of(a), more = ranges_of(b);
        if (some.size() + more.size() > kMaxJoined || meet(some, more)) continue;
        std::vector<Range> both(some.size() + more.size());
        std::merge(some.begin(), some.end(), more.begin(), more.end(), both.begin(),
                   [](const Range& x, const Range& y) { return x.from < y.from; });
        joined_[a] = std::move(both);
        joined_[b].clear();
        leader_[b] = a;
      }
    }
    for (VReg v = 0; v < count; ++v) leader_[v] = leader_of(v);
  }

  // One slot for all parts of a register that are in memory, for the whole lifetime of the register: stores happen at
  // its definition. Slots are used again once a lifetime has ended.
  void assign_slots() {
    if (std::ranges::all_of(out_.slot_of, [](u32 slot) { return slot == kNone; })) return;
    join_slots();
    std::vector<VReg> spilled;
    for (VReg v = 0; v < out_.slot_of.size(); ++v) {
      if (out_.slot_of[v] != kNone && leader_[v] == v) spilled.push_back(v);
    }
    const auto start = [&](VReg v) { return ranges_of(v).front().from; };
    const auto end = [&](VReg v) { return ranges_of(v).back().to; };
    std::sort(spilled.begin(), spilled.end(),
              [&](VReg a, VReg b) { return start(a) != start(b) ? start(a) < start(b) : a < b; });
    using Busy = std::pair<u32, u32>;  // until, slot
    std::priority_queue<Busy, std::vector<Busy>, std::greater<>> busy[2];
    std::vector<u32> free[2];
    for (const VReg v : spilled) {
      const u32 wide = f_.types[v] == Type::V128 ? 1 : 0;
      while (!busy[wide].empty() && busy[wide].top().first <= start(v)) {
        free[wide].push_back(busy[wide].top().second);
        busy[wide].pop();
      }
      u32 slot;
      if (!free[wide].empty()) {
        slot = free[wide].back();
        free[wide].pop_back();
      } else {
        if (wide != 0) out_.slots += out_.slots & 1;
        slot = out_.slots;
        out_.slots += wide + 1;
      }
      busy[wide].push({end(v), slot});
      out_.slot_of[v] = slot;
    }
    for (VReg v = 0; v < out_.slot_of.size(); ++v) {
      if (out_.slot_of[v] != kNone) out_.slot_of[v] = out_.slot_of[leader_[v]];
    }
    for (Interval& interval : out_.intervals) {
      if (interval.location.is_slot()) interval.location = Location::slot(out_.slot_of[interval.vreg]);
    }
  }

  const MachineFunction& f_;
  const Lifetimes& life_;
  const RegisterFile& registers_;
  Assignment out_;
  std::vector<u32> calls_, landings_;
  struct OneHint {
    VReg other;
    u32 loop_depth;
  };
  std::vector<u32> first_hint_;  // of each virtual register, in hints_
  std::vector<OneHint> hints_;
  std::vector<u32> fixed_[kMaxRegisters];
  std::priority_queue<u64, std::vector<u64>, std::greater<>> queue_;
  std::vector<Listed> active_, inactive_, moved_;
  u32 position_ = 0;
  std::vector<u64> weight_before_, length_before_;  // sums over all uses and all ranges in front of one
  std::vector<u32> next_in_register_, next_preferred_;  // of each use: it, or the next, that needs or prefers one
  std::vector<VReg> leader_;  // of each virtual register: the one that stands for all that share its slot
  std::vector<std::vector<Range>> joined_;  // of a leader: all their ranges, ascending; empty if it is alone
  std::vector<u32> latest_;  // of each virtual register: the part that was looked up last
  std::vector<u8> candidates_;
  RegSet is_candidate_ = 0;
  struct Preference {
    u32 reg, weight;
  };
  std::vector<Preference> preferred_;
};

}  // namespace

Assignment scan(const MachineFunction& function, const Lifetimes& lifetimes, const RegisterFile& registers) {
  return Scanner(function, lifetimes, registers).run();
}

}  // namespace hermit::compiler

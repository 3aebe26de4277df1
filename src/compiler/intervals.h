// Lifetimes of virtual registers. Private to the allocator.
#pragma once

#include "compiler/machine.h"

namespace hermit::compiler {

// Half-open; positions as machine.h defines them.
struct Range {
  u32 from, to;
};

// A place where a virtual register is read or written.
struct UsePosition {
  u32 position;
  u32 weight;  // 10 to the power of the loop depth
  bool needs_register;
  u8 preferred;  // a Fixed operand's register, or kNoRegister
};
inline constexpr u8 kNoRegister = 0xff;

u32 weight_of(u32 loop_depth);

struct Lifetimes {
  // By virtual register, in compressed rows, ascending.
  std::vector<u32> first_range, first_use, first_live_in;
  std::vector<Range> ranges;
  std::vector<UsePosition> uses;
  std::vector<BlockId> live_in;  // blocks at whose start it is alive (parameters of the block not counted)
  std::vector<BlockId> def_block;  // kNone if it is never defined
  std::vector<BlockId> block_of;  // of each instruction
  bool is_too_large = false;  // given up: nothing above is complete

  [[nodiscard]] std::span<const BlockId> live_in_of(VReg v) const {
    return {live_in.data() + first_live_in[v], live_in.data() + first_live_in[v + 1]};
  }
};

Lifetimes find_lifetimes(const MachineFunction& function);

// A part of a lifetime with one place. The parts of a register follow each other through `next` and `previous`. Ranges
// and uses are slices of the Lifetimes' arrays; the first and last range are cut off at start and end.
struct Interval {
  VReg vreg;
  u32 start, end;
  u32 first_range, last_range;  // [first, last)
  u32 first_use, last_use;
  u32 next = kNone, previous = kNone;
  Location location;
  u64 weight = 0;
};

// Where an interval of `function` could have its register and where its slot, once all are decided: linear_scan.cc.
struct Assignment {
  std::vector<Interval> intervals;  // [v] for v < number of virtual registers: the first part
  std::vector<u32> slot_of;         // of each virtual register: kNone if no part is in memory
  u32 slots = 0;
  RegSet used = 0;
};
Assignment scan(const MachineFunction& function, const Lifetimes& lifetimes, const RegisterFile& registers);

// The parts of each virtual register by their starts, to look one up: a register of a huge function has thousands.
class Parts {
 public:
  explicit Parts(const Assignment& assignment);
  // The part that holds `position`, which must be inside the lifetime.
  [[nodiscard]] const Interval& at(VReg v, u32 position) const;

 private:
  const Assignment& assignment_;
  std::vector<u32> first_;  // of each virtual register, in order_
  std::vector<u32> order_;  // numbers of intervals
};

// The moves that connect the parts, and those that operands ask for: resolve.cc.
Allocation resolve(const MachineFunction& function, const Lifetimes& lifetimes, const Assignment& assignment);

}  // namespace hermit::compiler

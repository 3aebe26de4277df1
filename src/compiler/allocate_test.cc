#include "compiler/allocate.h"

#include <gtest/gtest.h>

#include "compiler/build.h"
#include "compiler/cfg.h"
#include "compiler/prune.h"
#include "compiler/target.h"
#include "wasm/decoder.h"
#include "wasm/module_builder.h"
#include "wasm/validator.h"

namespace hermit::compiler {
namespace {

using wasm::Code;
using WasmOp = wasm::Op;
using wasm::ValType;

// More live values than registers, a call, a loop, fixed registers: every kind of move occurs.
MachineFunction pressed_function(const Target& target) {
  wasm::ModuleBuilder m;
  const u32 type = m.type({ValType::I32, ValType::I32}, {ValType::I32});
  Code code;
  constexpr u32 kLocals = 40;
  for (u32 i = 2; i < kLocals; ++i) code.local_get(0).local_get(i - 1).op(WasmOp::I32Mul).local_set(i);
  code.begin(WasmOp::Loop);
  for (u32 i = 2; i < kLocals; ++i) code.local_get(i).local_get(i - 1).op(WasmOp::I32Rotl).local_set(i);
  code.local_get(3).local_get(4).op(WasmOp::Call, {0}).local_get(5).op(WasmOp::I32DivU).local_set(6);
  code.local_get(6).op(WasmOp::BrIf, {0}).end();
  code.i32(0);
  for (u32 i = 2; i < kLocals; ++i) code.local_get(i).op(WasmOp::I32Add);
  m.function(type, {{kLocals - 2, ValType::I32}}, code);
  const Bytes bytes = m.build();
  const auto module = wasm::decode_module(bytes);
  EXPECT_TRUE(module && wasm::validate_all(*module));
  const ModuleInfo info = examine(*module);
  Function function = *build(info, 0);
  prune(function);
  split_critical_edges(function);
  find_loops(function);
  return *target.select(info, function);
}

class Allocations : public testing::TestWithParam<abi::Isa> {
 protected:
  const Target& target = target_of(GetParam());
};
INSTANTIATE_TEST_SUITE_P(Targets, Allocations, testing::Values(abi::Isa::X64, abi::Isa::Arm64));

TEST_P(Allocations, TheCheckerAcceptsThem) {
  const MachineFunction function = pressed_function(target);
  const Allocation allocation = *allocate(function, target.register_file());
  EXPECT_EQ(check_allocation(function, target.register_file(), allocation), "");
  EXPECT_GT(allocation.slots, 0u);
}

TEST_P(Allocations, AreTheSameEveryTime) {
  const MachineFunction function = pressed_function(target);
  const Allocation a = *allocate(function, target.register_file());
  const Allocation b = *allocate(function, target.register_file());
  EXPECT_EQ(a.locations, b.locations);
  EXPECT_EQ(a.slots, b.slots);
}

// Does anything read `place` behind the moves of `group`, before something else is put there? A walk over the code that
// knows nothing of virtual registers.
class Readers {
 public:
  Readers(const MachineFunction& function, const RegisterFile& registers, const Allocation& allocation)
      : f_(function), registers_(registers), allocation_(allocation) {}

  bool is_read(const MoveGroup& group, Location place) {
    seen_.assign(f_.blocks.size(), false);
    work_.clear();
    BlockId home = 0;
    while (f_.blocks[home].end <= group.inst) ++home;
    const int behind = group.place == MovePlace::After ? 4 : static_cast<int>(group.place) + 1;
    if (ends(home, group.inst, behind, place)) return found_;
    while (!work_.empty()) {
      const BlockId b = work_.back();
      work_.pop_back();
      if (ends(b, f_.blocks[b].begin, 0, place)) {
        if (found_) return true;
      }
    }
    return false;
  }

 private:
  enum class Answer : u8 { Nothing, Read, Overwritten };

  Answer moves(u32 inst, MovePlace where, Location place) const {
    Answer answer = Answer::Nothing;
    for (const MoveGroup& group : allocation_.groups) {
      if (group.inst != inst || group.place != where) continue;
      for (u32 i = group.first; i < group.first + group.count; ++i) {
        if (allocation_.moves[i].from == place) return Answer::Read;
        if (allocation_.moves[i].to == place) answer = Answer::Overwritten;
      }
    }
    return answer;
  }

  Answer instruction(const MachineInst& inst, Location place) const {
    const auto operands = f_.operands_of(inst);
    Answer answer = Answer::Nothing;
    for (size_t n = 0; n < operands.size(); ++n) {
      if (allocation_.locations[inst.first_operand + n] != place) continue;
      if (operands[n].kind == OperandKind::Use) return Answer::Read;
      answer = Answer::Overwritten;
    }
    if (inst.is_call && place.is_reg() && (registers_.preserved >> place.number() & 1) == 0) return Answer::Overwritten;
    return answer;
  }

  // Walks block `b` from instruction `i` on, beginning with step `step` of: moves before it, those at an edge's end,
  // the instruction, moves after it. True if the answer is in `found_`; else the block's successors wait.
  bool ends(BlockId b, u32 i, int step, Location place) {
    for (; i < f_.blocks[b].end; ++i, step = 0) {
      for (; step < 4; ++step) {
        const Answer answer = step == 0   ? moves(i, MovePlace::Before, place)
                              : step == 1 ? moves(i, MovePlace::EdgeEnd, place)
                              : step == 2 ? instruction(f_.insts[i], place)
                                          : moves(i, MovePlace::After, place);
        if (answer == Answer::Nothing) continue;
        found_ = answer == Answer::Read;
        return true;
      }
    }
    for (const MachineEdge& edge : f_.edges) {
      if (edge.from != b || seen_[edge.to]) continue;
      seen_[edge.to] = true;
      work_.push_back(edge.to);
    }
    found_ = false;
    return false;
  }

  const MachineFunction& f_;
  const RegisterFile& registers_;
  const Allocation& allocation_;
  std::vector<bool> seen_;
  std::vector<BlockId> work_;
  bool found_ = false;
};

// Whatever single move gets lost, the checker sees it, unless nothing reads what it brings: a value that is in memory
// anywhere is stored at its definition, though a path may not load it.
TEST_P(Allocations, TheCheckerRefusesEveryLostMove) {
  const MachineFunction function = pressed_function(target);
  const Allocation allocation = *allocate(function, target.register_file());
  ASSERT_GT(allocation.moves.size(), 20u);
  Readers readers(function, target.register_file(), allocation);
  u32 refused = 0;
  for (const MoveGroup& group : allocation.groups) {
    for (u32 i = group.first; i < group.first + group.count; ++i) {
      Allocation broken = allocation;
      broken.moves[i].from = broken.moves[i].to;
      const bool accepted = check_allocation(function, target.register_file(), broken).empty();
      refused += accepted ? 0 : 1;
      EXPECT_EQ(accepted, !readers.is_read(group, allocation.moves[i].to))
          << "move " << i << " at instruction " << group.inst << " from " << allocation.moves[i].from.code << " to "
          << allocation.moves[i].to.code;
    }
  }
  EXPECT_GT(refused, allocation.moves.size() / 2);
}

TEST_P(Allocations, TheCheckerRefusesEveryOperandInAnotherPlace) {
  const MachineFunction function = pressed_function(target);
  const Allocation allocation = *allocate(function, target.register_file());
  for (size_t i = 0; i < allocation.locations.size(); ++i) {
    if (function.operands[i].kind != OperandKind::Use) continue;
    Allocation broken = allocation;
    broken.locations[i] = Location::reg(broken.locations[i] == Location::reg(10) ? 9 : 10);
    if (check_allocation(function, target.register_file(), broken).empty()) {
      // Only if the other register happens to hold the same value.
      ADD_FAILURE() << "operand " << i;
    }
  }
}

}  // namespace
}  // namespace hermit::compiler

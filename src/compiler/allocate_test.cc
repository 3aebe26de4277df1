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

// Whatever single thing is wrong with an allocation, the checker sees it.
TEST_P(Allocations, TheCheckerRefusesEveryLostMove) {
  const MachineFunction function = pressed_function(target);
  const Allocation allocation = *allocate(function, target.register_file());
  ASSERT_GT(allocation.moves.size(), 20u);
  u32 refused = 0;
  for (size_t i = 0; i < allocation.moves.size(); ++i) {
    Allocation broken = allocation;
    broken.moves[i].from = broken.moves[i].to;
    if (!check_allocation(function, target.register_file(), broken).empty()) ++refused;
  }
  // A store of a value that is loaded on no path would be allowed to get lost.
  EXPECT_GE(refused + allocation.moves.size() / 25, allocation.moves.size());
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

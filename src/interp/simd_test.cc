// v128 values on their way through locals, blocks, calls, globals and memory: each takes two slots. What the
// instructions compute is tested in abi/numeric_simd_test.cc and by the official scripts.
#include "interp/test_guest.h"

namespace hermit::interp {
namespace {

using enum wasm::ValType;

constexpr u64 kLow = 0x1122334455667788;
constexpr u64 kHigh = 0x99aabbccddeeff00;

Code high_half() { return Code().op(Op::I64x2ExtractLane).raw({1}); }
Code low_half() { return Code().op(Op::I64x2ExtractLane).raw({0}); }

TEST(Simd, LocalsOfBothWidthsDoNotOverlap) {
  Guest g;
  // locals: i64 param, then i64, v128, i64, v128
  Code code;
  code.i64(1).local_set(1).v128(kLow, kHigh).local_set(2).i64(3).local_set(3).v128(kHigh, kLow).local_set(4);
  code.local_get(0).local_get(1).op(Op::I64Add).local_get(3).op(Op::I64Add);
  code.local_get(2).code(high_half()).op(Op::I64Add).local_get(4).code(low_half()).op(Op::I64Add);
  g.add(one_function({I64}, {I64}, {{1, I64}, {1, V128}, {1, I64}, {1, V128}}, code));
  EXPECT_EQ(g.result_of("f", {10}), 10 + 1 + 3 + kHigh + kHigh);
}

TEST(Simd, APendingVectorKeepsItsValueWhenTheLocalIsAssigned) {
  Guest g;
  Code code;
  code.v128(kLow, kHigh).local_set(0).local_get(0).v128(0, 0).local_set(0).code(high_half());
  g.add(one_function({}, {I64}, {{1, V128}}, code));
  EXPECT_EQ(g.result_of("f", {}), kHigh);
}

TEST(Simd, BlocksBranchesAndSelectCarryVectors) {
  Guest g;
  ModuleBuilder m;
  const u32 pair = m.type({}, {I32, V128});
  // (block (result i32 v128) 7 v128 (br_if 0 (local.get 0)) drop drop 8 other) add the halves
  Code code;
  code.begin_typed(Op::Block, pair).i32(7).v128(kLow, kHigh).local_get(0).op(Op::BrIf, {0});
  code.op(Op::Drop).op(Op::Drop).i32(8).v128(1, 2).end();
  code.code(high_half()).local_set(1).op(Op::I64ExtendI32U).local_get(1).op(Op::I64Add);
  m.export_function("block", m.function(m.type({I32}, {I64}), {{1, I64}}, code));
  Code select;
  select.v128(kLow, kHigh).v128(1, 2).local_get(0).op(Op::Select).code(low_half());
  m.export_function("select", m.function(m.type({I32}, {I64}), {}, select));
  g.add(m.build());
  EXPECT_EQ(g.result_of("block", {1}), 7 + kHigh);
  EXPECT_EQ(g.result_of("block", {0}), 8u + 2u);
  EXPECT_EQ(g.result_of("select", {1}), kLow);
  EXPECT_EQ(g.result_of("select", {0}), 1u);
}

TEST(Simd, CallsTakeAndGiveVectorsBetweenNumbers) {
  Guest g;
  ModuleBuilder m;
  const u32 type = m.type({I32, V128, I64}, {I64, V128, I32});
  Code callee;  // (a, v, b) -> (b, v, a)
  callee.local_get(2).local_get(1).local_get(0);
  const u32 swap = m.function(type, {}, callee);
  Code code;
  code.i32(5).v128(kLow, kHigh).i64(6).op(Op::Call, {swap});
  code.op(Op::I64ExtendI32U).local_set(0).code(high_half()).op(Op::I64Add).local_get(0).op(Op::I64Add);
  m.export_function("f", m.function(m.type({I64}, {I64}), {}, code));
  m.export_function("swap", swap);
  g.add(m.build());
  EXPECT_EQ(g.result_of("f", {0}), 6 + kHigh + 5);
  // From the host: the slots of the parameters, then of the results.
  std::vector<u64> slots = {5, kLow, kHigh, 6};
  ASSERT_EQ(g.program.call(*runtime::Program::exported_function(*g.last, "swap"), slots.data()), Trap::None);
  EXPECT_EQ(slots, (std::vector<u64>{6, kLow, kHigh, 5}));
}

TEST(Simd, GlobalsMemoryAndTheLastBytesOfIt) {
  Guest g;
  ModuleBuilder m;
  m.memory({1, 1, true});
  m.global({V128, true}, Code().v128(kLow, kHigh));
  m.export_function("swap_global", m.function(m.type({}, {I64}), {},
                                              Code()
                                                  .op(Op::GlobalGet, {0})
                                                  .code(high_half())
                                                  .v128(1, 2)
                                                  .op(Op::GlobalSet, {0})
                                                  .op(Op::GlobalGet, {0})
                                                  .code(low_half())
                                                  .op(Op::I64Add)));
  m.export_function("store",
                    m.function(m.type({I32}, {}), {}, Code().local_get(0).v128(kLow, kHigh).op(Op::V128Store, {4, 0})));
  m.export_function(
      "load", m.function(m.type({I32}, {I64}), {}, Code().local_get(0).op(Op::V128Load, {4, 0}).code(high_half())));
  m.export_function(
      "load_lane",
      m.function(m.type({I32}, {I64}), {},
                 Code().local_get(0).v128(1, 2).op(Op::V128Load64Lane, {3, 0}).raw({1}).code(high_half())));
  g.add(m.build());
  EXPECT_EQ(g.result_of("swap_global", {}), kHigh + 1);
  EXPECT_EQ(g.call("store", {65520}), Trap::None);
  EXPECT_EQ(g.result_of("load", {65520}), kHigh);
  EXPECT_EQ(g.result_of("load_lane", {65528}), kHigh);
  for (const char* name : {"store", "load"}) {
    EXPECT_EQ(g.call(name, {65521}), Trap::OutOfBoundsMemoryAccess) << name;
    EXPECT_EQ(g.call(name, {0xffffffff}), Trap::OutOfBoundsMemoryAccess) << name;
  }
  EXPECT_EQ(g.call("load_lane", {65529}), Trap::OutOfBoundsMemoryAccess);
}

}  // namespace
}  // namespace hermit::interp

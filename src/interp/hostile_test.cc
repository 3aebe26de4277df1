// Bodies made to cost more than they weigh: translation must stay linear in them, in time and memory.
#include <chrono>

#include "interp/test_guest.h"
#include "interp/translate.h"

namespace hermit::interp {
namespace {

using enum wasm::ValType;

size_t code_bytes(const Guest& g) { return translate(*g.last, 0).size() * sizeof(Instruction); }

// All arms carry values to labels that want them elsewhere, and there are a million of them.
TEST(Hostile, ABrTableOfAMillionTargetsTakesEightBytesEach) {
  constexpr u32 kTargets = 1'000'000;
  Guest g;
  ModuleBuilder m;
  const u32 pair = m.type({}, {I32, I32});
  Code code;
  code.begin_typed(Op::Block, pair).begin_typed(Op::Block, pair).i32(1).i32(2).i32(3);
  std::vector<u32> targets;
  for (u32 i = 0; i < kTargets; ++i) targets.push_back(i % 3);
  code.local_get(0).br_table(targets, 2).end().i32(40).op(Op::I32Add).end();
  m.export_function("f", m.function(m.type({I32}, {I32, I32}), {}, code));
  const Bytes bytes = m.build();
  g.add(bytes);
  EXPECT_LT(code_bytes(g), bytes.size() * 9);
  std::vector<u64> slots = {0, 0, 0};
  runtime::Function& f = *runtime::Program::exported_function(*g.last, "f");
  ASSERT_EQ(g.program.call(f, slots.data()), Trap::None);
  EXPECT_EQ(slots[1], 43u);  // through the inner block
  slots = {2, 0, 0};
  ASSERT_EQ(g.program.call(f, slots.data()), Trap::None);
  EXPECT_EQ(slots[1], 3u);  // out of the function
  slots = {0xffffffff, 0, 0};
  ASSERT_EQ(g.program.call(f, slots.data()), Trap::None);
  EXPECT_EQ(slots[1], 3u);  // the default
}

TEST(Hostile, BlocksNestedAHundredThousandDeepRun) {
  constexpr int kDepth = 100'000;
  Guest g;
  Code code;
  for (int i = 0; i < kDepth; ++i) code.begin(i % 2 == 0 ? Op::Block : Op::Loop);
  code.op(Op::Br, {kDepth});
  for (int i = 0; i < kDepth; ++i) code.end();
  const Bytes bytes = one_function({}, {}, {}, code);
  g.add(bytes);
  EXPECT_LT(code_bytes(g), bytes.size() * 16);
  EXPECT_EQ(g.call("f", {}), Trap::None);
}

TEST(Hostile, FiftyThousandLocalsAreZeroed) {
  Guest g;
  Code code;
  code.local_get(49'999).local_get(0).op(Op::I64Add);
  g.add(one_function({}, {I64}, {{49'000, I64}, {1'000, I64}}, code));
  EXPECT_EQ(g.result_of("f", {}), 0u);
  Guest wide;
  wide.add(one_function({}, {I64}, {{25'000, V128}, {25'000, I64}}, Code().local_get(49'999)));
  EXPECT_EQ(wide.result_of("f", {}), 0u);
}

TEST(Hostile, DataSegmentsAtTheEndOfFourGiB) {
  const auto outcome = [](const wasm::Limits& limits, const Code& offset) {
    Guest g;
    ModuleBuilder m;
    m.memory(limits);
    m.data(offset, "four");
    return g.add(m.build()).trap;
  };
  EXPECT_EQ(outcome({1, 1, true}, Code().i32(65532)), Trap::None);
  EXPECT_EQ(outcome({1, 1, true}, Code().i32(65533)), Trap::OutOfBoundsMemoryAccess);
  EXPECT_EQ(outcome({1, 1, true}, Code().i32(-1)), Trap::OutOfBoundsMemoryAccess);  // 4 GiB - 1: the sum may not wrap
  EXPECT_EQ(outcome({1, 1, true}, Code().i32(-4)), Trap::OutOfBoundsMemoryAccess);
  EXPECT_EQ(outcome({1, 1, true, true}, Code().i64(-4)), Trap::OutOfBoundsMemoryAccess);
  EXPECT_EQ(outcome({1, 1, true, true}, Code().i64(65532)), Trap::None);
}

// Tries around each other, and a throw through all of them.
TEST(Hostile, TriesNestedAHundredThousandDeep) {
  constexpr int kDepth = 100'000;
  Guest g;
  ModuleBuilder m;
  m.tag(m.type({}, {}));
  Code code;
  code.begin(Op::Block);
  for (int i = 0; i < kDepth; ++i) code.op(Op::TryTable).raw({0x40, 0});
  code.op(Op::Throw, {0});
  for (int i = 0; i < kDepth; ++i) code.end();
  code.end();
  m.export_function("f", m.function(m.type({}, {}), {}, code));
  g.add(m.build());
  EXPECT_EQ(g.call("f", {}), Trap::Exception);
}

}  // namespace
}  // namespace hermit::interp

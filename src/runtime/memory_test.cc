#include "runtime/memory.h"

#include <gtest/gtest.h>

#include <memory>

#include "runtime/table.h"
#include "wasm/limits.h"

namespace hermit::runtime {
namespace {

std::unique_ptr<Memory> make(wasm::Limits limits, MemoryBudget& budget) {
  const auto memory = Memory::create({limits}, budget);
  return std::unique_ptr<Memory>(memory ? *memory : nullptr);
}

TEST(Memory, GrowsInPlaceAndMirrorsItsSize) {
  MemoryBudget budget;
  const auto memory = make({1, 3, true}, budget);
  ASSERT_NE(memory, nullptr);
  abi::Instance instance{};
  memory->mirror_in(&instance);
  EXPECT_EQ(instance.memory0.size, 65536u);
  u8* const base = memory->base;
  base[65535] = 9;
  EXPECT_EQ(memory->grow(2), 1);
  EXPECT_EQ(instance.memory0.size, 3 * 65536u);
  EXPECT_EQ(instance.memory0.base, memory->base);
#if defined(__linux__) && (defined(__x86_64__) || defined(__aarch64__))
  EXPECT_TRUE(memory->is_guarded());  // compiled code does not run without
#endif
  if (memory->is_guarded()) {
    EXPECT_EQ(memory->base, base);
  }
  EXPECT_EQ(memory->base[65535], 9);
  EXPECT_EQ(memory->base[3 * 65536 - 1], 0);
  EXPECT_EQ(memory->grow(1), -1);
  EXPECT_EQ(memory->grow(0), 3);
}

TEST(Memory, GrowByAnAbsurdAmountIsRefused) {
  MemoryBudget budget;
  const auto memory = make({1, 0, false}, budget);
  EXPECT_EQ(memory->grow(0xffffffff), -1);
  EXPECT_EQ(memory->grow(65536), -1);
  EXPECT_EQ(memory->pages(), 1u);
}

// The last page is left to programs that declare it.
TEST(Memory, GrowingEndsBeforeTheLastPageOfFourGigabytes) {
  MemoryBudget budget;
  const auto memory = make({1, 65536, true}, budget);
  EXPECT_EQ(memory->grow(65535), -1);
  EXPECT_EQ(memory->grow(65534), 1);
  EXPECT_EQ(memory->grow(1), -1);
  EXPECT_EQ(memory->grow(0), 65535);
}

TEST(Memory, FourGigabytesMayBeDeclaredWithoutBeingTaken) {
  MemoryBudget budget;
  const auto memory = make({65536, 65536, true}, budget);
  ASSERT_NE(memory, nullptr);
  EXPECT_EQ(memory->size, u64{1} << 32);
  memory->base[memory->size - 1] = 1;  // the last byte exists
  EXPECT_EQ(memory->grow(0), 65536);
  EXPECT_EQ(memory->grow(1), -1);
}

TEST(Memory, TheBudgetIsSharedAndGivenBack) {
  MemoryBudget budget{3 * 65536, 0};
  auto first = make({1, 0, false}, budget);
  const auto second = make({1, 0, false}, budget);
  ASSERT_NE(second, nullptr);
  EXPECT_EQ(first->grow(1), 1);
  EXPECT_EQ(second->grow(1), -1);
  EXPECT_EQ(make({1, 0, false}, budget), nullptr);
  first.reset();
  EXPECT_EQ(second->grow(2), 1);
}

TEST(Table, HugeLimitsAllocateNothingUpFront) {
  const auto open = Table::create({wasm::ValType::FuncRef, {0, 0xffffffff, true}});
  ASSERT_TRUE(open.has_value());
  EXPECT_EQ((*open)->grow(0xffffffff, 0), -1);
  EXPECT_EQ((*open)->grow(1, 5), 0);
  EXPECT_EQ((*open)->grow(9'999'999, 0), 1);
  EXPECT_EQ((*open)->elements[0], 5u);
  EXPECT_EQ((*open)->elements[9'999'999], 0u);
  EXPECT_EQ((*open)->grow(1, 0), -1);
  delete *open;

  const auto full = Table::create({wasm::ValType::FuncRef, {wasm::kMaxTableElements, 0, false}});
  ASSERT_TRUE(full.has_value());
  EXPECT_EQ((*full)->elements[wasm::kMaxTableElements - 1], 0u);
  delete *full;

  const auto beyond = Table::create({wasm::ValType::FuncRef, {u64{wasm::kMaxTableElements} + 1, 0, false}});
  ASSERT_FALSE(beyond.has_value());
  EXPECT_EQ(beyond.error().kind, ErrorKind::Limit);
}

TEST(Table, GrowthKeepsElementsWhenItMoves) {
  Table* table = *Table::create({wasm::ValType::ExternRef, {1, 0, false}});
  table->elements[0] = 42;
  for (u32 size = 1; size < 5000; ++size) ASSERT_EQ(table->grow(1, size), i64{size});
  EXPECT_EQ(table->elements[0], 42u);
  for (u32 i = 1; i < 5000; ++i) ASSERT_EQ(table->elements[i], i);
  delete table;
}

// However many elements the type allows, and so wherever they lie.
TEST(Table, GrowthEndsAtTheMaximum) {
  for (const u64 max : {0, 1, 3, 511, 512, 513, 4096}) {
    const u64 min = max / 2;
    Table* table = *Table::create({wasm::ValType::ExternRef, {min, max, true}});
    for (u64 i = 0; i < min; ++i) ASSERT_EQ(table->elements[i], 0u);
    EXPECT_EQ(table->grow(max - min + 1, 7), -1);
    EXPECT_EQ(table->size, min);
    EXPECT_EQ(table->grow(max - min, 7), static_cast<i64>(min));
    EXPECT_EQ(table->size, max);
    for (u64 i = 0; i < max; ++i) ASSERT_EQ(table->elements[i], i < min ? 0u : 7u) << i << " of " << max;
    EXPECT_EQ(table->grow(1, 7), -1);
    delete table;
  }
}

TEST(Bounds, RangesAreCheckedWithoutOverflow) {
  EXPECT_TRUE(in_bounds(0, 0, 0));
  EXPECT_TRUE(in_bounds(10, 0, 10));
  EXPECT_FALSE(in_bounds(11, 0, 10));
  EXPECT_FALSE(in_bounds(~u64{0}, 2, 10));
  EXPECT_FALSE(in_bounds(2, ~u64{0}, 10));
}

}  // namespace
}  // namespace hermit::runtime

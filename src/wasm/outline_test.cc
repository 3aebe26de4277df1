#include "wasm/outline.h"

#include <gtest/gtest.h>

#include "wasm/decoder.h"
#include "wasm/module_builder.h"
#include "wasm/validator.h"

namespace hermit::wasm {
namespace {

TEST(Outline, KeepsEverythingButBodiesDataAndCustomSections) {
  ModuleBuilder m;
  const u32 type = m.type({ValType::I32}, {ValType::I64});
  m.import_function("env", "g", type);
  m.memory({1, 2, true});
  m.export_function("f", m.function(type, {}, Code().i64(5)));
  m.data(Code().i32(7), "contents");
  m.custom("name", {});
  const Bytes bytes = m.build();
  const auto module = decode_module(bytes);
  ASSERT_TRUE(module && validate_all(*module));
  const Bytes written = write_outline(*module);
  const auto outline = read_outline(written);
  ASSERT_TRUE(outline);
  EXPECT_TRUE(validate_module(*outline));
  EXPECT_LT(written.size(), bytes.size());
  ASSERT_EQ(outline->functions.size(), 2u);
  EXPECT_EQ(outline->imported_functions, 1u);
  EXPECT_EQ(outline->function_type(1).results, module->function_type(1).results);
  EXPECT_TRUE(outline->functions[1].body.empty());
  ASSERT_EQ(outline->exports.size(), 1u);
  EXPECT_EQ(outline->exports[0].name, "f");
  ASSERT_EQ(outline->data.size(), 1u);
  EXPECT_TRUE(outline->data[0].bytes.empty());
  EXPECT_EQ(outline->data[0].start.bits, 7u);
  EXPECT_EQ(outline->find_custom("name"), nullptr);
  // Neither is the other.
  EXPECT_FALSE(decode_module(written));
  EXPECT_FALSE(read_outline(bytes));
}

std::vector<u32> runs(const ModuleBuilder& builder) {
  const Bytes bytes = builder.build();
  const auto module = decode_module(bytes);
  EXPECT_TRUE(module);
  std::vector<u32> counts;
  for (const DataRun& run : data_runs(*module)) counts.push_back(run.count);
  return counts;
}

TEST(Outline, JoinsSegmentsThatCannotFail) {
  const std::vector<u32> joined = {3, 1};
  const std::vector<u32> apart = {1, 1, 1, 1};
  const auto module = [](Limits memory, u32 second, u32 last) {
    ModuleBuilder m;
    m.memory(memory);
    m.data(Code().i32(8), "a");
    m.data(Code().i32(static_cast<i32>(second)), "bc");
    m.data(Code().i32(20), "d");
    m.data(Code().i32(static_cast<i32>(last)), "e");
    return m;
  };
  EXPECT_EQ(runs(module({1, 1, true}, 9, 20 + 1 + 4096)), joined);
  EXPECT_EQ(runs(module({1, 1, true}, 9, 20 + 1 + 4095)), std::vector<u32>{4});
  EXPECT_EQ(runs(module({1, 1, true}, 9, 65535)), joined);
  EXPECT_EQ(runs(module({1, 1, true}, 9, 65536)), apart);  // the last one traps
  EXPECT_EQ(runs(module({1, 1, true}, 8, 65535)), apart);  // the second one writes over the first
  EXPECT_EQ(runs(module({1, 1, true}, 30, 65535)), apart);  // descending

  ModuleBuilder imported;
  imported.import_memory("env", "memory", {1, 1, true});
  imported.data(Code().i32(8), "a");
  imported.data(Code().i32(9), "b");
  EXPECT_EQ(runs(imported), (std::vector<u32>{1, 1}));

  ModuleBuilder passive;
  passive.memory({1, 1, true});
  passive.data(Code().i32(8), "a");
  passive.passive_data("b");
  EXPECT_EQ(runs(passive), (std::vector<u32>{1, 1}));

  ModuleBuilder empty;
  empty.memory({1, 1, true});
  empty.passive_data("");
  empty.data(Code().i32(8), "a");
  empty.passive_data("");
  empty.data(Code().i32(19), "b");
  empty.passive_data("");
  EXPECT_EQ(runs(empty), std::vector<u32>{3});
}

}  // namespace
}  // namespace hermit::wasm

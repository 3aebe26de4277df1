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

}  // namespace
}  // namespace hermit::wasm

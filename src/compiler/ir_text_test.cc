#include "compiler/ir_text.h"

#include <gtest/gtest.h>

#include "compiler/build.h"
#include "compiler/cfg.h"
#include "compiler/ir_verify.h"
#include "compiler/prune.h"
#include "wasm/decoder.h"
#include "wasm/module_builder.h"
#include "wasm/validator.h"

namespace hermit::compiler {
namespace {

using wasm::Code;
using wasm::ModuleBuilder;
using WasmOp = wasm::Op;
using wasm::ValType;

constexpr std::string_view kLoop = R"(function 3 (i32, i64) -> (i32) locals 0 headroom 65536 {
  v1: i32 = const 0x1
  v20: f64 = const 0x4000000000000000
block0:
  v0: i32 = param 0
  v2: i64 = param 1
  jump block1(v0, v2)
block1(v3: i32, v4: i64):
  v5: i32 = i32.load8_u v3 + 4294967295 @0x30
  v6: i32 = i32.load v3 + 16 memory 2 @0x34
  i64.store v3 + 8, v4 @0x38
  i32.store v3 + 12 reached, v1 @0x3c
  v7: i32 = i32.sub v3, v1
  v8: i64 = call direct 7 type 2 results 2 (v7, v4) @0x40
  v9: i32 = result v8, 1
  v10: i32 = select v5, v6, v9
  v11: i32 = global.get 4
  global.set v10, 4
  call exit 4 results 0 (v1) @0x50
  branch v7, block1(v7, v8), block2
block2:
  switch v10, block3, block4(v11) cases 0 1 1
block3:
  trap 1 @0x60
block4(v12: i32):
  return v12
}
)";

TEST(IrText, RoundTrips) {
  const auto parsed = parse(kLoop);
  ASSERT_TRUE(parsed) << parsed.error().what << " in line " << parsed.error().where;
  EXPECT_EQ(verify(*parsed), "");
  EXPECT_EQ(print(*parsed), kLoop);
}

TEST(IrText, WhatIsNotIrIsRefusedWithItsLine) {
  const auto line_of = [](std::string_view from, std::string_view to) {
    std::string text(kLoop);
    text.replace(text.find(from), from.size(), to);
    const auto parsed = parse(text);
    return parsed ? u64{0} : parsed.error().where;
  };
  EXPECT_EQ(line_of("i32.sub", "i32.sob"), 13u);
  EXPECT_EQ(line_of("param 1", "param x"), 6u);
  EXPECT_EQ(line_of("v7, v8), block2", "v7, v8, block2"), 20u);
  EXPECT_NE(line_of("block1(v7, v8)", "block1(v7)"), 0u);
  EXPECT_NE(line_of("block4(v11)", "block9(v11)"), 0u);
  EXPECT_NE(line_of("  return v12\n", ""), 0u);
  EXPECT_NE(line_of("cases 0 1 1", "cases 0 2 1"), 0u);
  EXPECT_NE(line_of("v2: i64 = param", "v99999999999: i64 = param"), 0u);
}

TEST(IrText, VerifyFindsWhatPassesCouldBreak) {
  const auto verdict = [](std::string_view from, std::string_view to) {
    std::string text(kLoop);
    text.replace(text.find(from), from.size(), to);
    const auto parsed = parse(text);
    return parsed ? verify(*parsed) : "not parsed";
  };
  EXPECT_EQ(verdict("i32.sub v3, v1", "i32.sub v3, v1"), "");
  EXPECT_NE(verdict("i32.sub v3, v1", "i32.sub v3, v4"), "");       // type
  EXPECT_NE(verdict("i32.sub v3, v1", "i32.sub v3, v9"), "");       // used before it is defined
  EXPECT_NE(verdict("jump block1(v0, v2)", "jump block1(v0, v0)"), "");  // argument of another type
  EXPECT_NE(verdict("jump block1(v0, v2)", "return v0"), "");      // nothing leads to block1 any more
  EXPECT_NE(verdict("block3, block4(v11) cases 0 1 1", "block4(v11) cases 0"), "");  // a switch that is none
}

// Passes keep the properties, and reach what their names say.
TEST(Passes, BuildAndPruneALoop) {
  ModuleBuilder m;
  const u32 type = m.type({ValType::I32}, {ValType::I32});
  // local 1 sums, local 2 is assigned the same value in each turn and local 3 is never read.
  m.function(type, {{3, ValType::I32}},
             Code()
                 .begin(WasmOp::Loop)
                 .local_get(1)
                 .local_get(0)
                 .op(WasmOp::I32Add)
                 .local_set(1)
                 .local_get(0)
                 .local_set(3)
                 .i32(0)
                 .local_set(2)
                 .local_get(0)
                 .i32(1)
                 .op(WasmOp::I32Sub)
                 .op(WasmOp::LocalTee, {0})
                 .op(WasmOp::BrIf, {0})
                 .end()
                 .local_get(1));
  const Bytes bytes = m.build();
  const auto module = wasm::decode_module(bytes);
  ASSERT_TRUE(module && wasm::validate_all(*module));
  auto function = build(examine(*module), 0);
  ASSERT_TRUE(function);
  EXPECT_EQ(verify(*function), "");
  EXPECT_EQ(function->block_params(1).size(), 4u);
  prune(*function);
  EXPECT_EQ(verify(*function), "");
  EXPECT_EQ(function->block_params(1).size(), 2u);  // the sum and the counter
  split_critical_edges(*function);
  find_loops(*function);
  EXPECT_EQ(verify(*function), "");
  EXPECT_TRUE(function->blocks[1].is_loop_header);
  EXPECT_EQ(function->blocks[1].loop_depth, 1u);
  EXPECT_EQ(function->blocks[0].loop_depth, 0u);
}

}  // namespace
}  // namespace hermit::compiler

// What has a limited reach: branches over much code, calls over much text, frames and offsets that no immediate holds.
#include "compiler/both_engines_test.h"

namespace hermit::compiler {
namespace {

using wasm::Code;
using wasm::ValType;
using WasmOp = wasm::Op;

// Sixteen bytes of AArch64 code or a little less on x86-64, and nothing that a pass could shorten.
void append_step(Code& code, u32 i) {
  code.local_get(0).i32(static_cast<i32>(0x12345678 + i * 0x01010101)).op(WasmOp::I32Xor).i32(5).op(WasmOp::I32Rotl);
  code.local_set(0);
}

// A body of that many steps that conditional branches of all kinds lead over: backwards, forwards, by a table, into a
// trap.
Bytes long_function(u32 steps) {
  wasm::ModuleBuilder m;
  Code code;
  code.begin(WasmOp::Block).begin(WasmOp::Block);
  code.local_get(1).i32(8).op(WasmOp::I32And).op(WasmOp::BrIf, {0});
  code.begin(WasmOp::Loop);
  code.local_get(1).i32(1).op(WasmOp::I32And).op(WasmOp::BrIf, {1});
  code.local_get(1).br_table({1, 2}, 2);
  code.end();
  code.end();
  code.begin(WasmOp::Loop);
  for (u32 i = 0; i < steps; ++i) append_step(code, i);
  code.local_get(2).i32(1).op(WasmOp::I32Sub).local_set(2);
  code.local_get(2).i32(0).op(WasmOp::I32GtS).op(WasmOp::BrIf, {0});
  code.end();
  code.local_get(0).local_get(1).op(WasmOp::I32DivU).local_set(0);
  code.end().local_get(0);
  m.export_function("f", m.function(m.type({ValType::I32, ValType::I32, ValType::I32}, {ValType::I32}), {}, code));
  return m.build();
}

TEST(NativeReach, BranchesLeadOverAnyAmountOfCode) {
  HERMIT_SKIP_WITHOUT_NATIVE();
  for (const u32 steps : {10u, 3000u, 90000u}) {  // below 32 KiB, above it, above 1 MiB
    BothEngines engines(long_function(steps));
    ASSERT_TRUE(engines.ok());
    for (const u64 a : {0u, 1u, 2u, 8u, 9u}) {
      for (const u64 rounds : {0u, 3u}) engines.expect_same("f", {0x89abcdef, a, rounds});
    }
  }
}

// Jumps that reach with a byte where loops are not aligned yet. Between the header and those that lead back to it lie
// loops, and a jump leads forward over many that lead back.
TEST(NativeReach, JumpsOverAlignedLoops) {
  HERMIT_SKIP_WITHOUT_NATIVE();
  for (u32 loops = 0; loops < 5; ++loops) {
    for (u32 jumps = 10; jumps < 34; ++jumps) {
      wasm::ModuleBuilder m;
      m.memory({1, 1, true});
      Code code;
      code.begin(WasmOp::Loop).local_get(0).local_get(1).op(WasmOp::I32Store, {2, 0});
      for (u32 i = 0; i < loops; ++i) code.begin(WasmOp::Loop).local_get(1).op(WasmOp::BrIf, {0}).end();
      code.begin(WasmOp::Block).local_get(2).op(WasmOp::BrIf, {0});
      for (u32 i = 0; i < jumps; ++i) code.local_get(3).op(WasmOp::BrIf, {1});
      code.end().end();
      m.export_function("f",
                        m.function(m.type({ValType::I32, ValType::I32, ValType::I32, ValType::I32}, {}), {}, code));
      BothEngines engines(m.build());
      ASSERT_TRUE(engines.ok());
      engines.expect_same("f", {8, 0, 0, 0});
      engines.expect_same("f", {8, 0, 1, 0});
    }
  }
}

TEST(NativeReach, CallsLeadOverAnyAmountOfText) {
  HERMIT_SKIP_WITHOUT_NATIVE();
  wasm::ModuleBuilder m;
  const u32 type = m.type({ValType::I32, ValType::I32}, {ValType::I32});
  // Each calls functions before and behind it, near and far.
  constexpr u32 kFunctions = 60;
  for (u32 n = 0; n < kFunctions; ++n) {
    Code code;
    for (u32 i = 0; i < 20; ++i) append_step(code, n * 20 + i);
    code.local_get(1).op(WasmOp::I32Eqz).begin(WasmOp::If).local_get(0).op(WasmOp::Return).end();
    for (const u32 distance : {1u, 7u, kFunctions / 2, kFunctions - 1}) {
      code.local_get(0).local_get(1).i32(1).op(WasmOp::I32Sub).op(WasmOp::Call, {(n + distance) % kFunctions});
      code.local_set(0);
    }
    code.local_get(0);
    m.function(type, {}, code);
  }
  m.export_function("f", 0);
  BothEngines engines(m.build(), false, 1 << 10);  // islands every KiB instead of every 64 MiB
  ASSERT_TRUE(engines.ok());
  engines.expect_same("f", {1, 4});
}

TEST(NativeReach, FramesOfAnySize) {
  HERMIT_SKIP_WITHOUT_NATIVE();
  for (const u32 locals : {600u, 4200u}) {  // 4 KiB is checked in another way; 32 KiB is what an offset says
    wasm::ModuleBuilder m;
    const u32 type = m.type({ValType::I64}, {ValType::I64});
    m.function(type, {}, Code().local_get(0).i64(1).op(WasmOp::I64Add));
    Code code;
    for (u32 i = 1; i < locals; ++i) {
      code.local_get(i - 1).i64(static_cast<i64>(i) * 0x100000001).op(WasmOp::I64Xor).local_set(i);
    }
    code.local_get(0).op(WasmOp::Call, {0}).local_set(0);
    code.local_get(0);
    for (u32 i = 1; i < locals; ++i) code.local_get(i).op(WasmOp::I64Add);
    m.export_function("f", m.function(type, {{locals - 1, ValType::I64}}, code));
    BothEngines engines(m.build());
    ASSERT_TRUE(engines.ok());
    engines.expect_same("f", {0x0123456789abcdef});
    if (locals > 600) continue;  // the checker of allocations takes long
    BothEngines in_memory(m.build(), true);
    ASSERT_TRUE(in_memory.ok());
    in_memory.expect_same("f", {0x0123456789abcdef});
  }
}

// Every way in which an offset and an instruction's own immediate share the work.
TEST(NativeReach, OffsetsOfAnySize) {
  HERMIT_SKIP_WITHOUT_NATIVE();
  struct Row {
    WasmOp load, store;
    ValType type;
  };
  constexpr Row kRows[] = {
      {WasmOp::I32Load8U, WasmOp::I32Store8, ValType::I32}, {WasmOp::I32Load16S, WasmOp::I32Store16, ValType::I32},
      {WasmOp::I32Load, WasmOp::I32Store, ValType::I32},    {WasmOp::I64Load, WasmOp::I64Store, ValType::I64},
      {WasmOp::F32Load, WasmOp::F32Store, ValType::F32},    {WasmOp::F64Load, WasmOp::F64Store, ValType::F64}};
  constexpr u64 kOffsets[] = {1,          7,          255,        256,       257,      4088,      4095,
                              4096,       4100,       16380,      16384,     32760,    32767,     32768,
                              65535,      65536,      0x12345,    0x1fff8,   0xffffff, 0x1000000, 0x1000001,
                              0x7fffffff, 0x80000000, 0xfffffff8, 0xffffffff};
  wasm::ModuleBuilder m;
  m.memory({.min = 0x1000100 / 65536 + 1});
  std::vector<std::pair<std::string, u64>> cases;  // and which bits of a value there are
  for (const Row& row : kRows) {
    const u32 type = m.type({ValType::I32, row.type}, {row.type});
    for (const u64 offset : kOffsets) {
      Code code;
      code.local_get(0).local_get(1).op(row.store, {0, offset}).local_get(0).op(row.load, {0, offset});
      const bool is_wide = row.type == ValType::I64 || row.type == ValType::F64;
      cases.emplace_back(std::to_string(static_cast<u32>(row.load)) + "_" + std::to_string(offset),
                         is_wide ? ~u64{0} : 0xffffffff);
      m.export_function(cases.back().first, m.function(type, {}, code));
    }
  }
  BothEngines engines(m.build());
  ASSERT_TRUE(engines.ok());
  for (const auto& [name, bits] : cases) {
    for (const u64 address : {0u, 1u, 13u, 0x7fffffffu, 0x80000000u, 0xffffffffu}) {
      engines.expect_same(name, {address, 0x3ff1234587654321 & bits});
    }
  }
}

}  // namespace
}  // namespace hermit::compiler

// Modules at the published limits (docs/limits.md) and beyond, and modules made to cost more than they weigh: accepted
// or refused by name, in time and memory linear in their bytes. interp/hostile_test.cc has what runs.
#include <gtest/gtest.h>

#include "wasm/decoder.h"
#include "wasm/limits.h"
#include "wasm/module_builder.h"
#include "wasm/validator.h"

namespace hermit::wasm {
namespace {

std::string outcome(const Bytes& bytes) {
  const auto module = decode_module(bytes);
  if (!module) return module.error().what;
  const auto valid = validate_all(*module);
  return valid ? "ok" : valid.error().what;
}
Bytes with_body(const Code& body, const ModuleBuilder::LocalRuns& locals = {}) {
  ModuleBuilder m;
  m.function(m.type({}, {}), locals, body);
  return m.build();
}
Bytes with_sections(std::initializer_list<u8> sections) {
  Bytes bytes = {0, 'a', 's', 'm', 1, 0, 0, 0};
  bytes.insert(bytes.end(), sections);
  return bytes;
}

TEST(BadInput, AMillionFunctionsAndOneMore) {
  const auto functions = [](u32 count) {
    ModuleBuilder m;
    const u32 type = m.type({}, {});
    for (u32 i = 0; i < count; ++i) m.function(type, {}, Code());
    return m.build();
  };
  EXPECT_EQ(outcome(functions(kMaxFunctions)), "ok");
  EXPECT_EQ(outcome(functions(kMaxFunctions + 1)), "too many functions");
}

TEST(BadInput, FiftyThousandLocalsAndOneMore) {
  EXPECT_EQ(outcome(with_body(Code().local_get(49'999).op(Op::Drop), {{kMaxLocals, ValType::I32}})), "ok");
  EXPECT_EQ(outcome(with_body(Code(), {{kMaxLocals, ValType::I32}, {1, ValType::I64}})), "too many locals");
  EXPECT_EQ(outcome(with_body(Code(), {{0xffffffff, ValType::I32}, {0xffffffff, ValType::I64}})), "too many locals");
  // One run each, alternating, so that runs are many.
  ModuleBuilder::LocalRuns runs;
  for (u32 i = 0; i < kMaxLocals; ++i) runs.emplace_back(1, i % 2 == 0 ? ValType::I32 : ValType::V128);
  EXPECT_EQ(outcome(with_body(Code().local_get(49'999).op(Op::V128AnyTrue).op(Op::Drop), runs)), "ok");
}

TEST(BadInput, ABrTableOfAMillionTargetsInAMillionKindsOfOrder) {
  std::vector<u32> targets;
  for (u32 i = 0; i < 1'000'000; ++i) targets.push_back(i * 7919 % 100);
  Code code;
  for (int i = 0; i < 100; ++i) code.begin(Op::Block);
  code.i32(0).br_table(targets, 0);
  for (int i = 0; i < 100; ++i) code.end();
  EXPECT_EQ(outcome(with_body(code)), "ok");
}

TEST(BadInput, NestingAHundredThousandDeep) {
  for (const Op kind : {Op::Block, Op::Loop, Op::Try}) {
    Code code;
    for (int i = 0; i < 100'000; ++i) code.begin(kind);
    for (int i = 0; i < 100'000; ++i) code.end();
    EXPECT_EQ(outcome(with_body(code)), "ok");
  }
}

TEST(BadInput, SectionsOutOfOrderAndTwice) {
  const char* const wrong_place = "unexpected content after last section";
  EXPECT_EQ(outcome(with_sections({3, 1, 0, 1, 1, 0})), wrong_place);
  EXPECT_EQ(outcome(with_sections({1, 1, 0, 1, 1, 0})), wrong_place);
  EXPECT_EQ(outcome(with_sections({10, 1, 0, 10, 1, 0})), wrong_place);
  EXPECT_EQ(outcome(with_sections({13, 1, 0, 5, 1, 0})), wrong_place);  // tags come behind memories
  EXPECT_EQ(outcome(with_sections({5, 1, 0, 13, 1, 0, 6, 1, 0})), "ok");
  EXPECT_EQ(outcome(with_sections({14, 1, 0})), "malformed section id");
}

TEST(BadInput, NamesThatAreNotUtf8) {
  EXPECT_EQ(outcome(with_sections({2, 6, 1, 1, 0xff, 0, 0, 0})), "malformed UTF-8 encoding");
  EXPECT_EQ(outcome(with_sections({0, 2, 1, 0xc0})), "malformed UTF-8 encoding");
  ModuleBuilder m;
  m.export_function("\xed\xa0\x80", m.function(m.type({}, {}), {}, Code()));  // a surrogate
  EXPECT_EQ(outcome(m.build()), "malformed UTF-8 encoding");
}

TEST(BadInput, TypesThatReferToEachOther) {
  // A recursive group of 100,000 functions, each taking a reference to the next: linear, and equal to its repetition.
  constexpr u32 kCount = 100'000;
  Bytes content = {2};
  for (u32 copy = 0; copy < 2; ++copy) {
    content.push_back(0x4e);
    append_unsigned(content, kCount);
    for (u32 i = 0; i < kCount; ++i) {
      content.insert(content.end(), {0x60, 1, 0x63});
      append_signed(content, copy * kCount + (i + 1) % kCount);
      content.push_back(0);
    }
  }
  Bytes bytes = {0, 'a', 's', 'm', 1, 0, 0, 0, 1};
  append_unsigned(bytes, content.size());
  append(bytes, content);
  const auto module = decode_module(bytes);
  ASSERT_TRUE(module);
  EXPECT_EQ(module->shapes[kCount + 5].canonical, 5u);
}

TEST(BadInput, AChainOfSupertypesIsBounded) {
  const auto chain = [](u32 length) {
    Bytes content;
    append_unsigned(content, length + 1);
    content.insert(content.end(), {0x50, 0, 0x60, 0, 0});
    for (u32 i = 0; i < length; ++i) {
      content.insert(content.end(), {0x50, 1});
      append_unsigned(content, i);
      content.insert(content.end(), {0x60, 0, 0});
    }
    Bytes bytes = {0, 'a', 's', 'm', 1, 0, 0, 0, 1};
    append_unsigned(bytes, content.size());
    append(bytes, content);
    return bytes;
  };
  EXPECT_EQ(outcome(chain(kMaxSubtypingDepth)), "ok");
  EXPECT_EQ(outcome(chain(kMaxSubtypingDepth + 1)), "too many supertypes in a row");
}

TEST(BadInput, MemoriesAndTheirSizes) {
  const auto memories = [](u32 count, const Limits& limits) {
    ModuleBuilder m;
    for (u32 i = 0; i < count; ++i) m.memory(limits);
    return m.build();
  };
  EXPECT_EQ(outcome(memories(kMaxMemories, {1, 0, false})), "ok");
  EXPECT_EQ(outcome(memories(kMaxMemories + 1, {1, 0, false})), "too many memories");
  EXPECT_EQ(outcome(memories(1, {kMaxPages64, 0, false, true})), "ok");
  EXPECT_EQ(outcome(memories(1, {kMaxPages64 + 1, 0, false, true})), "memory size must be at most 2^48 pages");
}

}  // namespace
}  // namespace hermit::wasm

// Decoding and validating ask the heap for an amount that is linear in the module, whatever it declares: each kind of
// bad input at one size and at four times that size. (Time that is not linear would show in the sizes: a square of a
// million takes minutes.)
#include <gtest/gtest.h>

#include "base/allocations_test.h"
#include "wasm/decoder.h"
#include "wasm/limits.h"
#include "wasm/module_builder.h"
#include "wasm/validator.h"

namespace hermit::wasm {
namespace {

struct Cost {
  u64 module = 0;  // bytes
  Allocations spent;
};

Cost cost(const Bytes& bytes) {
  const Allocations before = allocations();
  const auto module = decode_module(bytes);
  EXPECT_TRUE(module) << module.error().what;
  if (module) {
    const auto valid = validate_all(*module);
    EXPECT_TRUE(valid) << valid.error().what;
  }
  return {bytes.size(), allocations() - before};
}

// `per_byte`: what one byte of the module may cost at most.
void expect_linear(Bytes (*make)(u32), u32 size, u64 per_byte) {
  const Cost small = cost(make(size));
  const Cost large = cost(make(4 * size));
  // Arrays that double may have to do so once more at the larger size.
  EXPECT_LE(large.spent.bytes, 9 * small.spent.bytes);
  EXPECT_LE(large.spent.bytes, per_byte * large.module + 65536);
  EXPECT_LE(large.spent.count, 5 * small.spent.count + 100);
}

Bytes one_body(const Code& body, const ModuleBuilder::LocalRuns& locals = {}) {
  ModuleBuilder m;
  m.function(m.type({}, {}), locals, body);
  return m.build();
}

TEST(Linear, Functions) {
  expect_linear(
      [](u32 count) {
        ModuleBuilder m;
        const u32 type = m.type({}, {});
        for (u32 i = 0; i < count; ++i) m.function(type, {}, Code());
        return m.build();
      },
      kMaxFunctions / 4, 60);
}
TEST(Linear, RunsOfLocals) {
  expect_linear(
      [](u32 count) {
        ModuleBuilder::LocalRuns runs;
        for (u32 i = 0; i < count; ++i) runs.emplace_back(1, i % 2 == 0 ? ValType::I32 : ValType::F64);
        return one_body(Code().local_get(count - 1).op(Op::Drop), runs);
      },
      kMaxLocals / 4, 60);
}
// Every one of them is set and read: finding a local's type may not walk through the runs.
TEST(Linear, UsesOfLocals) {
  expect_linear(
      [](u32 count) {
        ModuleBuilder::LocalRuns runs;
        Code code;
        for (u32 i = 0; i < count; ++i) {
          runs.emplace_back(1, i % 2 == 0 ? ValType::I32 : ValType::F64);
          code.local_get(i).op(Op::Drop);
        }
        return one_body(code, runs);
      },
      kMaxLocals / 4, 60);
}
TEST(Linear, Nesting) {
  expect_linear(
      [](u32 depth) {
        Code code;
        for (u32 i = 0; i < depth; ++i) code.begin(i % 2 == 0 ? Op::Block : Op::Loop);
        code.op(Op::Br, {depth});
        for (u32 i = 0; i < depth; ++i) code.end();
        return one_body(code);
      },
      25'000, 100);
}
TEST(Linear, TargetsOfABrTable) {
  expect_linear(
      [](u32 count) {
        std::vector<u32> targets;
        for (u32 i = 0; i < count; ++i) targets.push_back(i * 7919 % 1000);
        Code code;
        for (int i = 0; i < 1000; ++i) code.begin(Op::Block);
        code.i32(0).br_table(targets, 0);
        for (int i = 0; i < 1000; ++i) code.end();
        return one_body(code);
      },
      250'000, 30);
}
TEST(Linear, NamesOfExports) {
  expect_linear(
      [](u32 count) {
        ModuleBuilder m;
        const u32 function = m.function(m.type({}, {}), {}, Code());
        for (u32 i = 0; i < count; ++i) m.export_function("a name " + std::to_string(count - i), function);
        return m.build();
      },
      100'000, 60);
}
TEST(Linear, Types) {
  expect_linear(
      [](u32 count) {
        ModuleBuilder m;
        constexpr ValType kTypes[] = {ValType::I32, ValType::I64, ValType::F32, ValType::F64};
        for (u32 i = 0; i < count; ++i) {
          std::vector<ValType> parameters;
          for (u32 rest = i; rest != 0; rest /= 4) parameters.push_back(kTypes[rest % 4]);
          m.type(parameters, {});
        }
        return m.build();
      },
      50'000, 60);
}
TEST(Linear, DataSegments) {
  expect_linear(
      [](u32 count) {
        ModuleBuilder m;
        m.memory({1, 0, false});
        for (u32 i = 0; i < count; ++i) m.data(Code().i32(-1), "");
        return m.build();
      },
      kMaxDataSegments / 4, 60);
}
TEST(Linear, CustomSections) {
  expect_linear(
      [](u32 count) {
        Bytes bytes = {0, 'a', 's', 'm', 1, 0, 0, 0};
        for (u32 i = 0; i < count; ++i) bytes.insert(bytes.end(), {0, 2, 1, 'x'});
        return bytes;
      },
      kMaxCustomSections / 4, 60);
}
// Counts that the bytes cannot hold cost nothing, whatever is counted.
// Beyond the limits, and below most of them (90,000).
TEST(Linear, DeclaredCountsThatAreNotThere) {
  for (const Bytes& count : {Bytes{0xff, 0xff, 0xff, 0xff, 0x0f}, Bytes{0x90, 0xbf, 0x85, 0x80, 0x00}}) {
    for (u8 section = 1; section <= 13; ++section) {
      if (section == 8) continue;  // start: an index, not a count
      Bytes bytes = {0, 'a', 's', 'm', 1, 0, 0, 0, section, 5};
      bytes.insert(bytes.end(), count.begin(), count.end());
      const Allocations before = allocations();
      EXPECT_FALSE(decode_module(bytes)) << int{section};
      EXPECT_LT((allocations() - before).bytes, 10'000u) << int{section};
    }
  }
}

}  // namespace
}  // namespace hermit::wasm

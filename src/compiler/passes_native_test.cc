// Modules that invite an optimisation, interpreted and compiled: where it applies, and where it must not.
#include <algorithm>
#include <span>

#include "compiler/both_engines_test.h"

namespace hermit::compiler {
namespace {

using wasm::Code;
using wasm::ModuleBuilder;
using wasm::Op;
using enum wasm::ValType;

constexpr u64 kNumbers[] = {0,
                            1,
                            2,
                            0x7fffffff,
                            0x80000000,
                            0xffffffff,
                            0x100000000,
                            ~u64{0},
                            ~u64{1},
                            0x8000000000000000,
                            0xfffffffeffffffff,
                            0x123456789abcdef,
                            0xffffffff00000000,
                            0xdeadbeefcafebabe};

Code high(u32 local) { return Code().local_get(local).i64(32).op(Op::I64ShrU); }
Code low(u32 local) { return Code().local_get(local).i64(0xffffffff).op(Op::I64And); }
Code product(const Code& a, const Code& b) { return Code().code(a).code(b).op(Op::I64Mul); }

// Locals 0 and 1: the factors; from 2 on scratch. The upper half in both forms, and the lower one.
TEST(NativePasses, WideProducts) {
  HERMIT_SKIP_WITHOUT_NATIVE();
  for (const u32 y : {1u, 0u}) {  // x * y, and a square
    ModuleBuilder m;
    const u32 type = m.type({I64, I64}, {I64, I64, I64});
    Code code;
    // t = (x0 y0 >> 32) + x1 y0; u = (t mod 2^32) + x0 y1
    code.code(product(low(0), low(y)))
        .i64(32)
        .op(Op::I64ShrU)
        .code(product(high(0), low(y)))
        .op(Op::I64Add)
        .local_set(2);
    code.code(low(2)).code(product(low(0), high(y))).op(Op::I64Add).local_set(3);
    code.code(product(high(0), high(y))).code(high(2)).op(Op::I64Add).code(high(3)).op(Op::I64Add);
    code.local_get(3).i64(32).op(Op::I64Shl).code(product(low(0), low(y))).i64(0xffffffff).op(Op::I64And).op(Op::I64Or);
    // m = (x0 y0 >> 32) + (x1 y0 mod 2^32) + (x0 y1 mod 2^32), and one more that is added
    code.code(product(high(0), low(y))).local_set(2).code(product(low(0), high(y))).local_set(3);
    code.code(product(low(0), low(y))).i64(32).op(Op::I64ShrU).code(low(2)).op(Op::I64Add).code(low(3)).op(Op::I64Add);
    code.i64(32).op(Op::I64ShrU).code(high(3)).op(Op::I64Add).local_get(1).op(Op::I64Add);
    code.code(product(high(0), high(y))).code(high(2)).op(Op::I64Add).op(Op::I64Add);
    m.export_function("f", m.function(type, {{2, I64}}, code));
    BothEngines both(m.build());
    ASSERT_TRUE(both.ok());
    for (const u64 a : kNumbers) {
      for (const u64 b : kNumbers) EXPECT_EQ(both.expect_same("f", {a, b}), Trap::None);
    }
  }
}

// An index that is masked, scaled and moved by a constant, at both ends of what a memory of one page has.
TEST(NativePasses, AddressesOfMaskedIndices) {
  HERMIT_SKIP_WITHOUT_NATIVE();
  for (const Op direction : {Op::I32Shl, Op::I32ShrU}) {
    for (const u32 shift : {0u, 1u, 2u, 3u, 4u, 31u, 32u, 33u, 34u, 35u, 36u, 62u, 63u, 64u, 67u}) {
      for (const i64 mask : {i64{0xff}, i64{0x1fff}, i64{-1}, i64{0x1fffffff}, i64{0x3fffffff}}) {
        for (const i64 base : {i64{0}, i64{65536 - 16}, i64{-4}, i64{-1024}}) {
          ModuleBuilder m;
          m.memory({1, 1, true});
          const u32 type = m.type({I32}, {I64});
          Code code;
          code.local_get(0).i32(mask).op(Op::I32And).i32(shift).op(direction).i32(base).op(Op::I32Add);
          const Code address = code;
          code.op(Op::I64Load32U, {0, 8});
          m.export_function("f", m.function(type, {}, code));
          for (const Op load : {Op::I64Load8U, Op::I64Load16U, Op::I64Load32U, Op::I64Load}) {
            m.export_function(wasm::op_info(load).text, m.function(type, {}, Code(address).op(load, {0, 0})));
          }
          m.data(Code().i32(1000), "0123456789abcdefghijklmnopqrstuvwxyz");
          BothEngines both(m.build());
          ASSERT_TRUE(both.ok());
          for (const u64 x :
               {0u, 1u, 2u, 3u, 254u, 255u, 8190u, 8191u, 65535u, 0x20000000u, 0x40000000u, 0xfffffffeu, 0xffffffffu}) {
            both.expect_same("f", {x});
            for (const char* load : {"i64.load8_u", "i64.load16_u", "i64.load32_u", "i64.load"})
              both.expect_same(load, {x});
          }
        }
      }
    }
  }
}

// Leaves with everything that is copied apart: constants, lanes, two results, a second memory, a call inside of a try.
TEST(NativePasses, LeavesAreInlined) {
  HERMIT_SKIP_WITHOUT_NATIVE();
  ModuleBuilder m;
  m.memory({1, 1, true});
  m.memory({1, 1, true});
  const u32 two = m.type({I32, I64}, {I64, I32});
  const u32 swap = m.function(two, {}, Code().local_get(1).i64(0x123456789abcdef).op(Op::I64Xor).local_get(0));
  const u32 load = m.function(m.type({I32}, {I32}), {}, Code().local_get(0).op(Op::I32Load, {0x42, 1, 8}));
  Code lanes;
  lanes.local_get(0).op(Op::I64x2Splat).v128(1, 2).op(Op::I8x16Shuffle);
  lanes.raw({0, 16, 1, 17, 2, 18, 3, 24, 4, 20, 5, 21, 6, 22, 7, 23}).raw({0xfd, 0x1d, 1});  // i64x2.extract_lane 1
  const u32 shuffle = m.function(m.type({I64}, {I64}), {}, lanes);
  Code plain;
  plain.local_get(0).local_get(1).op(Op::Call, {swap}).local_set(2);
  plain.local_get(2).op(Op::Call, {load}).op(Op::I64ExtendI32U).op(Op::I64Add).op(Op::Call, {shuffle});
  Code tried;
  tried.begin(Op::Block).begin(Op::TryTable, I64).raw({1, 2, 0}).code(plain).end().op(Op::Return).end().i64(-1);
  const u32 type = m.type({I32, I64}, {I64});
  m.export_function("plain", m.function(type, {{1, I32}}, plain));
  m.export_function("tried", m.function(type, {{1, I32}}, tried));
  const Bytes bytes = m.build();
  BothEngines both(bytes);
  ASSERT_TRUE(both.ok());
  for (const char* name : {"plain", "tried"}) {
    for (const u64 number : kNumbers)
      EXPECT_EQ(both.expect_same(name, {number & 0xffff, number}),
                (number & 0xffff) <= 65524 ? Trap::None : Trap::OutOfBoundsMemoryAccess);
    EXPECT_EQ(both.expect_same(name, {65525, 1}), Trap::OutOfBoundsMemoryAccess);
    const auto a = both.interpreted.program().backtrace();
    const auto b = both.native.program().backtrace();
    ASSERT_EQ(a.size(), 2u);
    ASSERT_EQ(b.size(), 2u);
    for (size_t i = 0; i < 2; ++i) {
      EXPECT_EQ(a[i].function, b[i].function);
      EXPECT_EQ(a[i].offset, b[i].offset);
    }
  }
  // No call is left.
  const auto module = wasm::decode_module(bytes);
  ASSERT_TRUE(module && wasm::validate_all(*module));
  const ModuleInfo info = examine(*module);
  for (u32 f = 3; f < 5; ++f) {
    const auto compiled = compile_function(info, f, {.isa = abi::Isa::X64, .check = true});
    ASSERT_TRUE(compiled);
    EXPECT_TRUE(compiled->calls.empty());
    EXPECT_TRUE(compiled->handlers.empty());
  }
}

// A call of the function itself in a loop, one in a branch that returns early, two results, a leaf, memory that tells
// the order; it divides by zero at a depth that a parameter gives. Each level of it has a place in the backtrace.
TEST(NativePasses, RecursionIsInlined) {
  HERMIT_SKIP_WITHOUT_NATIVE();
  ModuleBuilder m;
  m.memory({1, 1, true});
  const u32 type = m.type({I32, I32}, {I32, I64});
  const u32 leaf = m.function(m.type({I32, I32}, {I32}), {}, Code().local_get(0).local_get(1).op(Op::I32DivU));
  const u32 self = leaf + 1;
  Code code;  // (depth, trap at) → (a mix, calls)
  code.i32(0)
      .i32(0)
      .op(Op::I32Load, {2, 0})
      .i32(31)
      .op(Op::I32Mul)
      .local_get(0)
      .op(Op::I32Add)
      .op(Op::I32Store, {2, 0});
  code.i32(1000).local_get(0).local_get(1).op(Op::I32Sub).op(Op::Call, {leaf}).local_set(2);
  code.local_get(0).op(Op::I32Eqz).begin(Op::If).local_get(2).i64(1).op(Op::Return).end();
  code.local_get(0).i32(3).op(Op::I32And).i32(1).op(Op::I32Eq).begin(Op::If);
  code.local_get(0).i32(1).op(Op::I32Sub).local_get(1).op(Op::Call, {self}).op(Op::Return).end();
  code.begin(Op::Loop);
  code.local_get(0).i32(1).op(Op::I32Sub).local_get(1).op(Op::Call, {self}).local_get(4).op(Op::I64Add).local_set(4);
  code.local_get(2).i32(7).op(Op::I32Mul).op(Op::I32Add).local_set(2);
  code.local_get(3).i32(1).op(Op::I32Add).local_set(3).local_get(3).i32(2).op(Op::I32LtU).op(Op::BrIf, {0}).end();
  code.local_get(2).i32(0).op(Op::I32Load, {2, 0}).op(Op::I32Xor).local_get(4).i64(1).op(Op::I64Add);
  ASSERT_EQ(m.function(type, {{2, I32}, {1, I64}}, code), self);
  m.export_function("f", self);
  const Bytes bytes = m.build();
  BothEngines both(bytes);
  ASSERT_TRUE(both.ok());
  for (const u64 depth : {0, 1, 2, 3, 4, 5, 9, 12}) {
    EXPECT_EQ(both.expect_same("f", {depth, 1000}), Trap::None);
    for (u64 at = 0; at <= depth; ++at) {
      EXPECT_EQ(both.expect_same("f", {depth, at}), Trap::IntegerDivideByZero);
      const auto a = both.interpreted.program().backtrace();
      const auto b = both.native.program().backtrace();
      ASSERT_EQ(a.size(), depth - at + 2);
      ASSERT_EQ(b.size(), a.size());
      for (size_t i = 0; i < a.size(); ++i) {
        EXPECT_EQ(a[i].function, b[i].function) << depth << " " << at << " " << i;
        EXPECT_EQ(a[i].offset, b[i].offset) << depth << " " << at << " " << i;
      }
    }
  }
  // The two calls became bodies, whose calls are left.
  const auto module = wasm::decode_module(bytes);
  ASSERT_TRUE(module && wasm::validate_all(*module));
  const auto compiled = compile_function(examine(*module), self, {.isa = abi::Isa::X64, .check = true});
  ASSERT_TRUE(compiled);
  EXPECT_GE(compiled->calls.size(), 4u);
  EXPECT_GE(compiled->inlined.size(), 40u);
}

// What follows a call that cannot return is not reached. The stack ends it.
TEST(NativePasses, RecursionWithoutEnd) {
  HERMIT_SKIP_WITHOUT_NATIVE();
  ModuleBuilder m;
  m.memory({1, 1, true});
  Code code;
  code.local_get(0).i32(1).op(Op::I32Add).op(Op::Call, {0}).local_get(0).op(Op::I32Add);
  m.export_function("f", m.function(m.type({I32}, {I32}), {}, code));
  BothEngines both(m.build());
  ASSERT_TRUE(both.ok());
  EXPECT_EQ(both.expect_same("f", {1}), Trap::StackOverflow);
}

// memory.size and what an address beyond the old end holds, in a loop that grows the memory.
TEST(NativePasses, AMemoryThatGrowsInALoop) {
  HERMIT_SKIP_WITHOUT_NATIVE();
  ModuleBuilder m;
  m.memory({1, 10, true});
  const u32 type = m.type({I32}, {I32});
  Code code;
  code.begin(Op::Loop);
  code.op(Op::MemorySize, {0}).local_get(1).op(Op::I32Add).local_set(1);
  code.local_get(0).begin(Op::If).i32(1).op(Op::MemoryGrow, {0}).local_get(1).op(Op::I32Add).local_set(1).end();
  code.i32(0).op(Op::I32Load, {2, 65536}).local_get(1).op(Op::I32Add).local_set(1);
  code.local_get(2).i32(1).op(Op::I32Add).local_set(2).local_get(2).i32(5).op(Op::I32LtU).op(Op::BrIf, {0}).end();
  code.local_get(1);
  m.export_function("f", m.function(type, {{2, I32}}, code));
  BothEngines both(m.build());
  ASSERT_TRUE(both.ok());
  EXPECT_EQ(both.expect_same("f", {0}), Trap::OutOfBoundsMemoryAccess);
  EXPECT_EQ(both.expect_same("f", {1}), Trap::None);
}

// A load that does not change stands behind a division that may trap, a store, or a branch out of the loop.
TEST(NativePasses, TrapsInLoopsKeepTheirOrder) {
  HERMIT_SKIP_WITHOUT_NATIVE();
  for (const int before : {0, 1, 2, 3}) {
    ModuleBuilder m;
    m.memory({1, 1, true});
    const u32 type = m.type({I32, I32, I32}, {I32});  // an address, a number of rounds, a divisor
    Code code;
    code.begin(Op::Block).begin(Op::Loop);
    if (before == 1) code.i32(100).local_get(1).op(Op::I32DivU).local_set(3);
    if (before == 2) code.i32(64).local_get(1).op(Op::I32Store, {2, 0});
    if (before == 3) code.local_get(1).op(Op::I32Eqz).op(Op::BrIf, {1});
    code.local_get(0).op(Op::I32Load, {2, 0}).local_get(3).op(Op::I32Add).local_set(3);
    code.local_get(1).i32(1).op(Op::I32Sub).local_set(1);
    code.local_get(1).i32(0).op(Op::I32GtS).op(Op::BrIf, {0}).end().end();
    code.local_get(3);
    m.export_function("f", m.function(type, {{1, I32}}, code));
    m.export_function("at", m.function(m.type({I32}, {I32}), {}, Code().local_get(0).op(Op::I32Load, {2, 0})));
    BothEngines both(m.build());
    ASSERT_TRUE(both.ok());
    for (const u64 address : {u64{64}, u64{65532}, u64{65533}, u64{0xffffffff}}) {
      for (const u64 rounds : {0u, 1u, 5u}) {
        for (const u64 divisor : {0u, 3u}) {
          both.expect_same("f", {address, rounds, divisor});
          both.expect_same("at", {64});  // what a store before the trap has left
        }
      }
    }
  }
}

// A value is known by another base; where that base wraps, its access lies outside.
TEST(NativePasses, TheSameBytesFromAnotherBase) {
  HERMIT_SKIP_WITHOUT_NATIVE();
  ModuleBuilder m;
  m.memory({1, 1, true});
  const u32 type = m.type({I32}, {I32});
  Code code;
  code.local_get(0).i32(-4).op(Op::I32Add).local_get(0).op(Op::I32Store, {2, 0});
  code.local_get(0).i32(-16).op(Op::I32Add).op(Op::I32Load, {2, 12});
  m.export_function("f", m.function(type, {}, code));
  BothEngines both(m.build());
  ASSERT_TRUE(both.ok());
  EXPECT_EQ(both.expect_same("f", {64}), Trap::None);
  EXPECT_EQ(both.expect_same("f", {16}), Trap::None);
  for (const u64 x : {4, 8, 15}) EXPECT_EQ(both.expect_same("f", {x}), Trap::OutOfBoundsMemoryAccess) << x;
  EXPECT_EQ(both.expect_same("f", {65536}), Trap::None);
  EXPECT_EQ(both.expect_same("f", {65537}), Trap::OutOfBoundsMemoryAccess);
}

// An access, and one behind it whose address is a known distance from the first one's: where it wraps, and where either
// lies at the end of memory. Nothing of a store that traps is left.
TEST(NativePasses, AccessesBehindOneFromFurtherDown) {
  HERMIT_SKIP_WITHOUT_NATIVE();
  ModuleBuilder m;
  m.memory({1, 1, true});
  const u32 type = m.type({I32}, {I32});
  u32 functions = 0;
  for (const u32 first : {0u, 7u, 8u, 15u, 4090u}) {
    for (const i64 distance : {-8, -1, 0, 1, 7, 8, 9, 16, 4090}) {
      for (const u32 offset : {0u, 4u, 4094u}) {
        Code code;
        code.local_get(0).op(Op::I32Load8U, {0, first});
        code.local_get(0).i32(distance).op(Op::I32Add).i64(0x1122334455667788).op(Op::I64Store, {0, offset});
        code.local_get(0).i32(distance).op(Op::I32Add).op(Op::I32Load8U, {0, offset}).op(Op::I32Add);
        code.local_get(0).i32(distance).op(Op::I32Add).i32(0x99).op(Op::I32Store16, {0, offset + 8});
        m.export_function(std::to_string(functions++), m.function(type, {}, code));
      }
    }
  }
  BothEngines both(m.build());
  ASSERT_TRUE(both.ok());
  for (u32 f = 0; f < functions; ++f) {
    for (const u64 x :
         {0u,     1u,     7u,     8u,     9u,     65000u, 65512u,      65519u,      65520u,      65521u, 65527u,
          65528u, 65529u, 65535u, 65536u, 61440u, 61447u, 0xfffffff0u, 0xfffffff7u, 0xfffffff8u, ~0u}) {
      both.expect_same(std::to_string(f), {x});
      const auto bytes = [](const auto& side) { return std::span(side.instance->memory0.base, 65536); };
      ASSERT_TRUE(std::ranges::equal(bytes(both.interpreted), bytes(both.native))) << f << " at " << x;
    }
  }
}

// The same around 2^32: what is behind the last byte of a memory of 65,536 pages is its first one; with a page less it
// is nothing.
TEST(NativePasses, AddressesWrapOnlyInTheLargestMemory) {
  HERMIT_SKIP_WITHOUT_NATIVE();
#ifdef __linux__  // elsewhere so much memory may have to be there
  for (const u32 pages : {65535u, 65536u}) {
    SCOPED_TRACE(pages);
    ModuleBuilder m;
    m.memory({pages, pages, true});
    const u32 type = m.type({I32}, {I32});
    std::vector<std::string> names;
    for (const u32 first : {0u, 1u, 15u}) {
      for (const i64 distance : {1, 8, 16, 4000}) {
        Code code = Code().local_get(0).op(Op::I32Load8U, {0, first});
        code.local_get(0).i32(distance).op(Op::I32Add).local_get(0).op(Op::I32Store8, {0, 0});
        code.local_get(0).i32(distance).op(Op::I32Add).op(Op::I32Load16U, {0, 0}).op(Op::I32Add);
        names.push_back(std::to_string(first) + " " + std::to_string(distance));
        m.export_function(names.back(), m.function(type, {}, code));
      }
    }
    m.export_function("at", m.function(type, {}, Code().local_get(0).op(Op::I32Load8U, {0, 0})));
    BothEngines both(m.build());
    ASSERT_TRUE(both.ok());
    for (const std::string& name : names) {
      for (const u64 x :
           {0xffffffffu, 0xfffffff8u, 0xfffffff0u, 0xfffff000u, 0xfffeffffu, 0xfffefff8u, 0xfffef000u, 3u}) {
        both.expect_same(name, {x});
        for (u32 i = 0; i < 20; ++i) both.expect_same("at", {i});
      }
    }
  }
#endif
}

// Any number of loops that begin at one place, each with a branch back of its own: what was entered below them still
// comes behind.
TEST(NativePasses, LoopsThatBeginTogether) {
  HERMIT_SKIP_WITHOUT_NATIVE();
  for (const u32 depth : {1u, 2u, 15u, 16u, 17u, 18u, 33u, 40u, 300u, 1000u}) {
    ModuleBuilder m;
    m.memory({1, 1, true});
    // At the end of each loop the next bit of a number says whether to go round once more. All is kept in memory, so
    // that no loop has anything at its beginning.
    Code code;
    code.i32(0).local_get(0).op(Op::I64Store, {3, 0}).i32(0).i32(0).op(Op::I32Store, {2, 8});
    for (u32 i = 0; i < depth; ++i) code.begin(Op::Loop);
    for (u32 i = 0; i < depth; ++i) {
      code.i32(0).i32(0).op(Op::I32Load, {2, 8}).i32(3).op(Op::I32Mul).i32(i).op(Op::I32Add).op(Op::I32Store, {2, 8});
      code.i32(0).i32(0).op(Op::I64Load, {3, 0}).i64(1).op(Op::I64ShrU).op(Op::I64Store, {3, 0});
      code.i32(0).op(Op::I32Load, {2, 0}).i32(1).op(Op::I32And).op(Op::BrIf, {0}).end();
    }
    code.i32(0).op(Op::I32Load, {2, 8});
    m.export_function("f", m.function(m.type({I64}, {I32}), {}, code));
    BothEngines both(m.build());
    ASSERT_TRUE(both.ok());
    for (const u64 number : kNumbers) both.expect_same("f", {number});
  }
}

// br_table whose labels are all the same one: a jump, whose argument nothing overwrites.
TEST(NativePasses, ATableOfOneLabel) {
  HERMIT_SKIP_WITHOUT_NATIVE();
  ModuleBuilder m;
  m.memory({1, 1, true});
  const u32 three = m.function(m.type({I32}, {I32}), {},
                               Code().i32(0).local_get(0).op(Op::I32Store, {2, 8}).local_get(0).i32(3).op(Op::I32DivU));
  Code code;
  code.begin(Op::Block, I32);
  code.local_get(0).begin(Op::If).local_get(1).local_get(1).op(Op::Call, {three}).br_table({1, 1}, 1).end();
  code.i32(0).op(Op::I32Load, {2, 4}).end();
  code.i32(1023).op(Op::I32And).local_set(3);
  code.local_get(3).local_get(1).op(Op::Call, {three}).local_get(2).op(Op::Call, {three}).op(Op::I32Add);
  code.op(Op::I32Store, {2, 4}).local_get(3);
  m.export_function("f", m.function(m.type({I32, I32, I32}, {I32}), {{1, I32}}, code));
  BothEngines both(m.build());
  ASSERT_TRUE(both.ok());
  for (const u64 x : {0u, 1u}) {
    for (const u64 y : {0u, 1u, 2u, 3u, 4u, 77u}) EXPECT_EQ(both.expect_same("f", {x, y, 9}), Trap::None);
  }
}

// Every table of up to five labels of three: tests where few do, a table elsewhere.
TEST(NativePasses, TablesOfFewLabels) {
  HERMIT_SKIP_WITHOUT_NATIVE();
  for (u32 size = 0; size <= 5; ++size) {
    ModuleBuilder m;
    const u32 type = m.type({I32}, {I32});
    std::vector<std::string> names;
    u32 shapes = 3;
    for (u32 i = 0; i < size; ++i) shapes *= 3;
    for (u32 shape = 0; shape < shapes; ++shape) {
      std::vector<u32> labels;
      u32 rest = shape;
      for (u32 i = 0; i < size; ++i, rest /= 3) labels.push_back(rest % 3);
      Code code;
      code.begin(Op::Block).begin(Op::Block).begin(Op::Block).local_get(0).br_table(labels, rest).end();
      code.i32(10).op(Op::Return).end().i32(11).op(Op::Return).end().i32(12);
      names.push_back(std::to_string(shape));
      m.export_function(names.back(), m.function(type, {}, code));
    }
    BothEngines both(m.build());
    ASSERT_TRUE(both.ok());
    for (const std::string& name : names) {
      SCOPED_TRACE(std::to_string(size) + " labels, " + name);
      for (const u64 index : {0u, 1u, 2u, 3u, 4u, 5u, 6u, 0x80000000u, 0xffffffffu}) both.expect_same(name, {index});
    }
  }
}

// x + (a < b) for every comparison, narrow and widened.
TEST(NativePasses, ComparisonsAreAdded) {
  HERMIT_SKIP_WITHOUT_NATIVE();
  for (u32 n = 0; n <= static_cast<u32>(Op::F64Ge); ++n) {
    const Op op = static_cast<Op>(n);
    if (op < Op::I32Eqz) continue;
    const wasm::OpInfo& info = wasm::op_info(op);
    SCOPED_TRACE(info.text);
    ModuleBuilder m;
    const wasm::ValType from = info.params[0];
    const bool is_unary = op == Op::I32Eqz || op == Op::I64Eqz;
    Code compare = Code().local_get(0);
    if (!is_unary) compare.local_get(1);
    compare.op(op);
    m.export_function(
        "i32", m.function(m.type({from, from, I32}, {I32}), {}, Code().local_get(2).code(compare).op(Op::I32Add)));
    m.export_function("i64", m.function(m.type({from, from, I64}, {I64}), {},
                                        Code().code(compare).op(Op::I64ExtendI32U).local_get(2).op(Op::I64Add)));
    BothEngines both(m.build());
    ASSERT_TRUE(both.ok());
    const bool is_narrow = from == I32 || from == F32;
    for (u64 a : kNumbers) {
      for (u64 b : kNumbers) {
        if (is_narrow) a &= 0xffffffff, b &= 0xffffffff;
        for (const u64 x : {u64{7}, ~u64{0}}) {
          both.expect_same("i32", {a, b, x & 0xffffffff});
          both.expect_same("i64", {a, b, x});
        }
      }
    }
  }
}

// (x >> n) & m: some bits, up to the highest or further.
TEST(NativePasses, BitsAreTakenFromTheMiddle) {
  HERMIT_SKIP_WITHOUT_NATIVE();
  ModuleBuilder m;
  const u32 narrow = m.type({I32}, {I32});
  const u32 wide = m.type({I64}, {I64});
  std::vector<std::string> names;
  for (const u32 from : {0u, 1u, 5u, 31u, 32u, 40u, 63u}) {
    for (const u32 bits : {1u, 2u, 8u, 31u, 32u, 33u, 63u}) {
      const std::string name = std::to_string(from) + "_" + std::to_string(bits);
      const i64 mask = static_cast<i64>((u64{1} << bits) - 1);
      const i64 holes = mask & 0x5555555555555555;
      names.push_back(name);
      const auto add = [&](const std::string& kind, i64 value) {
        Code narrow_code = Code().local_get(0).i32(from).op(Op::I32ShrU).i32(static_cast<i32>(value)).op(Op::I32And);
        Code wide_code = Code().local_get(0).i64(from).op(Op::I64ShrU).i64(value).op(Op::I64And);
        m.export_function("n" + kind + name, m.function(narrow, {}, narrow_code));
        m.export_function("w" + kind + name, m.function(wide, {}, wide_code));
      };
      add("", mask);
      add("h", holes);
    }
  }
  BothEngines both(m.build());
  ASSERT_TRUE(both.ok());
  for (const std::string& name : names) {
    for (const u64 x : kNumbers) {
      both.expect_same("n" + name, {x & 0xffffffff});
      both.expect_same("nh" + name, {x & 0xffffffff});
      both.expect_same("w" + name, {x});
      both.expect_same("wh" + name, {x});
    }
  }
}

TEST(NativePasses, CarriesAreAdded) {
  HERMIT_SKIP_WITHOUT_NATIVE();
  ModuleBuilder m;
  const u32 type = m.type({I64, I64}, {I64, I64, I64, I64});
  Code code;
  const auto sum = Code().local_get(0).local_get(1).op(Op::I64Add);
  code.local_get(1).code(sum).local_get(0).op(Op::I64LtU).op(Op::I64ExtendI32U).op(Op::I64Add);
  code.local_get(0).local_get(1).op(Op::I64GtU).op(Op::I64ExtendI32U).local_get(0).op(Op::I64Add);
  code.local_get(0).i64(5).op(Op::I64LtU).op(Op::I64ExtendI32U).local_get(1).op(Op::I64Add);
  code.local_get(0).local_get(1).op(Op::I64LtS).op(Op::I64ExtendI32U).local_get(1).op(Op::I64Add);
  m.export_function("f", m.function(type, {}, code));
  const u32 narrow = m.type({I32, I32}, {I32, I32});
  Code small;
  small.local_get(0).local_get(1).op(Op::I32LtU).local_get(1).op(Op::I32Add);
  small.local_get(0).i32(7).op(Op::I32GtU).local_get(0).op(Op::I32Add);
  m.export_function("g", m.function(narrow, {}, small));
  // Two words of a + b + a*b and of a + a: all low words first, whose last is shifted and masked.
  Code words;
  words.local_get(0).local_get(1).op(Op::I64Mul).local_set(2);
  words.local_get(0).local_get(1).op(Op::I64Add).local_set(3).local_get(3).local_get(2).op(Op::I64Add).local_set(4);
  words.local_get(4).i64(51).op(Op::I64ShrU).local_set(5).local_get(4).i64(0xfffff).op(Op::I64And).local_set(6);
  words.local_get(0).local_get(0).op(Op::I64Add).local_set(7);
  words.local_get(1).local_get(0).op(Op::I64Xor).local_get(1).op(Op::I64Add);
  words.local_get(3).local_get(1).op(Op::I64LtU).op(Op::I64ExtendI32U).op(Op::I64Add).local_get(2).op(Op::I64Add);
  words.local_get(4).local_get(2).op(Op::I64LtU).op(Op::I64ExtendI32U).op(Op::I64Add).local_set(8);
  words.local_get(5).local_get(8).i64(13).op(Op::I64Shl).op(Op::I64Or);
  words.local_get(6).local_get(8).op(Op::I64Add);
  words.local_get(8).local_get(2).op(Op::I64Add);
  words.local_get(7).local_get(0).op(Op::I64LtU).op(Op::I64ExtendI32U).op(Op::I64Add);
  words.local_get(7);
  m.export_function("h", m.function(type, {{7, I64}}, words));
  // Narrow low words with a wide high one; a sum that is its own high word.
  Code mixed;
  mixed.local_get(0).local_get(1).op(Op::I32Add).local_set(2);
  mixed.local_get(0).op(Op::I64ExtendI32U).local_get(2).local_get(0).op(Op::I32LtU).op(Op::I64ExtendI32U);
  mixed.op(Op::I64Add).local_get(2).local_get(2).local_get(1).op(Op::I32LtU).op(Op::I32Add);
  m.export_function("k", m.function(m.type({I32, I32}, {I64, I32}), {{1, I32}}, mixed));
  BothEngines both(m.build());
  ASSERT_TRUE(both.ok());
  for (const u64 a : kNumbers) {
    for (const u64 b : kNumbers) {
      EXPECT_EQ(both.expect_same("f", {a, b}), Trap::None);
      EXPECT_EQ(both.expect_same("g", {a & 0xffffffff, b & 0xffffffff}), Trap::None);
      EXPECT_EQ(both.expect_same("h", {a, b}), Trap::None);
      EXPECT_EQ(both.expect_same("k", {a & 0xffffffff, b & 0xffffffff}), Trap::None);
    }
  }
}

// Returns at once for some arguments; else calls itself with everything that is preserved in use.
TEST(NativePasses, WaysWithoutAFrame) {
  HERMIT_SKIP_WITHOUT_NATIVE();
  ModuleBuilder m;
  const u32 type = m.type({I32, I32, I64}, {I64});
  Code code;
  const auto call = [](i64 less) {
    return Code().local_get(0).i32(less).op(Op::I32Sub).local_get(1).local_get(2).op(Op::Call, {0});
  };
  code.local_get(0)
      .i32(2)
      .op(Op::I32LtU)
      .begin(Op::If)
      .local_get(2)
      .local_get(0)
      .op(Op::I64ExtendI32U)
      .op(Op::I64Add)
      .op(Op::Return)
      .end();
  code.local_get(0).local_get(1).op(Op::I32Eq).begin(Op::If).op(Op::Unreachable).end();
  code.code(call(1))
      .code(call(2))
      .op(Op::I64Add)
      .local_get(2)
      .op(Op::I64Add)
      .local_get(1)
      .op(Op::I64ExtendI32U)
      .op(Op::I64Xor);
  m.export_function("f", m.function(type, {}, code));
  BothEngines both(m.build());
  ASSERT_TRUE(both.ok());
  for (const u64 n : {0, 1, 2, 3, 10, 15}) EXPECT_EQ(both.expect_same("f", {n, 100, 7}), Trap::None);
  EXPECT_EQ(both.expect_same("f", {9, 9, 7}), Trap::Unreachable);
  EXPECT_EQ(both.expect_same("f", {9, 4, 7}), Trap::Unreachable);
  EXPECT_EQ(both.expect_same("f", {~u64{0} >> 32, 1, 7}), Trap::StackOverflow);
}

}  // namespace
}  // namespace hermit::compiler

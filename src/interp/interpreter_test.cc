// The interpreter seen from outside: modules built here, run through runtime::Program.
#include "interp/interpreter.h"

#include <gtest/gtest.h>

#include "interp/test_guest.h"

namespace hermit::interp {
namespace {

using runtime::Function;
using runtime::HostCall;
using runtime::HostFunction;
using runtime::Instance;
using runtime::Program;
using enum wasm::ValType;

// --- what translation must not change ---

TEST(Translation, APendingLocalKeepsItsValueWhenTheLocalIsAssigned) {
  Guest g;
  // local.get 0; (local.set 0 (i32.const 5)); local.get 0; i32.sub  =  old - 5
  g.add(one_function({I32}, {I32}, {}, Code().local_get(0).i32(5).local_set(0).local_get(0).op(Op::I32Sub)));
  EXPECT_EQ(g.result_of("f", {12}), 7u);
}

TEST(Translation, APendingLocalKeepsItsValueAcrossAResultThatGoesStraightIntoTheLocal) {
  Guest g;
  // local.get 0; (local.set 0 (i32.add (local.get 0) (i32.const 1))); local.get 0; i32.mul  =  x * (x + 1)
  g.add(one_function({I32}, {I32}, {},
                     Code().local_get(0).local_get(0).i32(1).op(Op::I32Add).local_set(0).local_get(0).op(Op::I32Mul)));
  EXPECT_EQ(g.result_of("f", {6}), 42u);
}

TEST(Translation, PendingLocalsSurviveConditionalAssignment) {
  Guest g;
  // local.get 0; (if (local.get 1) (then (local.set 0 (i32.const 9)))); drop nothing; result is the old value
  g.add(one_function({I32, I32}, {I32}, {}, Code().local_get(0).local_get(1).begin(Op::If).i32(9).local_set(0).end()));
  EXPECT_EQ(g.result_of("f", {3, 1}), 3u);
  EXPECT_EQ(g.result_of("f", {3, 0}), 3u);
}

TEST(Translation, ATeeThenSetAssignsBothLocals) {
  Guest g;
  // (local.set 1 (local.tee 0 (i32.add (local.get 0) (i32.const 1)))); local.get 0; local.get 1; i32.add
  g.add(one_function({I32, I32}, {I32}, {},
                     Code()
                         .local_get(0)
                         .i32(1)
                         .op(Op::I32Add)
                         .op(Op::LocalTee, {0})
                         .local_set(1)
                         .local_get(0)
                         .local_get(1)
                         .op(Op::I32Add)));
  EXPECT_EQ(g.result_of("f", {20, 0}), 42u);
}

TEST(Translation, MorePendingLocalsThanAreKeptAreStillRight) {
  Guest g;
  Code code;
  for (int i = 0; i < 200; ++i) code.local_get(0);
  code.i32(1000).local_set(0);
  for (int i = 0; i < 199; ++i) code.op(Op::I32Add);
  g.add(one_function({I32}, {I32}, {}, code));
  EXPECT_EQ(g.result_of("f", {3}), 600u);
}

TEST(Translation, ANegatedFloatComparisonIsTrueForNaN) {
  Guest g;
  // !(x < 1), as a value and as a branch
  ModuleBuilder m;
  const u32 type = m.type({F64}, {I32});
  const Code compare = Code().local_get(0).f64_bits(std::bit_cast<u64>(1.0)).op(Op::F64Lt).op(Op::I32Eqz);
  m.export_function("value", m.function(type, {}, compare));
  m.export_function(
      "branch",
      m.function(type, {}, Code().begin(Op::Block).code(compare).op(Op::BrIf, {0}).i32(0).op(Op::Return).end().i32(1)));
  m.export_function("if",
                    m.function(type, {}, Code().code(compare).begin(Op::If, I32).i32(1).op(Op::Else).i32(0).end()));
  m.export_function(
      "twice",
      m.function(type, {}, Code().code(compare).op(Op::I32Eqz).begin(Op::If, I32).i32(0).op(Op::Else).i32(1).end()));
  g.add(m.build());
  for (const char* name : {"value", "branch", "if", "twice"}) {
    EXPECT_EQ(g.result_of(name, {std::bit_cast<u64>(std::numeric_limits<f64>::quiet_NaN())}), 1u) << name;
    EXPECT_EQ(g.result_of(name, {std::bit_cast<u64>(0.5)}), 0u) << name;
    EXPECT_EQ(g.result_of(name, {std::bit_cast<u64>(1.0)}), 1u) << name;
  }
}

TEST(Translation, ConstantsOnEitherSideAndTooWideForAnImmediate) {
  Guest g;
  ModuleBuilder m;
  const u32 type = m.type({I64}, {I64});
  m.export_function("left", m.function(type, {}, Code().i64(100).local_get(0).op(Op::I64Sub)));
  m.export_function("commuted", m.function(type, {}, Code().i64(100).local_get(0).op(Op::I64Add)));
  m.export_function("wide", m.function(type, {}, Code().local_get(0).i64(0x123456789abcdef).op(Op::I64Xor)));
  m.export_function("negative", m.function(type, {}, Code().local_get(0).i64(-5).op(Op::I64Add)));
  m.export_function("wide_left",
                    m.function(type, {}, Code().i64(0x80000000).local_get(0).op(Op::I64Popcnt).op(Op::I64Mul)));
  g.add(m.build());
  EXPECT_EQ(g.result_of("wide_left", {7}), 0x180000000u);
  EXPECT_EQ(g.result_of("left", {1}), 99u);
  EXPECT_EQ(g.result_of("commuted", {1}), 101u);
  EXPECT_EQ(g.result_of("wide", {0}), 0x123456789abcdefu);
  EXPECT_EQ(g.result_of("negative", {3}), static_cast<u64>(-2));
}

TEST(Translation, BranchesCarryValuesPastOthers) {
  Guest g;
  // block (result i32): 7 8 9, then br_if with 9 on top drops 7 and 8; else 7 + 8 + 9
  g.add(one_function({I32}, {I32}, {},
                     Code()
                         .begin(Op::Block, I32)
                         .i32(7)
                         .i32(8)
                         .i32(9)
                         .local_get(0)
                         .op(Op::BrIf, {0})
                         .op(Op::I32Add)
                         .op(Op::I32Add)
                         .end()));
  EXPECT_EQ(g.result_of("f", {1}), 9u);
  EXPECT_EQ(g.result_of("f", {0}), 24u);
}

TEST(Translation, BrTableCarriesSeveralValuesToBlocksAndOutOfTheFunction) {
  Guest g;
  ModuleBuilder m;
  const u32 pair = m.type({}, {I32, I32});
  const u32 type = m.type({I32}, {I32, I32});
  // Inner block ends with (1, 2) below which lies 50; outer adds nothing; index 2 returns (1, 2) from the function.
  m.export_function("f", m.function(type, {},
                                    Code()
                                        .begin_typed(Op::Block, pair)
                                        .i32(50)
                                        .begin_typed(Op::Block, pair)
                                        .i32(60)
                                        .i32(1)
                                        .i32(2)
                                        .local_get(0)
                                        .br_table({0, 1}, 2)
                                        .end()
                                        .op(Op::I32Add)
                                        .op(Op::I32Add)
                                        .i32(77)
                                        .end()));
  g.add(m.build());
  std::vector<u64> slots(16);
  Function* f = Program::exported_function(*g.last, "f");
  const u64 expected[3][2] = {{53, 77}, {1, 2}, {1, 2}};
  for (u64 i = 0; i < 3; ++i) {
    slots[0] = i;
    ASSERT_EQ(g.program.call(*f, slots.data()), Trap::None);
    EXPECT_EQ(slots[0], expected[i][0]) << i;
    EXPECT_EQ(slots[1], expected[i][1]) << i;
  }
}

TEST(Translation, LoopsTakeParametersAndConstants) {
  Guest g;
  ModuleBuilder m;
  const u32 f64_loop = m.type({F64}, {F64});
  const u32 type = m.type({I32}, {F64});
  // x = 1.0; loop: x = x * 2.0 + 0.5; until --n == 0
  m.export_function("f", m.function(type, {},
                                    Code()
                                        .f64_bits(std::bit_cast<u64>(1.0))
                                        .begin_typed(Op::Loop, f64_loop)
                                        .f64_bits(std::bit_cast<u64>(2.0))
                                        .op(Op::F64Mul)
                                        .f64_bits(std::bit_cast<u64>(0.5))
                                        .op(Op::F64Add)
                                        .local_get(0)
                                        .i32(1)
                                        .op(Op::I32Sub)
                                        .op(Op::LocalTee, {0})
                                        .op(Op::BrIf, {0})
                                        .end()));
  g.add(m.build());
  EXPECT_EQ(std::bit_cast<f64>(g.result_of("f", {3})), 11.5);
}

// --- memory ---

TEST(MemoryAccess, TheLastByteAndTheOneBehindIt) {
  Guest g;
  ModuleBuilder m;
  m.memory({1, 1, true});
  const u32 load = m.type({I32}, {I64});
  const u32 store = m.type({I32, I64}, {});
  m.export_function("load", m.function(load, {}, Code().local_get(0).op(Op::I64Load, {0, 0})));
  m.export_function("load_offset", m.function(load, {}, Code().local_get(0).op(Op::I64Load8U, {0, 0xffffffff})));
  m.export_function("store", m.function(store, {}, Code().local_get(0).local_get(1).op(Op::I64Store, {0, 8})));
  g.add(m.build());
  EXPECT_EQ(g.call("store", {65536 - 16, 0x1122334455667788}), Trap::None);
  EXPECT_EQ(g.result_of("load", {65536 - 8}), 0x1122334455667788u);
  EXPECT_EQ(g.call("load", {65536 - 7}), Trap::OutOfBoundsMemoryAccess);
  EXPECT_EQ(g.call("store", {65536 - 15, 0}), Trap::OutOfBoundsMemoryAccess);
  EXPECT_EQ(g.call("load_offset", {1}), Trap::OutOfBoundsMemoryAccess);  // 2^32: the sum must not wrap
  EXPECT_EQ(g.call("load_offset", {0xffffffff}), Trap::OutOfBoundsMemoryAccess);
}

TEST(MemoryAccess, GrowthIsSeenByCallersAndByTheLimit) {
  Guest g({.memory_bytes = 3 * 65536});
  ModuleBuilder m;
  m.memory({1, 0, false});
  const u32 type = m.type({I32}, {I32});
  const u32 grow = m.function(type, {}, Code().local_get(0).op(Op::MemoryGrow, {0}));
  m.export_function("grow", grow);
  // grow in a callee, then use the new page in the caller
  m.export_function("use", m.function(type, {},
                                      Code()
                                          .local_get(0)
                                          .op(Op::Call, {grow})
                                          .op(Op::Drop)
                                          .i32(65536)
                                          .i32(42)
                                          .op(Op::I32Store, {2, 0})
                                          .i32(65536)
                                          .op(Op::I32Load, {2, 0})));
  g.add(m.build());
  EXPECT_EQ(g.result_of("use", {1}), 42u);
  EXPECT_EQ(g.result_of("grow", {1}), 2u);
  EXPECT_EQ(g.result_of("grow", {1}), 0xffffffffu);
}

// --- calls, stack, backtrace ---

TEST(Calls, EndlessRecursionExhaustsTheGuestStackOnly) {
  Guest g({.stack_bytes = 1 << 20});
  ModuleBuilder m;
  const u32 type = m.type({}, {});
  m.export_function("f", m.function(type, {}, Code().op(Op::Call, {0})));
  g.add(m.build());
  EXPECT_EQ(g.call("f", {}), Trap::StackOverflow);
  EXPECT_EQ(g.program.backtrace().size(), runtime::kMaxTraceFrames);
  EXPECT_GT(g.program.trace_depth(), 10000u);
  EXPECT_EQ(g.call("f", {}), Trap::StackOverflow);  // and the program can go on
}

TEST(Calls, AFrameWithManyLocalsIsCheckedBeforeItIsTouched) {
  Guest g({.stack_bytes = 256 << 10});
  g.add(one_function({}, {I64}, {{49000, I64}}, Code().local_get(48999)));
  EXPECT_EQ(g.call("f", {}), Trap::StackOverflow);
}

TEST(Calls, LocalsStartAsZeroOnUsedStack) {
  Guest g;
  ModuleBuilder m;
  const u32 none = m.type({}, {});
  const u32 type = m.type({}, {I64});
  m.export_function("dirty", m.function(none, {{2, I64}}, Code().i64(-1).local_set(0).i64(-1).local_set(1)));
  m.export_function("f", m.function(type, {{2, I64}}, Code().local_get(0).local_get(1).op(Op::I64Or)));
  g.add(m.build());
  EXPECT_EQ(g.call("dirty", {}), Trap::None);
  EXPECT_EQ(g.result_of("f", {}), 0u);
}

TEST(Calls, IndirectCallsCheckIndexNullAndType) {
  Guest g;
  ModuleBuilder m;
  const u32 type = m.type({}, {I32});
  const u32 other = m.type({}, {I64});
  const u32 same = m.type({}, {I32});  // equal to the first: must be accepted
  const u32 dispatch = m.type({I32}, {I32});
  m.table({FuncRef, {4, 0, false}});
  const u32 five = m.function(same, {}, Code().i32(5));
  const u32 long_five = m.function(other, {}, Code().i64(5));
  m.elements(Code().i32(0), {five, long_five});
  m.export_function("f", m.function(dispatch, {}, Code().local_get(0).op(Op::CallIndirect, {type, 0})));
  g.add(m.build());
  EXPECT_EQ(g.result_of("f", {0}), 5u);
  EXPECT_EQ(g.call("f", {1}), Trap::IndirectCallTypeMismatch);
  EXPECT_EQ(g.call("f", {2}), Trap::UninitializedElement);
  EXPECT_EQ(g.call("f", {4}), Trap::UndefinedElement);
}

TEST(Backtrace, NamesFunctionsAndOffsetsInnermostFirst) {
  Guest g;
  ModuleBuilder m;
  const u32 type = m.type({I32, I32}, {I32});
  const u32 inner = m.function(type, {}, Code().op(Op::Nop).local_get(0).local_get(1).op(Op::I32DivU));
  m.export_function("f", m.function(type, {}, Code().local_get(0).local_get(1).op(Op::Call, {inner})));
  // name section: subsection 1 (functions), {0: "inner"}
  m.custom("name", Bytes{1, 8, 1, 0, 5, 'i', 'n', 'n', 'e', 'r'});
  const Bytes bytes = m.build();
  g.add(bytes);
  EXPECT_EQ(g.call("f", {1, 0}), Trap::IntegerDivideByZero);
  const auto trace = g.program.backtrace();
  ASSERT_EQ(trace.size(), 2u);
  EXPECT_EQ(g.program.trace_depth(), 2u);
  EXPECT_EQ(trace[0].function, 0u);
  EXPECT_EQ(trace[0].name, "inner");
  EXPECT_EQ(bytes[trace[0].offset], 0x6e);  // i32.div_u
  EXPECT_EQ(trace[1].function, 1u);
  EXPECT_EQ(trace[1].name, "");
  EXPECT_EQ(bytes[trace[1].offset], 0x10);  // call
}

// --- host functions ---

struct HostState {
  Program* program = nullptr;
  Function* guest = nullptr;
  int calls = 0;
};

Trap call_guest(void* context, HostCall& call) {
  auto& state = *static_cast<HostState*>(context);
  ++state.calls;
  u64 slots[4] = {call.slots[0]};
  return state.program->call(*state.guest, slots);
}
Trap three_results(void*, HostCall& call) {
  call.slots[0] = 1;
  call.slots[1] = 2;
  call.slots[2] = 3;
  return Trap::None;
}
Trap write_memory(void*, HostCall& call) {
  const auto bytes = call.guest_bytes(call.u32_at(0), 1);
  if (bytes.data() == nullptr) return Trap::OutOfBoundsMemoryAccess;
  bytes[0] = 99;
  return Trap::None;
}
constexpr wasm::ValType kI32[] = {I32};
constexpr wasm::ValType kI64[] = {I64};
constexpr wasm::ValType kThree[] = {I32, I32, I32};
constexpr HostFunction kHost[] = {
    {"host", "call_guest", kI32, {}, call_guest},
    {"host", "three", {}, kThree, three_results},
    {"host", "write", kI32, {}, write_memory},
    {"host", "write", kI64, {}, write_memory},
};

TEST(HostFunctions, MoreResultsThanParametersDoNotDisturbTheCaller) {
  Guest g;
  g.program.add_host_functions(kHost, nullptr);
  ModuleBuilder m;
  const u32 three = m.type({}, {I32, I32, I32});
  const u32 type = m.type({I32}, {I32});
  const u32 host = m.import_function("host", "three", three);
  m.export_function(
      "f", m.function(type, {}, Code().local_get(0).op(Op::Call, {host}).op(Op::I32Mul).op(Op::I32Add).op(Op::I32Add)));
  g.add(m.build());
  EXPECT_EQ(g.result_of("f", {100}), 107u);
}

TEST(HostFunctions, SeeTheCallersMemoryAndAreChosenByType) {
  Guest g;
  g.program.add_host_functions(kHost, nullptr);
  ModuleBuilder m;
  const u32 narrow = m.type({I32}, {});
  const u32 wide = m.type({I64}, {});
  const u32 type = m.type({I32}, {I32});
  const u32 write32 = m.import_function("host", "write", narrow);
  const u32 write64 = m.import_function("host", "write", wide);
  m.memory({1, 0, false});
  m.export_function("f", m.function(type, {},
                                    Code()
                                        .local_get(0)
                                        .op(Op::Call, {write32})
                                        .i64(1)
                                        .op(Op::Call, {write64})
                                        .local_get(0)
                                        .op(Op::I32Load8U, {0, 0})));
  g.add(m.build());
  EXPECT_EQ(g.result_of("f", {7}), 99u);
  EXPECT_EQ(g.call("f", {65536}), Trap::OutOfBoundsMemoryAccess);
  ASSERT_EQ(g.program.backtrace().size(), 1u);
}

TEST(HostFunctions, MutualRecursionWithTheHostEndsAsStackOverflow) {
  Guest g;
  HostState state;
  g.program.add_host_functions(kHost, &state);
  ModuleBuilder m;
  const u32 type = m.type({I32}, {});
  const u32 host = m.import_function("host", "call_guest", type);
  m.export_function("f", m.function(type, {}, Code().local_get(0).op(Op::Call, {host})));
  g.add(m.build());
  state.program = &g.program;
  state.guest = Program::exported_function(*g.last, "f");
  EXPECT_EQ(g.call("f", {1}), Trap::StackOverflow);
  EXPECT_GT(state.calls, 100);
  EXPECT_EQ(g.program.trace_depth(), static_cast<u64>(state.calls));
}

TEST(HostFunctions, ATrapInANestedCallKeepsTheInnermostBacktrace) {
  Guest g;
  HostState state;
  g.program.add_host_functions(kHost, &state);
  ModuleBuilder m;
  const u32 type = m.type({I32}, {});
  const u32 host = m.import_function("host", "call_guest", type);
  const u32 boom = m.function(type, {}, Code().op(Op::Unreachable));
  m.export_function("boom", boom);
  m.export_function("f", m.function(type, {}, Code().local_get(0).op(Op::Call, {host})));
  g.add(m.build());
  state.program = &g.program;
  state.guest = Program::exported_function(*g.last, "boom");
  EXPECT_EQ(g.call("f", {1}), Trap::Unreachable);
  ASSERT_EQ(g.program.backtrace().size(), 2u);
  EXPECT_EQ(g.program.backtrace()[0].function, boom);
  EXPECT_EQ(g.program.backtrace()[1].function, boom + 1);
}

// --- linking ---

TEST(Linking, AnotherInstancesFunctionsUseItsOwnMemoryAndGlobals) {
  Guest g;
  ModuleBuilder library;
  const u32 type = library.type({I32}, {I32});
  library.memory({1, 0, false});
  library.data(Code().i32(0), "\x2a");
  library.export_function("peek", library.function(type, {}, Code().local_get(0).op(Op::I32Load8U, {0, 0})));
  ASSERT_NE(g.add(library.build(), "lib").instance, nullptr);

  ModuleBuilder main;
  const u32 main_type = main.type({I32}, {I32});
  const u32 peek = main.import_function("lib", "peek", main_type);
  main.memory({1, 0, false});
  main.data(Code().i32(0), "\x01");
  main.table({FuncRef, {1, 0, false}});
  main.elements(Code().i32(0), {peek});
  main.export_function(
      "direct",
      main.function(main_type, {},
                    Code().local_get(0).op(Op::Call, {peek}).i32(0).op(Op::I32Load8U, {0, 0}).op(Op::I32Add)));
  main.export_function("indirect", main.function(main_type, {},
                                                 Code()
                                                     .local_get(0)
                                                     .i32(0)
                                                     .op(Op::CallIndirect, {main_type, 0})
                                                     .i32(0)
                                                     .op(Op::I32Load8U, {0, 0})
                                                     .op(Op::I32Add)));
  ASSERT_NE(g.add(main.build()).instance, nullptr);
  EXPECT_EQ(g.result_of("direct", {0}), 43u);
  EXPECT_EQ(g.result_of("indirect", {0}), 43u);
  EXPECT_EQ(g.call("direct", {65536}), Trap::OutOfBoundsMemoryAccess);
  ASSERT_EQ(g.program.backtrace().size(), 2u);
  EXPECT_EQ(g.program.backtrace()[0].instance->name, "lib");
  EXPECT_EQ(g.result_of("direct", {0}), 43u);  // the trap left no other instance behind
}

TEST(Linking, ErrorsNameBothSides) {
  Guest g;
  g.program.add_host_functions(kHost, nullptr);
  ModuleBuilder wrong;
  wrong.import_function("host", "three", wrong.type({I32}, {}));
  auto result = g.add(wrong.build());
  ASSERT_TRUE(result.link_error.has_value());
  EXPECT_EQ(
      result.link_error->text,
      "incompatible import type: \"host\" \"three\" is a function [] -> [i32 i32 i32], not a function [i32] -> []");
  ModuleBuilder missing;
  missing.import_memory("e\nv", "memory", {1, 2, true});
  result = g.add(missing.build());
  ASSERT_TRUE(result.link_error.has_value());
  EXPECT_EQ(result.link_error->text, "unknown import: nothing offers \"e\\0av\" \"memory\", a memory of 1 to 2 pages");
}

TEST(Instantiation, EarlierSegmentsStayWhenALaterOneTraps) {
  Guest g;
  ModuleBuilder library;
  library.memory({1, 0, false});
  library.export_memory("memory", 0);
  const u32 type = library.type({}, {I32});
  library.export_function("peek", library.function(type, {}, Code().i32(0).op(Op::I32Load8U, {0, 0})));
  g.add(library.build(), "lib");
  Instance* lib = g.last;
  ModuleBuilder m;
  m.import_memory("lib", "memory", {1, 0, false});
  m.data(Code().i32(0), "A");
  m.data(Code().i32(65535), "BC");
  const auto result = g.add(m.build());
  EXPECT_EQ(result.instance, nullptr);
  EXPECT_EQ(result.trap, Trap::OutOfBoundsMemoryAccess);
  g.last = lib;
  EXPECT_EQ(g.result_of("peek", {}), u64{'A'});
}

TEST(Instantiation, AnInitialMemoryAboveTheLimitIsAnError) {
  Guest g({.memory_bytes = 65536});
  ModuleBuilder m;
  m.memory({2, 0, false});
  const auto result = g.add(m.build());
  ASSERT_TRUE(result.link_error.has_value());
  EXPECT_EQ(result.link_error->error.kind, ErrorKind::Limit);
}

}  // namespace
}  // namespace hermit::interp

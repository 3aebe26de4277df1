// What joined WebAssembly later, interpreted and compiled: tail calls, exceptions, further and 64-bit memories and
// tables, typed references.
#include "compiler/both_engines_test.h"

namespace hermit::compiler {
namespace {

using wasm::Code;
using wasm::ModuleBuilder;
using wasm::Op;
using wasm::ValType;
using enum wasm::ValType;

constexpr u8 kCatch = 0, kCatchRef = 1, kCatchAll = 2, kCatchAllRef = 3;

// --- tail calls ---

// Callees take more, fewer and equally many stack arguments than their callers, a million times over.
TEST(NativeTailCalls, StackArgumentsOfAnyNumberTakeNoStack) {
  HERMIT_SKIP_WITHOUT_NATIVE();
  ModuleBuilder m;
  const std::vector<size_t> counts = {1, 12, 30, 9, 11, 1};
  std::vector<u32> types;
  for (const size_t count : counts) types.push_back(m.type(std::vector<ValType>(count, I64), {I64, I64}));
  m.table({FuncRef, {6, 6, true}});
  std::vector<u32> functions;
  for (size_t f = 0; f < counts.size(); ++f) {
    const size_t next = (f + 1) % counts.size();
    Code code;
    // At 0 the answer: a sum over all parameters, each times its place.
    code.local_get(0).op(Op::I64Eqz).begin(Op::If);
    code.local_get(static_cast<u32>(counts[f]) - 1).i64(0);
    for (u32 i = 0; i < counts[f]; ++i) code.local_get(i).i64(i + 1).op(Op::I64Mul).op(Op::I64Add);
    code.op(Op::Return).end();
    for (u32 i = 0; i < counts[next]; ++i) {
      if (i == 0) {
        code.local_get(0).i64(1).op(Op::I64Sub);
      } else {
        code.local_get(i < counts[f] ? i : static_cast<u32>(counts[f]) - 1).i64(i).op(Op::I64Add);
      }
    }
    if (f % 2 == 0) {
      code.op(Op::ReturnCall, {next});
    } else {
      code.i32(static_cast<i32>(next)).op(Op::ReturnCallIndirect, {types[next], 0});
    }
    functions.push_back(m.function(types[f], {}, code));
  }
  m.elements(Code().i32(0), functions);
  for (size_t f = 0; f < counts.size(); ++f) m.export_function("f" + std::to_string(f), functions[f]);
  BothEngines both(m.build());
  ASSERT_TRUE(both.ok());
  for (size_t f = 0; f < counts.size(); ++f) {
    for (const u64 rounds : {0, 1, 2, 3, 7, 1000000}) {
      std::vector<u64> arguments = {rounds};
      for (u64 i = 1; i < counts[f]; ++i) arguments.push_back(i * 0x1234567);
      EXPECT_EQ(both.expect_same("f" + std::to_string(f), arguments), Trap::None);
    }
  }
}

// The frame is smaller than the arguments, so these move over themselves.
TEST(NativeTailCalls, ManyStackArgumentsOfAFunctionWithASmallFrame) {
  HERMIT_SKIP_WITHOUT_NATIVE();
  ModuleBuilder m;
  constexpr u32 kMany = 41;
  const u32 many = m.type(std::vector<ValType>(kMany, I64), {I64});
  const u32 few = m.type(std::vector<ValType>(8, I64), {I64});
  Code sum;
  sum.i64(0);
  for (u32 i = 0; i < kMany; ++i) sum.local_get(i).i64(i * i + 1).op(Op::I64Mul).op(Op::I64Add);
  const u32 callee = m.function(many, {}, sum);
  Code code;
  for (u32 i = 0; i < kMany; ++i) code.local_get(i * 5 % 8);
  m.export_function("f", m.function(few, {}, code.op(Op::ReturnCall, {callee})));
  BothEngines both(m.build());
  ASSERT_TRUE(both.ok());
  both.expect_same("f", {1, 20, 300, 4000, 50000, 600000, 7000000, 80000000});
}

TEST(NativeTailCalls, PreservedRegistersAndReferencesSurvive) {
  HERMIT_SKIP_WITHOUT_NATIVE();
  ModuleBuilder m;
  const u32 type = m.type({I32, F64, V128}, {I32, V128});
  m.declare_functions({1});
  // Something that keeps values over calls calls something that keeps some too and leaves by a tail call.
  const u32 leaf = m.function(type, {}, Code().local_get(0).i32(3).op(Op::I32Mul).local_get(2));
  Code middle;
  middle.local_get(0).i32(1).op(Op::I32Add).local_get(1).local_get(2).op(Op::Call, {leaf}).op(Op::Drop).local_set(0);
  middle.local_get(0).local_get(1).local_get(2).op(Op::RefFunc, {leaf}).op(Op::ReturnCallRef, {type});
  const u32 hop = m.function(type, {}, middle);
  Code outer;
  outer.local_get(0).i32(5).op(Op::I32Xor).local_set(3);
  outer.local_get(0).local_get(1).local_get(2).op(Op::Call, {hop}).op(Op::Drop);
  outer.local_get(3).op(Op::I32Sub).local_get(2);
  m.export_function("f", m.function(type, {{1, I32}}, outer));
  m.declare_functions({leaf});
  BothEngines both(m.build());
  ASSERT_TRUE(both.ok());
  for (u64 n = 0; n < 9; ++n) both.expect_same("f", {n, std::bit_cast<u64>(1.5), 7, 8});
}

// --- exceptions ---

struct Thrower {
  ModuleBuilder m;
  u32 int_tag = 0, pair_tag = 0, empty_tag = 0, thrower = 0;

  // thrower(n): 0 returns 5, 1 throws (i32 n), 2 (i64, v128, f32), 3 nothing, 4 traps.
  Thrower() {
    m.memory({1, 1, true});
    int_tag = m.tag(m.type({I32}, {}));
    pair_tag = m.tag(m.type({I64, V128, F32}, {}));
    empty_tag = m.tag(m.type({}, {}));
    Code code;
    code.local_get(0).op(Op::I32Eqz).begin(Op::If).i32(5).op(Op::Return).end();
    code.local_get(0).i32(1).op(Op::I32Eq).begin(Op::If).local_get(0).op(Op::Throw, {int_tag}).end();
    code.local_get(0).i32(2).op(Op::I32Eq).begin(Op::If);
    code.i64(0x123456789).v128(3, 4).f32_bits(0x3fc00000).op(Op::Throw, {pair_tag}).end();
    code.local_get(0).i32(3).op(Op::I32Eq).begin(Op::If).op(Op::Throw, {empty_tag}).end();
    code.op(Op::Unreachable);
    thrower = m.function(m.type({I32}, {I32}), {}, code);
  }
};

// A try_table without results whose clauses lead to label 0 behind it, in each form.
TEST(NativeExceptions, ClausesOfTryTableTakeWhatTheyName) {
  HERMIT_SKIP_WITHOUT_NATIVE();
  Thrower t;
  const u32 type = t.m.type({I32}, {I32});
  // (block (result i32) (block (result i64 v128 f32) (block (result exnref) try (catch int 2) (catch pair 1)
  // (catch_all_ref 0)))) with x assigned before and behind the call
  const u32 pair = t.m.type({}, {I64, V128, F32});
  Code code;
  code.i32(1).local_set(1).begin(Op::Block, I32).begin_typed(Op::Block, pair).begin(Op::Block, ExnRef);
  code.op(Op::TryTable)
      .raw({0x40, 3, kCatch, static_cast<u8>(t.int_tag), 2, kCatch, static_cast<u8>(t.pair_tag), 1, kCatchAllRef, 0});
  code.i32(20).local_set(1).local_get(0).op(Op::Call, {t.thrower}).i32(30).local_set(1).op(Op::Br, {3}).end();
  code.op(Op::Unreachable).end();
  code.op(Op::Drop).i32(1000).local_get(1).op(Op::I32Add).op(Op::Return).end();
  code.op(Op::Drop).op(Op::I64x2ExtractLane).raw({1}).op(Op::I64Add).op(Op::I32WrapI64).end();
  code.local_get(1).op(Op::I32Add);
  t.m.export_function("f", t.m.function(type, {{1, I32}}, code));
  for (const bool demote : {false, true}) {
    BothEngines both(t.m.build(), demote);
    ASSERT_TRUE(both.ok());
    for (u64 n = 0; n < 5; ++n) both.expect_same("f", {n});
  }
}

// Many values live into the handler, more than there are registers, of all types.
TEST(NativeExceptions, ValuesLiveIntoAHandlerAreThoseAtTheCall) {
  HERMIT_SKIP_WITHOUT_NATIVE();
  for (const u32 pressure : {1u, 4u, 9u, 20u}) {
    Thrower t;
    const u32 type = t.m.type({I32, I64, F64, V128}, {I64});
    std::vector<std::pair<u32, ValType>> locals = {{pressure, I32}, {pressure, I64}, {pressure, F64}, {pressure, V128}};
    const auto place = [&](u32 kind, u32 i) { return 4 + kind * pressure + i; };
    const auto assign = [&](Code& c, i32 by) {
      for (u32 i = 0; i < pressure; ++i) {
        c.local_get(0).i32(by + static_cast<i32>(i)).op(Op::I32Add).local_set(place(0, i));
        c.local_get(1).i64(by * 7 + static_cast<i32>(i)).op(Op::I64Mul).local_set(place(1, i));
        c.local_get(2).f64_bits(std::bit_cast<u64>(by + 0.5 * i)).op(Op::F64Add).local_set(place(2, i));
        c.local_get(3).local_get(place(1, i)).op(Op::I64x2Splat).op(Op::I64x2Add).local_set(place(3, i));
      }
    };
    Code code;
    assign(code, 1);
    code.begin(Op::Loop).begin(Op::Block).op(Op::TryTable).raw({0x40, 1, kCatchAll, 0});
    assign(code, 2);
    code.local_get(0).op(Op::Call, {t.thrower}).local_set(0);
    assign(code, 3);
    code.i32(2).op(Op::Call, {t.thrower}).local_set(0).end().end();
    code.i64(0);
    for (u32 i = 0; i < pressure; ++i) {
      code.local_get(place(0, i)).op(Op::I64ExtendI32U).op(Op::I64Add);
      code.local_get(place(1, i)).op(Op::I64Xor);
      code.local_get(place(2, i)).op(Op::I64ReinterpretF64).op(Op::I64Add);
      code.local_get(place(3, i)).op(Op::I64x2ExtractLane).raw({1}).op(Op::I64Sub);
    }
    code.local_set(1).local_get(0).i32(1).op(Op::I32Sub).op(Op::LocalTee, {0}).i32(0).op(Op::I32GtS);
    code.op(Op::BrIf, {0}).end().local_get(1);
    t.m.export_function("f", t.m.function(type, locals, code));
    for (const bool demote : {false, true}) {
      BothEngines both(t.m.build(), demote);
      ASSERT_TRUE(both.ok());
      for (const u64 n : {0, 1, 2, 3, 4}) both.expect_same("f", {n, 77, std::bit_cast<u64>(2.25), 5, 6});
    }
  }
}

// What a loop inside of a try computes is needed by the handler alone.
TEST(NativeExceptions, ValuesOfALoopReachTheHandlerBehindIt) {
  HERMIT_SKIP_WITHOUT_NATIVE();
  Thrower t;
  const u32 type = t.m.type({I32}, {I32});
  Code code;
  code.begin(Op::Block).op(Op::TryTable).raw({0x40, 1, kCatchAll, 0}).begin(Op::Loop);
  code.local_get(0).i32(3).op(Op::I32Mul).local_get(2).op(Op::I32Xor).local_set(1);
  code.local_get(0).local_get(0).op(Op::I32Mul).local_set(2);
  code.local_get(0).i32(6).op(Op::I32Sub).local_get(0).i32(7).op(Op::I32LtS).i32(3).op(Op::I32Mul).op(Op::I32And);
  code.op(Op::Call, {t.thrower}).op(Op::Drop);
  code.local_get(0).i32(1).op(Op::I32Sub).op(Op::LocalTee, {0}).op(Op::BrIf, {0}).end().end().end();
  code.local_get(1).i32(1000).op(Op::I32Mul).local_get(2).op(Op::I32Add);
  t.m.export_function("f", t.m.function(type, {{2, I32}}, code));
  BothEngines both(t.m.build());
  ASSERT_TRUE(both.ok());
  for (u64 n = 1; n < 40; ++n) both.expect_same("f", {n});
}

// The frame that is dropped had other values in preserved registers; the caller of the one that catches has its own
// there.
TEST(NativeExceptions, PreservedRegistersOfTheCatchersCallerSurvive) {
  HERMIT_SKIP_WITHOUT_NATIVE();
  Thrower t;
  const u32 type = t.m.type({I32}, {I32});
  constexpr u32 kKept = 5;
  const auto keep = [&](Code& c, i32 by) {
    for (u32 i = 0; i < kKept; ++i) c.local_get(0).i32(by + static_cast<i32>(i)).op(Op::I32Mul).local_set(1 + i);
  };
  const auto sum = [&](Code& c) {
    for (u32 i = 0; i < kKept; ++i) c.local_get(1 + i).op(Op::I32Add);
  };
  Code clobber;
  keep(clobber, 100);
  clobber.local_get(0).op(Op::Call, {t.thrower});
  sum(clobber);
  const u32 clobberer = t.m.function(type, {{kKept, I32}}, clobber);
  const u32 catcher = t.m.function(type, {},
                                   Code()
                                       .begin(Op::Block)
                                       .op(Op::TryTable)
                                       .raw({0x40, 1, kCatchAll, 0})
                                       .local_get(0)
                                       .op(Op::Call, {clobberer})
                                       .op(Op::Return)
                                       .end()
                                       .end()
                                       .i32(9));
  Code outer;
  keep(outer, 3);
  outer.local_get(0).op(Op::Call, {catcher});
  sum(outer);
  t.m.export_function("f", t.m.function(type, {{kKept, I32}}, outer));
  BothEngines both(t.m.build());
  ASSERT_TRUE(both.ok());
  for (u64 n = 0; n < 4; ++n) both.expect_same("f", {n});
}

// Legacy: catches in order, rethrow from the inner to the outer, delegate over one.
TEST(NativeExceptions, LegacyTriesNestAndDelegate) {
  HERMIT_SKIP_WITHOUT_NATIVE();
  Thrower t;
  const u32 type = t.m.type({I32}, {I32});
  Code catches;
  catches.begin(Op::Try, I32).local_get(0).op(Op::Call, {t.thrower});
  catches.op(Op::Catch, {t.int_tag}).i32(100).op(Op::I32Add);
  catches.op(Op::Catch, {t.pair_tag}).op(Op::Drop).op(Op::Drop).op(Op::I32WrapI64);
  catches.op(Op::CatchAll).i32(300).end();
  t.m.export_function("catches", t.m.function(type, {}, catches));
  Code rethrow;
  rethrow.i32(0).local_set(1).begin(Op::Try, I32).begin(Op::Try, I32).local_get(0).op(Op::Call, {t.thrower});
  rethrow.op(Op::Catch, {t.int_tag}).op(Op::Drop).i32(7).local_set(1).op(Op::Rethrow, {0}).end();
  rethrow.op(Op::Catch, {t.int_tag})
      .local_get(1)
      .op(Op::I32Add)
      .op(Op::CatchAll)
      .i32(-1)
      .local_get(1)
      .op(Op::I32Sub)
      .end();
  t.m.export_function("rethrow", t.m.function(type, {{1, I32}}, rethrow));
  Code delegate;  // over the middle try, whose catch_all must not see it
  delegate.begin(Op::Try, I32).begin(Op::Try, I32).begin(Op::Try, I32).local_get(0).op(Op::Call, {t.thrower});
  delegate.op(Op::Delegate, {1}).op(Op::CatchAll).i32(-5).end();
  delegate.op(Op::Catch, {t.int_tag}).i32(10).op(Op::I32Mul).end();
  t.m.export_function("delegate", t.m.function(type, {}, delegate));
  Code dead;  // what is unreachable may hold tries, and catches of a body that throws nothing are
  dead.begin(Op::Try, I32).i32(1).op(Op::CatchAll).i32(2).end().op(Op::Return);
  dead.begin(Op::Try, I32).begin(Op::Try).op(Op::Delegate, {0}).i32(1).op(Op::Catch, {t.int_tag}).end();
  t.m.export_function("dead", t.m.function(type, {}, dead));
  BothEngines both(t.m.build());
  ASSERT_TRUE(both.ok());
  for (const char* name : {"catches", "rethrow", "delegate", "dead"}) {
    for (u64 n = 0; n < 5; ++n) both.expect_same(name, {n});
  }
}

TEST(NativeExceptions, ReferencesAreThrownAgainAndUncaughtOnesHaveATrace) {
  HERMIT_SKIP_WITHOUT_NATIVE();
  Thrower t;
  const u32 type = t.m.type({I32}, {I32});
  const u32 kept = t.m.table({ExnRef, {4, 4, true}});
  const u32 int_and_ref = t.m.type({}, {I32, ExnRef});
  // Catches (i32) with its reference, keeps it in a table, calls again and throws the first one.
  Code code;
  code.begin_typed(Op::Block, int_and_ref).op(Op::TryTable).raw({0x40, 1, kCatchRef, static_cast<u8>(t.int_tag), 0});
  code.local_get(0).op(Op::Call, {t.thrower}).op(Op::Return).end().op(Op::Unreachable).end();
  code.local_set(1).i32(9).op(Op::I32Add).local_set(0).i32(2).local_get(1).op(Op::TableSet, {kept});
  code.local_get(0).i32(11).op(Op::I32Eq).begin(Op::If).i32(2).op(Op::TableGet, {kept}).op(Op::ThrowRef).end();
  code.i32(2).op(Op::TableGet, {kept}).op(Op::ThrowRef);
  const u32 inner = t.m.function(type, {{1, ExnRef}}, code);
  t.m.export_function("inner", inner);
  t.m.export_function("null", t.m.function(type, {}, Code().ref_null(ExnRef).op(Op::ThrowRef)));
  Code again;
  again.begin(Op::Block, I32).op(Op::TryTable).raw({0x40, 1, kCatch, static_cast<u8>(t.int_tag), 0});
  again.local_get(0).op(Op::Call, {inner}).op(Op::Return).end().op(Op::Unreachable).end();
  t.m.export_function("again", t.m.function(type, {}, again));
  BothEngines both(t.m.build());
  ASSERT_TRUE(both.ok());
  for (const char* name : {"inner", "null", "again"}) {
    for (u64 n = 0; n < 5; ++n) {
      const Trap trap = both.expect_same(name, {n});
      if (trap != Trap::None) {
        EXPECT_EQ(both.interpreted.program().trace_depth(), both.native.program().trace_depth()) << name << n;
      }
    }
  }
}

// What is thrown and dropped is freed, what is kept in a register, a frame or a table is not.
TEST(NativeExceptions, OnlyWhatIsReferencedTakesMemory) {
  HERMIT_SKIP_WITHOUT_NATIVE();
  Thrower t;
  const u32 type = t.m.type({I32}, {I32});
  Code code;  // keeps the first exception in a local, throws many more, then throws the first again
  const auto caught = [&](u8 kind) {
    Code c;
    c.begin(Op::Block, ExnRef).op(Op::TryTable).raw({0x40, 1, kind, 0});
    return c.i32(2).op(Op::Call, {t.thrower}).op(Op::Drop).end().op(Op::Unreachable).end();
  };
  code.code(caught(kCatchAllRef)).local_set(1);
  code.begin(Op::Loop).code(caught(kCatchAllRef)).op(Op::Drop);
  code.local_get(0).i32(1).op(Op::I32Sub).op(Op::LocalTee, {0}).op(Op::BrIf, {0}).end();
  const u32 pair = t.m.type({}, {I64, V128, F32});
  code.begin_typed(Op::Block, pair).op(Op::TryTable).raw({0x40, 1, kCatch, static_cast<u8>(t.pair_tag), 0});
  code.local_get(1).op(Op::ThrowRef).end().op(Op::Unreachable).end();
  code.op(Op::Drop).op(Op::Drop).op(Op::I32WrapI64);
  t.m.export_function("f", t.m.function(type, {{1, ExnRef}}, code));
  Guest guest(t.m.build(), Guest::Engine::Native);
  ASSERT_NE(guest.instance, nullptr);
  std::vector<u64> slots = {200000};
  ASSERT_EQ(guest.call("f", slots), Trap::None);
  EXPECT_EQ(slots[0], 0x23456789u);
  EXPECT_LT(guest.program().exceptions().count(), 20000u);
}

// --- across instances and to the host ---

constexpr ValType kManyTypes[] = {I64, I64, I64, I64, I64, I64, I64, I64, I64, V128, I64, F32};
constexpr ValType kFewTypes[] = {V128, I64};

// The vector with the sum of all numbers in its low half; the last number.
Trap mix(void*, runtime::HostCall& call) {
  const u64 high = call.slots[10];
  u64 sum = call.slots[9] + call.slots[12];
  for (size_t i = 0; i < 9; ++i) sum += call.slots[i] * (i + 1);
  const u64 last = call.slots[11];
  call.slots[0] = sum;
  call.slots[1] = high;
  call.slots[2] = last;
  return last == 13 ? Trap::Exit : Trap::None;
}
constexpr runtime::HostFunction kMix[] = {{"host", "mix", kManyTypes, kFewTypes, mix}};

constexpr ValType kLowerTypes[] = {I32, I64};
constexpr ValType kLowerResult[] = {I32};

// The first number plus the second, whose upper half stays in the slot.
Trap add_lower(void*, runtime::HostCall& call) {
  call.slots[0] = call.u32_at(0) + call.u64_at(1);
  return Trap::None;
}
constexpr runtime::HostFunction kAddLower[] = {{"host", "add", kLowerTypes, kLowerResult, add_lower}};

// An i32 in a register has nothing above it, whatever a host function leaves there; an address would have it.
TEST(NativeHost, ResultsAreCutToTheirType) {
  HERMIT_SKIP_WITHOUT_NATIVE();
  ModuleBuilder m;
  const u32 host = m.import_function("host", "add", m.type({I32, I64}, {I32}));
  Code code;
  code.local_get(0).op(Op::I32WrapI64).local_get(0).op(Op::Call, {host}).op(Op::I64ExtendI32U);
  m.export_function("f", m.function(m.type({I64}, {I64}), {}, code));
  const Bytes bytes = m.build();
  auto module = wasm::decode_module(bytes);
  ASSERT_TRUE(module && wasm::validate_all(*module));
  runtime::Program program(runtime::native_engine());
  program.add_host_functions(kAddLower, nullptr);
  const wasm::Module* list[] = {&*module};
  const auto image = compile_program(list, {.check = true});
  ASSERT_TRUE(image && runtime::load_native(program, list, *image));
  const auto started = program.instantiate(*module, "m");
  ASSERT_NE(started.instance, nullptr) << (started.link_error ? started.link_error->text : "");
  u64 slots[1] = {0x1234567800000003};
  EXPECT_EQ(program.call(*runtime::Program::exported_function(*started.instance, "f"), slots), Trap::None);
  EXPECT_EQ(slots[0], 6u);
}

// The sum of all numbers times their places, counted from 1. A first one of 13 ends the program.
template <u32 kCount>
Trap weigh(void*, runtime::HostCall& call) {
  const bool leaves = call.u32_at(0) == 13;
  u64 sum = 0;
  for (u32 i = 0; i < kCount; ++i) sum += (i + 1) * (i % 3 == 1 ? call.u64_at(i) : call.u32_at(i));
  call.slots[0] = sum;
  return leaves ? Trap::Exit : Trap::None;
}

// From the ninth on they come from the stack, which is the host function's to clear.
TEST(NativeHost, IntegersComeFromRegistersAndFromTheStack) {
  HERMIT_SKIP_WITHOUT_NATIVE();
  constexpr ValType kResult[] = {I32};
  const std::pair<u32, runtime::HostFunctionPointer> bodies[] = {
      {7, weigh<7>}, {8, weigh<8>}, {9, weigh<9>}, {10, weigh<10>}, {11, weigh<11>}, {12, weigh<12>}, {40, weigh<40>}};
  for (const auto& [count, body] : bodies) {
    SCOPED_TRACE(count);
    std::vector<ValType> types;
    for (u32 i = 0; i < count; ++i) types.push_back(i % 3 == 1 ? I64 : I32);
    const runtime::HostFunction functions[] = {{"host", "weigh", types, kResult, body}};
    ModuleBuilder m;
    const u32 host = m.import_function("host", "weigh", m.type(types, {I32}));
    Code code;  // so often that a few bytes left on the stack would fill it; both calls' values live across the other
                // one
    code.i32(3'000'000).local_set(1).begin(Op::Loop, I64);
    for (u32 twice = 0; twice < 2; ++twice) {
      for (u32 i = 0; i < count; ++i) {
        code.local_get(0).i64(i * 1000003 + twice).op(Op::I64Add);
        if (i % 3 != 1) code.op(Op::I32WrapI64);
      }
      code.op(Op::Call, {host}).op(Op::I64ExtendI32U);
    }
    code.i64(32).op(Op::I64Shl).op(Op::I64Or).local_get(0).op(Op::I64Xor).local_set(2);
    code.local_get(1).i32(1).op(Op::I32Sub).op(Op::LocalTee, {1}).op(Op::BrIf, {0}).local_get(2).end();
    m.export_function("f", m.function(m.type({I64}, {I64}), {{1, I32}, {1, I64}}, code));
    const Bytes bytes = m.build();
    auto module = wasm::decode_module(bytes);
    ASSERT_TRUE(module && wasm::validate_all(*module));
    runtime::Program program(runtime::native_engine());
    program.add_host_functions(functions, nullptr);
    const wasm::Module* list[] = {&*module};
    const auto image = compile_program(list, {.check = true});
    ASSERT_TRUE(image && runtime::load_native(program, list, *image));
    const auto started = program.instantiate(*module, "m");
    ASSERT_NE(started.instance, nullptr) << (started.link_error ? started.link_error->text : "");
    const u64 x = 0x1234'5678'9abc'def0;
    const auto expected = [&](u64 twice) {
      u64 sum = 0;
      for (u32 i = 0; i < count; ++i) {
        const u64 value = x + u64{1000003} * i + twice;
        sum += (i + 1) * (i % 3 == 1 ? value : static_cast<u32>(value));
      }
      return static_cast<u32>(sum);
    };
    u64 slots[1] = {x};
    EXPECT_EQ(program.call(*runtime::Program::exported_function(*started.instance, "f"), slots), Trap::None);
    EXPECT_EQ(slots[0], (u64{expected(1)} << 32 | expected(0)) ^ x);
    slots[0] = 13;
    EXPECT_EQ(program.call(*runtime::Program::exported_function(*started.instance, "f"), slots), Trap::Exit);
  }
}

// `b` leaves by tail calls to another instance and to the host, and catches what the other one throws; afterwards it
// must see its own memory.
TEST(NativeInstances, TailCallsAndExceptionsCrossThem) {
  HERMIT_SKIP_WITHOUT_NATIVE();
  const std::vector<ValType> many(std::begin(kManyTypes), std::end(kManyTypes));
  const std::vector<ValType> few(std::begin(kFewTypes), std::end(kFewTypes));
  ModuleBuilder a;
  a.memory({1, 1, true});
  a.data(Code().i32(0), "aaaaaaaa");
  const u32 a_type = a.type(many, few);
  const u32 a_host = a.import_function("host", "mix", a_type);
  a.export_tag("tag", a.tag(a.type({V128}, {})));
  Code relay;
  for (u32 i = 0; i < many.size(); ++i) relay.local_get(i);
  a.export_function("relay", a.function(a_type, {}, Code().code(relay).op(Op::ReturnCall, {a_host})));
  a.export_function("throw",
                    a.function(a.type({I64}, {I64}), {}, Code().local_get(0).op(Op::I64x2Splat).op(Op::Throw, {0})));
  ModuleBuilder b;
  b.memory({1, 1, true});
  b.data(Code().i32(0), "bbbbbbbb");
  const u32 b_type = b.type(many, few);
  const u32 relay_import = b.import_function("a", "relay", b_type);
  const u32 thrower = b.import_function("a", "throw", b.type({I64}, {I64}));
  b.import_tag("a", "tag", b.type({V128}, {}));
  const u32 hop = b.function(b_type, {}, Code().code(relay).op(Op::ReturnCall, {relay_import}));
  const u32 result = b.type(many, {V128, I64, I64});
  b.export_function("tail",
                    b.function(result, {}, Code().code(relay).op(Op::Call, {hop}).i32(0).op(Op::I64Load, {3, 0})));
  Code caught;
  caught.begin(Op::Block, V128).op(Op::TryTable).raw({0x40, 1, kCatch, 0, 0});
  caught.local_get(0).op(Op::Call, {thrower}).op(Op::Return).end().op(Op::Unreachable).end();
  caught.op(Op::I64x2ExtractLane).raw({1}).i32(0).op(Op::I64Load, {3, 0}).op(Op::I64Add);
  b.export_function("catch", b.function(b.type({I64}, {I64}), {}, caught));
  const Bytes bytes[] = {a.build(), b.build()};
  std::vector<wasm::Module> modules;
  for (const Bytes& one : bytes) {
    modules.push_back(*wasm::decode_module(one));
    ASSERT_TRUE(wasm::validate_all(modules.back()).has_value());
  }
  std::vector<u64> outcomes[2];
  for (const bool native : {false, true}) {
    runtime::Program program(native ? runtime::native_engine() : interp::engine());
    program.add_host_functions(kMix, nullptr);
    const wasm::Module* list[] = {&modules[0], &modules[1]};
    if (native) {
      const auto image = compile_program(list, {.check = true});
      ASSERT_TRUE(image && runtime::load_native(program, list, *image));
    }
    ASSERT_NE(program.instantiate(modules[0], "a").instance, nullptr);
    const auto started = program.instantiate(modules[1], "b");
    ASSERT_NE(started.instance, nullptr) << (started.link_error ? started.link_error->text : "");
    for (const u64 last : {12, 13}) {
      u64 slots[16] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 100, 200, last, 7};
      const Trap trap = program.call(*runtime::Program::exported_function(*started.instance, "tail"), slots);
      outcomes[native ? 1 : 0].push_back(static_cast<u64>(trap));
      if (trap == Trap::None) outcomes[native ? 1 : 0].insert(outcomes[native ? 1 : 0].end(), slots, slots + 4);
    }
    u64 slots[1] = {5};
    EXPECT_EQ(program.call(*runtime::Program::exported_function(*started.instance, "catch"), slots), Trap::None);
    EXPECT_EQ(slots[0], 5 + 0x6262626262626262u);
  }
  EXPECT_EQ(outcomes[0], outcomes[1]);
  EXPECT_EQ(outcomes[1].size(), 6u);
}

// --- memories and tables ---

TEST(NativeMemories, AccessesAgreeAtTheBordersOfFurtherAnd64BitMemories) {
  HERMIT_SKIP_WITHOUT_NATIVE();
  for (const bool is_64 : {false, true}) {
    for (const u32 memory : {0u, 1u, 2u}) {
      SCOPED_TRACE(std::to_string(memory) + (is_64 ? " 64" : " 32"));
      ModuleBuilder m;
      for (u32 i = 0; i < 3; ++i) m.memory({i == memory ? u64{1} : u64{2}, 4, true, is_64 && i == memory});
      const ValType address = is_64 ? I64 : I32;
      std::vector<std::string> names;
      constexpr u64 kOffsets[] = {0, 1, 65528, 65536, 0x7fffffff, 0x80000000, 0xffffffff, 0xfffffffffffffff8};
      const std::pair<Op, ValType> loads[] = {
          {Op::I32Load8U, I32}, {Op::I64Load, I64}, {Op::V128Load, V128}, {Op::F32Load, F32}};
      const std::pair<Op, ValType> stores[] = {
          {Op::I32Store8, I32}, {Op::I64Store, I64}, {Op::V128Store, V128}, {Op::F32Store, F32}};
      for (const u64 offset : kOffsets) {
        if (!is_64 && offset > 0xffffffff) continue;
        for (const bool constant : {false, true}) {
          const auto base = [&] {
            return constant ? (is_64 ? Code().i64(65520) : Code().i32(65520)) : Code().local_get(0);
          };
          for (size_t i = 0; i < 4; ++i) {
            const std::string id = std::to_string(offset) + (constant ? "c" : "v") + std::to_string(i);
            m.export_function("l" + id, m.function(m.type({address}, {loads[i].second}), {},
                                                   base().op(loads[i].first, {0x40, memory, offset})));
            m.export_function("s" + id, m.function(m.type({address, stores[i].second}, {}), {},
                                                   base().local_get(1).op(stores[i].first, {0x40, memory, offset})));
            names.push_back("s" + id);
            names.push_back("l" + id);
          }
        }
      }
      // A load that an operation could take over, and growing.
      m.export_function("add",
                        m.function(m.type({address, I64}, {I64}), {},
                                   Code().local_get(1).local_get(0).op(Op::I64Load, {0x40, memory, 8}).op(Op::I64Add)));
      m.export_function("grow",
                        m.function(m.type({address}, {address}), {}, Code().local_get(0).op(Op::MemoryGrow, {memory})));
      m.export_function("size", m.function(m.type({address}, {address}), {}, Code().op(Op::MemorySize, {memory})));
      BothEngines both(m.build());
      ASSERT_TRUE(both.ok());
      for (int round = 0; round < 3; ++round) {
        for (const std::string& name : names) {
          for (const u64 at : {u64{0}, u64{1}, u64{65519}, u64{65520}, u64{65521}, u64{65528}, u64{65529}, u64{65535},
                               u64{65536}, u64{131064}, u64{131072}, u64{0x7fffffff}, u64{0xfffffff8}, u64{0xffffffff},
                               u64{1} << 32, u64{1} << 47, ~u64{0}, ~u64{7}}) {
            if (!is_64 && at > 0xffffffff) continue;
            both.expect_same(name, {at, at * 0x9e3779b97f4a7c15, 77});
          }
        }
        both.expect_same("add", {65520, 5});
        both.expect_same("grow", {static_cast<u64>(round)});
        both.expect_same("size", {0});
      }
      both.expect_same("grow", {is_64 ? u64{1} << 40 : 0xffff});
    }
  }
}

// Two imports may be the same memory: what one stores the other loads.
TEST(NativeMemories, ImportedMemoriesMayBeOne) {
  HERMIT_SKIP_WITHOUT_NATIVE();
  ModuleBuilder m;
  m.import_memory("host", "memory", {1, 4, false});
  m.import_memory("host", "memory", {1, 4, false});
  const u32 type = m.type({I32, I32}, {I32});
  Code code;
  code.local_get(0).op(Op::I32Load, {2, 0}).op(Op::Drop);
  code.local_get(0).local_get(1).op(Op::I32Store, {0x42, 1, 0});
  code.local_get(0).op(Op::I32Load, {2, 0});
  m.export_function("f", m.function(type, {}, code));
  const Bytes bytes = m.build();
  auto module = wasm::decode_module(bytes);
  ASSERT_TRUE(module.has_value() && wasm::validate_all(*module).has_value());
  const wasm::Module* modules[] = {&*module};
  const auto image = compile_program(modules, {.check = true});
  ASSERT_TRUE(image.has_value());
  runtime::Program program(runtime::native_engine());
  const auto memory = program.add_memory({{1, 4, true}});
  ASSERT_TRUE(memory.has_value());
  program.define("host", "memory", runtime::Extern(*memory));
  ASSERT_TRUE(runtime::load_native(program, modules, *image).has_value());
  const auto started = program.instantiate(*module);
  ASSERT_NE(started.instance, nullptr) << (started.link_error ? started.link_error->text : "");
  u64 slots[] = {64, 1234};
  EXPECT_EQ(program.call(*runtime::Program::exported_function(*started.instance, "f"), slots), Trap::None);
  EXPECT_EQ(slots[0], 1234u);
}

TEST(NativeTables, IndicesOf64Bits) {
  HERMIT_SKIP_WITHOUT_NATIVE();
  ModuleBuilder m;
  const u32 callee = m.type({}, {I32});
  const u32 function = m.function(callee, {}, Code().i32(42));
  const u32 table = m.table({FuncRef, {4, 9, true, true}});
  m.element_expressions(table, Code().i64(1), FuncRef, {Code().op(Op::RefFunc, {function})});
  m.export_function("call",
                    m.function(m.type({I64}, {I32}), {}, Code().local_get(0).op(Op::CallIndirect, {callee, table})));
  m.export_function(
      "null", m.function(m.type({I64}, {I32}), {}, Code().local_get(0).op(Op::TableGet, {table}).op(Op::RefIsNull)));
  m.export_function(
      "grow",
      m.function(
          m.type({I64}, {I64, I64}), {},
          Code().op(Op::RefFunc, {function}).local_get(0).op(Op::TableGrow, {table}).op(Op::TableSize, {table})));
  BothEngines both(m.build());
  ASSERT_TRUE(both.ok());
  for (const u64 grow : {u64{0}, u64{2}, u64{100}, ~u64{0}}) {
    for (const u64 i : {u64{0}, u64{1}, u64{3}, u64{4}, u64{5}, u64{6}, u64{0x100000001}, ~u64{0}}) {
      both.expect_same("call", {i});
      both.expect_same("null", {i});
    }
    both.expect_same("grow", {grow});
  }
}

}  // namespace
}  // namespace hermit::compiler

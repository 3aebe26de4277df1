// Exceptions, new and legacy: who catches what, and how long they live.
#include "interp/test_guest.h"

namespace hermit::interp {
namespace {

using enum wasm::ValType;

constexpr u8 kCatch = 0;
constexpr u8 kCatchRef = 1;
constexpr u8 kCatchAllRef = 3;

// try_table with one clause that leads to label 0.
Code try_table(u8 kind, bool has_tag) {
  Code code;
  code.op(Op::TryTable).raw({0x40, 1, kind});
  if (has_tag) code.raw({0});
  return code.raw({0});
}

TEST(Exceptions, AValueReachesTheHandlerAndLocalsKeepWhatTheyHadAtTheThrow) {
  Guest g;
  ModuleBuilder m;
  m.tag(m.type({I32}, {}));
  const u32 thrower = m.function(m.type({I32}, {}), {}, Code().local_get(0).op(Op::Throw, {0}));
  // x = 1; catch (x = 2; call thrower(n); x = 3); result = value * 10 + x
  Code code;
  code.i32(1).local_set(1);
  code.begin(Op::Block, I32).code(try_table(kCatch, true));
  code.i32(2).local_set(1).local_get(0).op(Op::Call, {thrower}).i32(3).local_set(1).end().op(Op::Unreachable).end();
  code.i32(10).op(Op::I32Mul).local_get(1).op(Op::I32Add);
  m.export_function("f", m.function(m.type({I32}, {I32}), {{1, I32}}, code));
  g.add(m.build());
  EXPECT_EQ(g.result_of("f", {4}), 42u);
}

TEST(Exceptions, UncaughtOnesEndTheCallWithATrace) {
  Guest g;
  ModuleBuilder m;
  m.tag(m.type({}, {}));
  const u32 thrower = m.function(m.type({}, {}), {}, Code().op(Op::Throw, {0}));
  m.export_function("f", m.function(m.type({}, {}), {}, Code().op(Op::Call, {thrower})));
  g.add(m.build());
  EXPECT_EQ(g.call("f", {}), Trap::Exception);
  EXPECT_EQ(g.program.trace_depth(), 2u);
}

// A tag is an object: the same type in another instance is another tag.
TEST(Exceptions, OfAnotherInstanceAreCaughtByTagAndTheInstanceComesBack) {
  Guest g;
  ModuleBuilder a;
  const u32 type = a.type({V128, I32}, {});
  a.memory({2, 2, true});
  a.export_tag("tag", a.tag(type));
  a.export_function("throw", a.function(a.type({}, {}), {}, Code().v128(7, 8).i32(9).op(Op::Throw, {0})));
  g.add(a.build(), "a");
  ModuleBuilder b;
  const u32 type_b = b.type({V128, I32}, {});
  const u32 nothing = b.type({}, {});
  const u32 thrower = b.import_function("a", "throw", nothing);
  b.import_tag("a", "tag", type_b);
  b.memory({3, 3, true});
  const u32 both = b.type({}, {V128, I32});
  Code code;  // value + high half + pages of this instance's memory
  code.begin_typed(Op::Block, both)
      .code(try_table(kCatch, true))
      .op(Op::Call, {thrower})
      .end()
      .op(Op::Unreachable)
      .end();
  code.local_set(0).op(Op::I64x2ExtractLane).raw({1}).op(Op::I32WrapI64).local_get(0).op(Op::I32Add);
  code.op(Op::MemorySize, {0}).op(Op::I32Add);
  b.export_function("f", b.function(b.type({I32}, {I32}), {}, code));
  g.add(b.build(), "b");
  EXPECT_EQ(g.result_of("f", {0}), 9u + 8u + 3u);
}

// throw_ref of a caught reference, and null.
TEST(Exceptions, ReferencesCanBeThrownAgain) {
  Guest g;
  ModuleBuilder m;
  m.tag(m.type({I32}, {}));
  const u32 pair = m.type({}, {I32, ExnRef});
  Code inner;  // catches with a reference, throws it again
  inner.begin_typed(Op::Block, pair).code(try_table(kCatchRef, true)).i32(5).op(Op::Throw, {0}).end();
  inner.op(Op::Unreachable).end().op(Op::ThrowRef);
  const u32 rethrower = m.function(m.type({}, {}), {}, inner);
  Code outer;
  outer.begin(Op::Block, I32).code(try_table(kCatch, true)).op(Op::Call, {rethrower}).end().op(Op::Unreachable).end();
  m.export_function("f", m.function(m.type({}, {I32}), {}, outer));
  m.export_function("null", m.function(m.type({}, {}), {}, Code().ref_null(ExnRef).op(Op::ThrowRef)));
  g.add(m.build());
  EXPECT_EQ(g.result_of("f", {}), 5u);
  EXPECT_EQ(g.call("null", {}), Trap::NullReference);
}

TEST(Exceptions, LegacyTryRethrowAndDelegate) {
  Guest g;
  ModuleBuilder m;
  m.tag(m.type({I32}, {}));
  // try (try throw 6 catch (drop) rethrow 0 end) catch: 6 + 1
  Code rethrow;
  rethrow.begin(Op::Try, I32).begin(Op::Try).i32(6).op(Op::Throw, {0}).op(Op::Catch, {0}).op(Op::Drop);
  rethrow.op(Op::Rethrow, {0}).end().i32(0).op(Op::Catch, {0}).i32(1).op(Op::I32Add).end();
  m.export_function("rethrow", m.function(m.type({}, {I32}), {}, rethrow));
  // The inner try delegates past the middle one, whose catch_all would give 1.
  Code delegate;
  delegate.begin(Op::Try, I32).begin(Op::Try, I32).begin(Op::Try).i32(6).op(Op::Throw, {0}).op(Op::Delegate, {1});
  delegate.i32(0).op(Op::CatchAll).i32(1).end().op(Op::Catch, {0}).i32(2).op(Op::I32Add).end();
  m.export_function("delegate", m.function(m.type({}, {I32}), {}, delegate));
  Code all;
  all.begin(Op::Try, I32).i32(6).op(Op::Throw, {0}).op(Op::CatchAll).i32(3).end();
  m.export_function("all", m.function(m.type({}, {I32}), {}, all));
  g.add(m.build());
  EXPECT_EQ(g.result_of("rethrow", {}), 7u);
  EXPECT_EQ(g.result_of("delegate", {}), 8u);
  EXPECT_EQ(g.result_of("all", {}), 3u);
}

// A loop that throws and catches `n` times with a reference; the last one is kept in a global.
Bytes throwing_loop() {
  ModuleBuilder m;
  m.tag(m.type({I64, I64, I64, I64}, {}));
  m.global({ExnRef, true}, Code().ref_null(ExnRef));
  Code code;
  code.begin(Op::Loop).begin(Op::Block, ExnRef).code(try_table(kCatchAllRef, false));
  code.i64(1).i64(2).i64(3).i64(4).op(Op::Throw, {0}).end().op(Op::Unreachable).end().op(Op::GlobalSet, {0});
  code.local_get(0).i32(1).op(Op::I32Sub).op(Op::LocalTee, {0}).op(Op::BrIf, {0}).end();
  m.export_function("f", m.function(m.type({I32}, {}), {}, code));
  return m.build();
}

TEST(Exceptions, ThrowingForHoursStaysSmall) {
  Guest g({.memory_bytes = u64{1} << 20});
  g.add(throwing_loop());
  EXPECT_EQ(g.call("f", {1'000'000}), Trap::None);
  EXPECT_LT(g.program.exceptions().count(), 20'000u);
}

// Each exception holds the one before: all are reachable, so the limit on memory ends it.
TEST(Exceptions, KeptOnesCountAgainstTheMemoryLimit) {
  Guest g({.memory_bytes = u64{4} << 20});
  ModuleBuilder m;
  m.tag(m.type({ExnRef}, {}));
  Code code;
  code.begin(Op::Loop).begin(Op::Block, ExnRef).code(try_table(kCatchAllRef, false));
  code.local_get(1).op(Op::Throw, {0}).end().op(Op::Unreachable).end().local_set(1);
  code.local_get(0).i32(1).op(Op::I32Sub).op(Op::LocalTee, {0}).op(Op::BrIf, {0}).end();
  m.export_function("f", m.function(m.type({I32}, {}), {{1, ExnRef}}, code));
  g.add(m.build());
  EXPECT_EQ(g.call("f", {10'000}), Trap::None);
  EXPECT_EQ(g.call("f", {10'000'000}), Trap::ExceptionMemory);
  EXPECT_EQ(g.call("f", {10'000}), Trap::None);  // nothing holds them any more
}

}  // namespace
}  // namespace hermit::interp

// Tail calls: frames are replaced, whatever the callee's number of parameters and whosever function it is.
#include "interp/test_guest.h"
#include "interp/thread.h"

namespace hermit::interp {
namespace {

using enum wasm::ValType;

// is_even(n) and is_odd(n, x, y, z) call each other in tail position, ten million deep.
TEST(TailCall, MutualRecursionTakesNoStack) {
  Guest g({.stack_bytes = u64{256} << 10});
  ModuleBuilder m;
  const u32 even_type = m.type({I64}, {I32});
  const u32 odd_type = m.type({I64, I64, V128, I64}, {I32});
  const u32 even = 0;
  const u32 odd = 1;
  Code even_body;
  even_body.local_get(0).op(Op::I64Eqz).begin(Op::If).i32(1).op(Op::Return).end();
  even_body.local_get(0).i64(1).op(Op::I64Sub).i64(11).v128(1, 2).i64(22).op(Op::ReturnCall, {odd});
  Code odd_body;
  odd_body.local_get(0).op(Op::I64Eqz).begin(Op::If).i32(0).op(Op::Return).end();
  odd_body.local_get(1).local_get(3).op(Op::I64Add).i64(33).op(Op::I64Ne).begin(Op::If).op(Op::Unreachable).end();
  odd_body.local_get(0).i64(1).op(Op::I64Sub).op(Op::ReturnCall, {even});
  m.function(even_type, {}, even_body);
  m.function(odd_type, {{3, I64}}, odd_body);
  m.export_function("is_even", even);
  g.add(m.build());
  EXPECT_EQ(g.result_of("is_even", {10'000'000}), 1u);
  EXPECT_EQ(g.result_of("is_even", {9'999'999}), 0u);
}

// Two instances with memories of their own, calling each other through a table. When it is over, the first caller must
// be back in its own instance.
TEST(TailCall, BetweenInstancesTakesNoMemoryAndComesBack) {
  Guest g({.stack_bytes = u64{256} << 10});
  ModuleBuilder a;
  const u32 type = a.type({I32}, {I32});
  a.memory({2, 2, true});
  a.table({FuncRef, {2, 2, true}});
  Code bounce;  // f(n) = n == 0 ? memory.size : table[1](n - 1)
  bounce.local_get(0).op(Op::I32Eqz).begin(Op::If).op(Op::MemorySize, {0}).op(Op::Return).end();
  bounce.local_get(0).i32(1).op(Op::I32Sub).i32(1).op(Op::ReturnCallIndirect, {type, 0});
  const u32 f = a.function(type, {}, bounce);
  a.elements(Code().i32(0), {f});
  // start(n) = f(n) * 100 + memory.size of this instance
  Code start;
  start.local_get(0).op(Op::Call, {f}).i32(100).op(Op::I32Mul).op(Op::MemorySize, {0}).op(Op::I32Add);
  a.export_function("start", a.function(type, {}, start));
  a.export_table("t", 0);
  g.add(a.build(), "a");
  runtime::Instance* const first = g.last;

  ModuleBuilder b;
  const u32 type_b = b.type({I32}, {I32});
  b.import_table("a", "t", {FuncRef, {2, 2, true}});
  b.memory({3, 3, true});
  Code back;
  back.local_get(0).op(Op::I32Eqz).begin(Op::If).op(Op::MemorySize, {0}).op(Op::Return).end();
  back.local_get(0).i32(1).op(Op::I32Sub).i32(0).op(Op::ReturnCallIndirect, {type_b, 0});
  const u32 other = b.function(type_b, {}, back);
  b.elements(Code().i32(1), {other});
  g.add(b.build(), "b");
  g.last = first;
  EXPECT_EQ(g.result_of("start", {1'000'000}), 202u);
  EXPECT_EQ(g.result_of("start", {1'000'001}), 302u);
  EXPECT_LT(thread_of(first).cross_frames.capacity(), 64u);
}

TEST(TailCall, OfNullTraps) {
  Guest g;
  ModuleBuilder m;
  const u32 type = m.type({}, {});
  m.export_function("f", m.function(type, {}, Code().op(Op::RefNull, {type}).op(Op::ReturnCallRef, {type})));
  m.export_function("call", m.function(type, {}, Code().op(Op::RefNull, {type}).op(Op::CallRef, {type})));
  g.add(m.build());
  EXPECT_EQ(g.call("f", {}), Trap::NullFunctionReference);
  EXPECT_EQ(g.call("call", {}), Trap::NullFunctionReference);
}

}  // namespace
}  // namespace hermit::interp

// A native image is all that it takes to run its program.
#include <random>
#include <thread>

#include "compiler/both_engines_test.h"
#include "os/trap.h"

namespace hermit::compiler {
namespace {

using wasm::Code;
using wasm::ModuleBuilder;
using wasm::Op;
using wasm::ValType;

// A program that uses what an outline and its entries must hold: data, a table, globals, a start function, exports.
Bytes example() {
  ModuleBuilder m;
  m.memory({8, 8, true});
  const u32 none = m.type({}, {});
  const u32 number = m.type({}, {ValType::I32});
  const u32 set = m.function(none, {}, Code().i32(0).i32(33).op(Op::I32Store, {2, 0}));
  m.start(set);
  m.data(Code().i32(100), "\x2a\0\0\0");
  m.data(Code().i32(10000), std::string(abi::kMappedSegment, '\x01'));
  const u32 table = m.table({ValType::FuncRef, {2, 2, true}});
  const u32 load = m.function(number, {}, Code().i32(0).op(Op::I32Load, {2, 100}));
  m.elements(Code().i32(1), {load});
  m.export_function("data", m.function(number, {}, Code().i32(1).op(Op::CallIndirect, {number, table})));
  m.export_function("start", m.function(number, {}, Code().i32(0).op(Op::I32Load, {2, 0})));
  m.export_function("large", m.function(number, {}, Code().i32(10000).op(Op::I32Load, {2, abi::kMappedSegment - 4})));
  m.export_function("trap", m.function(none, {}, Code().op(Op::Unreachable)));
  return m.build();
}

Result<Bytes> compile(const Bytes& bytes) {
  TRY(const wasm::Module module, wasm::decode_module(bytes));
  TRY_VOID(wasm::validate_all(module));
  const wasm::Module* modules[] = {&module};
  return compile_program(modules, {.check = true});
}

TEST(Image, RunsWithoutItsModules) {
  HERMIT_SKIP_WITHOUT_NATIVE();
  const auto image = compile(example());
  ASSERT_TRUE(image);
  const auto view = runtime::open_image(*image);
  ASSERT_TRUE(view);
  EXPECT_TRUE(runtime::is_undamaged(*view));
  const auto outlines = runtime::read_outlines(*view);
  ASSERT_TRUE(outlines);
  runtime::Program program(runtime::native_engine());
  const wasm::Module* modules[] = {&outlines->front()};
  ASSERT_TRUE(runtime::load_native(program, *view, false, true, modules));
  const auto started = program.instantiate(*modules[0]);
  ASSERT_NE(started.instance, nullptr);
  for (const auto& [name, result] :
       {std::pair("data", 42u), std::pair("start", 33u), std::pair("large", 0x01010101u)}) {
    u64 slots[1] = {};
    EXPECT_EQ(program.call(*runtime::Program::exported_function(*started.instance, name), slots), Trap::None);
    EXPECT_EQ(slots[0], result) << name;
  }
  u64 slots[1] = {};
  EXPECT_EQ(program.call(*runtime::Program::exported_function(*started.instance, "trap"), slots), Trap::Unreachable);
  ASSERT_EQ(program.backtrace().size(), 1u);
  EXPECT_NE(program.backtrace()[0].offset, 0u);
}

// Two programs with the same code, whose instances share nothing else, also on another thread.
TEST(Image, CodeIsShared) {
  HERMIT_SKIP_WITHOUT_NATIVE();
  const auto image = compile(example());
  ASSERT_TRUE(image);
  const auto view = runtime::open_image(*image);
  const auto outlines = runtime::read_outlines(*view);
  ASSERT_TRUE(outlines);
  const wasm::Module* modules[] = {&outlines->front()};
  runtime::Program first(runtime::native_engine());
  ASSERT_TRUE(runtime::load_native(first, *view, false, true, modules));
  runtime::Program second(runtime::native_engine());
  runtime::share_native(first, second);
  const auto one = first.instantiate(*modules[0]);
  const auto two = second.instantiate(*modules[0]);
  ASSERT_TRUE(one.instance != nullptr && two.instance != nullptr);
  one.instance->memory0.base[100] = 1;
  const auto call = [](runtime::Program& program, const runtime::Instance& instance, std::string_view name) {
    u64 slots[1] = {};
    const Trap trap = program.call(*runtime::Program::exported_function(instance, name), slots);
    return trap == Trap::None ? slots[0] : 1000 + static_cast<u64>(trap);
  };
  EXPECT_EQ(call(first, *one.instance, "data"), 1u);
  std::thread([&] {
    EXPECT_EQ(call(second, *two.instance, "data"), 42u);
    EXPECT_EQ(call(second, *two.instance, "large"), 0x01010101u);
    EXPECT_EQ(call(second, *two.instance, "trap"), 1000 + static_cast<u64>(Trap::Unreachable));
    EXPECT_EQ(second.backtrace().size(), 1u);
    os::finish_thread_for_faults();
  }).join();
  EXPECT_EQ(call(first, *one.instance, "large"), 0x01010101u);
  EXPECT_TRUE(first.backtrace().empty());
}

// Anything may stand in the parts that are not checked at start; reading them stays inside.
TEST(Image, DamageBehindTheFrontIsFoundOrHarmless) {
  HERMIT_SKIP_WITHOUT_NATIVE();
  const auto image = compile(example());
  ASSERT_TRUE(image);
  const auto whole = runtime::open_image(*image);
  ASSERT_TRUE(whole);
  const auto& header = whole->header;
  std::mt19937 random(1);
  for (int i = 0; i < 2000; ++i) {
    Bytes damaged = *image;
    const u64 at = header.text.offset + random() % (header.size - header.text.offset);
    damaged[at] = static_cast<u8>(damaged[at] ^ (1 + random() % 255));
    const auto view = runtime::open_image(damaged);
    const bool in_meta = at >= header.meta.offset && at < header.meta.offset + header.meta.size;
    EXPECT_EQ(view.has_value(), !in_meta) << at;
    if (!view) continue;
    EXPECT_FALSE(runtime::is_undamaged(*view));
    for (u64 offset = 0; offset < header.text.size; offset += 7) (void)runtime::find_place(*view, offset, false);
  }
}

TEST(Image, LargeDataLiesWhereItCanBeMapped) {
  const auto image = compile(example());
  ASSERT_TRUE(image);
  const auto view = runtime::open_image(*image);
  ASSERT_TRUE(view);
  const auto outlines = runtime::read_outlines(*view);
  ASSERT_TRUE(outlines && outlines->front().data.size() == 2);
  const u64 place = static_cast<u64>(outlines->front().data[1].bytes.data() - image->data());
  EXPECT_EQ(place % abi::kDataAlignment, 10000 % abi::kDataAlignment);
}

// Neighbouring segments are one in the outline; the program cannot tell.
TEST(Image, SegmentsThatBecameOneAreWrittenAndDropped) {
  HERMIT_SKIP_WITHOUT_NATIVE();
  ModuleBuilder m;
  m.memory({1, 1, true});
  m.data_count();
  m.data(Code().i32(100), "\x01");
  m.data(Code().i32(104), "\x02\x03");
  m.passive_data("");
  m.data(Code().i32(110), "\x04");
  const u32 number = m.type({}, {ValType::I32});
  const u32 init = m.type({ValType::I32}, {});
  for (const auto& [name, at] : {std::pair("a", 100), std::pair("b", 104), std::pair("c", 108)}) {
    m.export_function(name, m.function(number, {}, Code().i32(at).op(Op::I32Load, {2, 0})));
  }
  m.export_function("init",
                    m.function(init, {}, Code().i32(0).i32(0).op(Op::LocalGet, {0}).op(Op::MemoryInit, {2, 0})));
  m.export_function("drop", m.function(m.type({}, {}), {}, Code().op(Op::DataDrop, {2})));
  const auto image = compile(m.build());
  ASSERT_TRUE(image);
  const auto view = runtime::open_image(*image);
  ASSERT_TRUE(view);
  const auto outlines = runtime::read_outlines(*view);
  ASSERT_TRUE(outlines && outlines->front().data.size() == 1);
  runtime::Program program(runtime::native_engine());
  const wasm::Module* modules[] = {&outlines->front()};
  ASSERT_TRUE(runtime::load_native(program, *view, false, true, modules));
  const auto started = program.instantiate(*modules[0]);
  ASSERT_NE(started.instance, nullptr);
  const auto call = [&](const char* name, u64& slot) {
    return program.call(*runtime::Program::exported_function(*started.instance, name), &slot);
  };
  for (const auto& [name, result] : {std::pair("a", 0x1u), std::pair("b", 0x302u), std::pair("c", 0x40000u)}) {
    u64 slot = 0;
    EXPECT_EQ(call(name, slot), Trap::None);
    EXPECT_EQ(slot, result) << name;
  }
  u64 none = 0, one = 1;
  EXPECT_EQ(call("drop", none), Trap::None);
  EXPECT_EQ(call("init", none), Trap::None);
  EXPECT_EQ(call("init", one), Trap::OutOfBoundsMemoryAccess);
}

TEST(Image, IsAFunctionOfItsInput) {
  const auto a = compile(example());
  const auto b = compile(example());
  ASSERT_TRUE(a && b);
  EXPECT_EQ(*a, *b);
}

}  // namespace
}  // namespace hermit::compiler

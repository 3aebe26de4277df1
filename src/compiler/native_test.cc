// Compiled code seen from outside: traps and their backtraces, stack, host functions, what the convention promises.
#include "compiler/both_engines.h"

namespace hermit::compiler {
namespace {

using wasm::Code;
using wasm::ModuleBuilder;
using wasm::Op;
using wasm::ValType;

// Both engines must report the same frames.
void expect_same_trace(BothEngines& both) {
  const auto a = both.interpreted.program().backtrace();
  const auto b = both.native.program().backtrace();
  EXPECT_EQ(both.interpreted.program().trace_depth(), both.native.program().trace_depth());
  ASSERT_EQ(a.size(), b.size());
  for (size_t i = 0; i < a.size(); ++i) {
    EXPECT_EQ(a[i].function, b[i].function) << i;
    EXPECT_EQ(a[i].offset, b[i].offset) << i;
  }
}

TEST(Native, BacktracesNameTheInstructionOfEveryFrame) {
  HERMIT_SKIP_WITHOUT_NATIVE();
  ModuleBuilder m;
  m.memory({1, 1, true});
  const u32 type = m.type({ValType::I32}, {ValType::I32});
  const u32 divide = m.function(type, {}, Code().i32(7).local_get(0).op(Op::I32DivU));
  const u32 load = m.function(type, {}, Code().i32(-4).op(Op::I32Load, {2, 0}).local_get(0).op(Op::I32Add));
  const u32 stop = m.function(type, {}, Code().op(Op::Unreachable));
  for (const auto& [name, callee] : {std::pair("divide", divide), std::pair("load", load), std::pair("stop", stop)}) {
    const u32 middle = m.function(type, {}, Code().local_get(0).op(Op::Call, {callee}).i32(1).op(Op::I32Add));
    m.export_function(name, m.function(type, {}, Code().local_get(0).op(Op::Call, {middle}).i32(3).op(Op::I32Mul)));
  }
  BothEngines both(m.build());
  ASSERT_TRUE(both.ok());
  EXPECT_EQ(both.expect_same("divide", {0}), Trap::IntegerDivideByZero);
  expect_same_trace(both);
  EXPECT_EQ(both.native.program().backtrace().size(), 3u);
  EXPECT_EQ(both.expect_same("load", {0}), Trap::OutOfBoundsMemoryAccess);
  expect_same_trace(both);
  EXPECT_EQ(both.expect_same("stop", {0}), Trap::Unreachable);
  expect_same_trace(both);
}

TEST(Native, EndlessRecursionIsATrapAndTheProgramGoesOn) {
  HERMIT_SKIP_WITHOUT_NATIVE();
  ModuleBuilder m;
  const u32 type = m.type({ValType::I32}, {ValType::I32});
  m.export_function("f", m.function(type, {}, Code().local_get(0).op(Op::Call, {0}).i32(1).op(Op::I32Add)));
  m.export_function("g", m.function(type, {}, Code().local_get(0)));
  Guest guest(m.build(), Guest::Engine::Native);
  ASSERT_NE(guest.instance, nullptr);
  for (int round = 0; round < 3; ++round) {
    std::vector<u64> slots = {1};
    EXPECT_EQ(guest.call("f", slots), Trap::StackOverflow);
    EXPECT_GT(guest.program().trace_depth(), 1000u);
    slots = {5};
    EXPECT_EQ(guest.call("g", slots), Trap::None);
    EXPECT_EQ(slots[0], 5u);
  }
}

// 20 parameters and results of each class: most of them in memory, and each must arrive.
TEST(Native, ManyParametersAndResultsKeepTheirPlaces) {
  HERMIT_SKIP_WITHOUT_NATIVE();
  std::vector<ValType> types;
  for (int i = 0; i < 20; ++i) {
    types.insert(types.end(), {ValType::I32, ValType::F32, ValType::I64, ValType::F64});
  }
  ModuleBuilder m;
  const u32 type = m.type(types, types);
  Code reversed_pairs;  // calls itself through another function, so values cross two calls
  Code identity;
  for (u32 i = 0; i < types.size(); ++i) identity.local_get(i);
  const u32 inner = m.function(type, {}, identity);
  Code outer;
  for (u32 i = 0; i < types.size(); ++i) outer.local_get(i);
  outer.op(Op::Call, {inner});
  m.export_function("f", m.function(type, {}, outer));
  BothEngines both(m.build());
  ASSERT_TRUE(both.ok());
  std::vector<u64> arguments;
  for (u64 i = 0; i < types.size(); ++i) {
    const bool narrow = types[i] == ValType::I32 || types[i] == ValType::F32;
    arguments.push_back(narrow ? 0x40000000 + i : 0x4000000000000000 + i);
  }
  EXPECT_EQ(both.expect_same("f", arguments), Trap::None);
  std::vector<u64> results = arguments;
  EXPECT_EQ(both.native.call("f", results), Trap::None);
  EXPECT_EQ(results, arguments);
}

struct HostState {
  runtime::Program* program = nullptr;
  runtime::Function* guest = nullptr;
};
Trap call_back(void* context, runtime::HostCall& call) {
  auto& state = *static_cast<HostState*>(context);
  u64 slots[1] = {call.slots[0] - 1};
  const Trap trap = state.program->call(*state.guest, slots);
  call.slots[0] = slots[0];
  return trap;
}
constexpr ValType kI32[] = {ValType::I32};
constexpr runtime::HostFunction kCallBack[] = {{"env", "back", kI32, kI32, call_back}};

TEST(Native, HostAndGuestCallEachOtherAndATrapEndsThemAll) {
  HERMIT_SKIP_WITHOUT_NATIVE();
  ModuleBuilder m;
  const u32 type = m.type({ValType::I32}, {ValType::I32});
  const u32 back = m.import_function("env", "back", type);
  m.export_function("f", m.function(type, {},
                                    Code()
                                        .local_get(0)
                                        .op(Op::I32Eqz)
                                        .begin(Op::If, ValType::I32)
                                        .i32(1)
                                        .i32(0)
                                        .op(Op::I32DivS)
                                        .op(Op::Else)
                                        .local_get(0)
                                        .op(Op::Call, {back})
                                        .i32(1)
                                        .op(Op::I32Add)
                                        .end()));
  const Bytes bytes = m.build();
  auto module = wasm::decode_module(bytes);
  ASSERT_TRUE(module && wasm::validate_all(*module));
  std::vector<runtime::TraceFrame> traces[2];
  for (const bool native : {false, true}) {
    HostState state;
    runtime::Program program(native ? runtime::native_engine() : interp::engine());
    program.add_host_functions(kCallBack, &state);
    const wasm::Module* modules[] = {&*module};
    if (native) {
      const auto image = compile_program(modules, {.check = true});
      ASSERT_TRUE(image && runtime::load_native(program, modules, *image));
    }
    const auto started = program.instantiate(*module);
    ASSERT_NE(started.instance, nullptr);
    state.program = &program;
    state.guest = runtime::Program::exported_function(*started.instance, "f");
    u64 slots[1] = {6};
    EXPECT_EQ(program.call(*state.guest, slots), Trap::IntegerDivideByZero);
    traces[native ? 1 : 0].assign(program.backtrace().begin(), program.backtrace().end());
    slots[0] = 100000;  // deeper than calls from the host may nest
    EXPECT_EQ(program.call(*state.guest, slots), Trap::StackOverflow);
  }
  ASSERT_EQ(traces[0].size(), 7u);
  ASSERT_EQ(traces[1].size(), 7u);
  for (size_t i = 0; i < 7; ++i) EXPECT_EQ(traces[0][i].offset, traces[1][i].offset) << i;
}

TEST(Native, AnImageIsRefusedWhereverItsHeaderIsDamaged) {
  HERMIT_SKIP_WITHOUT_NATIVE();
  ModuleBuilder m;
  m.export_function("f", m.function(m.type({}, {}), {}, Code()));
  const Bytes bytes = m.build();
  auto module = wasm::decode_module(bytes);
  ASSERT_TRUE(module && wasm::validate_all(*module));
  const wasm::Module* modules[] = {&*module};
  const auto image = compile_program(modules);
  ASSERT_TRUE(image);
  runtime::Program program(runtime::native_engine());
  ASSERT_TRUE(runtime::load_native(program, modules, *image));
  const size_t front = sizeof(abi::ImageHeader) + sizeof(abi::ImageModule);
  for (size_t i = 0; i < front; ++i) {
    Bytes damaged = *image;
    damaged[i] ^= 0x41;
    EXPECT_FALSE(runtime::load_native(program, modules, damaged)) << i;
  }
  for (const size_t size : {size_t{0}, size_t{79}, front, image->size() - 1}) {
    EXPECT_FALSE(runtime::load_native(program, modules, ByteView(*image).first(size))) << size;
  }
  ModuleBuilder other;
  other.export_function("g", other.function(other.type({}, {}), {}, Code()));
  const Bytes other_bytes = other.build();
  auto other_module = wasm::decode_module(other_bytes);
  const wasm::Module* others[] = {&*other_module};
  const auto refused = runtime::load_native(program, others, *image);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::Unlinkable);
}

}  // namespace
}  // namespace hermit::compiler

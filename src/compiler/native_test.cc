// Compiled code seen from outside: traps and their backtraces, stack, host functions, what the convention promises.
#include <set>

#include "compiler/both_engines_test.h"
#include "compiler/build.h"

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

// 20,000 values alive over 5,000 blocks: more than the allocator takes on.
TEST(Native, AFunctionThatIsTooLargeForTheAllocatorIsStillCompiled) {
  HERMIT_SKIP_WITHOUT_NATIVE();
  constexpr u32 kValues = 20000;
  ModuleBuilder m;
  m.memory({1, 1, true});
  Code code;
  for (u32 i = 1; i <= kValues; ++i) code.local_get(0).i32(static_cast<i32>(i % 61)).op(Op::I32Xor).local_set(i);
  for (u32 i = 0; i < 5000; ++i) {
    code.local_get(0).i32(static_cast<i32>(i)).op(Op::I32And).begin(Op::If);
    code.i32(0).local_get(0).op(Op::I32Store, {2, 0}).end();
  }
  code.i32(0);
  for (u32 i = 1; i <= kValues; ++i) code.local_get(i).op(Op::I32Add);
  m.export_function("f", m.function(m.type({ValType::I32}, {ValType::I32}), {{kValues, ValType::I32}}, code));
  const Bytes bytes = m.build();
  Guest interpreted(bytes, Guest::Engine::Interpreter);
  auto module = wasm::decode_module(bytes);
  ASSERT_TRUE(module && wasm::validate_all(*module));
  const wasm::Module* modules[] = {&*module};
  const auto image = compile_program(modules);  // the symbolic checker is not made for this size
  ASSERT_TRUE(image);
  runtime::Program program(runtime::native_engine());
  ASSERT_TRUE(runtime::load_native(program, modules, *image));
  const auto started = program.instantiate(*module);
  ASSERT_NE(started.instance, nullptr);
  for (const u64 x : {u64{0}, u64{5}, u64{0xffffffff}}) {
    std::vector<u64> expected = {x};
    EXPECT_EQ(interpreted.call("f", expected), Trap::None);
    u64 slots[1] = {x};
    EXPECT_EQ(program.call(*runtime::Program::exported_function(*started.instance, "f"), slots), Trap::None);
    EXPECT_EQ(slots[0], expected[0]);
  }
}

// Every small divisor, powers of two and their neighbours, and some large ones, of both signs.
// Each branch passes what its label's construct assigns: many of both may not multiply.
TEST(Native, ManyBranchesOverManyLocalsKeepThemInTheFrame) {
  HERMIT_SKIP_WITHOUT_NATIVE();
  constexpr u32 kLocals = 2000;
  for (const bool has_try : {false, true}) {
    ModuleBuilder m;
    const u32 type = m.type({ValType::I32}, {ValType::I32});
    const u32 leaf = m.function(type, {}, Code().local_get(0));
    Code code;
    if (has_try) {
      code.begin(Op::Block).op(Op::TryTable).raw({0x40, 1, 2, 0});
    } else {
      code.begin(Op::Block);
    }
    for (u32 i = 0; i < kLocals; ++i) code.local_get(0).i32(static_cast<i32>(i)).op(Op::I32Add).local_set(1 + i);
    for (u32 i = 0; i < 10000; ++i) {
      if (has_try) {
        code.local_get(0).op(Op::Call, {leaf}).op(Op::Drop);
      } else {
        code.local_get(0).op(Op::BrIf, {0});
      }
    }
    code.end();
    if (has_try) code.end();
    code.i32(0);
    for (u32 i = 0; i < kLocals; i += 7) code.local_get(1 + i).op(Op::I32Add);
    const u32 big = m.function(type, {{kLocals, ValType::I32}}, code);
    m.export_function("f", big);
    const Bytes bytes = m.build();
    const auto module = wasm::decode_module(bytes);
    ASSERT_TRUE(module.has_value());
    EXPECT_TRUE(scan_assignments(*module, big)->is_too_large);
    Guest interpreted(bytes, Guest::Engine::Interpreter);
    ASSERT_NE(interpreted.instance, nullptr);
    const wasm::Module* modules[] = {&*module};
    ASSERT_TRUE(wasm::validate_all(*module).has_value());
    const auto image = compile_program(modules);
    ASSERT_TRUE(image.has_value());
    runtime::Program program(runtime::native_engine());
    ASSERT_TRUE(runtime::load_native(program, modules, *image).has_value());
    const auto started = program.instantiate(*module);
    ASSERT_NE(started.instance, nullptr);
    for (const u64 n : {0, 1}) {
      std::vector<u64> expected = {n};
      u64 slots[] = {n};
      EXPECT_EQ(interpreted.call("f", expected), Trap::None);
      EXPECT_EQ(program.call(*runtime::Program::exported_function(*started.instance, "f"), slots), Trap::None);
      EXPECT_EQ(slots[0], expected[0]);
    }
  }
}

TEST(Native, DivisionsByConstantsAreExact) {
  HERMIT_SKIP_WITHOUT_NATIVE();
  std::vector<u64> divisors;
  for (u64 d = 1; d <= 40; ++d) divisors.push_back(d);
  for (u32 bit = 6; bit < 64; bit += 3) {
    for (const u64 d : {(u64{1} << bit) - 1, u64{1} << bit, (u64{1} << bit) + 1}) divisors.push_back(d);
  }
  divisors.insert(divisors.end(), {641, 1000003, 1000000007, 0xaaaaaaab, 6700417, 274177, 0xcccccccccccccccd});
  std::vector<u64> samples = {0, 1, 2, 6, 7, 8, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff, 0x100000000};
  for (u64 x = 1, i = 0; i < 40; ++i) samples.push_back(x = x * 6364136223846793005u + 1442695040888963407u);
  for (const u64 x : {u64{1} << 63, (u64{1} << 63) - 1, ~u64{0}, ~u64{1}}) samples.push_back(x);
  for (const bool wide : {false, true}) {
    const ValType type = wide ? ValType::I64 : ValType::I32;
    ModuleBuilder m;
    const u32 one = m.type({type}, {type});
    const Op ops[] = {wide ? Op::I64DivU : Op::I32DivU, wide ? Op::I64DivS : Op::I32DivS,
                      wide ? Op::I64RemU : Op::I32RemU, wide ? Op::I64RemS : Op::I32RemS};
    std::set<std::string> names;
    for (const u64 divisor : divisors) {
      for (const u64 d : {divisor, 0 - divisor}) {
        for (u32 i = 0; i < 4; ++i) {
          const Code c = wide ? Code().i64(static_cast<i64>(d)) : Code().i32(static_cast<i32>(d));
          if (!wide && static_cast<u32>(d) == 0) continue;
          const auto [name, is_new] = names.insert("d" + std::to_string(d) + "_" + std::to_string(i));
          if (is_new) m.export_function(*name, m.function(one, {}, Code().local_get(0).code(c).op(ops[i])));
        }
      }
    }
    BothEngines both(m.build());
    ASSERT_TRUE(both.ok());
    for (const std::string& name : names) {
      for (const u64 x : samples) {
        both.expect_same(name, {wide ? x : static_cast<u32>(x)});
        both.expect_same(name, {wide ? 0 - x : static_cast<u32>(0 - x)});
      }
    }
  }
}

// The same table private, where calls are resolved at compile time, and exported, where they go through references.
TEST(Native, IndirectCallsThroughStaticAndDynamicTables) {
  HERMIT_SKIP_WITHOUT_NATIVE();
  for (const bool exported : {false, true}) {
    ModuleBuilder m;
    const u32 type = m.type({ValType::I32}, {ValType::I32});
    const u32 equal = m.type({ValType::I32}, {ValType::I32});
    const u32 other = m.type({}, {ValType::I32});
    m.table({ValType::FuncRef, {6, 6, true}});
    const u32 twice = m.function(equal, {}, Code().local_get(0).i32(1).op(Op::I32Shl));
    const u32 square = m.function(type, {}, Code().local_get(0).local_get(0).op(Op::I32Mul));
    const u32 seven = m.function(other, {}, Code().i32(7));
    m.elements(Code().i32(1), {twice, square, seven});
    m.elements(Code().i32(4), {square});
    m.export_function(
        "f", m.function(m.type({ValType::I32, ValType::I32}, {ValType::I32}), {},
                        Code().local_get(1).local_get(0).op(Op::CallIndirect, {type, 0}).local_get(0).op(Op::I32Add)));
    if (exported) m.export_table("t", 0);
    BothEngines both(m.build());
    ASSERT_TRUE(both.ok());
    EXPECT_EQ(both.expect_same("f", {1, 21}), Trap::None);
    EXPECT_EQ(both.expect_same("f", {2, 9}), Trap::None);
    EXPECT_EQ(both.expect_same("f", {4, 9}), Trap::None);
    EXPECT_EQ(both.expect_same("f", {3, 9}), Trap::IndirectCallTypeMismatch);
    expect_same_trace(both);
    EXPECT_EQ(both.expect_same("f", {0, 9}), Trap::UninitializedElement);
    EXPECT_EQ(both.expect_same("f", {5, 9}), Trap::UninitializedElement);
    EXPECT_EQ(both.expect_same("f", {6, 9}), Trap::UndefinedElement);
    EXPECT_EQ(both.expect_same("f", {0xffffffff, 9}), Trap::UndefinedElement);
  }
}

// What host functions call the guest with.
struct HostState {
  runtime::Program* program = nullptr;
  runtime::Instance* instance = nullptr;
  runtime::Function* guest = nullptr;
};
// Instantiates the module under each engine and calls run(program, state, native); `guest` names an export.
template <typename Run>
void on_both_engines(const Bytes& bytes, std::span<const runtime::HostFunction> functions, const char* guest, Run run) {
  auto module = wasm::decode_module(bytes);
  ASSERT_TRUE(module && wasm::validate_all(*module));
  for (const bool native : {false, true}) {
    HostState state;
    runtime::Program program(native ? runtime::native_engine() : interp::engine());
    program.add_host_functions(functions, &state);
    const wasm::Module* modules[] = {&*module};
    if (native) {
      const auto image = compile_program(modules, {.check = true});
      ASSERT_TRUE(image && runtime::load_native(program, modules, *image));
    }
    const auto started = program.instantiate(*module);
    ASSERT_NE(started.instance, nullptr);
    state = {&program, started.instance, runtime::Program::exported_function(*started.instance, guest)};
    run(program, state, native);
  }
}
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
  std::vector<runtime::TraceFrame> traces[2];
  on_both_engines(m.build(), kCallBack, "f", [&](runtime::Program& program, HostState& state, bool native) {
    u64 slots[1] = {6};
    EXPECT_EQ(program.call(*state.guest, slots), Trap::IntegerDivideByZero);
    traces[native ? 1 : 0].assign(program.backtrace().begin(), program.backtrace().end());
    slots[0] = 100000;  // deeper than calls from the host may nest
    EXPECT_EQ(program.call(*state.guest, slots), Trap::StackOverflow);
  });
  ASSERT_EQ(traces[0].size(), 7u);
  ASSERT_EQ(traces[1].size(), 7u);
  for (size_t i = 0; i < 7; ++i) EXPECT_EQ(traces[0][i].offset, traces[1][i].offset) << i;
}

Trap call_and_go_on(void* context, runtime::HostCall&) {
  auto& state = *static_cast<HostState*>(context);
  EXPECT_EQ(state.program->call(*state.guest, nullptr), Trap::Unreachable);
  return Trap::None;
}
Trap stop(void*, runtime::HostCall&) { return Trap::Unreachable; }
constexpr runtime::HostFunction kStops[] = {{"env", "call_and_go_on", {}, {}, call_and_go_on},
                                            {"env", "stop", {}, {}, stop}};

// What the host function `stop` says is new, whatever trap there was before: in a call of its own, or in one that the
// host function before it made, and went on.
TEST(Native, ATrapOfAHostFunctionIsNotAnEarlierOne) {
  HERMIT_SKIP_WITHOUT_NATIVE();
  ModuleBuilder m;
  const u32 type = m.type({}, {});
  const u32 go_on = m.import_function("env", "call_and_go_on", type);
  const u32 stops = m.import_function("env", "stop", type);
  m.export_function("trap", m.function(type, {}, Code().op(Op::Unreachable)));
  m.export_function("after_nested", m.function(type, {}, Code().op(Op::Call, {go_on}).op(Op::Call, {stops})));
  m.export_function("after_outer", m.function(type, {}, Code().op(Op::Call, {stops})));
  std::vector<runtime::TraceFrame> traces[2];
  on_both_engines(m.build(), kStops, "trap", [&](runtime::Program& program, HostState& state, bool native) {
    for (const char* name : {"trap", "after_outer", "after_nested"}) {
      EXPECT_EQ(program.call(*runtime::Program::exported_function(*state.instance, name), nullptr), Trap::Unreachable);
      ASSERT_EQ(program.backtrace().size(), 1u) << name;
      traces[native ? 1 : 0].push_back(program.backtrace()[0]);
    }
  });
  ASSERT_EQ(traces[0].size(), 3u);
  ASSERT_EQ(traces[1].size(), 3u);
  for (size_t i = 0; i < 3; ++i) EXPECT_EQ(traces[1][i].offset, traces[0][i].offset) << i;
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
  const auto opened = runtime::open_image(*image);
  ASSERT_TRUE(opened);
  const u64 front = opened->header.text.offset;
  for (size_t i = 0; i < front; ++i) {
    Bytes damaged = *image;
    damaged[i] ^= 0x41;
    EXPECT_FALSE(runtime::load_native(program, modules, damaged)) << i;
  }
  for (const u64 size : {u64{0}, u64{79}, u64{191}, front, u64{image->size() - 1}}) {
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

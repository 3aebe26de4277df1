// Instructions on whole tables and memories, and on references: each with operands at and beyond what is there,
// interpreted and compiled; then everything that they may have changed is compared.
#include <cstring>

#include "compiler/both_engines_test.h"

namespace hermit::compiler {
namespace {

using wasm::Code;
using wasm::ModuleBuilder;
using wasm::Op;
using enum wasm::ValType;

constexpr u64 kBulkOperands[] = {0, 1, 2, 5, 7, 8, 9, 0x7fffffff, 0x80000000, 0xfffffff9, 0xffffffff};

// Two tables of references to four functions, which return 100, 101, ...: the first has 8 elements of at most 11, the
// second 5, and a passive and an active segment.
struct TableModule {
  ModuleBuilder m;
  u32 number, functions[4] = {}, tables[2] = {};

  TableModule() : number(m.type({}, {I32})) {
    for (u32 i = 0; i < 4; ++i) functions[i] = m.function(number, {}, Code().i32(100 + i));
    tables[0] = m.table({FuncRef, {8, 11, true}});
    tables[1] = m.table({FuncRef, {5, 0, false}});
    m.passive_elements({functions[3], functions[2], functions[1], functions[0], functions[2]});
    m.elements(Code().i32(2), {functions[0], functions[1], functions[2]});  // dropped at the start
    for (u32 t = 0; t < 2; ++t) {
      const std::string name = "call" + std::to_string(t);
      m.export_function(
          name, m.function(m.type({I32}, {I32}), {}, Code().local_get(0).op(Op::CallIndirect, {number, tables[t]})));
      m.export_function("size" + std::to_string(t),
                        m.function(m.type({}, {I32}), {}, Code().op(Op::TableSize, {tables[t]})));
    }
  }
  // A function of three numbers that does `operation` with them as operands.
  void add(const std::string& name, const Code& operands, Op op, std::initializer_list<u64> immediates) {
    m.export_function(name, m.function(m.type({I32, I32, I32}, {}), {}, Code(operands).op(op, immediates)));
  }
  // What both tables hold is the same in both engines.
  static void expect_same_tables(BothEngines& both) {
    for (const char* t : {"0", "1"}) {
      both.expect_same(std::string("size") + t, {});
      for (u64 i = 0; i < 13; ++i) both.expect_same(std::string("call") + t, {i});
    }
  }
};

TEST(NativeBulk, TablesAreFilledCopiedAndInitialized) {
  HERMIT_SKIP_WITHOUT_NATIVE();
  TableModule t;
  const Code three = Code().local_get(0).local_get(1).local_get(2);
  t.add("fill", Code().local_get(0).op(Op::RefFunc, {t.functions[3]}).local_get(2), Op::TableFill, {t.tables[0]});
  t.add("clear", Code().local_get(0).ref_null(FuncRef).local_get(2), Op::TableFill, {t.tables[1]});
  for (const u64 to : {0, 1}) {
    for (const u64 from : {0, 1}) {
      t.add("copy" + std::to_string(to) + std::to_string(from), three, Op::TableCopy, {to, from});
    }
  }
  t.add("init0", three, Op::TableInit, {0, t.tables[0]});
  t.add("init1", three, Op::TableInit, {0, t.tables[1]});
  t.add("dropped", three, Op::TableInit, {1, t.tables[0]});
  t.m.export_function("drop", t.m.function(t.m.type({}, {}), {}, Code().op(Op::ElemDrop, {0})));
  BothEngines both(t.m.build());
  ASSERT_TRUE(both.ok());
  const auto all = [&](std::initializer_list<const char*> names) {
    for (const u64 a : kBulkOperands) {
      for (const u64 b : kBulkOperands) {
        for (const u64 n : kBulkOperands) {
          for (const char* name : names) both.expect_same(name, {a, b, n});
          // As a program does: contents come back, so that there is something to lose.
          both.expect_same("init0", {1, 0, 4});
          both.expect_same("init1", {0, 1, 4});
          TableModule::expect_same_tables(both);
        }
      }
    }
  };
  all({"fill", "clear"});
  all({"copy00", "copy11"});
  all({"copy01", "copy10"});
  all({"init0", "init1", "dropped"});
  // What is dropped is empty: nothing can be taken from it, and nothing is.
  EXPECT_EQ(both.expect_same("init0", {0, 0, 1}), Trap::None);
  both.expect_same("drop", {});
  both.expect_same("drop", {});
  EXPECT_EQ(both.expect_same("init0", {0, 0, 1}), Trap::OutOfBoundsTableAccess);
  EXPECT_EQ(both.expect_same("init0", {0, 0, 0}), Trap::None);
  EXPECT_EQ(both.expect_same("init0", {8, 0, 0}), Trap::None);
  EXPECT_EQ(both.expect_same("init0", {9, 0, 0}), Trap::OutOfBoundsTableAccess);
  EXPECT_EQ(both.expect_same("init0", {0, 1, 0}), Trap::OutOfBoundsTableAccess);
}

TEST(NativeBulk, TablesAreReadWrittenAndGrown) {
  HERMIT_SKIP_WITHOUT_NATIVE();
  for (const bool is_constant : {false, true}) {
    TableModule t;
    const u32 is_null = t.m.type({I32}, {I32});
    std::vector<std::string> names;
    for (const u64 i : kBulkOperands) {
      const std::string id = std::to_string(i);
      const Code index = is_constant ? Code().i32(static_cast<i32>(i)) : Code().local_get(0);
      for (u32 table = 0; table < 2; ++table) {
        const std::string at = std::to_string(table) + "_" + id;
        t.m.export_function("get" + at,
                            t.m.function(is_null, {}, Code(index).op(Op::TableGet, {table}).op(Op::RefIsNull)));
        t.m.export_function(
            "set" + at,
            t.m.function(
                is_null, {},
                Code(index).op(Op::RefFunc, {t.functions[1]}).op(Op::TableSet, {table}).op(Op::TableSize, {table})));
        t.m.export_function("null" + at,
                            t.m.function(is_null, {}, Code(index).ref_null(FuncRef).op(Op::TableSet, {table}).i32(7)));
        for (const char* name : {"get", "set", "get", "null", "get"}) names.push_back(name + at);
      }
      if (!is_constant) break;
    }
    const u32 grow = t.m.type({I32}, {I32});
    t.m.export_function(
        "grow0", t.m.function(grow, {}, Code().op(Op::RefFunc, {t.functions[2]}).local_get(0).op(Op::TableGrow, {0})));
    t.m.export_function("grow1", t.m.function(grow, {}, Code().ref_null(FuncRef).local_get(0).op(Op::TableGrow, {1})));
    BothEngines both(t.m.build());
    ASSERT_TRUE(both.ok());
    for (const u64 more : {0u, 1u, 0x7fffffffu, 3u, 2u, 1u, 0xffffffffu}) {
      for (const std::string& name : names) {
        for (const u64 i : kBulkOperands) both.expect_same(name, {i});
      }
      TableModule::expect_same_tables(both);
      both.expect_same("grow0", {more});
      if (more < 100 || more == 0xffffffff) both.expect_same("grow1", {more});
      TableModule::expect_same_tables(both);
    }
  }
}

TEST(NativeBulk, MemoriesAreFilledCopiedAndInitialized) {
  HERMIT_SKIP_WITHOUT_NATIVE();
  ModuleBuilder m;
  for (u32 i = 0; i < 2; ++i) m.memory({1, 2, true});
  m.data_count();
  m.passive_data("0123456789abcdefghijklmnopqrstuvwxyz");
  m.data(Code().i32(3), "abcdefghijklm");  // dropped at the start
  const u32 type = m.type({I32, I32, I32}, {});
  std::vector<std::string> names;
  const auto add = [&](const std::string& name, Op op, std::initializer_list<u64> immediates) {
    const auto with = [&](const std::string& form, const Code& operands) {
      m.export_function(name + form, m.function(type, {}, Code(operands).op(op, immediates)));
      names.push_back(name + form);
    };
    with("", Code().local_get(0).local_get(1).local_get(2));
    // Lengths that a compiler could do something special about.
    for (const i64 n : {0, 1, 8, 16, 17, 65536, -1}) {
      with("_" + std::to_string(n), Code().local_get(0).local_get(1).i32(n));
    }
    with("_to", Code().i32(65530).local_get(1).local_get(2));
    with("_same", Code().local_get(0).local_get(0).local_get(2));
  };
  for (const u64 memory : {0, 1}) {
    const std::string to = std::to_string(memory);
    add("fill" + to, Op::MemoryFill, {memory});
    add("init" + to, Op::MemoryInit, {0, memory});
    add("gone" + to, Op::MemoryInit, {1, memory});
    for (const u64 from : {0, 1}) add("copy" + to + std::to_string(from), Op::MemoryCopy, {memory, from});
  }
  m.export_function("init",
                    m.function(type, {}, Code().local_get(0).local_get(1).local_get(2).op(Op::MemoryInit, {0, 0})));
  m.export_function("drop", m.function(m.type({}, {}), {}, Code().op(Op::DataDrop, {0})));
  // Memory 1 is compared by a copy of it in memory 0.
  m.export_function("show", m.function(m.type({}, {}), {}, Code().i32(0).i32(0).i32(65536).op(Op::MemoryCopy, {0, 1})));
  BothEngines both(m.build());
  ASSERT_TRUE(both.ok());
  const auto expect_same_memory = [&](const std::string& where) {
    ASSERT_EQ(std::memcmp(both.interpreted.instance->memory0.base, both.native.instance->memory0.base, 65536), 0)
        << where;
  };
  constexpr u64 kPlaces[] = {0, 1, 20, 35, 36, 37, 65499, 65500, 65528, 65535, 65536, 65537, 0x80000000, 0xffffffff};
  for (const std::string& name : names) {
    for (const u64 a : kPlaces) {
      for (const u64 b : kPlaces) {
        for (const u64 n : {0u, 1u, 7u, 36u, 37u, 65535u, 65536u, 65537u, 0xffffffffu})
          both.expect_same(name, {a, b, n});
      }
    }
    expect_same_memory(name);
    both.expect_same("init", {65500, 0, 36});
    both.expect_same("init", {7, 3, 30});
  }
  both.expect_same("show", {});
  expect_same_memory("memory 1");
  EXPECT_EQ(both.expect_same("init", {65500, 0, 36}), Trap::None);
  both.expect_same("drop", {});
  both.expect_same("drop", {});
  EXPECT_EQ(both.expect_same("init", {0, 0, 1}), Trap::OutOfBoundsMemoryAccess);
  EXPECT_EQ(both.expect_same("init", {0, 1, 0}), Trap::OutOfBoundsMemoryAccess);
  EXPECT_EQ(both.expect_same("init", {65536, 0, 0}), Trap::None);
  EXPECT_EQ(both.expect_same("init", {65537, 0, 0}), Trap::OutOfBoundsMemoryAccess);
}

// References that are null or not, in every instruction that asks.
TEST(NativeBulk, ReferencesAreNullOrNot) {
  HERMIT_SKIP_WITHOUT_NATIVE();
  ModuleBuilder m;
  const u32 number = m.type({I32}, {I32});
  const u32 twice = m.function(number, {}, Code().local_get(0).local_get(0).op(Op::I32Add));
  const u32 next = m.function(number, {}, Code().local_get(0).i32(1).op(Op::I32Add));
  m.declare_functions({twice, next});
  const auto null = Code().op(Op::RefNull, {number});
  const u32 two = m.type({I32, I32}, {I32});
  const u8 type = static_cast<u8>(number);
  // By the first parameter: null, twice or next.
  Code chosen;
  chosen.op(Op::RefFunc, {twice}).op(Op::RefFunc, {next}).local_get(0).i32(1).op(Op::I32Eq);
  chosen.op(Op::SelectTyped).raw({1, 0x63, type}).code(null).local_get(0).op(Op::SelectTyped).raw({1, 0x63, type});
  const auto add = [&](const char* name, const Code& code) { m.export_function(name, m.function(two, {}, code)); };
  add("is_null", Code(chosen).op(Op::RefIsNull));
  add("call", Code().local_get(1).code(chosen).op(Op::CallRef, {number}));
  add("return_call", Code().local_get(1).code(chosen).op(Op::ReturnCallRef, {number}));
  add("non_null", Code().local_get(1).code(chosen).op(Op::RefAsNonNull).op(Op::CallRef, {number}));
  // A branch with what lies below the reference, or on with the reference.
  add("on_null", Code()
                     .begin(Op::Block, I32)
                     .i32(1000)
                     .code(chosen)
                     .op(Op::BrOnNull, {0})
                     .op(Op::CallRef, {number})
                     .end()
                     .local_get(1)
                     .op(Op::I32Add));
  Code on_non_null;
  on_non_null.begin_typed(Op::Block, m.raw_type({0x60, 0, 2, 0x7f, 0x64, type})).local_get(1).code(chosen);
  on_non_null.op(Op::BrOnNonNull, {0}).i32(5).op(Op::I32Mul).op(Op::Return).end().op(Op::CallRef, {number});
  add("on_non_null", on_non_null);
  // References of the host go through as they are.
  const u32 host_table = m.table({ExternRef, {3, 3, true}});
  const u32 passed = m.type({I32, ExternRef}, {ExternRef, I32});
  m.export_function("host", m.function(passed, {},
                                       Code()
                                           .local_get(0)
                                           .local_get(1)
                                           .op(Op::TableSet, {host_table})
                                           .local_get(0)
                                           .op(Op::TableGet, {host_table})
                                           .i32(2)
                                           .op(Op::TableGet, {host_table})
                                           .op(Op::RefIsNull)));
  BothEngines both(m.build());
  ASSERT_TRUE(both.ok());
  for (const char* name : {"is_null", "call", "return_call", "non_null", "on_null", "on_non_null"}) {
    for (const u64 which : {0, 1, 2}) {
      for (const u64 n : {0u, 1u, 21u, 0x80000000u, 0xffffffffu}) {
        const bool traps = which == 0 && (std::strstr(name, "call") != nullptr || std::strcmp(name, "non_null") == 0);
        EXPECT_EQ(both.expect_same(name, {which, n}) != Trap::None, traps) << name << which;
      }
    }
  }
  for (const u64 index : {0u, 1u, 2u, 3u, 0xffffffffu}) {
    for (const u64 reference : {u64{0}, u64{8}, ~u64{0} - 7}) both.expect_same("host", {index, reference});
  }
}

}  // namespace
}  // namespace hermit::compiler

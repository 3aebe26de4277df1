#include "wasm/validator.h"

#include <gtest/gtest.h>

#include <functional>
#include <random>

#include "wasm/decoder.h"
#include "wasm/limits.h"
#include "wasm/module_builder.h"

namespace hermit::wasm {
namespace {

std::string outcome(ByteView bytes) {
  const Result<Module> module = decode_module(bytes);
  if (!module) return module.error().what;
  const Result<void> valid = validate_all(*module);
  return valid ? "ok" : valid.error().what;
}

// A module of one function [i32] -> results, with a memory, two tables and a mutable and an immutable global.
Bytes one_function(const std::vector<ValType>& results, const Code& body) {
  ModuleBuilder m;
  const u32 type = m.type({ValType::I32}, results);
  m.function(type, {{2, ValType::I64}}, body);
  m.memory({1, 0, false});
  m.table({ValType::FuncRef, {1, 0, false}});
  m.table({ValType::ExternRef, {1, 0, false}});
  m.global({ValType::I32, true}, Code().i32(0));
  m.global({ValType::I32, false}, Code().i32(0));
  return m.build();
}
std::string body_outcome(const std::vector<ValType>& results, const Code& body) {
  return outcome(one_function(results, body));
}

TEST(Validator, ErrorsCarryTheInstructionsOffset) {
  const Bytes bytes = one_function({}, Code().op(Op::Nop).i32(1).op(Op::I64Eqz).op(Op::Drop));
  const Result<Module> module = decode_module(bytes);
  ASSERT_TRUE(module);
  const Result<void> valid = validate_all(*module);
  ASSERT_FALSE(valid);
  EXPECT_STREQ(valid.error().what, "type mismatch");
  EXPECT_EQ(valid.error().kind, ErrorKind::Invalid);
  EXPECT_EQ(bytes[valid.error().where], static_cast<u8>(Op::I64Eqz));
}

TEST(Validator, Messages) {
  EXPECT_EQ(body_outcome({}, Code().local_get(3).op(Op::Drop)), "unknown local");
  EXPECT_EQ(body_outcome({}, Code().op(Op::Br, {1})), "unknown label");
  EXPECT_EQ(body_outcome({}, Code().op(Op::Call, {9})), "unknown function");
  EXPECT_EQ(body_outcome({}, Code().i32(0).op(Op::GlobalSet, {1})), "immutable global");
  EXPECT_EQ(body_outcome({}, Code().op(Op::GlobalGet, {2}).op(Op::Drop)), "unknown global");
  EXPECT_EQ(body_outcome({}, Code().i32(0).op(Op::I32Load16U, {2, 0}).op(Op::Drop)),
            "alignment must not be larger than natural");
  EXPECT_EQ(body_outcome({}, Code().op(Op::RefFunc, {0}).op(Op::Drop)), "undeclared function reference");
  EXPECT_EQ(body_outcome({}, Code().i32(0).i32(0).i32(0).op(Op::SelectTyped, {2, 0x7f, 0x7f}).op(Op::Drop)),
            "invalid result arity");
  EXPECT_EQ(body_outcome({}, Code().i32(0).i32(0).i32(0).op(Op::MemoryInit, {0, 0})), "data count section required");
  EXPECT_EQ(body_outcome({}, Code().i32(0).i32(0).i32(0).op(Op::TableCopy, {0, 1})), "type mismatch");
  EXPECT_EQ(body_outcome({}, Code().i32(0).op(Op::CallIndirect, {0, 1})), "type mismatch");
  EXPECT_EQ(body_outcome({}, Code().raw({0xff})), "illegal opcode");
  EXPECT_EQ(body_outcome({}, Code().raw({0xfc, 0x12})), "illegal opcode");
  EXPECT_EQ(body_outcome({}, Code().end().op(Op::Nop)), "END opcode expected");
  EXPECT_EQ(body_outcome({}, Code().op(Op::Else)), "END opcode expected");
}

TEST(Validator, ProposalsAreRefusedByName) {
  const auto mentions = [](const Code& body, const char* word) {
    const std::string text = body_outcome({}, body);
    EXPECT_NE(text.find(word), std::string::npos) << text;
  };
  mentions(Code().raw({0xfe, 0x03, 0x00}), "threads");
  mentions(Code().raw({0xfb, 0x00, 0x00}), "GC");
  mentions(Code().raw({0xd3}), "GC");
}

TEST(Validator, UnreachableCodeIsPolymorphic) {
  EXPECT_EQ(body_outcome({ValType::I32}, Code().op(Op::Unreachable).op(Op::I32Add)), "ok");
  EXPECT_EQ(body_outcome({ValType::I32}, Code().op(Op::Unreachable).i64(0).op(Op::I32Add)), "type mismatch");
  EXPECT_EQ(body_outcome({ValType::F64}, Code().op(Op::Unreachable).op(Op::Select)), "ok");
  EXPECT_EQ(body_outcome({}, Code().op(Op::Unreachable).op(Op::RefIsNull).op(Op::Drop)), "ok");
  // A block inside unreachable code is checked as if it were reachable.
  EXPECT_EQ(body_outcome({}, Code().op(Op::Unreachable).begin(Op::Block).op(Op::Drop).end()), "type mismatch");
  // br_if gives unknown values the label's type.
  EXPECT_EQ(
      body_outcome({ValType::I32},
                   Code().op(Op::Unreachable).op(Op::BrIf, {0}).op(Op::I64ExtendI32S).op(Op::Drop).op(Op::Unreachable)),
      "ok");
  EXPECT_EQ(body_outcome({ValType::I32}, Code().op(Op::Unreachable).op(Op::BrIf, {0}).op(Op::I64Eqz)), "type mismatch");
  // br_table does not: targets of one arity may differ in type behind unreachable code.
  EXPECT_EQ(body_outcome(
                {ValType::I32},
                Code().begin(Op::Block, ValType::F32).op(Op::Unreachable).br_table({0}, 1).end().op(Op::Drop).i32(1)),
            "ok");
}

TEST(Validator, Blocks) {
  EXPECT_EQ(body_outcome({}, Code().begin(Op::Block).i32(1).end()), "type mismatch");  // a value is left over
  EXPECT_EQ(body_outcome({}, Code().begin(Op::Block, ValType::I32).end().op(Op::Drop)), "type mismatch");
  EXPECT_EQ(body_outcome({}, Code().i32(1).begin(Op::Block).op(Op::Drop).end()), "type mismatch");  // not the block's
  EXPECT_EQ(body_outcome({}, Code().local_get(0).begin(Op::If, ValType::I32).i32(1).end().op(Op::Drop)),
            "type mismatch");
  // The `else` part is reachable again.
  EXPECT_EQ(body_outcome({}, Code().local_get(0).begin(Op::If).op(Op::Unreachable).op(Op::Else).op(Op::Drop).end()),
            "type mismatch");
  // A branch to a loop takes its parameters, not its results.
  EXPECT_EQ(body_outcome({}, Code().begin(Op::Loop, ValType::I32).op(Op::Br, {0}).end().op(Op::Drop)), "ok");
  EXPECT_EQ(body_outcome({}, Code().begin(Op::Block, ValType::I32).op(Op::Br, {0}).end().op(Op::Drop)),
            "type mismatch");
}

TEST(Validator, ModuleLevelErrors) {
  const auto check = [](const std::function<void(ModuleBuilder&)>& fill) {
    ModuleBuilder m;
    fill(m);
    return outcome(m.build());
  };
  EXPECT_EQ(check([](auto& m) { m.function(0, {}, Code()); }), "unknown type");
  EXPECT_EQ(check([](auto& m) { m.memory({65537, 0, false}); }), "memory size must be at most 65536 pages (4GiB)");
  EXPECT_EQ(check([](auto& m) { m.table({ValType::FuncRef, {2, 1, true}}); }),
            "size minimum must not be greater than maximum");
  EXPECT_EQ(check([](auto& m) { m.export_function("f", 0); }), "unknown function");
  EXPECT_EQ(check([](auto& m) {
              m.memory({1, 0, false});
              m.export_memory("m", 0);
              m.export_memory("n", 0);
              m.export_memory("m", 0);
            }),
            "duplicate export name");
  EXPECT_EQ(check([](auto& m) { m.start(m.function(m.type({ValType::I32}, {}), {}, Code())); }), "start function");
  EXPECT_EQ(check([](auto& m) { m.data(Code().i32(0), "x"); }), "unknown memory");
  EXPECT_EQ(check([](auto& m) { m.elements(Code().i32(0), {}); }), "unknown table");
  EXPECT_EQ(check([](auto& m) {
              m.table({ValType::ExternRef, {1, 0, false}});
              m.elements(Code().i32(0), {});
            }),
            "type mismatch");
}

TEST(Validator, ConstantExpressions) {
  const auto check = [](ValType type, const Code& init) {
    ModuleBuilder m;
    m.import_global("", "immutable", {ValType::I32, false});
    m.import_global("", "mutable", {ValType::I32, true});
    m.global({ValType::I32, false}, Code().i32(1));
    m.global({type, false}, init);
    return outcome(m.build());
  };
  EXPECT_EQ(check(ValType::I32, Code().op(Op::GlobalGet, {0})), "ok");
  EXPECT_EQ(check(ValType::I32, Code().op(Op::GlobalGet, {1})), "constant expression required");
  EXPECT_EQ(check(ValType::I32, Code().op(Op::GlobalGet, {2})), "ok");  // an earlier global of the module
  EXPECT_EQ(check(ValType::I32, Code().op(Op::GlobalGet, {3})), "unknown global");  // itself
  EXPECT_EQ(check(ValType::I64, Code().i32(0)), "type mismatch");
  EXPECT_EQ(check(ValType::I32, Code()), "type mismatch");
  EXPECT_EQ(check(ValType::I32, Code().i32(0).i32(0)), "type mismatch");
  EXPECT_EQ(check(ValType::I32, Code().i32(0).op(Op::I32Eqz)), "constant expression required");
  EXPECT_EQ(check(ValType::I32, Code().begin(Op::Block, ValType::I32).i32(0).end()), "constant expression required");
  EXPECT_EQ(check(ValType::FuncRef, Code().op(Op::RefFunc, {0})), "unknown function");
}

TEST(Validator, DeclaredFunctionReferences) {
  const auto check = [](const std::function<void(ModuleBuilder&)>& declare) {
    ModuleBuilder m;
    m.function(m.type({}, {}), {}, Code().op(Op::RefFunc, {0}).op(Op::Drop));
    declare(m);
    return outcome(m.build());
  };
  EXPECT_EQ(check([](ModuleBuilder&) {}), "undeclared function reference");
  EXPECT_EQ(check([](ModuleBuilder& m) { m.declare_functions({0}); }), "ok");
  EXPECT_EQ(check([](ModuleBuilder& m) { m.export_function("f", 0); }), "ok");
  EXPECT_EQ(check([](ModuleBuilder& m) { m.global({ValType::FuncRef, false}, Code().op(Op::RefFunc, {0})); }), "ok");
}

// Local indices beyond the part that is expanded are found in the runs.
TEST(Validator, ManyLocalsAsRuns) {
  ModuleBuilder m;
  const u32 type = m.type({ValType::F32}, {});
  ModuleBuilder::LocalRuns runs;
  for (int i = 0; i < 1000; ++i) {
    runs.push_back({7, ValType::I32});
    runs.push_back({5, ValType::I64});
  }
  Code body;
  for (u32 i = 0; i < 1000; ++i) {
    body.local_get(1 + 12 * i + 6).op(Op::I32Eqz).op(Op::Drop);  // last of a run
    body.local_get(1 + 12 * i + 7).op(Op::I64Eqz).op(Op::Drop);  // first of the next
    body.local_get(1 + 12 * i + 11).op(Op::I64Eqz).op(Op::Drop);
  }
  m.function(type, runs, body);
  EXPECT_EQ(outcome(m.build()), "ok");
  ModuleBuilder wrong;
  wrong.function(wrong.type({}, {}), runs, Code().local_get(12 * 500 + 7).op(Op::I32Eqz).op(Op::Drop));
  EXPECT_EQ(outcome(wrong.build()), "type mismatch");
}

TEST(Validator, Limits) {
  const auto with_locals = [](u32 count) {
    ModuleBuilder m;
    m.function(m.type({ValType::I32}, {}), {{count, ValType::I32}}, Code());
    return outcome(m.build());
  };
  EXPECT_EQ(with_locals(kMaxLocals - 1), "ok");
  EXPECT_EQ(with_locals(kMaxLocals), "too many locals");
  EXPECT_EQ(with_locals(0xffffffff), "too many locals");

  // 1,000 results for two bytes of code.
  ModuleBuilder m;
  const u32 wide = m.type({}, std::vector<ValType>(1000, ValType::I32));
  m.import_function("", "", wide);
  Code body;
  for (int i = 0; i < 1001; ++i) body.op(Op::Call, {0});
  m.function(m.type({}, {}), {}, body.op(Op::Unreachable));
  EXPECT_EQ(outcome(m.build()), "too many operands on the stack");
}

TEST(Validator, DeepNesting) {
  Code blocks;
  for (int i = 0; i < 100000; ++i) blocks.begin(i % 2 ? Op::Block : Op::Loop);
  blocks.op(Op::Br, {99999});
  for (int i = 0; i < 100000; ++i) blocks.end();
  EXPECT_EQ(body_outcome({}, blocks), "ok");
  Code ifs;
  for (int i = 0; i < 100000; ++i) ifs.i32(1).begin(Op::If);
  for (int i = 0; i < 100000; ++i) ifs.op(Op::Else).end();
  EXPECT_EQ(body_outcome({}, ifs), "ok");
  Code expression;
  for (int i = 0; i < 100000; ++i) expression.i32(1);
  for (int i = 1; i < 100000; ++i) expression.op(Op::I32Add);
  EXPECT_EQ(body_outcome({ValType::I32}, expression), "ok");
}

// A million targets whose label has 1,000 types: compared once, not a million times.
TEST(Validator, HugeBranchTable) {
  ModuleBuilder m;
  const u32 wide = m.type({}, std::vector<ValType>(1000, ValType::I32));
  Code body;
  for (int i = 0; i < 1000; ++i) body.i32(0);
  body.i32(0).br_table(std::vector<u32>(1000000, 0), 0);
  m.function(wide, {}, body);
  EXPECT_EQ(outcome(m.build()), "ok");
  // A count that the bytes cannot hold allocates nothing.
  EXPECT_EQ(body_outcome({}, Code().i32(0).op(Op::BrTable, {0xffffffff})), "unknown label");
}

Bytes sample_module();

TEST(Validator, TruncatedAnywhere) {
  const Bytes bytes = sample_module();
  ASSERT_EQ(outcome(bytes), "ok");
  for (size_t size = 0; size < bytes.size(); ++size) {
    const std::vector<u8> prefix(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size));
    (void)outcome(prefix);
  }
}

// Whatever the bytes are: an answer, no crash. Sanitizer builds make this test sharp.
TEST(Validator, FlippedBytes) {
  const Bytes original = sample_module();
  std::mt19937 random(1);
  int valid = 0;
  for (int i = 0; i < 30000; ++i) {
    Bytes bytes = original;
    for (u32 flips = 1 + random() % 3; flips != 0; --flips) bytes[random() % bytes.size()] = static_cast<u8>(random());
    valid += outcome(bytes) == "ok";
  }
  EXPECT_GT(valid, 0);
}

Bytes sample_module() {
  ModuleBuilder m;
  const u32 unary = m.type({ValType::I32}, {ValType::I32});
  const u32 pair = m.type({ValType::I32}, {ValType::I32, ValType::I32});
  m.import_function("env", "f", unary);
  m.import_global("env", "g", {ValType::I32, false});
  const Code body = Code()
                        .begin(Op::Block, ValType::I32)
                        .local_get(0)
                        .begin_typed(Op::Block, pair)
                        .i32(1)
                        .i32(2)
                        .br_table({0, 0}, 0)
                        .end()
                        .op(Op::I32Add)
                        .local_get(0)
                        .begin(Op::If)
                        .i32(1)
                        .op(Op::Br, {1})
                        .op(Op::Else)
                        .op(Op::Nop)
                        .end()
                        .op(Op::Call, {0})
                        .i32(0)
                        .op(Op::CallIndirect, {unary, 0})
                        .end()
                        .i32(8)
                        .op(Op::I64Load32U, {2, 16})
                        .op(Op::I32WrapI64)
                        .op(Op::I32Add)
                        .i32(0)
                        .i32(0)
                        .i32(0)
                        .op(Op::MemoryInit, {0, 0})
                        .op(Op::DataDrop, {0})
                        .op(Op::RefFunc, {1})
                        .op(Op::RefIsNull)
                        .op(Op::I32Add)
                        .f64_bits(0x4000000000000000)
                        .op(Op::I32TruncSatF64S)
                        .op(Op::I32Add)
                        .i64(-1234567)
                        .op(Op::I64Extend8S)
                        .op(Op::Drop)
                        .ref_null(ValType::FuncRef)
                        .i32(3)
                        .op(Op::TableGrow, {0})
                        .op(Op::I32Add)
                        .local_get(0)
                        .local_get(0)
                        .op(Op::SelectTyped, {1, 0x7f});
  m.function(unary, {{2, ValType::I32}, {1, ValType::FuncRef}}, body);
  m.table({ValType::FuncRef, {10, 20, true}});
  m.memory({1, 2, true});
  m.global({ValType::I32, true}, Code().op(Op::GlobalGet, {0}));
  m.export_function("run", 1);
  m.export_memory("memory", 0);
  m.elements(Code().i32(1), {0, 1});
  m.data(Code().op(Op::GlobalGet, {0}), "some data");
  m.data_count();
  m.custom("name", as_bytes(std::string_view("\x01\x06\x01\x01\x03run", 8)));
  return m.build();
}

}  // namespace
}  // namespace hermit::wasm

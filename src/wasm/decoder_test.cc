#include "wasm/decoder.h"

#include <gtest/gtest.h>

#include "wasm/limits.h"
#include "wasm/module_builder.h"

namespace hermit::wasm {
namespace {

constexpr u8 kPreamble[] = {0, 'a', 's', 'm', 1, 0, 0, 0};

Bytes with_preamble(std::initializer_list<u8> sections) {
  Bytes bytes(std::begin(kPreamble), std::end(kPreamble));
  bytes.insert(bytes.end(), sections);
  return bytes;
}

// "message @offset" of the error, or "ok".
std::string outcome(ByteView bytes) {
  const Result<Module> module = decode_module(bytes);
  return module ? "ok" : std::string(module.error().what) + " @" + std::to_string(module.error().where);
}
ErrorKind kind_of(ByteView bytes) {
  const Result<Module> module = decode_module(bytes);
  EXPECT_FALSE(module);
  return module ? ErrorKind::System : module.error().kind;
}

// One of everything.
Bytes full_module() {
  ModuleBuilder m;
  const u32 none = m.type({}, {});
  const u32 unary = m.type({ValType::I32}, {ValType::I32});
  m.custom_first("first", as_bytes("abc"));
  m.import_function("env", "f", none);
  m.import_table("env", "t", {ValType::FuncRef, {1, 2, true}});
  m.import_memory("env", "m", {1, 0, false});
  m.import_global("env", "g", {ValType::I32, false});
  const u32 f = m.function(unary, {{3, ValType::I64}, {1, ValType::F32}}, Code().local_get(0));
  const u32 start = m.function(none, {}, Code());
  m.table({ValType::ExternRef, {0, 0, false}});
  m.global({ValType::I64, true}, Code().i64(-5));
  m.global({ValType::F32, false}, Code().f32_bits(0x7fc00001));
  m.global({ValType::F64, false}, Code().f64_bits(0x7ff8000000000001));
  m.global({ValType::I32, false}, Code().op(Op::GlobalGet, {0}));
  m.global({ValType::FuncRef, false}, Code().op(Op::RefFunc, {f}));
  m.global({ValType::ExternRef, false}, Code().ref_null(ValType::ExternRef));
  m.export_function("run", f);
  m.export_table("table", 1);
  m.export_memory("memory", 0);
  m.export_global("global", 1);
  m.start(start);
  m.elements(Code().i32(0), {f, start});
  m.passive_elements({f});
  m.declare_functions({start});
  m.element_expressions(
      0, Code().i32(1), ValType::FuncRef,
      {Code().op(Op::RefFunc, {f}), Code().ref_null(ValType::FuncRef), Code().op(Op::GlobalGet, {0})});
  m.data(Code().i32(-1), "hello");
  m.passive_data("bytes");
  m.data_count();
  m.custom("last", as_bytes("xyz"));
  return m.build();
}

TEST(Decoder, ReadsEverySection) {
  const Bytes bytes = full_module();
  const Result<Module> decoded = decode_module(bytes);
  ASSERT_TRUE(decoded) << decoded.error().what << " at " << decoded.error().where;
  const Module& m = *decoded;
  ASSERT_EQ(m.types.size(), 2u);
  EXPECT_EQ(m.types[1], (FuncType{{ValType::I32}, {ValType::I32}}));
  ASSERT_EQ(m.imports.size(), 4u);
  EXPECT_EQ(m.imports[0].module, "env");
  EXPECT_EQ(m.imports[0].name, "f");
  EXPECT_EQ(m.imports[3].kind, ExternalKind::Global);
  EXPECT_EQ(m.imports[3].index, 0u);
  EXPECT_EQ(m.imported_functions, 1u);
  ASSERT_EQ(m.functions.size(), 3u);
  EXPECT_TRUE(m.functions[0].body.empty());
  EXPECT_EQ(m.function_type(1), m.types[1]);
  const Bytes body = {2, 3, 0x7e, 1, 0x7d, 0x20, 0, 0x0b};
  EXPECT_TRUE(std::equal(body.begin(), body.end(), m.functions[1].body.begin(), m.functions[1].body.end()));
  EXPECT_EQ(bytes.data() + m.functions[1].offset, m.functions[1].body.data());
  ASSERT_EQ(m.tables.size(), 2u);
  EXPECT_EQ(m.tables[0].limits, (Limits{1, 2, true}));
  EXPECT_EQ(m.tables[1].element, ValType::ExternRef);
  EXPECT_EQ(m.memories.size(), 1u);
  EXPECT_EQ(m.imported_memories, 1u);
  EXPECT_EQ(m.start, 2u);
  EXPECT_EQ(m.data_count, 2u);
  EXPECT_EQ(m.find_export("global")->index, 1u);
  EXPECT_EQ(m.find_export("missing"), nullptr);
  ASSERT_EQ(m.data.size(), 2u);
  EXPECT_EQ(as_text(m.data[0].bytes), "hello");
  EXPECT_EQ(m.data[0].start.bits, 0xffffffffu);
  EXPECT_EQ(m.data[1].mode, SegmentMode::Passive);
}

TEST(Decoder, ReadsConstantExpressions) {
  const Bytes bytes = full_module();
  const Result<Module> m = decode_module(bytes);
  ASSERT_TRUE(m);
  ASSERT_EQ(m->globals.size(), 7u);
  const auto expect = [&](size_t global, Op op, u64 bits) {
    const ConstExpr& init = m->globals[global].init;
    EXPECT_TRUE(init.is_simple) << global;
    EXPECT_EQ(init.op, op) << global;
    EXPECT_EQ(init.bits, bits) << global;
    EXPECT_EQ(init.code.back(), 0x0b) << global;
    EXPECT_EQ(bytes.data() + init.offset, init.code.data());
  };
  expect(1, Op::I64Const, static_cast<u64>(-5));
  expect(2, Op::F32Const, 0x7fc00001);
  expect(3, Op::F64Const, 0x7ff8000000000001);
  expect(4, Op::GlobalGet, 0);
  expect(5, Op::RefFunc, 1);
  expect(6, Op::RefNull, 0x6f);
}

TEST(Decoder, ReadsElementSegments) {
  const Bytes bytes = full_module();
  const Result<Module> m = decode_module(bytes);
  ASSERT_TRUE(m);
  ASSERT_EQ(m->elements.size(), 4u);
  EXPECT_EQ(m->elements[0].mode, SegmentMode::Active);
  EXPECT_EQ(m->elements[1].mode, SegmentMode::Passive);
  EXPECT_EQ(m->elements[2].mode, SegmentMode::Declarative);
  const std::vector<ElementInit>& values = m->elements[3].elements;
  ASSERT_EQ(values.size(), 3u);
  EXPECT_EQ(values[0].kind, ElementInit::Kind::RefFunc);
  EXPECT_EQ(values[0].index, 1u);
  EXPECT_EQ(values[1].kind, ElementInit::Kind::RefNull);
  EXPECT_EQ(values[2].kind, ElementInit::Kind::GlobalGet);
}

// Sections tile the file: rewriting tools rely on it.
TEST(Decoder, SectionsCoverTheFile) {
  const Bytes bytes = full_module();
  const Result<Module> m = decode_module(bytes);
  ASSERT_TRUE(m);
  u64 offset = sizeof kPreamble;
  for (const Section& section : m->sections) {
    EXPECT_EQ(section.offset, offset);
    EXPECT_EQ(section.content.data(), bytes.data() + section.content_offset);
    offset = section.content_offset + section.content.size();
  }
  EXPECT_EQ(offset, bytes.size());
  EXPECT_EQ(m->sections.front().name, "first");
  EXPECT_EQ(as_text(m->find_custom("last")->content), "xyz");
  EXPECT_EQ(m->find_custom("middle"), nullptr);
}

TEST(Decoder, Preamble) {
  EXPECT_EQ(outcome(Bytes(std::begin(kPreamble), std::end(kPreamble))), "ok");
  EXPECT_EQ(outcome({}), "unexpected end @0");
  EXPECT_EQ(outcome(as_bytes("\x7f"
                             "ELF....")),
            "magic header not detected @0");
  EXPECT_EQ(outcome(Bytes{0, 'a', 's', 'm', 2, 0, 0, 0}), "unknown binary version @4");
}

TEST(Decoder, ComponentsAreRefusedByName) {
  const Bytes component = {0, 'a', 's', 'm', 0x0d, 0, 1, 0, 1, 2, 3};
  const Result<Module> result = decode_module(component);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().kind, ErrorKind::Unsupported);
  EXPECT_EQ(result.error().what, kComponentMessage);
}

TEST(Decoder, MalformedSections) {
  EXPECT_EQ(outcome(with_preamble({1, 1, 0, 1, 1, 0})), "unexpected content after last section @11");
  EXPECT_EQ(outcome(with_preamble({3, 1, 0, 1, 1, 0})), "unexpected content after last section @11");
  EXPECT_EQ(outcome(with_preamble({14, 0})), "malformed section id @8");
  EXPECT_EQ(outcome(with_preamble({1, 2, 0, 0})), "section size mismatch @11");
  EXPECT_EQ(outcome(with_preamble({1, 5, 0})), "length out of bounds @10");
  EXPECT_EQ(outcome(with_preamble({1, 4, 1, 0x60, 0, 1})), "length out of bounds @13");
  EXPECT_EQ(outcome(with_preamble({0, 2, 1, 0xff})), "malformed UTF-8 encoding @10");
  EXPECT_EQ(outcome(with_preamble({1, 4, 1, 0x60, 0, 0, 3, 2, 1, 0})),
            "function and code section have inconsistent lengths @18");
  EXPECT_EQ(outcome(with_preamble({12, 1, 1})), "data count and data section have inconsistent lengths @11");
}

// A data section must not stand in for the missing code section.
TEST(Decoder, FunctionsWithoutCodeSection) {
  EXPECT_EQ(outcome(with_preamble({1, 4, 1, 0x60, 0, 0, 3, 2, 1, 0, 11, 1, 0})),
            "function and code section have inconsistent lengths @21");
}

// The all-ones index is what the decoder itself uses for "none".
TEST(Decoder, AllOnesIndexIsNotNone) {
  EXPECT_EQ(outcome(with_preamble({8, 5, 0xff, 0xff, 0xff, 0xff, 0x0f})), "unknown function @10");
  EXPECT_EQ(outcome(with_preamble({12, 5, 0xff, 0xff, 0xff, 0xff, 0x0f})),
            "data count and data section have inconsistent lengths @10");
}

TEST(Decoder, ProposalsAreRefusedByName) {
  const auto mentions = [](const Bytes& bytes, const char* word) {
    EXPECT_EQ(kind_of(bytes), ErrorKind::Unsupported) << outcome(bytes);
    EXPECT_NE(outcome(bytes).find(word), std::string::npos) << outcome(bytes);
  };
  mentions(with_preamble({5, 4, 1, 3, 1, 1}), "threads");
}

// Memory may grow with the bytes that are there, never with what they declare.
TEST(Decoder, HugeCounts) {
  for (const u8 id : {1, 2, 3, 4, 5, 6, 7, 9, 10, 11}) {
    const Bytes bytes = with_preamble({id, 5, 0xff, 0xff, 0xff, 0xff, 0x0f});
    EXPECT_EQ(outcome(bytes), "length out of bounds @10") << int{id};
  }
  const Bytes params = with_preamble({1, 8, 1, 0x60, 0xff, 0xff, 0xff, 0xff, 0x0f, 0});
  EXPECT_EQ(outcome(params), "length out of bounds @12");
  const Bytes elements = with_preamble({9, 8, 1, 1, 0, 0xff, 0xff, 0xff, 0xff, 0x0f});
  EXPECT_EQ(outcome(elements), "length out of bounds @13");
}

TEST(Decoder, Limits) {
  const auto with_params = [](size_t count) {
    ModuleBuilder m;
    m.type(std::vector<ValType>(count, ValType::I32), {});
    return m.build();
  };
  EXPECT_EQ(outcome(with_params(kMaxParams)), "ok");
  EXPECT_EQ(kind_of(with_params(kMaxParams + 1)), ErrorKind::Limit);
  ModuleBuilder customs;
  for (u32 i = 0; i <= kMaxCustomSections; ++i) customs.custom("", {});
  EXPECT_EQ(kind_of(customs.build()), ErrorKind::Limit);
}

// Every prefix of a module is either a shorter module or an error, and nothing reads past it (the copy is exactly as
// long).
TEST(Decoder, TruncatedAnywhere) {
  const Bytes bytes = full_module();
  for (size_t size = 0; size < bytes.size(); ++size) {
    const std::vector<u8> prefix(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size));
    const Result<Module> module = decode_module(prefix);
    if (!module) EXPECT_LE(module.error().where, size);
  }
}

}  // namespace
}  // namespace hermit::wasm

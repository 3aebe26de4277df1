#include "wasm/features.h"

#include <gtest/gtest.h>

#include <functional>

#include "wasm/decoder.h"
#include "wasm/module_builder.h"
#include "wasm/validator.h"

namespace hermit::wasm {
namespace {

// The names of what a module uses, separated by spaces.
std::string features_of(const std::function<void(ModuleBuilder&)>& fill) {
  ModuleBuilder m;
  fill(m);
  const Bytes bytes = m.build();
  const Result<Module> module = decode_module(bytes);
  EXPECT_TRUE(module && validate_all(*module));
  if (!module) return "malformed";
  const FeatureSet used = used_features(*module);
  std::string text;
  for (const Feature feature : kFeatures) {
    if (used.has(feature)) text += (text.empty() ? "" : " ") + std::string(to_string(feature));
  }
  return text;
}
std::string body_features(const Code& body) {
  return features_of([&](ModuleBuilder& m) {
    m.memory({1, 0, false});
    m.function(m.type({}, {}), {}, body);
  });
}

TEST(Features, OfInstructions) {
  EXPECT_EQ(body_features(Code().begin(Op::Block, ValType::I32).i32(1).end().op(Op::Drop)), "");
  EXPECT_EQ(body_features(Code().i32(1).op(Op::I32Extend8S).op(Op::Drop)), "sign-ext");
  EXPECT_EQ(body_features(Code().f32_bits(0).op(Op::I32TruncSatF32S).op(Op::Drop)), "nontrapping-fptoint");
  EXPECT_EQ(body_features(Code().i32(0).i32(0).i32(0).op(Op::MemoryCopy, {0, 0})), "bulk-memory");
  EXPECT_EQ(body_features(Code().ref_null(ValType::FuncRef).op(Op::Drop)), "reference-types");
}

TEST(Features, OfVersion3) {
  EXPECT_EQ(body_features(Code().v128(0, 0).op(Op::Drop)), "simd128");
  EXPECT_EQ(features_of([](ModuleBuilder& m) { m.type({ValType::V128}, {}); }), "simd128");
  EXPECT_EQ(body_features(Code().v128(0, 0).v128(0, 0).op(Op::I8x16RelaxedSwizzle).op(Op::Drop)),
            "simd128 relaxed-simd");
  EXPECT_EQ(body_features(Code().op(Op::ReturnCall, {0})), "tail-call");
  EXPECT_EQ(features_of([](ModuleBuilder& m) { m.global({ValType::I32, false}, Code().i32(1).i32(2).op(Op::I32Add)); }),
            "extended-const");
  EXPECT_EQ(features_of([](ModuleBuilder& m) {
              m.memory({1, 0, false});
              m.memory({1, 0, false});
            }),
            "multimemory");
  EXPECT_EQ(features_of([](ModuleBuilder& m) { m.memory({1, 0, false, true}); }), "memory64");
  EXPECT_EQ(features_of([](ModuleBuilder& m) { m.table({ValType::FuncRef, {1, 0, false, true}}); }), "memory64");
  EXPECT_EQ(body_features(Code().op(Op::RefNull, {0}).op(Op::CallRef, {0})),
            "reference-types typed-function-references");
  EXPECT_EQ(features_of([](ModuleBuilder& m) { m.type({non_null(ValType::ExternRef)}, {}); }),
            "typed-function-references");
  EXPECT_EQ(features_of([](ModuleBuilder& m) { m.raw_type({0x5f, 0}); }), "typed-function-references");
  EXPECT_EQ(features_of([](ModuleBuilder& m) { m.tag(m.type({}, {})); }), "exception-handling");
  EXPECT_EQ(body_features(Code().op(Op::TryTable).raw({0x40, 0}).end()), "exception-handling");
  EXPECT_EQ(body_features(Code().begin(Op::Try).op(Op::CatchAll).end()), "legacy-exceptions");
}

TEST(Features, OfTypesAndSegments) {
  EXPECT_EQ(features_of([](ModuleBuilder& m) { m.type({}, {ValType::I32, ValType::I32}); }), "multivalue");
  EXPECT_EQ(features_of([](ModuleBuilder& m) { m.type({ValType::ExternRef}, {}); }), "reference-types");
  EXPECT_EQ(features_of([](ModuleBuilder& m) { m.passive_data("x"); }), "bulk-memory");
  EXPECT_EQ(features_of([](ModuleBuilder& m) { m.import_global("", "", {ValType::I32, true}); }), "mutable-globals");
  EXPECT_EQ(features_of([](ModuleBuilder& m) {
              const u32 type = m.type({ValType::I32}, {});
              m.function(m.type({}, {}), {}, Code().i32(1).begin_typed(Op::Block, type).op(Op::Drop).end());
            }),
            "multivalue");
}

}  // namespace
}  // namespace hermit::wasm

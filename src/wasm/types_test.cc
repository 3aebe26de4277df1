// Equality and order of types: recursive groups, declared supertypes, abstract types.
#include "wasm/types.h"

#include <gtest/gtest.h>

#include "wasm/decoder.h"
#include "wasm/module_builder.h"
#include "wasm/validator.h"

namespace hermit::wasm {
namespace {

struct Loaded {
  Bytes bytes;
  Result<Module> module = Module{};
};

// A module of nothing but types, given as the bytes of recursive groups.
Loaded types_of(std::initializer_list<std::initializer_list<u8>> groups) {
  Loaded loaded;
  loaded.bytes = {0, 'a', 's', 'm', 1, 0, 0, 0, 1};
  Bytes content;
  append_unsigned(content, groups.size());
  for (const auto& group : groups) content.insert(content.end(), group);
  append_unsigned(loaded.bytes, content.size());
  append(loaded.bytes, content);
  loaded.module = decode_module(loaded.bytes);
  return loaded;
}

constexpr u8 kFunc = 0x60, kRec = 0x4e, kSub = 0x50, kNullable = 0x63;

TEST(Types, EqualGroupsGiveEqualTypesAndReferencesToThem) {
  // rec { f: (ref null g) -> [], g: (ref null f) -> [] } twice, and the same the other way round.
  const Loaded loaded = types_of({{kRec, 2, kFunc, 1, kNullable, 1, 0, kFunc, 1, kNullable, 0, 0},
                                  {kRec, 2, kFunc, 1, kNullable, 3, 0, kFunc, 1, kNullable, 2, 0},
                                  {kRec, 2, kFunc, 1, kNullable, 4, 0, kFunc, 1, kNullable, 5, 0},
                                  {kFunc, 1, kNullable, 2, 0},
                                  {kFunc, 1, kNullable, 0, 0}});
  ASSERT_TRUE(loaded.module);
  const auto& shapes = loaded.module->shapes;
  EXPECT_EQ(shapes[2].canonical, 0u);
  EXPECT_EQ(shapes[3].canonical, 1u);
  EXPECT_EQ(shapes[4].canonical, 4u);  // refers to itself, not to its partner
  EXPECT_EQ(loaded.module->types[3], loaded.module->types[1]);
  EXPECT_EQ(shapes[7].canonical, 6u);  // (ref null 2) is (ref null 0)
}

TEST(Types, DeclaredSupertypesAndAbstractOnes) {
  // 0: open func, 1: sub 0, 2: sub 1, 3: struct
  const Loaded loaded =
      types_of({{kSub, 0, kFunc, 0, 0}, {kSub, 1, 0, kFunc, 0, 0}, {kSub, 1, 1, kFunc, 0, 0}, {0x5f, 0}});
  ASSERT_TRUE(loaded.module);
  ASSERT_TRUE(validate_all(*loaded.module));
  const auto below = [&](ValType a, ValType b) { return loaded.module->is_subtype(a, b); };
  const ValType base = indexed_ref(0, true);
  const ValType leaf = indexed_ref(2, true);
  EXPECT_TRUE(below(leaf, base));
  EXPECT_FALSE(below(base, leaf));
  EXPECT_TRUE(below(indexed_ref(2, false), base));
  EXPECT_FALSE(below(leaf, indexed_ref(0, false)));  // null is not in it
  EXPECT_TRUE(below(leaf, ValType::FuncRef));
  EXPECT_TRUE(below(ValType::NullFuncRef, leaf));
  EXPECT_FALSE(below(ValType::NullRef, leaf));
  EXPECT_FALSE(below(ValType::FuncRef, leaf));
  EXPECT_TRUE(below(indexed_ref(3, false), ValType::AnyRef));
  EXPECT_FALSE(below(indexed_ref(3, false), ValType::FuncRef));
  EXPECT_TRUE(below(ValType::I31Ref, ValType::EqRef));
  EXPECT_FALSE(below(ValType::ExternRef, ValType::AnyRef));
  EXPECT_TRUE(below(ValType::NullExnRef, ValType::ExnRef));
  EXPECT_FALSE(below(ValType::I32, ValType::I64));
}

TEST(Types, WhatMayBeDeclaredASupertype) {
  const auto outcome = [](const Loaded& loaded) -> std::string {
    if (!loaded.module) return loaded.module.error().what;
    const auto valid = validate_all(*loaded.module);
    return valid ? "ok" : valid.error().what;
  };
  EXPECT_EQ(outcome(types_of({{kFunc, 0, 0}, {kSub, 1, 0, kFunc, 0, 0}})), "sub type");  // final
  EXPECT_EQ(outcome(types_of({{kSub, 0, kFunc, 0, 0}, {kSub, 1, 0, 0x5f, 0}})), "sub type");
  EXPECT_EQ(outcome(types_of({{kSub, 0, kFunc, 0, 0}, {kSub, 1, 0, kFunc, 1, 0x7f, 0}})), "sub type");
  EXPECT_EQ(outcome(types_of({{kSub, 1, 0, kFunc, 0, 0}})), "unknown type");  // itself
  EXPECT_EQ(outcome(types_of({{kFunc, 1, kNullable, 1, 0}})), "unknown type");  // a later group
  EXPECT_EQ(outcome(types_of({{kSub, 0, 0x5f, 1, 0x7f, 0}, {kSub, 1, 0, 0x5f, 2, 0x7f, 0, 0x7e, 1}})), "ok");
  EXPECT_EQ(outcome(types_of({{kSub, 0, 0x5f, 1, 0x7f, 1}, {kSub, 1, 0, 0x5f, 1, 0x7f, 0}})), "sub type");
}

}  // namespace
}  // namespace hermit::wasm

#include "wasm/linking.h"

#include <gtest/gtest.h>

#include <deque>

#include "wasm/decoder.h"
#include "wasm/entry.h"
#include "wasm/module_builder.h"

namespace hermit::wasm {
namespace {

// Modules that only import functions from others, by name.
class ModuleOrder : public testing::Test {
 protected:
  void add(std::string_view name, std::initializer_list<std::string_view> imports) {
    ModuleBuilder builder;
    const u32 type = builder.type({}, {});
    for (const std::string_view from : imports) builder.import_function(from, "f", type);
    bytes_.push_back(builder.build());
    modules_.push_back(*decode_module(bytes_.back()));
    program_.push_back({name, nullptr});
  }
  // "a b main", or "circle: a b".
  std::string order() {
    for (size_t i = 0; i < program_.size(); ++i) program_[i].module = &modules_[i];
    const InstantiationOrder found = instantiation_order(program_);
    std::string text = found.cycle.empty() ? "" : "circle:";
    for (const size_t i : found.cycle.empty() ? found.order : found.cycle) {
      text += (text.empty() ? "" : " ") + std::string(program_[i].name.empty() ? "main" : program_[i].name);
    }
    return text;
  }

 private:
  std::deque<Bytes> bytes_;
  std::deque<Module> modules_;
  std::vector<ProgramModule> program_;
};

TEST_F(ModuleOrder, TheGivenOrderIsKept) {
  add("c", {});
  add("a", {"env", "wasi_snapshot_preview1"});
  add("", {"a", "c"});
  EXPECT_EQ(order(), "c a main");
}

TEST_F(ModuleOrder, WhatIsImportedComesFirst) {
  add("a", {"b", "c"});
  add("b", {"c"});
  add("c", {});
  add("", {"a"});
  EXPECT_EQ(order(), "c b a main");
}

TEST_F(ModuleOrder, AModulesOwnNameIsTheHosts) {
  add("wasi", {"wasi"});
  add("", {"wasi", ""});
  EXPECT_EQ(order(), "wasi main");
}

TEST_F(ModuleOrder, CirclesAreNamed) {
  add("x", {"a"});
  add("a", {"b"});
  add("b", {"c"});
  add("c", {"a"});
  add("", {"x"});
  EXPECT_EQ(order(), "circle: a b c");
}

// A chain as long as hermit.json can name takes no call stack.
TEST_F(ModuleOrder, LongChains) {
  constexpr int kModules = 10000;
  std::deque<std::string> names;
  for (int i = 0; i <= kModules; ++i) names.push_back("m" + std::to_string(i));
  for (int i = 0; i < kModules; ++i) add(names[static_cast<size_t>(i)], {names[static_cast<size_t>(i) + 1]});
  EXPECT_TRUE(order().starts_with("m9999 m9998 "));
}

TEST(Entry, TypesOfACommandLine) {
  ModuleBuilder builder;
  const auto add = [&](const char* name, u32 type) {
    builder.export_function(name, builder.function(type, {}, Code().op(Op::Unreachable)));
  };
  add("numbers", builder.type({ValType::I32, ValType::I64, ValType::F32, ValType::F64}, {ValType::I32, ValType::F64}));
  add("reference", builder.type({}, {ValType::FuncRef}));
  add("_start", builder.type({}, {}));
  add("_initialize", builder.type({ValType::I32}, {}));
  const Bytes bytes = builder.build();
  const Module module = *decode_module(bytes);
  EXPECT_EQ(entry_problem(module, "_start"), "");
  EXPECT_EQ(entry_problem(module, "numbers"), "");
  EXPECT_EQ(entry_problem(module, "reference"),
            "the function reference has type [] -> [funcref], but a command line knows i32, i64, f32 and f64 only");
  EXPECT_EQ(entry_problem(module, "none"),
            "exports no function none; it exports numbers, reference, _start, _initialize");
  EXPECT_EQ(setup_problem(module), "the function _initialize has type [i32] -> [], but must have [] -> []");
}

}  // namespace
}  // namespace hermit::wasm

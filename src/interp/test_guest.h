// For tests only: modules built in place, run through runtime::Program by the interpreter.
#pragma once

#include <gtest/gtest.h>

#include <deque>

#include "interp/interpreter.h"
#include "wasm/decoder.h"
#include "wasm/module_builder.h"
#include "wasm/validator.h"

namespace hermit::interp {

using wasm::Code;
using wasm::ModuleBuilder;
using wasm::Op;

// A program and the modules it borrows.
class Guest {
 public:
  explicit Guest(runtime::Limits limits = {}) : program(engine(), limits) {}

  runtime::InstantiateResult add(const Bytes& bytes, std::string_view name = {}) {
    bytes_.push_back(bytes);
    auto module = wasm::decode_module(bytes_.back());
    EXPECT_TRUE(module.has_value()) << (module ? "" : module.error().what);
    if (!module) return {};
    modules_.push_back(std::move(*module));
    const auto valid = wasm::validate_all(modules_.back());
    EXPECT_TRUE(valid.has_value()) << (valid ? "" : valid.error().what);
    if (!valid) return {};
    auto result = program.instantiate(modules_.back(), name);
    if (result.instance != nullptr) last = result.instance;
    return result;
  }
  Trap call(std::string_view name, std::vector<u64> arguments, u64* result = nullptr) {
    runtime::Function* function = runtime::Program::exported_function(*last, name);
    EXPECT_NE(function, nullptr);
    arguments.resize(16);
    const Trap trap = program.call(*function, arguments.data());
    if (result != nullptr) *result = arguments[0];
    return trap;
  }
  u64 result_of(std::string_view name, std::vector<u64> arguments) {
    u64 result = 0xdead;
    EXPECT_EQ(call(name, std::move(arguments), &result), Trap::None);
    return result;
  }

 private:
  std::deque<Bytes> bytes_;
  std::deque<wasm::Module> modules_;

 public:
  runtime::Program program;  // after what it borrows
  runtime::Instance* last = nullptr;
};

// A module with one function "f".
inline Bytes one_function(const ModuleBuilder::ValTypes& params, const ModuleBuilder::ValTypes& results,
                          const ModuleBuilder::LocalRuns& locals, const Code& code) {
  ModuleBuilder m;
  const u32 type = m.type(params, results);
  m.export_function("f", m.function(type, locals, code));
  return m.build();
}

}  // namespace hermit::interp

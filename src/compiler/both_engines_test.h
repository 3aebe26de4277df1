// For tests only: one module, run interpreted and compiled, outcomes side by side.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <string>
#include <vector>

#include "compiler/compile.h"
#include "interp/interpreter.h"
#include "runtime/native.h"
#include "wasm/decoder.h"
#include "wasm/module_builder.h"
#include "wasm/validator.h"

namespace hermit::compiler {

// Skips the test where there is no native engine (another system or instruction set). Where there must be one, whoever
// runs the tests says so (HERMIT_REQUIRE_NATIVE=1), lest all that compiled code does goes untested without a word.
#define HERMIT_SKIP_WITHOUT_NATIVE()                                           \
  if (const char* why = ::hermit::runtime::native_refusal(); why != nullptr) { \
    if (std::getenv("HERMIT_REQUIRE_NATIVE") != nullptr) FAIL() << why;        \
    GTEST_SKIP() << why;                                                       \
  }                                                                            \
  static_assert(true)

// A module in one engine. Every pass and allocation is checked while compiling.
class Guest {
 public:
  enum class Engine { Interpreter, Native };

  Guest(const Bytes& bytes, Engine engine, bool demote = false, u32 island_distance = kIslandDistance)
      : demote_(demote),
        island_distance_(island_distance),
        bytes_(bytes),
        program_(engine == Engine::Native ? runtime::native_engine() : interp::engine()) {
    const auto started = start(engine);
    if (!started) ADD_FAILURE() << started.error().what << " at " << started.error().where;
  }

  // Calls an export; the results replace the arguments.
  Trap call(std::string_view name, std::vector<u64>& slots) {
    runtime::Function* function = runtime::Program::exported_function(*instance, name);
    EXPECT_NE(function, nullptr) << name;
    const size_t results = function->result_slots;
    slots.resize(std::max(slots.size(), results));
    const Trap trap = program_.call(*function, slots.data());
    slots.resize(trap == Trap::None ? results : 0);
    return trap;
  }
  runtime::Program& program() { return program_; }

  runtime::Instance* instance = nullptr;  // null if anything failed

 private:
  [[nodiscard]] CompileOptions options(abi::Isa isa) const {
    return {.isa = isa, .island_distance = island_distance_, .demote = demote_, .check = true};
  }
  Result<void> start(Engine engine) {
    TRY(module_, wasm::decode_module(bytes_));
    TRY_VOID(wasm::validate_all(module_));
    if (engine == Engine::Native) {
      const wasm::Module* modules[] = {&module_};
      // The other machine's code is not run, but must be made.
      TRY_VOID(compile_program(modules, options(abi::kForeignIsa)));
      TRY(const Bytes image, compile_program(modules, options(abi::kNativeIsa)));
      TRY_VOID(runtime::load_native(program_, modules, image));
    }
    const auto result = program_.instantiate(module_);
    if (result.link_error) return std::unexpected(result.link_error->error);
    instance = result.instance;
    return {};
  }

  bool demote_;  // as in CompileOptions
  u32 island_distance_;
  Bytes bytes_;
  wasm::Module module_;
  runtime::Program program_;
};

struct BothEngines {
  explicit BothEngines(const Bytes& bytes, bool demote = false, u32 island_distance = kIslandDistance)
      : interpreted(bytes, Guest::Engine::Interpreter), native(bytes, Guest::Engine::Native, demote, island_distance) {}
  [[nodiscard]] bool ok() const { return interpreted.instance != nullptr && native.instance != nullptr; }

  // Two NaNs count as equal: which one comes out is up to the machine.
  static bool same_value(wasm::ValType type, u64 a, u64 b) {
    const auto is_nan32 = [](u64 v) { return (v & 0x7fffffff) > 0x7f800000; };
    const auto is_nan64 = [](u64 v) { return (v & 0x7fffffffffffffff) > 0x7ff0000000000000; };
    if (type == wasm::ValType::F32 && is_nan32(a) && is_nan32(b)) return true;
    if (type == wasm::ValType::F64 && is_nan64(a) && is_nan64(b)) return true;
    return a == b;
  }

  // Calls the export in both; expects the same trap or the same results, and returns the trap.
  Trap expect_same(std::string_view name, const std::vector<u64>& arguments) {
    std::vector<u64> a = arguments;
    std::vector<u64> b = arguments;
    const Trap expected = interpreted.call(name, a);
    const Trap actual = native.call(name, b);
    std::string where(name);
    for (const u64 v : arguments) where += " " + std::to_string(v);
    EXPECT_STREQ(trap_message(expected), trap_message(actual)) << where;
    if (expected != Trap::None || actual != Trap::None) return expected;
    const auto& types = runtime::Program::exported_function(*interpreted.instance, name)->type->results;
    size_t slot = 0;
    for (const wasm::ValType type : types) {
      for (u32 i = wasm::slots_of(type); i != 0; --i, ++slot) {
        EXPECT_TRUE(same_value(type, a[slot], b[slot]))
            << where << ": " << std::hex << a[slot] << ", compiled " << b[slot];
      }
    }
    return expected;
  }

  Guest interpreted, native;
};

}  // namespace hermit::compiler

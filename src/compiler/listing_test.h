// For tests only: the machine code that a function becomes, written as IR text (selection alone) or as a module.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "compiler/allocate.h"
#include "compiler/cfg.h"
#include "compiler/compile.h"
#include "compiler/ir_text.h"
#include "compiler/ir_verify.h"
#include "compiler/target.h"
#include "wasm/decoder.h"
#include "wasm/module_builder.h"
#include "wasm/validator.h"

namespace hermit::compiler {

inline std::string code_of(abi::Isa isa, const std::string& text) {
  auto function = parse(text);
  EXPECT_TRUE(function) << function.error().what << " in line " << function.error().where;
  if (!function) return {};
  EXPECT_EQ(verify(*function), "");
  copy_returns(*function);
  split_critical_edges(*function);
  find_loops(*function);
  const wasm::Module module;
  const ModuleInfo info = examine(module);
  const Target& target = target_of(isa);
  const auto machine = *target.select(info, *function);
  const auto allocation = *allocate(machine, target.register_file());
  EXPECT_EQ(check_allocation(machine, target.register_file(), allocation), "");
  std::string listing;
  EXPECT_TRUE(target.emit(machine, allocation, false, &listing));
  return listing;
}
// The whole way from a module: all passes, each checked. What stands in front of the body (entry and frame) is left
// out.
inline std::string code_of_module(abi::Isa isa, const wasm::ModuleBuilder& builder, u32 function) {
  const Bytes bytes = builder.build();
  const auto module = wasm::decode_module(bytes);
  EXPECT_TRUE(module && wasm::validate_all(*module));
  if (!module) return {};
  std::string listing;
  const auto code = compile_function(examine(*module), function, {.isa = isa, .check = true, .listing = &listing});
  EXPECT_TRUE(code) << code.error().what;
  const size_t body = listing.find("L0:");
  EXPECT_NE(body, listing.npos) << listing;
  return body == listing.npos ? listing : listing.substr(body);
}
inline std::string x64_of(const std::string& text) { return code_of(abi::Isa::X64, text); }

// A function (i32, i64) -> (i32) with v0 and v1 its parameters and v2 to v5 the constants 1, 3, 0 and 3.
inline std::string small_function(const std::string& body) {
  return "function 0 (i32, i64) -> (i32) locals 0 {\n  v2: i32 = const 0x1\n  v3: i32 = const 0x3\n  v4: i32 = const "
         "0x0\n"
         "  v5: i64 = const 0x3\nblock0:\n  v0: i32 = param 0\n  v1: i64 = param 1\n" +
         body + "}\n";
}
// The body of such a function: a sum, in a loop that two values go round.
inline const std::string kSum = R"(  jump block1(v0, v4)
block1(v6: i32, v7: i32):
  v8: i32 = i32.add v7, v6
  v9: i32 = i32.sub v6, v2
  branch v9, block1(v9, v8), block2
block2:
  return v8
)";
// Is there no move between block 1 and `back`, the jump back to it?
inline testing::AssertionResult moves_nothing(const std::string& code, std::string_view back) {
  const size_t begin = code.find("L1:");
  const size_t end = code.find(back);
  const bool is_there = begin != code.npos && end != code.npos && begin < end;
  if (is_there && code.substr(begin, end - begin).find("mov") == code.npos) return testing::AssertionSuccess();
  return testing::AssertionFailure() << code;
}

inline bool has(const std::string& code, std::string_view what) { return code.find(what) != std::string::npos; }
inline size_t count(const std::string& code, std::string_view what) {
  size_t n = 0;
  for (size_t at = code.find(what); at != code.npos; at = code.find(what, at + 1)) ++n;
  return n;
}

}  // namespace hermit::compiler

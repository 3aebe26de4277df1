// Import matching (core specification, section 3.4 "import matching"): may this thing stand where that type is asked
// for?
#pragma once

#include <span>
#include <string>

#include "runtime/instance.h"

namespace hermit::runtime {

// The types of a module as the program sees them.
struct TypeView {
  std::span<const u32> ids;  // of the module's types
  std::span<const wasm::TypeShape> shapes;  // by id
};

// The type with type ids in place of the module's type indices.
wasm::ValType in_program(wasm::ValType type, std::span<const u32> ids);

// Is `item` of a type that `import` of `module` accepts?
bool matches(const Extern& item, const wasm::Module& module, const wasm::Import& import, const TypeView& types);

// "a function [i32] -> [i64]", "a memory of 1 to 2 pages", ...: what is offered, and what is asked for.
std::string describe(const Extern& item);
std::string describe(const wasm::Module& module, const wasm::Import& import);

// "module" "name" with everything but printable ASCII escaped: names come from hostile bytes and go to a terminal.
std::string quoted_name(const wasm::Import& import);

}  // namespace hermit::runtime

// Import matching (core specification, section 3.4 "import matching"): may this thing stand where that type is asked
// for?
#pragma once

#include <string>

#include "runtime/instance.h"

namespace hermit::runtime {

// Is `item` of a type that `import` of `module` accepts? The program's canonical ids are not needed: types are
// compared.
bool matches(const Extern& item, const wasm::Module& module, const wasm::Import& import);

// "a function [i32] -> [i64]", "a memory of 1 to 2 pages", ...: what is offered, and what is asked for.
std::string describe(const Extern& item);
std::string describe(const wasm::Module& module, const wasm::Import& import);

// "module" "name" with everything but printable ASCII escaped: names come from hostile bytes and go to a terminal.
std::string quoted_name(const wasm::Import& import);

}  // namespace hermit::runtime

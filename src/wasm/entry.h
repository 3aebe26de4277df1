// Where a program begins: its command entry `_start`, or a function that ENTRYPOINT names.
#pragma once

#include <string>
#include <string_view>

#include "wasm/module.h"

namespace hermit::wasm {

inline constexpr std::string_view kCommandEntry = "_start";
inline constexpr std::string_view kReactorSetup = "_initialize";  // called once before anything else of a reactor

// Why `module` cannot be entered at the exported function `name`, as the rest of a sentence about it ("exports no
// function …"), or "" if it can. kCommandEntry and kReactorSetup have type [] -> []; any other function may take and
// give i32, i64, f32 and f64. Text of the module is escaped. Requires: a validated module.
std::string entry_problem(const Module& module, std::string_view name);

// The same for kReactorSetup, which a module need not have.
std::string setup_problem(const Module& module);

}  // namespace hermit::wasm

// Validation of constant expressions. Private to this folder.
#pragma once

#include "wasm/module.h"

namespace hermit::wasm {

// Does `expr` give a value of type `expected`? It may read the globals below `visible_globals` that cannot change.
// Errors: Invalid, at the instruction concerned. Requires: all functions have a type that exists.
Result<void> check_const_expr(const Module& module, const ConstExpr& expr, ValType expected, size_t visible_globals);

}  // namespace hermit::wasm

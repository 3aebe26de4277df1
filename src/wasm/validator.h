// Module → proof that it is valid (core specification, chapter 3).
//
// Whatever runs or compiles a module relies on this proof and checks nothing again. One pass over the bytes, no
// recursion, time and memory linear in the module's size.
#pragma once

#include "wasm/module.h"

namespace hermit::wasm {

// Everything but function bodies: indices, limits, constant expressions, segments, exports.
// Errors: Invalid with the specification's wording and the offset of the culprit; Unsupported.
// Requires: `module` comes from decode_module.
Result<void> validate_module(const Module& module);

// The whole module: validate_module, then every body. Errors: also Malformed (a body's bytes are not instructions) and
// Limit. Requires: as above.
Result<void> validate_all(const Module& module);

}  // namespace hermit::wasm

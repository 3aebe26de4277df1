// Module bytes → Module. See decoder.cc for what is and is not checked here.
#pragma once

#include "wasm/module.h"

namespace hermit::wasm {

// What decode_module says of a component (preamble 0d 00 01 00): ErrorKind::Unsupported, and `what` is this very
// pointer.
inline constexpr char kComponentMessage[] =
    "this is a component (WASI 0.2); build the program for wasm32-wasip1 (preview 1)";

// Decodes everything but function bodies, which validate_function() reads. `bytes` must outlive the result.
// Errors: Malformed with the specification's wording; Limit (limits.h); Unsupported for proposals that are known by
// name. Time and memory are linear in bytes.size().
Result<Module> decode_module(ByteView bytes);

}  // namespace hermit::wasm

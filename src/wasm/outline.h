// A module without its function bodies: what it takes to link and instantiate code that was compiled before.
//
// An outline is a module in the binary format whose code section and custom sections are left out and whose data
// segments are empty; every index means what it means in the module. The native image carries one for each module.
#pragma once

#include "wasm/module.h"

namespace hermit::wasm {

// Requires: `module` comes from decode_module.
Bytes write_outline(const Module& module);

// As decode_module; functions have no body. Who reads an outline from outside calls validate_module() as well.
// Errors: those of decode_module; Malformed if there is a code section.
Result<Module> read_outline(ByteView bytes);

}  // namespace hermit::wasm

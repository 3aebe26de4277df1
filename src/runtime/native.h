// Compiled code as an engine of the runtime.
//
//   runtime::Program program(runtime::native_engine());
//   if (const auto loaded = runtime::load_native(program, modules, image); !loaded) ...   // interpret instead
//   program.instantiate(*modules[0]);                                                     // as with any engine
//
// A program runs compiled or interpreted as a whole; the two engines never mix (docs/compiler.md).
#pragma once

#include <span>

#include "runtime/program.h"

namespace hermit::runtime {

const Engine& native_engine();

// Null, or why this machine or system cannot run native code: the processor is too old, or there is no support yet.
const char* native_refusal();

// Makes the code of a native image (abi/native_image.h) that of `modules`, which must be exactly those it was made
// from, in the same order. May be called several times for further modules. Requires: `program` uses native_engine();
// modules outlive it; `image` may go away afterwards. Errors: Malformed (not an image, or damaged), Unsupported
// (another version, instruction set or a machine too old; or no support for this system yet), Unlinkable (made from
// other modules), System.
Result<void> load_native(Program& program, std::span<const wasm::Module* const> modules, ByteView image);

}  // namespace hermit::runtime

// Compiled code as an engine of the runtime.
//
//   runtime::Program program(runtime::native_engine());
//   if (const auto loaded = runtime::load_native(program, modules, image); !loaded) ...   // interpret instead
//   program.instantiate(*modules[0]);                                                     // as with any engine
//
// A program runs compiled or interpreted as a whole; the two engines never mix (docs/compiler.md).
#pragma once

#include <span>

#include "runtime/native_image.h"
#include "runtime/program.h"

namespace hermit::runtime {

const Engine& native_engine();

// Null, or why this machine or system cannot run native code: the processor is too old, or there is no support yet.
const char* native_refusal();

// Makes the code of a native image that of `modules`, which come from read_outlines(image) in that order: no module is
// needed. May be called several times for further modules. Requires: `program` uses native_engine() and runs only while
// native_refusal() has none; `image` and modules outlive it. `is_mapped`: the image's bytes are part of a private,
// read-only mapping of a file, so its code may run where it lies. `shared`: share_native() will be called, so no data
// is moved out of the image. Errors: System (no executable pages).
Result<void> load_native(Program& program, const ImageView& image, bool is_mapped, bool shared,
                         std::span<const wasm::Module* const> modules);

// Gives `to` the code that `from` has loaded, for the same modules: nothing new becomes executable. Requires: both use
// native_engine(), `from` was loaded with `shared` and outlives `to`. They may then run on different threads.
void share_native(const Program& from, Program& to);

// The same for whole modules, which must be exactly those the image was made from. `image` may go away afterwards.
// Errors: also those of open_image, Unsupported (native_refusal()), Unlinkable (made from other modules).
Result<void> load_native(Program& program, std::span<const wasm::Module* const> modules, ByteView image);

// Is there address space for the guard pages of all memories that these modules define? If not, compiled code cannot
// run them.
bool can_guard_memories(std::span<const wasm::Module* const> modules);

}  // namespace hermit::runtime

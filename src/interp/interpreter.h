// The interpreter as an engine of the runtime.
#pragma once

#include "runtime/program.h"

namespace hermit::interp {

// Give this to runtime::Program. Functions are translated at their first call (translate.h); the guest's call stack is
// one reservation of Limits::stack_bytes, apart from the native stack. Overflow, also of nested calls from host
// functions, is Trap::StackOverflow.
const runtime::Engine& engine();

#if HERMIT_FUEL
// For fuzzers, which define it (CMakeLists.txt): after about `instructions` more the guest ends with Trap::Exit. Bulk
// operations count by their length. Without a call there is no end. Requires: program.ok().
void set_fuel(runtime::Program& program, u64 instructions);
#endif

}  // namespace hermit::interp

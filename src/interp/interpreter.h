// The interpreter as an engine of the runtime.
#pragma once

#include "runtime/program.h"

namespace hermit::interp {

// Give this to runtime::Program. Functions are translated at their first call (translate.h); the guest's call stack is
// one reservation of Limits::stack_bytes, apart from the native stack. Overflow, also of nested calls from host
// functions, is Trap::StackOverflow.
const runtime::Engine& engine();

}  // namespace hermit::interp

// What the system takes for the calling thread's stack.
//
// Windows has it in the thread's environment block and looks there when it dispatches an exception and when a function
// makes room for a large frame; so whoever runs code on memory of its own says so, as its fibers do. Other systems do
// not ask.
#pragma once

#include "base/types.h"

namespace hermit::os {

struct ThreadStack {
  u8* end;  // upper
  u8* committed;  // the lowest address that can be used
  u8* reserved;  // the lowest address of the reservation
};

#ifdef _WIN32
// Declares that the calling thread runs on `stack`; returns what was declared before.
ThreadStack swap_thread_stack(const ThreadStack& stack);
#else
inline ThreadStack swap_thread_stack(const ThreadStack& stack) { return stack; }
#endif

}  // namespace hermit::os

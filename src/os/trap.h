// Faults of compiled code: an access to pages that are not there, an instruction that does not exist.
#pragma once

#include "base/types.h"

namespace hermit::os {

// Where a thread was when it met a fault, and where it will go on. The handler may change all but kind and address.
struct Fault {
  enum class Kind : u8 { Access, Illegal };
  Kind kind;
  const u8* address;  // Access: what was accessed
  const u8* pc;
  u8* stack;  // the stack pointer
  u8* frame;  // the frame pointer
  u64 result;  // the register that a function returns a number in
};

// Called on the thread that met the fault, on a stack of its own (on Windows on the thread's); it may do nothing that
// is not safe in a signal handler. True: continue with what the Fault says now. False: not ours; the fault takes its
// usual course.
using FaultHandler = bool (*)(Fault& fault);

// Installs the process's one handler; false if this system has no support for it yet. Calling it again with the same
// handler is allowed.
[[nodiscard]] bool handle_faults(FaultHandler handler);
// Gives the calling thread what it needs to handle faults (an alternate stack). False if the system refuses.
[[nodiscard]] bool prepare_thread_for_faults();
// Takes it back before the thread ends. A thread that ends with its process need not call it.
void finish_thread_for_faults();

}  // namespace hermit::os

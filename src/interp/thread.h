// One guest thread of the interpreter: its stack, and what the loop needs besides registers.
#pragma once

#include <memory>
#include <vector>

#include "interp/code.h"
#include "runtime/program.h"

namespace hermit::interp {

// A caller that a call into another instance left, innermost last.
struct CrossFrame {
  abi::Instance* instance;
  const Instruction* return_pc;
};

// Calls from the host into the guest that may be active at once: each takes native stack.
inline constexpr u32 kMaxHostDepth = 200;

struct Thread {
  runtime::Program* program;
  u64* stack;       // reserved pages, lowest address; frames grow upwards
  u64* stack_end;   // one past the last slot a frame may use
  u64* stack_top;   // where a call from the host puts its frame
  u64* host_frame;  // fp of the host function that runs right now, or null
  u64 stack_bytes;
  Trap trap;        // outcome of the last run
  Trap nested_trap; // how the last guest function that the running host function called ended
  u32 host_depth;
  std::vector<CrossFrame> cross_frames;
  std::vector<std::unique_ptr<Instruction[]>> code;  // of all translated functions
  std::vector<std::unique_ptr<Handlers>> handlers;  // of those that have any
#if HERMIT_FUEL
  u64 fuel = ~u64{0};  // instructions that may still run
#endif
  u64* live_end;  // while a collection of exceptions runs: one past the last slot in use
};

inline Thread& thread_of(const abi::Instance* instance) {
  return *static_cast<Thread*>(instance->execution->interpreter);
}

// Where the loop goes on after a throw; pc is null if nothing catches the exception: the run is over then.
struct Resume {
  const Instruction* pc;
  u64* fp;
  abi::Instance* instance;
};

// Slow paths of the loop (interpreter.cc, exceptions.cc).

// `pc` is the instruction that throws, in the frame `fp` of a function of `instance`.
Resume throw_new(Thread& thread, const abi::Tag& tag, const Instruction* pc, u64* fp, abi::Instance* instance);
Resume throw_again(Thread& thread, const abi::Exception& exception, const Instruction* pc, u64* fp,
                   abi::Instance* instance);

// Translates `function` and makes it its body. Returns the first instruction.
const Instruction* translate_now(Thread& thread, runtime::Function& function);
// Calls the host function whose frame is `fp` on behalf of `instance`.
Trap call_host(Thread& thread, u64* fp, abi::Instance* instance);
// Ends the run with `trap` at `pc`; keeps the backtrace.
void raise(Thread& thread, Trap trap, const Instruction* pc, u64* fp);

}  // namespace hermit::interp

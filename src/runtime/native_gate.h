// The assembly between compiled code and C++. Private to the native engine.
//
// Gates use the System V convention on every system (the attribute makes the compiler translate on Windows), so there
// is one text for each instruction set. They run host code on the native stack, below the frame of native_enter that is
// innermost (Execution::host_stack); compiled code runs on a stack of its own.
#pragma once

#include "abi/instance_layout.h"
#include "runtime/host_function.h"

#if defined(__x86_64__)
#define HERMIT_GATE_CALL __attribute__((sysv_abi))
#else
#define HERMIT_GATE_CALL
#endif

// The assembler's name of a function: without it macOS would put an underscore in front.
#define HERMIT_GATE_NAME(name) asm(name)

namespace hermit::runtime {

#if defined(__aarch64__)
inline constexpr u32 kPreserved = 8 + 1;  // and 8 bytes to make a multiple of 16
#else
inline constexpr u32 kPreserved = 3;
#endif

// What registers hold when compiled code is entered, and when it comes back.
struct EntryFrame {
  u64 integers[abi::kIntegerArguments];
  u64 floats[abi::kFloatArguments][2];
  u8* stack;  // where the guest's stack begins: a multiple of 16, its first bytes are the stack arguments
  abi::Execution* execution;
};

// What a gate saved; the functions below read arguments from it and write results to it.
struct GateFrame {
  u64 integers[abi::kIntegerArguments];
  u64 floats[abi::kFloatArguments][2];
  u64 stack_bytes;  // out: what the callee takes from the stack
  u64 preserved[kPreserved];  // rbx, r12, r13 or x19 to x26: references in them count while the host runs
};
static_assert(sizeof(GateFrame) % 16 == 0);
// Functions without floats may have so many integers on the stack and keep a fast gate, which puts them behind those
// from registers, where floats would lie: so all are slots in a row.
inline constexpr size_t kGateStackIntegers = 2;
static_assert(offsetof(GateFrame, floats) == sizeof(u64) * abi::kIntegerArguments);

// Enters compiled code through function->native. Returns a Trap; 0 if it came back by itself.
HERMIT_GATE_CALL u64 native_enter(const abi::FuncRef* function, EntryFrame* frame);
// Where a trap goes on, with the stack pointer at Execution::host_stack and the Trap in the result register.
extern "C" void hermit_native_landing() HERMIT_GATE_NAME("hermit_native_landing");
// FuncRef::native of host functions, and Instance::exit_gate. The integer gates are for those whose parameters are all
// integers and whose result, if any, is one i32 (which they extend, whatever the function left above it), which are
// most and called most often: the first one if all are in registers, the other for one or two more on the stack, which
// it takes away by a constant: with a number that the host left in memory, each return waited for it.
extern "C" void hermit_native_host_gate() HERMIT_GATE_NAME("hermit_native_host_gate");
extern "C" void hermit_native_integer_gate() HERMIT_GATE_NAME("hermit_native_integer_gate");
extern "C" void hermit_native_integers_gate() HERMIT_GATE_NAME("hermit_native_integers_gate");
extern "C" void hermit_native_exit_gate() HERMIT_GATE_NAME("hermit_native_exit_gate");

// The C++ side of the gates (native_host.cc). They return a Trap, or kResume of native_thread.h.
extern "C" HERMIT_GATE_CALL u64 hermit_native_host_call(const abi::FuncRef* function, GateFrame* frame,
                                                        abi::Instance* instance, const u8* stack_arguments)
    HERMIT_GATE_NAME("hermit_native_host_call");
extern "C" HERMIT_GATE_CALL u64 hermit_native_integer_call(const abi::FuncRef* function, GateFrame* frame,
                                                           abi::Instance* instance)
    HERMIT_GATE_NAME("hermit_native_integer_call");
extern "C" HERMIT_GATE_CALL u64 hermit_native_exit(abi::Instance* instance, u64 number, u64* arguments)
    HERMIT_GATE_NAME("hermit_native_exit");

// What the engine keeps for a program: Execution::interpreter points to it.
struct NativeThread;

}  // namespace hermit::runtime

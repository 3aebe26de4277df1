// How compiled functions call each other and how they leave: the same on every operating system, because neither the
// compiler nor the native image knows the host's convention. Gates of the runtime translate (runtime/native_gate.h).
//
// x86-64
//   r15 base of memory 0    r14 the instance    rbp frame chain    rsp aligned to 16 at every call
//   arguments and results: integers and references rax rcx rdx rsi rdi r8 r9 r10, floats and vectors xmm0 to xmm7
//   preserved: rbx r12 r13 (and r14, r15, rbp, rsp)    r11 scratch    all xmm are clobbered
// AArch64
//   x27 base of memory 0    x28 the instance    x29, x30 frame chain    sp aligned to 16
//   x0 to x7, v0 to v7; preserved: x19 to x26; scratch: x16, x17 (and veneers); x18 is never touched
//
// Both: an i32 is zero-extended to 64 bits wherever it is. Further arguments go to memory, 8 bytes each (v128: 16), the
// first at the lowest address, at the callee's frame + 16; the caller makes room (a multiple of 16 bytes) and the
// *callee* takes it away when it returns, so a tail call may need more room than its caller had. Further results go to
// Execution::results, in order, two slots each if v128; the caller takes them before anything else can run.
//
// Every function keeps the frame chain: [fp] the caller's fp, [fp + 8] the return address. A function that may call
// into another instance keeps its instance at [fp - 8] and reloads both pinned registers from it after such a call.
// Calls through a FuncRef have the FuncRef's address in the scratch register (r11, x16) and go to FuncRef::native, the
// *external entry*, which loads both pinned registers from FuncRef::instance and falls into the internal entry. A host
// function's native is a gate; it finds its caller's instance still in the instance register.
//
// The stack grows down to Instance::stack_limit. Below the limit lie kStackSlack bytes that functions without a check
// of their own may use: leaves with frames of at most kUncheckedFrame, and gates.
#pragma once

#include "base/types.h"

namespace hermit::abi {

inline constexpr u32 kIntegerArguments = 8;
inline constexpr u32 kFloatArguments = 8;
// Results beyond the registers, in slots; wasm::kMaxResults v128s fit.
inline constexpr u32 kResultSlots = 2048;
inline constexpr u32 kStackSlack = 64 << 10;
inline constexpr u32 kUncheckedFrame = 4 << 10;

enum class Exit : u32 {
#define HERMIT_EXIT(name, operands) name,
#include "abi/exits.def"
  Count,
};

// Arguments of an exit; at most kIntegerArguments.
constexpr u32 exit_operands(Exit exit) {
  constexpr u32 kOperands[] = {
#define HERMIT_EXIT(name, operands) operands,
#include "abi/exits.def"
  };
  return kOperands[static_cast<u32>(exit)];
}

}  // namespace hermit::abi

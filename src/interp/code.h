// The interpreter's own code: what translate.cc writes and loop.cc executes. It never leaves the process.
//
// An instruction is 16 bytes: the handler that executes it (as a distance between functions, so that it takes four
// bytes), and three operands. Operands are mostly *slots*: positions relative to the frame pointer, in units of 8
// bytes.
//
//   fp[-n .. -1]   parameters; on return, results from fp[-n] on
//   fp[0]          return address (const Instruction*)
//   fp[1]          the caller's fp; for a call from the host see interpreter.cc
//   fp[2]          the function (FuncRef*)
//   fp[3 ..]       other locals, constants of loops, then the operand stack
//
// A caller evaluates arguments right where the callee's parameters are, so a call moves nothing. One value takes one
// slot (v128 will take two).
#pragma once

#include "abi/instance_layout.h"
#include "base/types.h"
#include "wasm/opcodes.h"

namespace hermit::interp {

struct Instruction {
  i32 handler;
  i32 a;  // usually the slot of the result
  i32 b;
  i32 c;

  // A 64-bit immediate in b and c.
  [[nodiscard]] u64 wide() const { return static_cast<u32>(b) | static_cast<u64>(static_cast<u32>(c)) << 32; }
  void set_wide(u64 value) {
    b = static_cast<i32>(value);
    c = static_cast<i32>(value >> 32);
  }
};
static_assert(sizeof(Instruction) == 16);

inline constexpr i32 kLinkSlots = 3;  // fp[0] to fp[2]

// Instructions that are not one wasm instruction with slots for operands. Branch distances are in bytes, from the
// branch.
enum class Special : u8 {
  Enter,  // a: slots of the frame from fp on; b: locals to zero from fp[3] on; c: constants. Followed by c data
          // instructions {a: slot, wide: value}
  EnterSimple,  // a: as above; nothing to initialise
  Return0,
  Return1,  // a: slot of the result; b: slot it goes to
  ReturnMany,  // a: first slot of the results; b: slot they go to; c: how many
  Call,  // a: distance to the callee's fp; wide: FuncRef* of this instance or of the host
  CallCross,  // the same for a function of another instance
  CallIndirect,  // a: distance to the callee's fp; b: slot of the index; c: type id. Then data {wide: abi::Table*}
  Br,  // c: distance
  BrTable,  // a: slot of the index; b: number of targets without the default. Then b + 1 instructions Br
  Copy,  // a: to; b: from
  CopyMany,  // a: first slot to; b: first slot from; c: how many; may overlap
  Const,  // a: to; wide: value
  Select,  // a: to; b, c: first and second value. Then data {a: slot of the condition}
  GlobalGet,  // a: to; wide: u64* of the value
  GlobalSet,  // a: from; wide: as above
  TableGet,  // a: to; b: index; c: table
  TableSet,  // a: index; b: value; c: table
  TableSize,  // a: to; c: table
  TableGrow,  // a: to, value; a + 1: count; c: table
  TableFill,  // a: index, value, count; c: table
  TableCopy,  // a: to, from, count; b: table to; c: table from
  TableInit,  // a: to, from, count; b: segment; c: table
  ElemDrop,  // b: segment
  MemorySize,  // a: to
  MemoryGrow,  // a: to; b: slot of the count of pages
  MemoryFill,  // a: to, value, count
  MemoryCopy,  // a: to, from, count
  MemoryInit,  // a: to, from, count; b: segment
  DataDrop,  // b: segment
  Unreachable,
  Translate,  // body of a function that was never called
  Host,  // body of a host function
  CrossReturn,  // return address of a call into another instance
  Exit,  // return address of a call from the host
  Count,
};

// How the operands of a wasm instruction are given.
enum class Form : u8 {
  Slots,  // a: result; b, c: operands (load: b address, c offset; store: a value, b address, c offset)
  Immediate,  // integers only. a: result; b: first operand; c: second operand itself (sign-extended)
  Negated,  // float comparisons only. As Slots, result inverted
  Branch,  // comparisons: branch if true. a, b: operands; c: distance
  BranchImmediate,  // integer comparisons. b: second operand itself
  BranchNegated,  // float comparisons: branch if false
  Count,
};

// The value of Instruction::handler. Requires: there is such a form (translate.cc knows which).
i32 handler(Special special);
i32 handler(wasm::Op op, Form form);
bool has_form(wasm::Op op, Form form);

// The bodies and return addresses that are the same for all functions. `handler` is filled by make_static_code.
struct StaticCode {
  Instruction translate;
  Instruction host;
  Instruction exit;
  Instruction cross_return;
};
const StaticCode& static_code();

// Runs from `pc` in the frame `fp` until an Exit or a trap; the outcome is in the Thread (thread.h).
void run(const Instruction* pc, u64* fp, abi::Instance* instance);

}  // namespace hermit::interp

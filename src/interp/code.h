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
// A caller evaluates arguments right where the callee's parameters are, so a call moves nothing. A v128 takes two
// slots, everything else one. Only a tail call moves its arguments: down to where the caller's own parameters are.
#pragma once

#include <vector>

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
  CallRef,  // a: distance to the callee's fp; b: slot of the reference
  TailCall,  // a: first slot of the arguments; b: how many slots; c: slots of the own parameters. Then data {wide:
             // FuncRef*}
  TailCallRef,  // the same with data {a: slot of the reference}
  ResolveIndirect,  // a: to; b: slot of the index; c: type id: the function reference. Then data {wide: abi::Table*}
  Br,  // c: distance
  BrTable,  // a: slot of the index; b: number of targets without the default. Then arms (BrArm)
  BrTableValues,  // the same; c: slots of the values that the branch carries. Then data {a: first slot from}, then arms
  Copy,  // a: to; b: from
  Copy2,  // the same for a v128
  CopyMany,  // a: first slot to; b: first slot from; c: how many; may overlap
  Const,  // a: to; wide: value
  Const2,  // a: to. Then data: 16 bytes, the value
  Select,  // a: to; b, c: first and second value. Then data {a: slot of the condition}
  Select2,  // the same for v128
  GlobalGet,  // a: to; wide: u64* of the value
  GlobalGet2,
  GlobalSet,  // a: from; wide: as above
  GlobalSet2,
  NullCheck,  // a: reference; traps if it is null
  Throw,  // a: first slot of the values; wide: abi::Tag*
  ThrowRef,  // a: reference
  TableGet,  // a: to; b: index; c: table
  TableSet,  // a: index; b: value; c: table
  TableSize,  // a: to; c: table
  TableGrow,  // a: to, value; a + 1: count; c: table
  TableFill,  // a: index, value, count; c: table
  TableCopy,  // a: to, from, count; b: table to; c: table from
  TableInit,  // a: to, from, count; b: segment; c: table
  ElemDrop,  // b: segment
  MemorySize,  // a: to; c: memory
  MemoryGrow,  // a: to; b: slot of the count of pages; c: memory
  MemoryFill,  // a: to, value, count; c: memory
  MemoryCopy,  // a: to, from, count; b: memory to; c: memory from
  MemoryInit,  // a: to, from, count; b: segment; c: memory
  DataDrop,  // b: segment
  Unreachable,
  Translate,  // body of a function that was never called
  Host,  // body of a host function
  CrossReturn,  // return address of a call into another instance
  Exit,  // return address of a call from the host
  Count,
};

// A target of br_table: two to an instruction, so that a table takes 8 bytes for the byte or more it took in the
// module.
struct BrArm {
  i32 distance;  // in bytes, from the instruction that holds the arm
  i32 to;  // slot that the carried values go to
};

// How the operands of a wasm instruction are given. SIMD: a third operand is data {a: slot}, a lane of replace_lane
// data {a: lane}, shuffle's lanes data (16 bytes), the lane of extract_lane c.
enum class Form : u8 {
  Slots,  // a: result; b, c: operands (load: b address, c offset; store: a value, b address, c offset)
  Far,  // loads and stores of any memory. As Slots (c: the vector of a lane access), then data {handler: lane, a:
        // memory, wide: offset}
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

// Where an exception goes: which instructions a try covers, and its catch clauses in order. Regions are in the order of
// `begin`, so the innermost one around an instruction is the last that begins at or before it, or one of its parents.
struct CatchClause {
  const abi::Tag* tag;  // null catches all
  i32 values;  // first slot of the tag's values
  bool has_values;  // are they wanted?
  i32 reference;  // slot of the exception reference, or negative
  i32 target;  // where to go on: instruction, counted from the function's first one
  i32 next;  // clause, or -1
};
struct Region {
  i32 begin, end;  // instructions, counted from the function's first one
  i32 parent;  // region around it, or -1
  i32 next;  // where the search goes on: the parent, but for `delegate`
  i32 first_clause;  // or -1
  i32 last_clause;
};
struct Handlers {
  std::vector<Region> regions;
  std::vector<CatchClause> clauses;
};
// Of a translated function: Handlers or null, kept in the instruction before the first one.
inline const Handlers* handlers_of(const Instruction* body) {
  return reinterpret_cast<const Handlers*>(body[-1].wide());
}

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

// Module → proof that it is valid (core specification, chapter 3), and what an in-place interpreter needs to run it.
//
// The interpreter executes the module's own bytes. What the bytes do not say is where a branch goes and how it leaves the
// operand stack; the validator knows both, and writes them into a *side table*. The idea is Ben Titzer's ("A fast in-place
// interpreter for WebAssembly", 2022). Values are counted in *slots* of 64 bits (every type of today takes one; a v128
// will take two).
//
// The frame this assumes: local_slots slots of locals (parameters first), then max_stack_slots slots of operands.
#pragma once

#include <vector>

#include "wasm/module.h"

namespace hermit::wasm {

// How one branch is taken. Deltas are relative, so a table may be moved and concatenated.
//
//   pc  += delta_pc    relative to the first byte behind the branch's opcode byte (its first immediate byte)
//   stp += delta_stp   relative to this entry, in entries
//   keep, drop         the top `keep` slots of the operand stack move down over the `drop` slots below them. Counted after
//                      the instruction's own i32 (the condition or the index) is popped. drop == 0: nothing moves.
//
// Before executing the first instruction of a function stp is the function's first entry. Execution then uses entries in
// the order of the instructions, so stp always is the entry of the next branch in the bytes:
//
//   br          one entry, taken.
//   br_if       one entry, taken if the condition is not 0; else stp += 1.
//   if          one entry, taken if the condition is 0 (it leads behind the `else`, or behind the `end` if there is no
//               `else`; keep and drop are 0); if the condition is not 0, stp += 1 and go on behind the block type.
//   else        one entry, always taken: it is reached only from the end of the `then` part, and leads behind the `end`
//               (keep and drop are 0).
//   br_table    count + 1 entries, one per target in order, the default last. Take entry stp + min(index, count); its deltas
//               are relative to itself and to the first byte behind the opcode like any other.
//   return      no entry: the results are the top result_slots slots.
//   others      no entry. `block`, `loop` and the `end` of a block do nothing at all.
//
// A branch to a block or if leads behind its `end`; a branch to a loop leads behind the loop's block type; a branch to the
// function's own label leads *to* its final `end` byte. That `end` (the byte at code_end - 1, and no other) returns: the
// results are the top result_slots slots, and nothing else is on the operand stack then.
// Instructions that can never be reached (behind `unreachable`, `br`, `return`, `br_table` up to the block's `else` or `end`)
// have no entries; an `else` or `end` behind such code is not executed itself, only led behind.
struct BranchEntry {
  i32 delta_pc;
  i32 delta_stp;
  u32 keep;
  u32 drop;
};

// What is known of one function body once it is valid.
struct FunctionInfo {
  const u8* code = nullptr;      // the first instruction, behind the local declarations
  const u8* code_end = nullptr;  // one past the final `end`
  u32 first_branch = 0;          // index of the function's first entry in the table given to validate_function
  u32 branch_count = 0;
  u32 param_slots = 0;
  u32 result_slots = 0;
  u32 local_slots = 0;           // parameters and declared locals; declared ones start as 0 (null for references)
  u32 max_stack_slots = 0;       // the operand stack is never higher, arguments and results of calls included
};

// Everything but the bodies. Errors: Invalid with the specification's wording and the offset of the culprit; Unsupported.
// Requires: `module` comes from decode_module.
Result<void> validate_module(const Module& module);

// Validates bodies of one module. Holds scratch space, so use one object for all bodies (and one per thread).
class BodyValidator {
 public:
  // `module` must outlive the validator. Requires: validate_module(module) succeeded.
  explicit BodyValidator(const Module& module);
  ~BodyValidator();
  BodyValidator(const BodyValidator&) = delete;
  BodyValidator& operator=(const BodyValidator&) = delete;

  // Validates the body of functions[index] and appends its entries to `branches` (also on failure, then meaningless).
  // Requires: imported_functions <= index < functions.size().
  // Errors: Invalid, Malformed (the bytes are not instructions), Unsupported, Limit.
  Result<FunctionInfo> validate(u32 index, std::vector<BranchEntry>& branches);

 private:
  struct State;
  State* state_;
};

// A whole valid module. functions[i] describes module.functions[module.imported_functions + i].
struct ValidatedCode {
  std::vector<FunctionInfo> functions;
  std::vector<BranchEntry> branches;
};

// validate_module and all bodies.
Result<ValidatedCode> validate_all(const Module& module);

// The error of a failed validate_all or nothing, for callers that do not execute (packing).
Result<void> validate_only(const Module& module);

}  // namespace hermit::wasm

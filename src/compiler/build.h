// A function body → IR.
#pragma once

#include "base/error.h"
#include "compiler/ir.h"
#include "compiler/module_info.h"

namespace hermit::compiler {

// Builds the IR of functions[index]. Time and size are linear in the body but for parameters of blocks, which are
// bounded (build.cc). Requires: a validated module; index is not an import.
// Errors: Unsupported, at the instruction the compiler does not know.
Result<Function> build(const ModuleInfo& info, u32 index);

// Reads a value type; the kind of reference does not matter here.
Type next_type(const u8*& p);

// Does the instruction open a construct that an `end` (or `delegate`) closes?
bool opens_construct(wasm::Op op);

// The locals that each construct assigns, in the order in which they open; what build() makes block parameters
// of. Private to the builder, here for its test.
struct AssignedLocals {
  std::vector<u32> first;  // of construct i: locals[first[i], first[i + 1])
  std::vector<u32> locals;
  bool is_too_large = false;  // more entries than the body may ask for: locals must live in the frame
};
Result<AssignedLocals> scan_assignments(const wasm::Module& module, u32 index);

}  // namespace hermit::compiler

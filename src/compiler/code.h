// The machine code of one function, before functions are put together.
#pragma once

#include <vector>

#include "abi/native_image.h"
#include "base/bytes.h"
#include "compiler/ir.h"

namespace hermit::compiler {

// A place whose wasm instruction is known: an instruction that may trap, or the last byte of a call.
struct CodeSite {
  u32 offset;  // in the code
  u32 source;  // in the module, or kInlinedSource plus a number in FunctionCode::inlined
};

// A call of a function's internal entry. x86-64: four bytes that hold the distance from behind them. AArch64: a `bl`.
struct CallSite {
  u32 offset;
  u32 function;  // index in the module
};

// Where code refers to a static table. x86-64: four bytes to which its offset in the text is added. AArch64: `adrp` and
// `add`.
inline constexpr u32 kTableField = 0x10000000;  // what the bytes hold before, plus an offset in the table
struct TableSite {
  u32 offset;
  u32 table;  // index in the module
};

// A call inside a try: the place it would return to, where its exceptions go on, and its region.
struct HandlerSite {
  u32 offset;
  u32 landing;
  u32 region;
};

inline constexpr u32 kLoopAlignment = 32;

struct FunctionCode {
  Bytes bytes;
  u32 data = 0;  // from here on there are no instructions (jump tables of AArch64's far branches lie before)
  u32 alignment = abi::kFunctionAlignment;  // or kLoopAlignment, if a loop begins at a multiple of that
  u32 entry = 0;  // of the internal entry; the external one is at 0 if there is one
  std::vector<CodeSite> sites;  // by ascending offset
  std::vector<CallSite> calls;
  std::vector<TableSite> tables;
  std::vector<HandlerSite> handlers;  // by ascending offset
  std::vector<Region> regions;
  std::vector<u32> clauses;
  std::vector<Inlined> inlined;  // what sources from kInlinedSource on mean
};

}  // namespace hermit::compiler

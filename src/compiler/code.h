// The machine code of one function, before functions are put together.
#pragma once

#include <vector>

#include "base/bytes.h"
#include "compiler/ir.h"

namespace hermit::compiler {

// A place whose wasm instruction is known: an instruction that may trap, or the last byte of a call.
struct CodeSite {
  u32 offset;  // in the code
  u32 source;  // in the module
};

// Four bytes that hold the distance to a function's internal entry from behind them.
struct CallSite {
  u32 offset;
  u32 function;  // index in the module
};

// Four bytes to which the offset of a static table in the text is added.
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

struct FunctionCode {
  Bytes bytes;
  u32 entry = 0;  // of the internal entry; the external one is at 0 if there is one
  std::vector<CodeSite> sites;  // by ascending offset
  std::vector<CallSite> calls;
  std::vector<TableSite> tables;
  std::vector<HandlerSite> handlers;  // by ascending offset
  std::vector<Region> regions;
  std::vector<u32> clauses;
};

}  // namespace hermit::compiler

// Upper bounds of integer values.
#pragma once

#include "compiler/ir.h"

namespace hermit::compiler {

// No execution gives the i32 or i64 `v` a larger value, read as unsigned. Looks at a few instructions behind v only.
u64 largest(const Function& function, Value v);

// Bits that may be set in `v`: all below the highest of `largest`.
u64 possible_bits(const Function& function, Value v);

// Takes constants from the addresses of 32-bit memories into the offsets of their accesses where the sum provably does
// not wrap.
void fold_addresses(Function& function);

}  // namespace hermit::compiler

// Products of 128 bits, written with pieces of 32.
#pragma once

#include "compiler/ir.h"

namespace hermit::compiler {

// Finds the upper and lower half of a product of two 64-bit numbers where they are computed from four products of
// halves, as __multi3 and its like do, and makes them one multiplication each. What is no longer needed stays for
// prune.
void find_wide_products(Function& function);

}  // namespace hermit::compiler

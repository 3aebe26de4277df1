// Is a Function what ir.h says? For tests, fuzzing and --verify: passes are expected to keep it true.
#pragma once

#include <string>

#include "compiler/ir.h"

namespace hermit::compiler {

// Empty, or what is wrong first: shape of blocks, types of operands and arguments, definitions that do not dominate
// their uses, an order that is not as promised.
std::string verify(const Function& function);

}  // namespace hermit::compiler

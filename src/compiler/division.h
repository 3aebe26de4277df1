// Division by constants.
#pragma once

#include "compiler/ir.h"

namespace hermit::compiler {

// Replaces divisions and remainders by constants other than 0, 1 and -1 by multiplications and shifts, which never
// trap.
void expand_divisions(Function& function);

}  // namespace hermit::compiler

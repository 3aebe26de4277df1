// The symbol table of a Mach-O, without the names that only a debugger wants.
#pragma once

#include "exe/macho.h"

namespace hermit::exe {

// Takes the local symbols and their names out of `parts`, which split_macho made: half a launcher's __LINKEDIT, and the
// linker has no option for it. Leaves `parts` as it is unless symbols, indirect symbols and names are the last three
// things in the tail, in this order, and local symbols come first.
void drop_local_symbols(MachParts& parts);

}  // namespace hermit::exe

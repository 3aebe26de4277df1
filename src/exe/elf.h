// Linux executables: recognised, checked and marked. They take a payload behind their last byte.
#pragma once

#include "base/bytes.h"
#include "exe/target.h"

namespace hermit::exe {

// True if `file` starts as a 64-bit little-endian ELF file for one of our machines.
bool is_elf(ByteView file, Target& target);

// Accepts a static executable whose segments lie inside of `file`.
// Errors: Malformed, Invalid; Unsupported for one that needs a dynamic linker. `where` is a file offset.
Result<Target> check_elf(ByteView file);

// Puts the mark of an ELF that carries a payload into `file` (base/launcher_protocol.h). Requires: is_elf.
void mark_elf(Bytes& file);

}  // namespace hermit::exe

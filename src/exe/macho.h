// macOS executables: puts a payload into a segment of its own and signs the result.
//
// docs/formats/executable.md is normative.
#pragma once

#include "base/bytes.h"
#include "exe/target.h"

namespace hermit::exe {

inline constexpr u32 kMachPage = 16384;  // arm64; a multiple of x86-64's
inline constexpr const char kMachPayloadSegment[16] = "__HERMIT";

// True if `file` starts as a 64-bit Mach-O executable for one of our machines.
bool is_macho(ByteView file, Target& target);

struct MachParts {
  Target target;
  Bytes head;  // up to the payload, whose offset is a multiple of `alignment`; its load commands are those of the launcher
  Bytes tail;  // what __LINKEDIT holds, without a signature
};

// Takes a launcher apart. Requires: alignment is a power of two, at least kMachPage.
// Errors: Malformed, Invalid; Unsupported for a load command that is not known to hold no file offset, or a launcher
// without room for the new load commands (link with -headerpad). `where` is an offset in the launcher.
Result<MachParts> split_macho(ByteView launcher, u32 alignment);

// `file` is head + payload. Appends the tail, adds the payload's segment, moves __LINKEDIT behind it, and signs.
// Errors: Limit when the file would reach 4 GiB.
Result<void> finish_macho(u64 payload_offset, ByteView tail, Bytes& file);

}  // namespace hermit::exe

// Published limits on modules. A module beyond one of them is refused with ErrorKind::Limit; docs/limits.md lists them.
//
// They follow the limits that the WebAssembly JavaScript API (section "Implementation-defined Limits") asks all web
// engines to share, so a module that runs there is not refused here.
#pragma once

#include "base/types.h"

namespace hermit::wasm {

inline constexpr u64 kMaxModuleSize = 1u << 30;  // bytes; also keeps every offset in 32 bits
inline constexpr u32 kMaxTypes = 1'000'000;
inline constexpr u32 kMaxFunctions = 1'000'000;
inline constexpr u32 kMaxImports = 1'000'000;
inline constexpr u32 kMaxExports = 1'000'000;
inline constexpr u32 kMaxGlobals = 1'000'000;
inline constexpr u32 kMaxTables = 100'000;
inline constexpr u32 kMaxMemories = 100;  // each may reserve 10 GiB of address space
inline constexpr u32 kMaxTags = 1'000'000;
inline constexpr u32 kMaxFields = 10'000;  // of one struct
inline constexpr u32 kMaxSubtypingDepth = 63;
inline constexpr u32 kMaxCustomSections = 100'000;
inline constexpr u32 kMaxDataSegments = 100'000;
inline constexpr u32 kMaxElementSegments = 100'000;
inline constexpr u32 kMaxElementsPerSegment = 10'000'000;
inline constexpr u32 kMaxParams = 1000;
inline constexpr u32 kMaxResults = 1000;
inline constexpr u32 kMaxFunctionSize = 7'654'321;  // bytes of one body, local declarations included
inline constexpr u32 kMaxLocals = 50'000;  // parameters included
// Operand stack of one function, in slots. Ours alone: a call with 1,000 results takes two bytes, so without a limit a
// body within kMaxFunctionSize could ask for gigabytes. Compilers' output stays below a few hundred.
inline constexpr u32 kMaxOperandSlots = 1'000'000;

// Limits at run time, for the runtime: what one table may grow to.
inline constexpr u32 kMaxTableElements = 10'000'000;
// What a memory may grow to, in pages. With 32-bit addresses: all but the last page, so that what lies less than 64 KiB
// behind something in memory does not wrap (compiler/gvn.cc); one that begins with 65,536 pages has them. With 64-bit
// addresses: 16 GiB.
inline constexpr u64 kMaxGrownPages32 = 65'535;
inline constexpr u64 kMaxGrownPages64 = 262'144;

}  // namespace hermit::wasm

// Module bytes → smaller module bytes with the same meaning.
#pragma once

#include "base/bytes.h"
#include "wasm/module.h"

namespace hermit::wasm {

// True for custom sections that only debuggers and linkers read: .debug_*, reloc.*, linking, sourceMappingURL,
// external_debug_info, producers, target_features. "name" is not one of them (backtraces use it), nor is any unknown
// name.
bool is_debug_section(std::string_view name);

// `module.bytes` without its debug sections; every other byte stays as it is. Idempotent and deterministic.
// Requires: `module` comes from decode_module.
Bytes strip_debug(const Module& module);

// The same from bytes. Errors: those of decode_module.
Result<Bytes> strip_debug(ByteView bytes);

}  // namespace hermit::wasm

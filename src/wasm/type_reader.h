// Reads value types in the binary format (core specification 3.0, section 5.3), for the decoder and the validator of
// bodies. Private to this folder.
#pragma once

#include "wasm/module.h"

namespace hermit::wasm {

inline constexpr char kUnknownType[] = "unknown type";

struct TypeFailure {
  ErrorKind kind = ErrorKind::Malformed;
  const char* what = nullptr;
};

// Each reads one type at p and moves p behind it. Indices must be below module.shapes.size() and become canonical. On
// failure p is null, `failure` says why, and the result is harmless. `otherwise` is the message for a byte that means
// nothing. Requires: p <= end, both non-null.
ValType read_value_type(const u8*& p, const u8* end, const Module& module, TypeFailure& failure,
                        const char* otherwise = "malformed value type");
// A heap type; gives the nullable reference to it.
ValType read_heap_type(const u8*& p, const u8* end, const Module& module, TypeFailure& failure);

// Skips a block type: 0x40, a value type, or an index. On failure p is null and `what` says why.
void skip_block_type(const u8*& p, const u8* end, const char*& what);

// The first bytes of the two long forms of reference types, which a heap type follows.
inline constexpr u8 kNonNullRef = 0x64;
inline constexpr u8 kNullableRef = 0x63;

}  // namespace hermit::wasm

// WebAssembly types (core specification 2.0, section 2.3) as plain values.
#pragma once

#include <vector>

#include "base/types.h"

namespace hermit::wasm {

// The numbers are the binary encoding (section 5.3). References are 64-bit values at run time.
enum class ValType : u8 {
  I32 = 0x7f,
  I64 = 0x7e,
  F32 = 0x7d,
  F64 = 0x7c,
  V128 = 0x7b,
  FuncRef = 0x70,
  ExternRef = 0x6f,
};

constexpr bool is_reference(ValType type) { return type == ValType::FuncRef || type == ValType::ExternRef; }
const char* to_string(ValType type);

struct FuncType {
  std::vector<ValType> params;
  std::vector<ValType> results;
  bool operator==(const FuncType&) const = default;
};

// Sizes in units of the described thing: pages of 64 KiB for memories, elements for tables.
struct Limits {
  u64 min = 0;
  u64 max = 0;  // meaningful only if has_max
  bool has_max = false;
  bool operator==(const Limits&) const = default;
};

struct MemoryType {
  Limits limits;
};
struct TableType {
  ValType element = ValType::FuncRef;
  Limits limits;
};
struct GlobalType {
  ValType type = ValType::I32;
  bool is_mutable = false;
  bool operator==(const GlobalType&) const = default;
};

inline constexpr u64 kPageSize = 65536;
inline constexpr u64 kMaxPages32 = 65536;

}  // namespace hermit::wasm

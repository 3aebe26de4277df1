// Functions that the host offers to a guest.
//
// A host function sees the guest through `HostCall`: one 64-bit slot per parameter (i32 zero-extended, f32 and f64 as
// bits), the same slots take the results, and the caller's memory 0. Compiled code reaches the same functions through
// a gate, so nothing here may depend on the interpreter.
#pragma once

#include <span>
#include <string_view>

#include "abi/trap.h"
#include "base/types.h"
#include "wasm/types.h"

namespace hermit::runtime {

struct HostCall {
  u64* slots;  // in: parameters, i32s in the lower half; out: results, i32s zero-extended; room for the more of them
  u8* memory;  // start of the calling instance's memory 0, or null if it has none
  u64 memory_size;  // in bytes; 0 if it has none

  // The guest bytes [address, address + length), or an empty span with data() == nullptr if they are not all inside
  // the memory. A length of 0 inside the memory gives a non-null pointer. Valid until the guest runs again.
  [[nodiscard]] std::span<u8> guest_bytes(u64 address, u64 length) const {
    if (memory == nullptr || address > memory_size || length > memory_size - address) return {};
    return {memory + address, static_cast<size_t>(length)};
  }
  [[nodiscard]] u32 u32_at(size_t i) const { return static_cast<u32>(slots[i]); }
  [[nodiscard]] u64 u64_at(size_t i) const { return slots[i]; }
};

// Returns Trap::None to go on; Trap::Exit ends the program without a failure; others trap in the guest.
// `context` is what the binding was registered with (for example the WASI state).
using HostFunctionPointer = Trap (*)(void* context, HostCall& call);

struct HostFunction {
  std::string_view module;
  std::string_view name;
  std::span<const wasm::ValType> params;
  std::span<const wasm::ValType> results;
  HostFunctionPointer call;
};

}  // namespace hermit::runtime

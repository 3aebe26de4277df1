// signatures.def as data, without the implementations: what the tool needs to check a module's imports.
#pragma once

#include <optional>
#include <string_view>

#include "wasm/types.h"

namespace hermit::wasi1 {

inline constexpr std::string_view kModule = "wasi_snapshot_preview1";
inline constexpr std::string_view kOldModule = "wasi_unstable";  // preview 0, refused by name
inline constexpr std::string_view kExtensionModule = "hermit";

struct Signature {
  std::string_view name;
  std::string_view params;   // one letter each: i is i32, I is i64
  std::string_view results;
};

inline constexpr Signature kSignatures[] = {
#define WASI_FUNCTION(name, params, results) {#name, params, results},
#include "wasi1/signatures.def"
#undef WASI_FUNCTION
};
// Functions of kExtensionModule, each behind the HOST grant of its name with '-' for '_'.
inline constexpr Signature kExtensionSignatures[] = {{"set_executable", "i", "i"}};

inline wasm::FuncType to_type(const Signature& signature) {
  const auto types = [](std::string_view letters) {
    std::vector<wasm::ValType> list;
    for (const char letter : letters) list.push_back(letter == 'I' ? wasm::ValType::I64 : wasm::ValType::I32);
    return list;
  };
  return {types(signature.params), types(signature.results)};
}

// The type of the function `name` of `module`, or nothing if there is no such host function.
inline std::optional<wasm::FuncType> find_signature(std::string_view module, std::string_view name) {
  if (module == kModule) {
    for (const Signature& signature : kSignatures) {
      if (signature.name == name) return to_type(signature);
    }
  } else if (module == kExtensionModule) {
    for (const Signature& signature : kExtensionSignatures) {
      if (signature.name == name) return to_type(signature);
    }
  }
  return std::nullopt;
}

}  // namespace hermit::wasi1

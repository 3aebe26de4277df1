// functions.def as data, without the implementations: what the tool needs to check a module's imports.
#pragma once

#include <optional>
#include <string_view>

#include "wasm/types.h"

namespace hermit::wasi1 {

inline constexpr std::string_view kModule = "wasi_snapshot_preview1";
inline constexpr std::string_view kOldModule = "wasi_unstable";  // preview 0, refused by name
inline constexpr std::string_view kExtensionModule = "hermit";

// The type of one host function: up to nine parameters; the result of all but proc_exit is an errno (i32).
struct Signature {
  std::string_view name;
  std::vector<wasm::ValType> params;
  std::vector<wasm::ValType> results;
};

// The functions of kModule, from functions.def, like the launcher's table of implementations. Built once.
inline const std::vector<Signature>& signatures() {
  using enum wasm::ValType;
  static const std::vector<Signature> list = {
#define WASI_FUNCTION(name, ...) {#name, {__VA_ARGS__}, {I32}},
#include "wasi1/functions.def"
#undef WASI_FUNCTION
      {"proc_exit", {I32}, {}},
  };
  return list;
}
// The functions of kExtensionModule, each behind the HOST grant of its name with '-' for '_'.
inline const std::vector<Signature>& extension_signatures() {
  using enum wasm::ValType;
  static const std::vector<Signature> list = {{"set_executable", {I32}, {I32}},
                                              {"run", {I32, I32, I32, I32}, {I32}}};
  return list;
}

// The type of the function `name` of `module`, or nothing if there is no such host function.
inline std::optional<wasm::FuncType> find_signature(std::string_view module, std::string_view name) {
  if (module != kModule && module != kExtensionModule) return std::nullopt;
  for (const Signature& signature : module == kModule ? signatures() : extension_signatures()) {
    if (signature.name == name) return wasm::FuncType{signature.params, signature.results};
  }
  return std::nullopt;
}

}  // namespace hermit::wasi1

// functions.def and the socket extensions as data, without the implementations: what the tool needs to check a module's
// imports.
#pragma once

#include <string_view>
#include <vector>

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

// The functions of kModule, like the launcher's tables of implementations; those of the socket extensions come last,
// and several may share a name. Built once.
inline const std::vector<Signature>& signatures() {
  using enum wasm::ValType;
  static const std::vector<Signature> list = {
#define WASI_FUNCTION(name, ...) {#name, {__VA_ARGS__}, {I32}},
#include "wasi1/functions.def"
#undef WASI_FUNCTION
      {"proc_exit", {I32}, {}},
#define SOCKET_FUNCTION(name, ...) {#name, {__VA_ARGS__}, {I32}},
#include "wasi1/wamr_functions.def"
#undef SOCKET_FUNCTION
#define SOCKET_FUNCTION(name, function, ...) {#name, {__VA_ARGS__}, {I32}},
#include "wasi1/wasmedge_functions.def"
#undef SOCKET_FUNCTION
  };
  return list;
}
// The functions of kExtensionModule; which HOST grant each is behind says extension_of().
inline const std::vector<Signature>& extension_signatures() {
  using enum wasm::ValType;
  static const std::vector<Signature> list = {
      {"set_executable", {I32}, {I32}},
      {"run", {I32, I32, I32, I32}, {I32}},
      {"worker_count", {}, {I32}},
#define WORKER_FUNCTION(name, ...) {#name, {__VA_ARGS__}, {I32}},
#include "wasi1/worker_functions.def"
#undef WORKER_FUNCTION
  };
  return list;
}
// "set-executable", "run" or "workers". Requires: `function` is the name of one of them.
inline std::string_view extension_of(std::string_view function) {
  if (function.starts_with("worker_")) return "workers";
  return function == "run" ? "run" : "set-executable";
}

// The types of the functions `name` of `module`; empty if there is no such host function.
inline std::vector<wasm::FuncType> find_signatures(std::string_view module, std::string_view name) {
  std::vector<wasm::FuncType> found;
  if (module != kModule && module != kExtensionModule) return found;
  for (const Signature& signature : module == kModule ? signatures() : extension_signatures()) {
    if (signature.name == name) found.push_back({signature.params, signature.results});
  }
  return found;
}

}  // namespace hermit::wasi1

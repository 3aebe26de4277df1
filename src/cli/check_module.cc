// Everything a launcher would refuse at start is refused at build time, with the names that help to mend it.
#include "cli/check_module.h"

#include <algorithm>

#include "base/printable.h"
#include "os/process.h"
#include "wasi1/signatures.h"
#include "wasm/decoder.h"
#include "wasm/validator.h"

namespace hermit::cli {
namespace {

std::string to_text(const std::vector<wasm::ValType>& types) {
  std::string text = "[";
  for (const wasm::ValType type : types) text += (text.size() > 1 ? " " : "") + std::string(wasm::to_string(type));
  return text + "]";
}
std::string to_text(const wasm::FuncType& type) { return to_text(type.params) + " -> " + to_text(type.results); }

bool granted(const bundle::Config& config, std::string_view extension) {
  std::string word(extension);
  std::ranges::replace(word, '_', '-');
  return std::ranges::any_of(config.host, [&](auto host) { return grants::to_text(host) == word; });
}

// What is wrong with one import, or an empty string.
std::string import_problem(const wasm::Module& module, const wasm::Import& import, const bundle::Config& config) {
  const std::string name = printable(import.module) + "." + printable(import.name);
  if (import.kind != wasm::ExternalKind::Function) {
    return "imports " + name + ", which is no function: a host offers functions only";
  }
  const auto offered = wasi1::find_signatures(import.module, import.name);
  if (offered.empty()) return "imports the function " + name + ", which hermit does not offer";
  const wasm::FuncType& wanted = module.function_type(import.index);
  if (std::ranges::find(offered, wanted) == offered.end()) {
    std::string types;
    for (const wasm::FuncType& type : offered) types += (types.empty() ? "" : " or ") + to_text(type);
    return "imports " + name + " with type " + to_text(wanted) + ", but its type is " + types;
  }
  if (import.module == wasi1::kExtensionModule && !granted(config, import.name)) {
    std::string word(import.name);
    std::ranges::replace(word, '_', '-');
    return "imports " + name + ", which needs HOST " + word;
  }
  return {};
}

Outcome<void> check_imports(const std::string& name, const wasm::Module& module, const bundle::Config& config) {
  constexpr size_t kMaxReported = 20;
  std::string problems;
  size_t count = 0;
  for (const wasm::Import& import : module.imports) {
    if (import.module == wasi1::kOldModule) {
      return failed(name + ": imports wasi_unstable (WASI preview 0); build the program for wasm32-wasip1 (preview 1)");
    }
    const std::string problem = import_problem(module, import, config);
    if (problem.empty()) continue;
    if (++count <= kMaxReported) problems += "hermit: " + name + ": " + problem + "\n";
  }
  if (count == 0) return {};
  if (count > kMaxReported) problems += "hermit: " + name + ": and " + std::to_string(count - kMaxReported) + " more\n";
  return failed(problems);
}

Outcome<void> check_start(const std::string& name, const wasm::Module& module) {
  const wasm::Export* start = module.find_export("_start");
  if (start == nullptr || start->kind != wasm::ExternalKind::Function) {
    return failed(name + ": exports no function _start; build a command, not a library");
  }
  if (const wasm::FuncType& type = module.function_type(start->index); type != wasm::FuncType{}) {
    return failed(name + ": the function _start has type " + to_text(type) + ", but must have [] -> []");
  }
  return {};
}

}  // namespace

Outcome<void> check_module(const std::string& name, ByteView bytes, const bundle::Config& config) {
  const auto render = [&](const Error& error) {
    // A known proposal or format is refused by name; its offset would only confuse.
    if (error.what == wasm::kComponentMessage) return failed(name + ": " + error.what);
    return failed(name + ": " + os::render(error));
  };
  const auto module = wasm::decode_module(bytes);
  if (!module) return render(module.error());
  if (const auto valid = wasm::validate_all(*module); !valid) return render(valid.error());
  if (auto imports = check_imports(name, *module, config); !imports) return imports;
  return check_start(name, *module);
}

}  // namespace hermit::cli

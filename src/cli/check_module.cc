// Everything a launcher would refuse at start is refused at build time, with the names that help to mend it.
#include "cli/check_module.h"

#include <algorithm>
#include <map>

#include "base/printable.h"
#include "os/process.h"
#include "wasi1/signatures.h"
#include "wasm/decoder.h"
#include "wasm/entry.h"
#include "wasm/linking.h"
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
  return std::ranges::any_of(config.host, [&](auto host) { return grants::to_text(host) == extension; });
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
    return "imports " + name + " with type " + wasm::describe_item(module, import.kind, import.index) +
           ", but its type is " + types;
  }
  if (import.module == wasi1::kExtensionModule) {
    const std::string_view extension = wasi1::extension_of(import.name);
    if (!granted(config, extension)) return "imports " + name + ", which needs HOST " + std::string(extension);
  }
  return {};
}

// A module with what it takes to check imports from it.
struct Checked {
  const ModuleToCheck& source;
  wasm::Module module;
  std::map<std::string_view, const wasm::Export*> exports;
};

// What is wrong with an import from a linked module, both sides by name; nothing if it fits.
std::string link_problem(const wasm::Module& module, const wasm::Import& import, const Checked& linked) {
  const std::string wanted = "imports \"" + printable(import.module) + "\" \"" + printable(import.name) + "\" " +
                             wasm::describe_item(module, import.kind, import.index) + "; " + linked.source.label;
  const auto offered = linked.exports.find(import.name);
  if (offered == linked.exports.end()) return wanted + " exports nothing of that name";
  const wasm::Export& item = *offered->second;
  if (wasm::export_matches(linked.module, item, module, import)) return {};
  return wanted + " exports " + wasm::describe_item(linked.module, item.kind, item.index);
}

// Who answers an import is decided as the launcher does it: a linked module of that name that has such an export, else
// the host.
Outcome<void> check_imports(const Checked& checked, const std::map<std::string_view, const Checked*>& linked,
                            const bundle::Config& config) {
  constexpr size_t kMaxReported = 1000;
  const std::string& label = checked.source.label;
  std::string problems;
  size_t count = 0;
  for (const wasm::Import& import : checked.module.imports) {
    const auto found = linked.find(import.module);
    const bool is_linked = found != linked.end() && found->second != &checked;
    const bool host_module = import.module == wasi1::kModule || import.module == wasi1::kExtensionModule;
    std::string problem;
    if (is_linked && (!host_module || found->second->exports.contains(import.name))) {
      problem = link_problem(checked.module, import, *found->second);
    } else if (import.module == wasi1::kOldModule) {
      return failed(label +
                    ": imports wasi_unstable (WASI preview 0); build the program for wasm32-wasip1 (preview 1)");
    } else {
      problem = import_problem(checked.module, import, config);
    }
    if (problem.empty()) continue;
    if (++count <= kMaxReported) problems += "hermit: " + label + (is_linked ? " " : ": ") + problem + "\n";
  }
  if (count == 0) return {};
  if (count > kMaxReported)
    problems += "hermit: " + label + ": and " + std::to_string(count - kMaxReported) + " more\n";
  return failed(problems);
}

Outcome<void> check_entry(const Checked& checked, const bundle::Config& config) {
  const std::string& label = checked.source.label;
  if (const std::string problem = wasm::setup_problem(checked.module); !problem.empty())
    return failed(label + ": " + problem);
  if (!checked.source.name.empty()) return {};
  const bool is_command = config.entrypoint.empty();
  const std::string problem = wasm::entry_problem(checked.module, is_command ? wasm::kCommandEntry : config.entrypoint);
  if (problem.empty()) return {};
  if (!is_command) return std::unexpected(Failure{1, label + ": " + problem, "ENTRYPOINT"});
  return failed(label + ": " + problem + "\n  to call another function, name it: ENTRYPOINT name");
}

Outcome<void> check_order(const std::vector<Checked>& modules) {
  std::vector<wasm::ProgramModule> program;
  for (const Checked& checked : modules) program.push_back({checked.source.name, &checked.module});
  const auto order = wasm::instantiation_order(program);
  if (order.cycle.empty()) return {};
  std::string circle;
  for (const size_t i : order.cycle) circle += modules[i].source.label + " imports from ";
  const std::string text = "LINK: " + circle + modules[order.cycle[0]].source.label +
                           ": modules that import from each other in a circle cannot be instantiated";
  return std::unexpected(Failure{1, text, "LINK"});
}

Outcome<void> check_memory(const std::vector<Checked>& modules, const bundle::Config& config) {
  if (!config.limit.memory_bytes) return {};
  u64 pages = 0;
  for (const Checked& checked : modules) {
    for (size_t i = checked.module.imported_memories; i < checked.module.memories.size(); ++i)
      pages = std::min(pages + std::min(checked.module.memories[i].limits.min, wasm::kMaxPages32), u64{1} << 40);
  }
  if (pages * wasm::kPageSize <= *config.limit.memory_bytes) return {};
  const std::string limit = grants::to_texts({.memory_bytes = config.limit.memory_bytes})[0][1];
  const std::string text = "LIMIT memory=" + limit + ": the program begins with " +
                           std::to_string(pages * (wasm::kPageSize / 1024)) + " KiB of memory";
  return std::unexpected(Failure{1, text, "LIMIT"});
}

}  // namespace

Outcome<void> check_modules(std::span<const ModuleToCheck> modules, const bundle::Config& config, Progress& progress) {
  std::vector<Checked> all;
  all.reserve(modules.size());  // addresses stay
  std::map<std::string_view, const Checked*> linked;
  for (const ModuleToCheck& source : modules) {
    progress.step("validating " + source.label, source.bytes.size());
    const auto render = [&](const Error& error) {
      // A known proposal or format is refused by name; its offset would only confuse.
      if (error.what == wasm::kComponentMessage) return failed(source.label + ": " + error.what);
      return failed(source.label + ": " + os::render(error));
    };
    auto module = wasm::decode_module(source.bytes);
    if (!module) return render(module.error());
    if (const auto valid = wasm::validate_all(*module); !valid) return render(valid.error());
    Checked& checked = all.emplace_back(source, std::move(*module));
    if (source.name.empty()) continue;
    for (const wasm::Export& item : checked.module.exports) checked.exports.emplace(item.name, &item);
    linked.emplace(source.name, &checked);
  }
  for (const Checked& checked : all) {
    if (auto imports = check_imports(checked, linked, config); !imports) return imports;
    if (auto entry = check_entry(checked, config); !entry) return entry;
  }
  if (auto order = check_order(all); !order) return order;
  return check_memory(all, config);
}

}  // namespace hermit::cli

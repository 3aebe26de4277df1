// Checked twice, by the same code: when a program is packed, and when it starts, since the file may have been edited.
// Commands and reactors: https://github.com/WebAssembly/WASI/blob/main/legacy/application-abi.md
#include "wasm/entry.h"

#include <algorithm>

#include "base/printable.h"
#include "wasm/linking.h"

namespace hermit::wasm {
namespace {

bool is_numeric(ValType type) {
  return type == ValType::I32 || type == ValType::I64 || type == ValType::F32 || type == ValType::F64;
}

// "; its functions are add, sub, …"
std::string exported_functions(const Module& module) {
  constexpr size_t kMaxShown = 12;
  std::string list;
  size_t count = 0;
  for (const Export& item : module.exports) {
    if (item.kind != ExternalKind::Function || ++count > kMaxShown) continue;
    list += (count == 1 ? "" : ", ") + printable(item.name);
  }
  if (count == 0) return "; it exports no function at all";
  return "; it exports " + list + (count > kMaxShown ? ", …" : "");
}

}  // namespace

std::string entry_problem(const Module& module, std::string_view name) {
  const Export* const entry = module.find_export(name);
  if (entry == nullptr) return "exports no function " + printable(name) + exported_functions(module);
  if (entry->kind != ExternalKind::Function)
    return "exports " + printable(name) + ", which is no function but " +
           describe_item(module, entry->kind, entry->index);
  const FuncType& type = module.function_type(entry->index);
  const std::string shown =
      "the function " + printable(name) + " has type " + describe_item(module, entry->kind, entry->index) + ", ";
  if ((name == kCommandEntry || name == kReactorSetup) && type != FuncType{}) return shown + "but must have [] -> []";
  if (!std::ranges::all_of(type.params, is_numeric) || !std::ranges::all_of(type.results, is_numeric))
    return shown + "but a command line knows i32, i64, f32 and f64 only";
  return {};
}

std::string setup_problem(const Module& module) {
  return module.find_export(kReactorSetup) == nullptr ? std::string() : entry_problem(module, kReactorSetup);
}

}  // namespace hermit::wasm

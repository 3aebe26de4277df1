// Order and types of linked modules, from their declarations alone: the tool refuses what cannot be linked when it
// packs, the launcher asks for the order. What is instantiated is checked again, on the objects, by the runtime.
// Specification: https://webassembly.github.io/spec/core/exec/modules.html#import-matching
#include "wasm/linking.h"

#include <algorithm>
#include <map>

#include "base/decimal.h"
#include "base/sort.h"

namespace hermit::wasm {
namespace {

// For each module those it imports from, each once.
std::vector<std::vector<size_t>> dependencies(std::span<const ProgramModule> modules) {
  std::map<std::string_view, size_t> by_name;
  for (size_t i = 0; i < modules.size(); ++i) {
    if (!modules[i].name.empty()) by_name.emplace(modules[i].name, i);
  }
  std::vector<std::vector<size_t>> result(modules.size());
  for (size_t i = 0; i < modules.size(); ++i) {
    for (const Import& import : modules[i].module->imports) {
      const auto found = by_name.find(import.module);
      if (found != by_name.end() && found->second != i) result[i].push_back(found->second);
    }
    heap_sort(result[i]);
    result[i].erase(std::ranges::unique(result[i]).begin(), result[i].end());
  }
  return result;
}

bool limits_match(const Limits& offered, const Limits& wanted) {
  if (offered.is_64 != wanted.is_64 || offered.min < wanted.min) return false;
  return !wanted.has_max || (offered.has_max && offered.max <= wanted.max);
}

// False only if the types surely differ: indices mean something else in each module, so types with indices, and
// references at large, are left to the runtime, which knows both modules' types.
bool may_match(ValType offered, ValType wanted) {
  return offered == wanted || (is_reference(offered) && is_reference(wanted));
}
bool may_match(const std::vector<ValType>& offered, const std::vector<ValType>& wanted) {
  return std::ranges::equal(offered, wanted, [](ValType a, ValType b) { return may_match(a, b); });
}
bool may_match(const FuncType& offered, const FuncType& wanted) {
  return may_match(offered.params, wanted.params) && may_match(offered.results, wanted.results);
}

std::string describe_types(const std::vector<ValType>& types) {
  constexpr size_t kMaxShown = 20;
  std::string text = "[";
  for (size_t i = 0; i < types.size() && i < kMaxShown; ++i)
    text += (i == 0 ? "" : " ") + std::string(to_string(types[i]));
  return text + (types.size() > kMaxShown ? " …]" : "]");
}

std::string describe_limits(const Limits& limits) {
  return decimal(limits.min) + (limits.has_max ? " to " + decimal(limits.max) : "");
}

}  // namespace

InstantiationOrder instantiation_order(std::span<const ProgramModule> modules) {
  const auto needs = dependencies(modules);
  InstantiationOrder result;
  enum class State : u8 { New, Open, Done };
  std::vector<State> states(modules.size(), State::New);
  struct Step {
    size_t module;
    size_t next;  // in needs[module]
  };
  for (size_t first = 0; first < modules.size(); ++first) {
    std::vector<Step> path;  // depth first, without recursion: the names are somebody else's
    if (states[first] == State::New) path.push_back({first, 0}), states[first] = State::Open;
    while (!path.empty()) {
      Step& step = path.back();
      if (step.next == needs[step.module].size()) {
        states[step.module] = State::Done;
        result.order.push_back(step.module);
        path.pop_back();
        continue;
      }
      const size_t needed = needs[step.module][step.next++];
      if (states[needed] == State::Done) continue;
      if (states[needed] == State::New) {
        states[needed] = State::Open;
        path.push_back({needed, 0});
        continue;
      }
      for (auto at = std::ranges::find(path, needed, &Step::module); at != path.end(); ++at)
        result.cycle.push_back(at->module);
      result.order.clear();
      return result;
    }
  }
  return result;
}

bool export_matches(const Module& exporter, const Export& offered, const Module& importer, const Import& wanted) {
  if (offered.kind != wanted.kind) return false;
  switch (wanted.kind) {
    case ExternalKind::Function:
      return may_match(exporter.function_type(offered.index), importer.function_type(wanted.index));
    case ExternalKind::Table: {
      const TableType& have = exporter.tables[offered.index];
      const TableType& want = importer.tables[wanted.index];
      return may_match(have.element, want.element) && limits_match(have.limits, want.limits);
    }
    case ExternalKind::Memory:
      return limits_match(exporter.memories[offered.index].limits, importer.memories[wanted.index].limits);
    case ExternalKind::Global: {
      const GlobalType& have = exporter.globals[offered.index].type;
      const GlobalType& want = importer.globals[wanted.index].type;
      return have.is_mutable == want.is_mutable && may_match(have.type, want.type);
    }
    case ExternalKind::Tag: return may_match(exporter.tag_type(offered.index), importer.tag_type(wanted.index));
  }
  return false;
}

std::string describe_item(const Module& module, ExternalKind kind, u32 index) {
  switch (kind) {
    case ExternalKind::Function: {
      const FuncType& type = module.function_type(index);
      return describe_types(type.params) + " -> " + describe_types(type.results);
    }
    case ExternalKind::Table: {
      const TableType& type = module.tables[index];
      return "a table of " + describe_limits(type.limits) + " " + to_string(type.element);
    }
    case ExternalKind::Memory: return "a memory of " + describe_limits(module.memories[index].limits) + " pages";
    case ExternalKind::Global: {
      const GlobalType& type = module.globals[index].type;
      return std::string(type.is_mutable ? "a mutable global " : "an immutable global ") + to_string(type.type);
    }
    case ExternalKind::Tag: return "a tag " + describe_types(module.tag_type(index).params);
  }
  return {};
}

}  // namespace hermit::wasm

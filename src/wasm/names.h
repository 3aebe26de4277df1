// The custom section "name" (core specification, appendix "Custom Sections"): names for backtraces.
#pragma once

#include <string_view>
#include <vector>

#include "wasm/module.h"

namespace hermit::wasm {

// Names borrow the module's bytes. They are text of the module's author: valid UTF-8, but anything may stand in them.
class FunctionNames {
 public:
  // The name of functions[index], or an empty view if it has none.
  [[nodiscard]] std::string_view find(u32 index) const;
  [[nodiscard]] std::string_view module_name() const { return module_name_; }
  [[nodiscard]] size_t size() const { return names_.size(); }

 private:
  friend FunctionNames parse_function_names(const Module& module);
  struct Entry {
    u32 index;
    std::string_view name;
  };
  std::string_view module_name_;
  std::vector<Entry> names_;  // ascending, one per index
};

// Reads the first section called "name". A section that does not follow its format (indices not ascending, names that
// are not UTF-8, wrong sizes) is ignored from the first error on, as the specification asks: it never makes a module
// malformed.
FunctionNames parse_function_names(const Module& module);

}  // namespace hermit::wasm

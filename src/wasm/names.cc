// Reads subsections 0 (module name) and 1 (function names) of the name section; others are skipped.
#include "wasm/names.h"

#include <algorithm>

#include "wasm/leb128.h"
#include "wasm/utf8.h"

namespace hermit::wasm {
namespace {

constexpr u8 kModuleSubsection = 0;
constexpr u8 kFunctionSubsection = 1;

std::string_view read_name(ByteReader& reader) {
  const ByteView bytes = reader.read_bytes(read_var_u32(reader));
  if (!is_utf8(bytes)) reader.fail("malformed UTF-8 encoding");
  return reader.ok() ? as_text(bytes) : std::string_view();
}

}  // namespace

std::string_view FunctionNames::find(u32 index) const {
  const auto before = [](const Entry& entry, u32 wanted) { return entry.index < wanted; };
  const auto found = std::lower_bound(names_.begin(), names_.end(), index, before);
  return found != names_.end() && found->index == index ? found->name : std::string_view();
}

FunctionNames parse_function_names(const Module& module) {
  FunctionNames result;
  const Section* const section = module.find_custom("name");
  if (section == nullptr) return result;
  ByteReader reader(section->content, section->content_offset);
  while (reader.ok() && !reader.at_end()) {
    const u8 id = reader.read_u8();
    const u32 size = read_var_u32(reader);
    const u64 offset = reader.offset();
    ByteReader content(reader.read_bytes(size), offset);
    if (!reader.ok()) break;
    if (id == kModuleSubsection) result.module_name_ = read_name(content);
    if (id != kFunctionSubsection || !result.names_.empty()) continue;
    const u32 count = read_count(content, 2, kNoIndex, "");
    result.names_.reserve(std::min<size_t>(count, module.functions.size()));
    for (u32 i = 0; i < count; ++i) {
      const u32 index = read_var_u32(content);
      const std::string_view name = read_name(content);
      const bool ascending = result.names_.empty() || result.names_.back().index < index;
      if (!content.ok() || !ascending || index >= module.functions.size()) return result;
      result.names_.push_back({index, name});
    }
  }
  return result;
}

}  // namespace hermit::wasm

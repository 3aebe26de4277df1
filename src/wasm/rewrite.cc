#include "wasm/rewrite.h"

#include "wasm/decoder.h"

namespace hermit::wasm {
namespace {

constexpr size_t kPreambleSize = 8;

}  // namespace

bool is_debug_section(std::string_view name) {
  if (name.starts_with(".debug_") || name.starts_with("reloc.")) return true;
  for (const std::string_view known :
       {"linking", "sourceMappingURL", "external_debug_info", "producers", "target_features"}) {
    if (name == known) return true;
  }
  return false;
}

Bytes strip_debug(const Module& module) {
  Bytes out;
  out.reserve(module.bytes.size());
  ByteWriter writer(out);
  writer.write(module.bytes.first(kPreambleSize));
  for (const Section& section : module.sections) {
    if (section.id == SectionId::Custom && is_debug_section(section.name)) continue;
    const u64 end = section.content_offset + section.content.size();
    writer.write(module.bytes.subspan(static_cast<size_t>(section.offset), static_cast<size_t>(end - section.offset)));
  }
  return out;
}

Result<Bytes> strip_debug(ByteView bytes) {
  TRY(const Module module, decode_module(bytes));
  return strip_debug(module);
}

}  // namespace hermit::wasm

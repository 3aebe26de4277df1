// Sections are copied as they lie in the module; only the data section is written anew. read_outline is in decoder.cc.
#include "wasm/outline.h"

namespace hermit::wasm {
namespace {

constexpr size_t kPreambleSize = 8;

void write_var_u32(Bytes& out, u64 value) {
  for (; value >= 0x80; value >>= 7) out.push_back(static_cast<u8>(value | 0x80));
  out.push_back(static_cast<u8>(value));
}

Bytes empty_segments(const Module& module) {
  Bytes content;
  write_var_u32(content, module.data.size());
  for (const DataSegment& segment : module.data) {
    const bool active = segment.mode == SegmentMode::Active;
    content.push_back(!active ? 1 : segment.memory == 0 ? 0 : 2);
    if (active && segment.memory != 0) write_var_u32(content, segment.memory);
    if (active) content.insert(content.end(), segment.start.code.begin(), segment.start.code.end());
    content.push_back(0);  // the contents' size
  }
  return content;
}

}  // namespace

Bytes write_outline(const Module& module) {
  Bytes out(module.bytes.begin(), module.bytes.begin() + kPreambleSize);
  for (const Section& section : module.sections) {
    if (section.id == SectionId::Custom || section.id == SectionId::Code) continue;
    if (section.id != SectionId::Data) {
      const u8* const begin = module.bytes.data() + section.offset;
      out.insert(out.end(), begin, section.content.data() + section.content.size());
      continue;
    }
    const Bytes content = empty_segments(module);
    out.push_back(static_cast<u8>(section.id));
    write_var_u32(out, content.size());
    out.insert(out.end(), content.begin(), content.end());
  }
  return out;
}

}  // namespace hermit::wasm

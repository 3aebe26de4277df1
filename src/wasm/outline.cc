// Sections are copied as they lie in the module; only the data section is written anew. read_outline is in decoder.cc.
#include "wasm/outline.h"

namespace hermit::wasm {
namespace {

constexpr size_t kPreambleSize = 8;

void write_var_u32(Bytes& out, u64 value) {
  for (; value >= 0x80; value >>= 7) out.push_back(static_cast<u8>(value | 0x80));
  out.push_back(static_cast<u8>(value));
}

// Zeros up to this many bytes cost less than another segment does at start.
constexpr u64 kMaxGap = 4096;

// A passive segment without contents is what a dropped one is. Optimisers leave thousands of them.
bool is_nothing(const DataSegment& segment) { return segment.mode == SegmentMode::Passive && segment.bytes.empty(); }

bool can_join_segments(const Module& module) {
  if (module.memories.empty() || module.imported_memories != 0) return false;
  const u64 memory_size = module.memories[0].limits.min * kPageSize;
  u64 end = 0;
  for (const DataSegment& segment : module.data) {
    if (is_nothing(segment)) continue;
    const auto address = constant_address(segment);
    if (!address || segment.memory != 0 || *address < end) return false;
    if (*address > memory_size || segment.bytes.size() > memory_size - *address) return false;
    end = *address + segment.bytes.size();
  }
  return true;
}

Bytes empty_segments(const Module& module) {
  Bytes content;
  const std::vector<DataRun> runs = data_runs(module);
  write_var_u32(content, runs.size());
  for (const DataRun& run : runs) {
    const DataSegment& segment = module.data[run.first];
    const bool active = segment.mode == SegmentMode::Active;
    content.push_back(!active ? 1 : segment.memory == 0 ? 0 : 2);
    if (active && segment.memory != 0) write_var_u32(content, segment.memory);
    if (active) content.insert(content.end(), segment.start.code.begin(), segment.start.code.end());
    content.push_back(0);  // the contents' size
  }
  return content;
}

}  // namespace

std::optional<u64> constant_address(const DataSegment& segment) {
  const bool constant = segment.start.op == Op::I32Const || segment.start.op == Op::I64Const;
  if (segment.mode != SegmentMode::Active || !segment.start.is_simple || !constant) return std::nullopt;
  return segment.start.bits;
}

std::vector<DataRun> data_runs(const Module& module) {
  std::vector<DataRun> runs;
  const bool join = can_join_segments(module);
  u64 begin = 0;  // of the last run
  for (u32 i = 0; i < module.data.size(); ++i) {
    if (join && is_nothing(module.data[i])) continue;
    const u64 size = module.data[i].bytes.size();
    const u64 address = join ? *constant_address(module.data[i]) : 0;
    if (join && !runs.empty() && address - (begin + runs.back().size) < kMaxGap) {
      runs.back().count = i - runs.back().first + 1;
      runs.back().size = address + size - begin;
      continue;
    }
    runs.push_back({i, 1, size});
    begin = address;
  }
  return runs;
}

Bytes write_outline(const Module& module) {
  Bytes out(module.bytes.begin(), module.bytes.begin() + kPreambleSize);
  for (const Section& section : module.sections) {
    if (section.id == SectionId::Custom || section.id == SectionId::Code || section.id == SectionId::DataCount)
      continue;
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

// Functions are appended to the text as they come, calls within a module are patched at its end, and the sections get
// their places last. Code is written where it stays and never looked at again, so a large program needs little more
// memory than its image.
#include "compiler/image.h"

#include <libdeflate.h>

#include <cstring>
#include <ranges>

#include "abi/engine_id.h"
#include "base/check.h"
#include "base/sha256.h"
#include "compiler/compile.h"
#include "wasm/outline.h"

namespace hermit::compiler {

namespace {

// What stands between functions: breakpoints on x86-64, `udf #0` on AArch64, so that a wrong jump ends the program.
constexpr u8 padding(abi::Isa isa) { return isa == abi::Isa::X64 ? 0xcc : 0; }

// AArch64: adrp x16; add x16, x16; br x16.
constexpr u32 kFarBranch[] = {0x90000010, 0x91000210, 0xd61f0200};
constexpr i64 kBranchReach = 2 * i64{kIslandDistance};

constexpr u64 align_up(u64 value, u64 alignment) { return (value + alignment - 1) / alignment * alignment; }

void append_unsigned(Bytes& out, u32 value) {
  for (; value >= 0x80; value >>= 7) out.push_back(static_cast<u8>(value | 0x80));
  out.push_back(static_cast<u8>(value));
}

template <typename T>
ByteView bytes_of(const std::vector<T>& items) {
  return {reinterpret_cast<const u8*>(items.data()), items.size() * sizeof(T)};
}

void append(Bytes& out, ByteView bytes) { out.insert(out.end(), bytes.begin(), bytes.end()); }

u32 crc32(ByteView bytes) { return libdeflate_crc32(0, bytes.data(), bytes.size()); }

// Where a run's contents are written at start, if that is known and worth mapping.
std::optional<u64> mapped_address(const wasm::Module& module, const wasm::DataRun& run) {
  return run.size < abi::kMappedSegment ? std::nullopt : wasm::constant_address(module.data[run.first]);
}

abi::ImageSection section(u64 offset, u64 size) {
  abi::ImageSection result{};
  result.offset = offset;
  result.size = size;
  return result;
}

}  // namespace

std::span<const u8, 16> engine_id() { return abi::kEngineId; }

ImageWriter::ImageWriter(abi::Isa isa, size_t modules, u32 island_distance, u64 about)
    : isa_(isa),
      island_distance_(island_distance),
      text_at_(static_cast<size_t>(
          align_up(sizeof(abi::ImageHeader) + modules * sizeof(abi::ImageModule), abi::text_alignment(isa)))),
      out_(text_at_) {
  out_.reserve(text_at_ + static_cast<size_t>(about));
}

u8* ImageWriter::text() { return out_.data() + text_at_; }

u32 ImageWriter::text_size() const { return static_cast<u32>(out_.size() - text_at_); }

void ImageWriter::align_text(size_t alignment) {
  out_.resize(text_at_ + static_cast<size_t>(align_up(text_size(), alignment)), padding(isa_));
}

void ImageWriter::begin_module(std::string_view name, const wasm::Module& module) {
  abi::ImageModule record{};
  record.size = module.bytes.size();
  record.crc32 = crc32(module.bytes);
  const auto digest = sha256(module.bytes);
  std::memcpy(record.sha256, digest.data(), sizeof record.sha256);
  record.first_function = static_cast<u32>(functions_.size());
  record.functions = static_cast<u32>(module.functions.size()) - module.imported_functions;
  modules_.push_back(record);

  Parts parts{};
  parts.module = &module;
  parts.name = meta_.size();
  append(meta_, as_bytes(name));
  parts.outline = meta_.size();
  parts.data = wasm::data_runs(module);
  append(meta_, wasm::write_outline(module));
  parts.names = names_.size();
  if (const wasm::Section* const found = module.find_custom("name")) append(names_, found->content);
  parts.names_end = names_.size();
  parts_.push_back(std::move(parts));

  imported_ = module.imported_functions;
  entries_.clear();
  escaping_.clear();
  calls_.clear();
  tables_.clear();
  veneers_.clear();
  last_island_ = text_size();
}

// `bl` or `b`; the distance is in range.
void ImageWriter::patch_branch(u32 from, u32 to) {
  u8* const at = text() + from;
  const i64 distance = i64{to} - i64{from};
  CHECK(distance >= -kBranchReach && distance < kBranchReach && distance % 4 == 0);
  store_le<u32>(at, (load_le<u32>(at) & 0xfc000000) | (static_cast<u32>(distance >> 2) & 0x03ffffff));
}

// `adrp` and the `add` behind it: the text begins at a multiple of 4 KiB wherever it is mapped.
void ImageWriter::patch_page(u32 at, u32 to) {
  u8* const code = text() + at;
  const u32 pages = (to >> 12) - (at >> 12);
  store_le<u32>(code, load_le<u32>(code) | (pages & 3) << 29 | (pages >> 2 & 0x7ffff) << 5);
  store_le<u32>(code + 4, load_le<u32>(code + 4) | (to & 0xfff) << 10);
}

// AArch64: calls since the last island that cannot or might not reach their function go to a far branch here, one for
// each function. Whether a function that does not exist yet will be near is not known.
void ImageWriter::island() {
  std::vector<PendingCall> rest;
  std::vector<u32> veneer_of(entries_.size() + 1, 0);
  for (const PendingCall& call : calls_) {
    const u32 index = call.function - imported_;
    if (index < entries_.size() && i64{call.text} - i64{entries_[index]} < 2 * i64{island_distance_}) {
      patch_branch(call.text, entries_[index]);
      continue;
    }
    if (index >= veneer_of.size()) veneer_of.resize(size_t{index} + 1, 0);
    if (veneer_of[index] == 0) {
      align_text(4);
      veneer_of[index] = text_size();
      veneers_.push_back({veneer_of[index], call.function});
      ByteWriter writer(out_);
      for (const u32 word : kFarBranch) writer.write_le<u32>(word);
    }
    patch_branch(call.text, veneer_of[index]);
  }
  calls_.clear();
  last_island_ = text_size();
}

void ImageWriter::add_function(FunctionCode code, bool has_external_entry) {
  if (isa_ == abi::Isa::Arm64 && text_size() + code.bytes.size() - last_island_ > island_distance_) island();
  align_text(code.alignment);
  const u32 start = text_size();
  CHECK(code.bytes.size() < (u64{1} << 31) - start);
  functions_.push_back({start, static_cast<u32>(pcmap_.size())});
  if (has_external_entry) escaping_.push_back({imported_ + static_cast<u32>(entries_.size()), start});
  entries_.push_back(start + code.entry);
  for (const CallSite& call : code.calls) calls_.push_back({start + call.offset, call.function});
  for (const TableSite& table : code.tables) tables_.push_back({start + table.offset, table.table});
  const auto first_region = static_cast<u32>(regions_.size());
  const auto first_clause = static_cast<u32>(clauses_.size());
  for (const HandlerSite& h : code.handlers) {
    handlers_.push_back({start + h.offset, start + h.landing, first_region + h.region});
  }
  for (const Region& r : code.regions) {
    const u32 parent = r.parent == kNone ? abi::kNoParent : first_region + r.parent;
    regions_.push_back({parent, first_clause + r.first_clause, r.clauses});
  }
  clauses_.insert(clauses_.end(), code.clauses.begin(), code.clauses.end());
  u32 last_offset = 0;
  u32 last_source = 0;
  for (const CodeSite& site : code.sites) {
    if (&site != code.sites.data() && site.offset == last_offset) continue;  // a distance of 0 says "inlined"
    append_unsigned(pcmap_, site.offset - last_offset);
    last_offset = site.offset;
    const auto append_source = [&](u32 source) {
      const u32 distance = source - last_source;
      append_unsigned(pcmap_, distance << 1 ^ (0 - (distance >> 31)));
      last_source = source;
    };
    u32 source = site.source;
    std::vector<Inlined> levels;  // from the innermost
    while (source >= kInlinedSource && !code.inlined.empty()) {
      levels.push_back(code.inlined[source - kInlinedSource]);
      source = levels.back().call;
    }
    append_source(source);
    for (const Inlined& level : levels | std::views::reverse) {
      append_unsigned(pcmap_, 0);
      append_unsigned(pcmap_, level.function - imported_);
      append_source(level.source);
    }
  }
  append(out_, code.bytes);
}

// Static tables: {i64 distance of the internal entry, u32 first equal type, u32 0}, a null element with type ~0 and no
// distance. The distance counts from the element itself on AArch64, from text + 16 * index on x86-64.
void ImageWriter::end_module(const ModuleInfo& info) {
  std::vector<u32> place(info.static_tables.size(), 0);
  for (const PendingTable& use : tables_) {
    if (place[use.table] == 0) {
      align_text(16);
      place[use.table] = text_size();
      ByteWriter writer(out_);
      u64 element_at = isa_ == abi::Isa::Arm64 ? place[use.table] : 0;
      for (const u32 function : *info.static_tables[use.table]) {
        const bool is_null = function == kNoFunction;
        writer.write_le<u64>(is_null ? 0 : entries_[function - imported_] - element_at);
        writer.write_le<u32>(is_null ? ~0u : info.first_equal_type[info.module->functions[function].type]);
        writer.write_le<u32>(0);
        element_at += 16;
      }
    }
    if (isa_ == abi::Isa::Arm64) {
      patch_page(use.text, place[use.table]);
      continue;
    }
    u8* const field = text() + use.text;
    store_le<u32>(field, load_le<u32>(field) - kTableField + place[use.table]);
  }
  if (isa_ == abi::Isa::Arm64) {
    island();
    for (const Veneer& veneer : veneers_) patch_page(veneer.text, entries_[veneer.function - imported_]);
  }
  for (const PendingCall& call : calls_) {  // island() has left none
    store_le<u32>(text() + call.text, entries_[call.function - imported_] - (call.text + 4));
  }
  Parts& parts = parts_.back();
  parts.entries = meta_.size();
  append(meta_, bytes_of(escaping_));
  parts.entries_end = parts.segments = meta_.size();
  meta_.resize(meta_.size() + parts.data.size() * sizeof(abi::ImageSection));  // filled in by finish()
  parts.segments_end = meta_.size();
}

// Contents that can be mapped lie where they must be, modulo a page; what is smaller fills no gap, so the loss is less
// than a page for each of at least four pages.
void ImageWriter::place_segments(u64 data_at, std::vector<abi::ImageSection>& places, u64& data_end) const {
  data_end = data_at;
  for (const Parts& parts : parts_) {
    for (const wasm::DataRun& run : parts.data) {
      if (const auto address = mapped_address(*parts.module, run)) {
        data_end += (*address - data_end) % abi::kDataAlignment;
      }
      places.push_back(section(data_end, run.size));
      data_end += run.size;
    }
  }
}

Bytes ImageWriter::finish() {
  CHECK(modules_.size() == parts_.size());
  functions_.push_back({text_size(), static_cast<u32>(pcmap_.size())});
  abi::ImageHeader header{};
  std::memcpy(header.magic, abi::kImageMagic, sizeof header.magic);
  std::memcpy(header.engine, abi::kEngineId, sizeof header.engine);
  header.version = abi::kImageVersion;
  header.isa = static_cast<u32>(isa_);
  header.modules = static_cast<u32>(modules_.size());

  header.text = section(text_at_, text_size());
  header.meta = section(align_up(out_.size(), 8), meta_.size());
  header.functions = section(align_up(header.meta.offset + meta_.size(), 8), bytes_of(functions_).size());
  header.pcmap = section(header.functions.offset + header.functions.size, pcmap_.size());
  header.handlers = section(header.pcmap.offset + pcmap_.size(), bytes_of(handlers_).size());
  header.regions = section(header.handlers.offset + header.handlers.size, bytes_of(regions_).size());
  header.clauses = section(header.regions.offset + header.regions.size, bytes_of(clauses_).size());
  header.names = section(header.clauses.offset + header.clauses.size, names_.size());
  std::vector<abi::ImageSection> places;
  u64 end = 0;
  const u64 data_at = header.names.offset + names_.size();
  place_segments(data_at, places, end);
  header.data = section(data_at, end - data_at);
  header.size = end;

  const u64 meta_at = header.meta.offset;
  size_t next_place = 0;
  for (size_t i = 0; i < modules_.size(); ++i) {
    const Parts& parts = parts_[i];
    modules_[i].name = section(meta_at + parts.name, parts.outline - parts.name);
    modules_[i].outline = section(meta_at + parts.outline, parts.entries - parts.outline);
    modules_[i].entries = section(meta_at + parts.entries, parts.entries_end - parts.entries);
    modules_[i].segments = section(meta_at + parts.segments, parts.segments_end - parts.segments);
    modules_[i].names = section(header.names.offset + parts.names, parts.names_end - parts.names);
    const size_t count = parts.data.size();
    if (count != 0) std::memcpy(meta_.data() + parts.segments, &places[next_place], count * sizeof places[0]);
    next_place += count;
  }
  header.meta_crc = crc32(meta_);

  out_.reserve(static_cast<size_t>(end));
  const auto put = [&](const abi::ImageSection& where, ByteView bytes) {
    out_.resize(static_cast<size_t>(where.offset));
    append(out_, bytes);
  };
  put(header.meta, meta_);
  put(header.functions, bytes_of(functions_));
  put(header.pcmap, pcmap_);
  put(header.handlers, bytes_of(handlers_));
  put(header.regions, bytes_of(regions_));
  put(header.clauses, bytes_of(clauses_));
  put(header.names, names_);
  next_place = 0;
  for (const Parts& parts : parts_) {
    for (const wasm::DataRun& run : parts.data) {
      const abi::ImageSection& place = places[next_place++];
      const u64 begin = run.count == 1 ? 0 : *wasm::constant_address(parts.module->data[run.first]);
      for (const wasm::DataSegment& segment : std::span(parts.module->data).subspan(run.first, run.count)) {
        if (segment.bytes.empty()) continue;
        const u64 at = run.count == 1 ? 0 : *wasm::constant_address(segment) - begin;
        put(section(place.offset + at, 0), segment.bytes);
      }
      out_.resize(static_cast<size_t>(place.offset + place.size));
    }
  }
  const auto digest = sha256(ByteView(out_).subspan(text_at_));
  std::memcpy(header.sha256, digest.data(), sizeof header.sha256);
  const auto write_front = [&] {
    std::memcpy(out_.data(), &header, sizeof header);
    std::memcpy(out_.data() + sizeof header, modules_.data(), bytes_of(modules_).size());
  };
  write_front();
  header.crc = crc32(ByteView(out_).first(text_at_));
  write_front();
  return std::move(out_);
}

}  // namespace hermit::compiler

// Three steps: functions are appended to the text as they come, calls within a module are patched at its end, and the
// sections get their places last. Code is never looked at again, so a large program needs little more than its text.
#include "compiler/image.h"

#include <cstring>

#include "base/check.h"
#include "base/sha256.h"

namespace hermit::compiler {

namespace {

// What stands between functions: breakpoints on x86-64, `udf #0` on AArch64, so that a wrong jump ends the program.
constexpr u8 padding(abi::Isa isa) { return isa == abi::Isa::X64 ? 0xcc : 0; }

// AArch64: adrp x16; add x16, x16; br x16.
constexpr u32 kFarBranch[] = {0x90000010, 0x91000210, 0xd61f0200};
constexpr i64 kBranchReach = 2 * i64{kIslandDistance};

void append_unsigned(Bytes& out, u32 value) {
  for (; value >= 0x80; value >>= 7) out.push_back(static_cast<u8>(value | 0x80));
  out.push_back(static_cast<u8>(value));
}

template <typename T>
ByteView bytes_of(const std::vector<T>& items) {
  return {reinterpret_cast<const u8*>(items.data()), items.size() * sizeof(T)};
}

// CRC-32 (ISO 3309), bit by bit: headers are small.
u32 crc32(ByteView bytes) {
  u32 crc = ~0u;
  for (const u8 byte : bytes) {
    crc ^= byte;
    for (int i = 0; i < 8; ++i) crc = crc >> 1 ^ (0xedb88320 & (0 - (crc & 1)));
  }
  return ~crc;
}

}  // namespace

void ImageWriter::begin_module(const wasm::Module& module) {
  abi::ImageModule record{};
  record.size = module.bytes.size();
  const auto digest = sha256(module.bytes);
  std::memcpy(record.sha256, digest.data(), sizeof record.sha256);
  record.first_function = static_cast<u32>(functions_.size());
  record.functions = static_cast<u32>(module.functions.size()) - module.imported_functions;
  modules_.push_back(record);
  imported_ = module.imported_functions;
  entries_.clear();
  calls_.clear();
  tables_.clear();
  veneers_.clear();
  last_island_ = static_cast<u32>(text_.size());
}

void ImageWriter::align(u32 to) { text_.resize((text_.size() + to - 1) / to * to, padding(isa_)); }

// `bl` or `b`; the distance is in range.
void ImageWriter::patch_branch(u32 from, u32 to) {
  u8* const at = text_.data() + from;
  const i64 distance = i64{to} - i64{from};
  CHECK(distance >= -kBranchReach && distance < kBranchReach && distance % 4 == 0);
  store_le<u32>(at, (load_le<u32>(at) & 0xfc000000) | (static_cast<u32>(distance >> 2) & 0x03ffffff));
}

// `adrp` and the `add` behind it: the text begins at a multiple of 4 KiB wherever it is mapped.
void ImageWriter::patch_page(u32 at, u32 to) {
  u8* const code = text_.data() + at;
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
      align(4);
      veneer_of[index] = static_cast<u32>(text_.size());
      veneers_.push_back({veneer_of[index], call.function});
      ByteWriter writer(text_);
      for (const u32 word : kFarBranch) writer.write_le<u32>(word);
    }
    patch_branch(call.text, veneer_of[index]);
  }
  calls_.clear();
  last_island_ = static_cast<u32>(text_.size());
}

void ImageWriter::add_function(FunctionCode code, bool has_external_entry) {
  if (isa_ == abi::Isa::Arm64 && text_.size() + code.bytes.size() - last_island_ > island_distance_) island();
  align(abi::kFunctionAlignment);
  const auto start = static_cast<u32>(text_.size());
  CHECK(code.bytes.size() < (u64{1} << 31) - start);
  functions_.push_back({start | (has_external_entry ? 1u : 0u), static_cast<u32>(pcmap_.size())});
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
    append_unsigned(pcmap_, site.offset - last_offset);
    const u32 distance = site.source - last_source;
    append_unsigned(pcmap_, distance << 1 ^ (0 - (distance >> 31)));
    last_offset = site.offset;
    last_source = site.source;
  }
  text_.insert(text_.end(), code.bytes.begin(), code.bytes.end());
}

// Static tables: {i64 distance of the internal entry, u32 first equal type, u32 0}, a null element with type ~0 and no
// distance. The distance counts from the element itself on AArch64, from text + 16 * index on x86-64.
void ImageWriter::end_module(const ModuleInfo& info) {
  std::vector<u32> place(info.static_tables.size(), 0);
  for (const PendingTable& use : tables_) {
    if (place[use.table] == 0) {
      align(16);
      place[use.table] = static_cast<u32>(text_.size());
      ByteWriter writer(text_);
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
    u8* const field = text_.data() + use.text;
    store_le<u32>(field, load_le<u32>(field) - kTableField + place[use.table]);
  }
  if (isa_ == abi::Isa::Arm64) {
    island();
    for (const Veneer& veneer : veneers_) patch_page(veneer.text, entries_[veneer.function - imported_]);
    return;
  }
  for (const PendingCall& call : calls_) {
    store_le<u32>(text_.data() + call.text, entries_[call.function - imported_] - (call.text + 4));
  }
}

Bytes ImageWriter::finish() {
  functions_.push_back({static_cast<u32>(text_.size()), static_cast<u32>(pcmap_.size())});
  abi::ImageHeader header{};
  std::memcpy(header.magic, abi::kImageMagic, sizeof header.magic);
  header.version = abi::kImageVersion;
  header.isa = static_cast<u32>(isa_);
  header.modules = static_cast<u32>(modules_.size());
  const auto place = [](abi::ImageSection& section, u64 at, u64 size) {
    section.offset = at;
    section.size = size;
    return at + size;
  };
  const u64 front = sizeof header + modules_.size() * sizeof(abi::ImageModule);
  const u64 text_at = (front + abi::kImageAlignment - 1) / abi::kImageAlignment * abi::kImageAlignment;
  const u64 functions_at = place(header.text, text_at, text_.size());
  const u64 pcmap_at = place(header.functions, functions_at, functions_.size() * sizeof(abi::ImageFunction));
  const u64 handlers_at = place(header.pcmap, pcmap_at, pcmap_.size());
  const u64 regions_at = place(header.handlers, handlers_at, handlers_.size() * sizeof(abi::ImageHandler));
  const u64 clauses_at = place(header.regions, regions_at, regions_.size() * sizeof(abi::ImageRegion));
  place(header.clauses, clauses_at, clauses_.size() * sizeof(ul32));

  Bytes out;
  ByteWriter writer(out);
  writer.write({reinterpret_cast<const u8*>(&header), sizeof header});
  writer.write(bytes_of(modules_));
  header.crc = crc32(out);
  std::memcpy(out.data(), &header, sizeof header);
  writer.write_zeros(text_at - out.size());
  writer.write(text_);
  writer.write(bytes_of(functions_));
  writer.write(pcmap_);
  writer.write(bytes_of(handlers_));
  writer.write(bytes_of(regions_));
  writer.write(bytes_of(clauses_));
  return out;
}

}  // namespace hermit::compiler

// Writing a zip archive: local headers and data as entries come, the central directory at the end.
//
// The same calls give the same bytes everywhere: dates are the earliest that zip can express, there are no extra
// fields, and the compressor is a function of content and level. Offsets count from the start of the file, prefix
// included, which every zip tool accepts and which `zip` keeps when it edits.
#include "zip/writer.h"

#include <algorithm>
#include <memory>

#include "base/check.h"
#include "base/utf8.h"
#include "libdeflate.h"
#include "zip/reader.h"
#include "zip/zip_format.h"

namespace hermit::zip {
namespace {

constexpr u16 kDate1980 = 1 << 5 | 1;              // 1980-01-01 (year 0, month 1, day 1) at 00:00
constexpr u16 kMadeByUnix = 3 << 8 | 20;           // so that the external attributes hold a mode; zip 2.0
constexpr u16 kVersionStored = 10, kVersionDeflate = 20;
constexpr u32 kModeFile = 0100644, kModeExecutable = 0100755;
constexpr u64 kMaxEntries = kSaturated16 - 1;      // larger values announce the zip64 extension
constexpr u64 kMaxValue = kSaturated32 - u64{1};

std::unexpected<Error> over_limit(const char* what, u64 offset) {
  return std::unexpected(Error{ErrorKind::Limit, what, offset});
}

// Unpackers disagree about other names, or put their content outside of the target directory.
bool is_plain_name(std::string_view name) {
  if (name.empty() || name.size() > 65535 || find_invalid_utf8(name) != name.size()) return false;
  if (std::ranges::any_of(name, [](char c) { return c == '\\' || static_cast<u8>(c) < 0x20 || c == 0x7f; }))
    return false;
  for (size_t begin = 0; begin <= name.size();) {
    const size_t end = std::min(name.find('/', begin), name.size());
    const std::string_view part = name.substr(begin, end - begin);
    if (part.empty() || part == "." || part == "..") return false;
    begin = end + 1;
  }
  return true;
}

// Deflated content. Of its buffer, which is as large as the content, only what is used is ever touched.
struct Deflated {
  std::unique_ptr<u8[]> bytes;
  size_t size = 0;
};

// Deflates `content` if the result has at most `capacity` bytes; empty otherwise.
Deflated deflate(ByteView content, size_t capacity, int level) {
  libdeflate_compressor* compressor = libdeflate_alloc_compressor(level);
  CHECK(compressor);
  Deflated out{std::make_unique_for_overwrite<u8[]>(capacity)};
  out.size = libdeflate_deflate_compress(compressor, content.data(), content.size(), out.bytes.get(), capacity);
  libdeflate_free_compressor(compressor);
  return out;
}

size_t deflate_capacity(size_t size, Compression compression) {
  switch (compression) {
    case Compression::Store: return 0;
    case Compression::IfSmaller: return size == 0 ? 0 : size - 1;
    case Compression::IfWorthwhile: return size - (size + 9) / 10;
  }
  return 0;
}

template <typename Record>
ByteView bytes_of(const Record& record) {
  static_assert(alignof(Record) == 1);
  return {reinterpret_cast<const u8*>(&record), sizeof record};
}

}  // namespace

void Writer::append(ByteView bytes) {
  out_.insert(out_.end(), bytes.begin(), bytes.end());
  offset_ += bytes.size();
}

Result<u64> Writer::add(std::string_view name, ByteView content, const EntryOptions& options) {
  if (!is_plain_name(name)) return invalid("not a name for a zip entry", offset_);
  if (records_.size() >= kMaxEntries) return over_limit("more than 65,534 entries in a zip archive", offset_);
  const u64 size = u64{content.size()} + options.zeros;
  if (size > kMaxValue || offset_ > kMaxValue) return over_limit("zip archive of 4 GiB or more", offset_);

  Deflated deflated;
  const size_t capacity = deflate_capacity(content.size(), options.compression);
  if (capacity != 0) deflated = deflate(content, capacity, options.level);
  const bool is_deflated = deflated.size != 0;
  CHECK(options.zeros == 0 || capacity == 0);
  const ByteView data = is_deflated ? ByteView(deflated.bytes.get(), deflated.size) : content;
  u32 crc = libdeflate_crc32(0, content.data(), content.size());
  constexpr u8 kZeros[4096] = {};
  for (size_t left = options.zeros; left != 0; left -= std::min(left, sizeof kZeros))
    crc = libdeflate_crc32(crc, kZeros, std::min(left, sizeof kZeros));

  const Record record{std::string(name),
                      static_cast<u32>(offset_),
                      static_cast<u32>(is_deflated ? data.size() : size),
                      static_cast<u32>(size),
                      crc,
                      static_cast<u16>(is_deflated ? Method::Deflate : Method::Stored),
                      options.executable};
  LocalHeader header;
  header.signature = LocalHeader::kSignature;
  header.version_needed = is_deflated ? kVersionDeflate : kVersionStored;
  header.flags = kFlagUtf8;
  header.method = record.method;
  header.date = kDate1980;
  header.crc32 = record.crc32;
  header.compressed_size = record.compressed_size;
  header.size = record.size;
  header.name_size = static_cast<u16>(name.size());
  append(bytes_of(header));
  append(as_bytes(name));
  const u64 data_offset = offset_;
  append(data);
  out_.resize(out_.size() + options.zeros);
  offset_ += options.zeros;
  records_.push_back(record);
  return data_offset;
}

Result<void> Writer::finish() {
  const u64 directory_offset = offset_;
  for (const Record& record : records_) {
    CentralHeader header;
    header.signature = CentralHeader::kSignature;
    header.version_made_by = kMadeByUnix;
    header.version_needed = record.method == static_cast<u16>(Method::Deflate) ? kVersionDeflate : kVersionStored;
    header.flags = kFlagUtf8;
    header.method = record.method;
    header.date = kDate1980;
    header.crc32 = record.crc32;
    header.compressed_size = record.compressed_size;
    header.size = record.size;
    header.name_size = static_cast<u16>(record.name.size());
    header.external_attributes = (record.executable ? kModeExecutable : kModeFile) << 16;
    header.header_offset = record.header_offset;
    append(bytes_of(header));
    append(as_bytes(record.name));
  }
  if (offset_ > kMaxValue) return over_limit("zip archive of 4 GiB or more", directory_offset);
  EndRecord end;
  end.signature = EndRecord::kSignature;
  end.entries = end.entries_on_disk = static_cast<u16>(records_.size());
  end.directory_size = static_cast<u32>(offset_ - directory_offset);
  end.directory_offset = static_cast<u32>(directory_offset);
  append(bytes_of(end));
  return {};
}

}  // namespace hermit::zip

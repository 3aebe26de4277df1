// Reading a zip archive that other tools may have edited and that may be an attack.
//
// A zip is found from its end: the end record names the central directory, whose records name the local headers, behind
// which the data lies. Nothing ties the three together, and programs that disagree about which record counts see
// different archives in one file: what `unzip` shows a user must be what the launcher obeys. So whatever is open to two
// readings is refused: two possible end records, two entries of a name, entries that share bytes, a local header that
// contradicts its central record.
//
// Tools differ in what offsets count from. Hermit and `zip -A` count from the start of the file; `cat prefix a.zip`
// leaves them counting from the start of the archive. The central directory ends where the end record starts, so its
// real position is known, and the difference to the declared one is what must be added to every offset.
//
// open() touches the central directory and the last 64 KiB only; local headers are looked at when their entry is read.
#include "zip/reader.h"

#include <algorithm>
#include <cstring>
#include <new>
#include <optional>

#include "base/endian.h"
#include "base/sort.h"
#include "libdeflate.h"
#include "zip/zip_format.h"

namespace hermit::zip {
namespace {

// Room for what may follow the archive inside a container: up to 7 bytes before a PE certificate, a Mach-O segment of
// 16 KiB pages, and a factor of 4 for pages to come.
constexpr u64 kMaxPadding = 64 * 1024;
constexpr u64 kMaxComment = 65535;
// The best that DEFLATE can do: a match of 258 bytes in 2 bits.
constexpr u64 kMaxDeflateRatio = 1032;

// Requires: offset + sizeof(Record) <= file.size(). The records have no alignment.
template <typename Record>
const Record& record_at(ByteView file, u64 offset) {
  static_assert(alignof(Record) == 1);
  return *reinterpret_cast<const Record*>(file.data() + offset);
}

// Part of the file. Requires: offset + size <= file.size(), so both fit into size_t.
ByteView slice(ByteView file, u64 offset, u64 size) {
  return file.subspan(static_cast<size_t>(offset), static_cast<size_t>(size));
}
u8 byte_at(ByteView file, u64 offset) { return file[static_cast<size_t>(offset)]; }

std::unexpected<Error> unsupported(const char* what, u64 offset) {
  return std::unexpected(Error{ErrorKind::Unsupported, what, offset});
}

// Where the central directory is, from the start of the file.
struct Directory {
  u64 begin;
  u64 end;
  u64 entries;
  u64 bias;  // to be added to offsets of local headers
};

// The values of the end record at `position`, or those of the zip64 record in front of it where they do not fit.
// Requires: an EndRecord fits at `position`. `end` is where the central directory has to end.
struct Declared {
  u64 end;
  u64 entries;
  u64 size;
  u64 offset;
};
Result<Declared> read_end_record(ByteView file, u64 begin, u64 position) {
  const auto& record = record_at<EndRecord>(file, position);
  if (record.disk != 0 || record.directory_disk != 0 || record.entries != record.entries_on_disk)
    return unsupported("zip archive in several parts", position);
  if (record.entries != kSaturated16 && record.directory_size != kSaturated32 &&
      record.directory_offset != kSaturated32)
    return Declared{position, record.entries, record.directory_size, record.directory_offset};

  // The zip64 record lies directly before its locator in what tools write; its declared offset may need the bias.
  constexpr u64 kBoth = sizeof(Zip64EndRecord) + sizeof(Zip64Locator);
  if (position - begin < kBoth) return malformed("zip64 end of central directory record is missing", position);
  const u64 locator_position = position - sizeof(Zip64Locator);
  const u64 record_position = position - kBoth;
  const auto& locator = record_at<Zip64Locator>(file, locator_position);
  const auto& record64 = record_at<Zip64EndRecord>(file, record_position);
  if (locator.signature != Zip64Locator::kSignature || record64.signature != Zip64EndRecord::kSignature ||
      record64.record_size != sizeof(Zip64EndRecord) - 12)
    return malformed("zip64 end of central directory record is missing", position);
  if (record64.disk != 0 || record64.directory_disk != 0 || record64.entries != record64.entries_on_disk)
    return unsupported("zip archive in several parts", record_position);
  return Declared{record_position, record64.entries, record64.directory_size, record64.directory_offset};
}

Result<Directory> locate_directory(ByteView file, u64 begin, u64 position) {
  TRY(const Declared declared, read_end_record(file, begin, position));
  if (declared.size > declared.end - begin) return malformed("zip central directory is larger than the file", position);
  const u64 start = declared.end - declared.size;
  if (declared.offset > start) return malformed("zip central directory is cut off", position);
  if (declared.entries > declared.size / sizeof(CentralHeader))
    return malformed("zip central directory is smaller than its entries", position);
  if (declared.entries == 0 && declared.size != 0) return malformed("zip central directory without entries", position);
  if (declared.entries != 0 && record_at<CentralHeader>(file, start).signature != CentralHeader::kSignature)
    return malformed("zip central directory does not end at its end record", position);
  return Directory{start, declared.end, declared.entries, start - declared.offset};
}

// The start of the zero bytes that end file[begin, end), as far back as padding may reach.
u64 find_padding(ByteView file, u64 begin, u64 end) {
  u64 position = end;
  while (position > begin && end - position < kMaxPadding && byte_at(file, position - 1) == 0) --position;
  return position;
}

using Block = u8 __attribute__((vector_size(16)));

// Does "PK" begin at any of the 16 places from `at` on? The bytes of one more are read.
Block begins(const u8* at) {
  Block first, second;
  std::memcpy(&first, at, sizeof first);
  std::memcpy(&second, at + 1, sizeof second);
  return reinterpret_cast<Block>((first == 'P') & (second == 'K'));
}

// The next end record signature at or after `from` whose first byte lies before `last`, or none. Requires: `last` + 3
// <= file.size(). A start-up looks at 64 KiB here: many places at a time are asked for "PK", which is rare.
std::optional<u64> find_signature(ByteView file, u64 from, u64 last) {
  static constexpr u8 kSignature[4] = {'P', 'K', 5, 6};
  constexpr u64 kPlaces = 4 * sizeof(Block);
  u64 at = from;
  while (at < last) {
    if (last - at >= kPlaces) {  // so the byte behind these places is there
      const u8* const p = file.data() + at;
      const Block any = begins(p) | begins(p + 16) | begins(p + 32) | begins(p + 48);
      u64 halves[2];
      std::memcpy(halves, &any, sizeof any);
      if ((halves[0] | halves[1]) == 0) {
        at += kPlaces;
        continue;
      }
    }
    const u64 end = std::min(last, at + kPlaces);
    for (; at < end; ++at) {
      if (std::memcmp(file.data() + at, kSignature, sizeof kSignature) == 0) return at;
    }
  }
  return std::nullopt;
}

Result<Directory> find_directory(ByteView file, u64 begin, u64 end) {
  const auto not_found = malformed(kNoArchive, end);
  if (end - begin < sizeof(EndRecord)) return not_found;

  const u64 padding = find_padding(file, begin, end);
  const u64 reach = sizeof(EndRecord) + kMaxComment;
  const u64 window = padding - begin > reach ? padding - reach : begin;
  std::optional<Directory> found;
  std::optional<Error> first_error;
  for (u64 from = window; const auto position = find_signature(file, from, end - sizeof(EndRecord) + 1);
       from = *position + 4) {
    const u64 archive_end = *position + sizeof(EndRecord) + record_at<EndRecord>(file, *position).comment_size;
    if (archive_end > end || archive_end < padding) continue;  // bytes that only look like a record
    const Result<Directory> directory = locate_directory(file, begin, *position);
    if (!directory) {
      if (!first_error) first_error = directory.error();
    } else if (found) {
      return malformed("ambiguous zip archive: several end of central directory records", *position);
    } else {
      found = *directory;
    }
  }
  if (found) return *found;
  if (first_error) return std::unexpected(*first_error);
  return not_found;
}

// Replaces the saturated fields of `entry` by those of the zip64 extra field, which lists exactly them, in this order.
Result<void> apply_zip64(ByteView extra, u64 extra_offset, const CentralHeader& header, Entry& entry) {
  ByteReader reader(extra, extra_offset);
  while (reader.remaining() >= 4) {
    const u16 id = reader.read_le<u16>();
    const ByteView body = reader.read_bytes(reader.read_le<u16>(), "zip extra field is cut off");
    if (!reader.ok()) return std::unexpected(reader.error());
    if (id != kZip64Extra) continue;
    ByteReader fields(body, extra_offset);
    if (header.size == kSaturated32) entry.size = fields.read_le<u64>("zip64 extra field is cut off");
    if (header.compressed_size == kSaturated32)
      entry.compressed_size = fields.read_le<u64>("zip64 extra field is cut off");
    if (header.header_offset == kSaturated32) entry.header_offset = fields.read_le<u64>("zip64 extra field is cut off");
    if (!fields.ok()) return std::unexpected(fields.error());
    return {};
  }
  return malformed("zip64 extra field is missing", extra_offset);
}

Result<Entry> read_central_header(ByteReader& reader, const Directory& directory) {
  const u64 offset = reader.offset();
  const ByteView fixed = reader.read_bytes(sizeof(CentralHeader), "zip central directory is cut off");
  if (!reader.ok()) return std::unexpected(reader.error());
  const auto& header = record_at<CentralHeader>(fixed, 0);
  if (header.signature != CentralHeader::kSignature)
    return malformed("bad signature in the zip central directory", offset);

  const ByteView name = reader.read_bytes(header.name_size, "zip central directory is cut off");
  const u64 extra_offset = reader.offset();
  const ByteView extra = reader.read_bytes(header.extra_size, "zip central directory is cut off");
  reader.skip(header.comment_size, "zip central directory is cut off");
  if (!reader.ok()) return std::unexpected(reader.error());

  Entry entry{as_text(name), header.compressed_size, header.size, header.header_offset, 0,
              header.crc32,  header.method,          header.flags};
  if (header.size == kSaturated32 || header.compressed_size == kSaturated32 || header.header_offset == kSaturated32)
    TRY_VOID(apply_zip64(extra, extra_offset, header, entry));

  // In this order nothing overflows.
  const u64 room = directory.begin - directory.bias;  // counted as the archive counts
  const u64 least = sizeof(LocalHeader) + name.size();
  if (entry.header_offset > room || room - entry.header_offset < least ||
      room - entry.header_offset - least < entry.compressed_size)
    return malformed("zip entry lies outside of the archive", offset);
  entry.header_offset += directory.bias;
  return entry;
}

// Sets end_limit. `order` holds every index once, in any order.
Result<void> check_overlaps(std::vector<Entry>& entries, std::vector<u32>& order, u64 directory_begin) {
  heap_sort(order, [&](u32 a, u32 b) { return entries[a].header_offset < entries[b].header_offset; });
  for (size_t i = 0; i < order.size(); ++i) {
    Entry& entry = entries[order[i]];
    entry.end_limit = i + 1 < order.size() ? entries[order[i + 1]].header_offset : directory_begin;
    const u64 least_end = entry.header_offset + sizeof(LocalHeader) + entry.name.size() + entry.compressed_size;
    if (least_end > entry.end_limit) return malformed("zip entries overlap", entry.header_offset);
  }
  return {};
}

}  // namespace

Result<Reader> Reader::open(ByteView file, u64 begin, u64 end) {
  if (end > file.size() || begin > end) return malformed("zip archive range outside of the file", end);
  TRY(const Directory directory, find_directory(file, begin, end));

  Reader result;
  result.file_ = file;
  ByteReader reader(slice(file, directory.begin, directory.end - directory.begin), directory.begin);
  for (u64 i = 0; i < directory.entries; ++i) {
    TRY(const Entry entry, read_central_header(reader, directory));
    result.by_name_.push_back(static_cast<u32>(result.entries_.size()));
    result.entries_.push_back(entry);
  }
  if (!reader.at_end()) return malformed("bytes behind the last entry of the zip central directory", reader.offset());

  std::vector<Entry>& entries = result.entries_;
  TRY_VOID(check_overlaps(entries, result.by_name_, directory.begin));
  heap_sort(result.by_name_, [&](u32 a, u32 b) { return entries[a].name < entries[b].name; });
  for (size_t i = 1; i < result.by_name_.size(); ++i) {
    if (entries[result.by_name_[i - 1]].name == entries[result.by_name_[i]].name)
      return malformed("two zip entries of the same name", entries[result.by_name_[i]].header_offset);
  }
  return result;
}

const Entry* Reader::find(std::string_view name) const {
  const auto found = std::lower_bound(by_name_.begin(), by_name_.end(), name, [&](u32 index, std::string_view wanted) {
    return entries_[index].name < wanted;
  });
  if (found == by_name_.end() || entries_[*found].name != name) return nullptr;
  return &entries_[*found];
}

Result<ByteView> Reader::raw(const Entry& entry) const {
  // open() made sure that the fixed part, the name and the compressed size fit before end_limit.
  const u64 offset = entry.header_offset;
  const auto& header = record_at<LocalHeader>(file_, offset);
  if (header.signature != LocalHeader::kSignature) return malformed("bad signature of a zip entry", offset);
  if (((entry.flags | header.flags) & (kFlagEncrypted | kFlagStrongEncryption | kFlagMaskedHeader)) != 0)
    return unsupported("encrypted zip entry", offset);

  const std::string_view name = as_text(slice(file_, offset + sizeof(LocalHeader), entry.name.size()));
  const bool sizes_here = (header.flags & kFlagDataDescriptor) == 0;
  const auto agrees = [](u32 local, u64 central) { return local == central || local == kSaturated32; };
  if (header.name_size != entry.name.size() || name != entry.name || header.method != entry.method ||
      (sizes_here && (header.crc32 != entry.crc32 || !agrees(header.compressed_size, entry.compressed_size) ||
                      !agrees(header.size, entry.size))))
    return malformed("zip entry contradicts the central directory", offset);

  const u64 data = offset + sizeof(LocalHeader) + header.name_size + header.extra_size;
  if (data > entry.end_limit || entry.end_limit - data < entry.compressed_size)
    return malformed("zip entries overlap", offset);
  return slice(file_, data, entry.compressed_size);
}

Result<Content> Reader::read(const Entry& entry, u64 max_size) const {
  const u64 offset = entry.header_offset;
  if (entry.size > max_size || entry.size >= SIZE_MAX)  // one byte more is allocated below
    return std::unexpected(Error{ErrorKind::Limit, "zip entry is larger than allowed", offset});
  TRY(const ByteView data, raw(entry));

  std::optional<Content> content;
  if (entry.method == static_cast<u16>(Method::Stored)) {
    if (data.size() != entry.size) return malformed("stored zip entry with two sizes", offset);
    content.emplace(data);
  } else if (entry.method == static_cast<u16>(Method::Deflate)) {
    if (entry.size > data.size() * kMaxDeflateRatio)
      return malformed("deflated zip entry declares an impossible size", offset);
    // One byte more than needed: malloc(0) may be null.
    auto* memory = static_cast<u8*>(std::malloc(static_cast<size_t>(entry.size) + 1));
    if (!memory) return std::unexpected(Error{ErrorKind::Limit, "not enough memory for a zip entry", offset});
    content.emplace(memory, static_cast<size_t>(entry.size));
    libdeflate_decompressor* inflater = libdeflate_alloc_decompressor();
    if (!inflater) return std::unexpected(Error{ErrorKind::Limit, "not enough memory for a zip entry", offset});
    size_t consumed = 0;
    const libdeflate_result result = libdeflate_deflate_decompress_ex(
        inflater, data.data(), data.size(), memory, static_cast<size_t>(entry.size), &consumed, nullptr);
    libdeflate_free_decompressor(inflater);
    if (result != LIBDEFLATE_SUCCESS || consumed != data.size())
      return malformed("damaged deflate data in a zip entry", offset);
  } else {
    return unsupported("zip entry with an unsupported compression method", offset);
  }
  const ByteView bytes = content->bytes();
  if (libdeflate_crc32(0, bytes.data(), bytes.size()) != entry.crc32)
    return malformed("CRC-32 mismatch in a zip entry", offset);
  return std::move(*content);
}

}  // namespace hermit::zip

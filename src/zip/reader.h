// Reads a zip archive that lies behind an executable prefix in a file that is in memory (usually mapped: only pages
// that are asked for are touched).
//
// The archive may have been edited by other tools, and may be hostile. Errors are `Malformed`, `Unsupported` or `Limit`
// with an offset in the file. Format: docs/formats/bundle.md and APPNOTE.TXT 6.3.10 of PKWARE.
#pragma once

#include <cstdlib>
#include <memory>
#include <string_view>
#include <vector>

#include "base/bytes.h"

namespace hermit::zip {

// What Reader::open says when no archive ends in the range; `what` of the error is this very pointer.
inline constexpr char kNoArchive[] = "no zip archive: end of central directory record not found";

enum class Method : u16 { Stored = 0, Deflate = 8 };

// One record of the central directory. Sizes and offsets are checked against the file only when the entry is read.
struct Entry {
  std::string_view name;  // in the file's bytes; any bytes at all
  u64 compressed_size;
  u64 size;
  u64 header_offset;  // of the local header, from the start of the file
  u64 end_limit;  // the next local header or the central directory: the data ends at or before it
  u32 crc32;
  u16 method;  // a Method, or one that is not supported
  u16 flags;
};

// The bytes of an entry: a view into the file, or memory of its own.
class Content {
 public:
  explicit Content(ByteView view) : view_(view) {}
  // Takes ownership of `memory`, which came from std::malloc.
  Content(u8* memory, size_t size) : memory_(memory), view_(memory, size) {}

  // Valid as long as this object, and the file's bytes, exist.
  [[nodiscard]] ByteView bytes() const { return view_; }
  [[nodiscard]] bool is_view() const { return !memory_; }

 private:
  struct Free {
    void operator()(u8* p) const { std::free(p); }
  };
  std::unique_ptr<u8, Free> memory_;
  ByteView view_;
};

class Reader {
 public:
  // Finds the end record in file[begin, end), the range in which the archive's end lies (see executable_payload.h; 0
  // and file.size() for a plain archive), and reads the central directory. Does not own `file`. After the end record
  // and its comment only zero bytes may follow. Offsets may count from the start of the file or of the archive.
  // Refused: several possible end records, two entries of one name, overlapping entries, archives in parts.
  static Result<Reader> open(ByteView file, u64 begin, u64 end);

  // In the order of the central directory.
  [[nodiscard]] const std::vector<Entry>& entries() const { return entries_; }
  // The entry of exactly this name, or null.
  [[nodiscard]] const Entry* find(std::string_view name) const;

  // The content with its CRC verified: a view of a stored entry, inflated memory for a deflated one. An entry larger
  // than `max_size` is a Limit error, before anything is allocated.
  [[nodiscard]] Result<Content> read(const Entry& entry, u64 max_size) const;
  // The compressed bytes as they lie in the file, CRC not looked at: for large stored entries that are mapped or served
  // lazily.
  [[nodiscard]] Result<ByteView> raw(const Entry& entry) const;

 private:
  ByteView file_;
  std::vector<Entry> entries_;
  std::vector<u32> by_name_;  // indices into entries_, sorted by name
};

}  // namespace hermit::zip

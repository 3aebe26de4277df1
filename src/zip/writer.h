// Writes a zip archive behind a prefix. The result is a function of the calls alone: no time, user or machine enters
// it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"

namespace hermit::zip {

enum class Compression : u8 {
  Store,
  IfSmaller,     // deflate if that saves at least one byte
  IfWorthwhile,  // deflate if that saves at least a tenth
};

// libdeflate's levels, 1 (fast) to 12. 2 MB of wasm took 17 ms at level 1 (711 KB), 23 ms at 3 (689 KB), 47 ms at 6
// (657 KB), natively; an interpreted tool takes some 30 times as long.
constexpr int kDefaultLevel = 3;

struct EntryOptions {
  Compression compression = Compression::Store;
  int level = kDefaultLevel;
  bool executable = false;  // mode 0755 instead of 0644, for tools that unpack on Unix
  size_t zeros = 0;  // behind the content, as part of it. Requires: Store
};

// Appends to `out`. The caller may take bytes out of `out` and clear it between calls, to stream: offsets are counted
// here. Stays within the limits of zip without the zip64 extension; what exceeds them is a Limit error.
class Writer {
 public:
  // The next byte appended to `out` will lie at `base_offset` of the finished file. Does not own `out`.
  Writer(Bytes& out, u64 base_offset) : out_(out), offset_(base_offset) {}

  // Appends an entry and returns the offset of its data in the file. Requires: `name` is a relative path, UTF-8, not
  // used before; 1 <= options.level <= 12.
  Result<u64> add(std::string_view name, ByteView content, const EntryOptions& options);
  // Appends the central directory and the end record. The writer is finished after that.
  Result<void> finish();

  // Of the next byte in the finished file.
  [[nodiscard]] u64 offset() const { return offset_; }
  // The bytes that add() puts in front of the data of an entry of this name.
  static constexpr u64 header_size(std::string_view name) { return 30 + name.size(); }

 private:
  struct Record {
    std::string name;
    u32 header_offset;
    u32 compressed_size;
    u32 size;
    u32 crc32;
    u16 method;
    bool executable;
  };
  void append(ByteView bytes);

  Bytes& out_;
  u64 offset_;
  std::vector<Record> records_;
};

}  // namespace hermit::zip

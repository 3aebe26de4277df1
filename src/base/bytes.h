// Reading and writing byte sequences.
//
// ByteReader is *sticky*: the first failure is kept with its offset, later reads return 0 and stay put. Callers check
// ok() once per record and before any allocation. A count that the input declares never drives an allocation:
// read it with read_count(), which rejects what the remaining bytes cannot hold. The idea is V8's wasm decoder.
#pragma once

#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "base/endian.h"
#include "base/error.h"
#include "base/types.h"

namespace hermit {

using Bytes = std::vector<u8>;
using ByteView = std::span<const u8>;

inline ByteView as_bytes(std::string_view text) { return {reinterpret_cast<const u8*>(text.data()), text.size()}; }
inline std::string_view as_text(ByteView bytes) { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }

class ByteReader {
 public:
  // `base` is the offset of bytes[0] in the whole file; positions in errors count from there. Does not own `bytes`.
  explicit ByteReader(ByteView bytes, u64 base = 0)
      : begin_(bytes.data()), pos_(bytes.data()), end_(bytes.data() + bytes.size()), base_(base) {}

  [[nodiscard]] bool ok() const { return !error_; }
  [[nodiscard]] bool at_end() const { return pos_ == end_; }
  [[nodiscard]] size_t remaining() const { return static_cast<size_t>(end_ - pos_); }
  [[nodiscard]] u64 offset() const { return base_ + static_cast<u64>(pos_ - begin_); }  // of the next byte
  [[nodiscard]] const u8* position() const { return pos_; }
  // Requires: !ok().
  [[nodiscard]] Error error() const { return *error_; }

  // Records the first failure; everything after it reads as 0 and as the end of the input.
  void fail(ErrorKind kind, const char* what, u64 where) {
    if (!error_) error_ = Error{kind, what, where};
    pos_ = end_;
  }
  void fail(const char* what) { fail(ErrorKind::Malformed, what, offset()); }

  u8 read_u8(const char* what = "unexpected end") {
    if (pos_ == end_) return fail(what), u8{0};
    return *pos_++;
  }
  template <std::integral T>
  T read_le(const char* what = "unexpected end") {
    if (remaining() < sizeof(T)) return fail(what), T{0};
    T value = load_le<T>(pos_);
    pos_ += sizeof(T);
    return value;
  }
  ByteView read_bytes(u64 count, const char* what = "unexpected end") {
    if (remaining() < count) return fail(what), ByteView{};
    ByteView bytes(pos_, static_cast<size_t>(count));
    pos_ += count;
    return bytes;
  }
  void skip(u64 count, const char* what = "unexpected end") { (void)read_bytes(count, what); }

  // For decoders that keep their own position in the same bytes (LEB128). Requires: position() <= p <= its end.
  void set_position(const u8* p) { pos_ = p; }

 private:
  const u8* begin_;
  const u8* pos_;
  const u8* end_;
  u64 base_;
  std::optional<Error> error_;
};

// Appends to a byte vector it does not own.
class ByteWriter {
 public:
  explicit ByteWriter(Bytes& out) : out_(out) {}

  void write_u8(u8 value) { out_.push_back(value); }
  template <std::integral T>
  void write_le(T value) {
    u8 bytes[sizeof(T)];
    store_le(bytes, value);
    write(bytes);
  }
  void write(ByteView bytes) { out_.insert(out_.end(), bytes.begin(), bytes.end()); }
  void write(std::string_view text) { write(as_bytes(text)); }
  void write_zeros(size_t count) { out_.resize(out_.size() + count); }
  // Pads with zeros to a multiple of `alignment`, counted from the start of the vector.
  void align(size_t alignment) { out_.resize((out_.size() + alignment - 1) / alignment * alignment); }
  [[nodiscard]] size_t size() const { return out_.size(); }

 private:
  Bytes& out_;
};

}  // namespace hermit

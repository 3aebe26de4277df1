// LEB128 integers as section 5.2.2 of the specification restricts them: at most ceil(N/7) bytes, and the unused bits of
// the last byte are zero (unsigned) or copies of the sign (signed). "Over-long" encodings within that length are legal:
// linkers write 5-byte indices to patch them in place.
//
// read_* check everything and take a cursor with an end. next_* are for bytes that were validated before: they trust
// them.
#pragma once

#include "base/bytes.h"
#include "base/types.h"

namespace hermit::wasm {

inline constexpr char kIntegerTooLong[] = "integer representation too long";
inline constexpr char kIntegerTooLarge[] = "integer too large";
inline constexpr char kUnexpectedEnd[] = "unexpected end";

namespace leb128 {

// The slow paths: a number that starts at p, in [p, end), of `bits` bits (32, 33, 64). On success *next is behind it.
// On failure *next is null and `what` is set to one of the messages above.
u64 read_unsigned_slow(const u8* p, const u8* end, unsigned bits, const u8** next, const char** what);
i64 read_signed_slow(const u8* p, const u8* end, unsigned bits, const u8** next, const char** what);

}  // namespace leb128

// Reads a number at p and moves p behind it. On failure p is null and `what` says why (else `what` is untouched).
// Requires: p <= end, both non-null.
inline u32 read_var_u32(const u8*& p, const u8* end, const char*& what) {
  if (p != end && *p < 0x80) [[likely]]
    return *p++;
  return static_cast<u32>(leb128::read_unsigned_slow(p, end, 32, &p, &what));
}
inline i32 read_var_i32(const u8*& p, const u8* end, const char*& what) {
  if (p != end && *p < 0x80) [[likely]] {
    const u32 byte = *p++;
    return static_cast<i32>(byte << 25) >> 25;
  }
  return static_cast<i32>(leb128::read_signed_slow(p, end, 32, &p, &what));
}
inline i64 read_var_i33(const u8*& p, const u8* end, const char*& what) {
  return leb128::read_signed_slow(p, end, 33, &p, &what);
}
inline u64 read_var_u64(const u8*& p, const u8* end, const char*& what) {
  if (p != end && *p < 0x80) [[likely]]
    return *p++;
  return leb128::read_unsigned_slow(p, end, 64, &p, &what);
}
inline i64 read_var_i64(const u8*& p, const u8* end, const char*& what) {
  return leb128::read_signed_slow(p, end, 64, &p, &what);
}

// The same on a sticky reader.
u32 read_var_u32(ByteReader& reader);
u64 read_var_u64(ByteReader& reader);

// A count of things that each take at least `min_element_size` > 0 bytes: fails with "length out of bounds" if the
// remaining bytes cannot hold them, and with ErrorKind::Limit and `limit_message` if it exceeds `limit`.
u32 read_count(ByteReader& reader, size_t min_element_size, u32 limit, const char* limit_message);

// Reads a number of validated bytes and moves p behind it.
inline u32 next_u32(const u8*& p) {
  u32 byte = *p++;
  if (byte < 0x80) [[likely]]
    return byte;
  u32 value = byte & 0x7f;
  for (unsigned shift = 7;; shift += 7) {
    byte = *p++;
    value |= (byte & 0x7f) << shift;
    if (byte < 0x80) return value;
  }
}
inline u64 next_u64(const u8*& p) {
  u64 value = 0;
  for (unsigned shift = 0;; shift += 7) {
    const u64 byte = *p++;
    value |= (byte & 0x7f) << shift;
    if (byte < 0x80) return value;
  }
}
inline i32 next_i32(const u8*& p) {
  u32 byte = *p++;
  if (byte < 0x80) [[likely]]
    return static_cast<i32>(byte << 25) >> 25;
  u32 value = byte & 0x7f;
  for (unsigned shift = 7;; shift += 7) {
    byte = *p++;
    value |= (byte & 0x7f) << shift;
    if (byte < 0x80) {
      const unsigned unused = shift + 7 < 32 ? 32 - (shift + 7) : 0;
      return static_cast<i32>(value << unused) >> unused;
    }
  }
}
inline i64 next_i64(const u8*& p) {
  u64 byte = *p++;
  u64 value = byte & 0x7f;
  unsigned shift = 7;
  while (byte >= 0x80) {
    byte = *p++;
    value |= (byte & 0x7f) << shift;
    shift += 7;
  }
  const unsigned unused = shift < 64 ? 64 - shift : 0;
  return static_cast<i64>(value << unused) >> unused;
}
// A 33-bit signed number (block types) reads as next_i64.

}  // namespace hermit::wasm

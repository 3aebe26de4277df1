// The general case of LEB128: more than one byte, or an error. See leb128.h for the rules and section 5.2.2 for their
// source.
#include "wasm/leb128.h"

namespace hermit::wasm {
namespace leb128 {

u64 read_unsigned_slow(const u8* p, const u8* end, unsigned bits, const u8** next, const char** what) {
  u64 value = 0;
  for (unsigned shift = 0; shift < bits; shift += 7) {
    if (p == end) return *next = nullptr, *what = kUnexpectedEnd, 0;
    const u64 byte = *p++;
    value |= (byte & 0x7f) << shift;
    if (byte & 0x80) continue;
    const unsigned used = bits - shift;  // bits of this byte that count; the others must be 0
    if (used < 7 && byte >> used != 0) return *next = nullptr, *what = kIntegerTooLarge, 0;
    *next = p;
    return value;
  }
  return *next = nullptr, *what = kIntegerTooLong, 0;
}

i64 read_signed_slow(const u8* p, const u8* end, unsigned bits, const u8** next, const char** what) {
  u64 value = 0;
  for (unsigned shift = 0; shift < bits; shift += 7) {
    if (p == end) return *next = nullptr, *what = kUnexpectedEnd, 0;
    const u64 byte = *p++;
    value |= (byte & 0x7f) << shift;
    if (byte & 0x80) continue;
    const unsigned used = bits - shift;
    if (used < 7) {
      // The sign bit and everything above it must be equal.
      const u64 top = byte >> (used - 1);
      if (top != 0 && top != 0x7fu >> (used - 1)) return *next = nullptr, *what = kIntegerTooLarge, 0;
    }
    *next = p;
    const unsigned unused = shift + 7 < 64 ? 64 - (shift + 7) : 0;
    return static_cast<i64>(value << unused) >> unused;
  }
  return *next = nullptr, *what = kIntegerTooLong, 0;
}

}  // namespace leb128

u32 read_var_u32(ByteReader& reader) {
  const u8* p = reader.position();
  const char* what = nullptr;
  const u32 value = read_var_u32(p, p + reader.remaining(), what);
  if (p == nullptr) {
    reader.fail(what);
    return 0;
  }
  reader.set_position(p);
  return value;
}

u64 read_var_u64(ByteReader& reader) {
  const u8* p = reader.position();
  const char* what = nullptr;
  const u64 value = read_var_u64(p, p + reader.remaining(), what);
  if (p == nullptr) {
    reader.fail(what);
    return 0;
  }
  reader.set_position(p);
  return value;
}

u32 read_count(ByteReader& reader, size_t min_element_size, u32 limit, const char* limit_message) {
  const u64 where = reader.offset();
  const u32 count = read_var_u32(reader);
  if (count > reader.remaining() / min_element_size) {
    reader.fail(ErrorKind::Malformed, "length out of bounds", where);
    return 0;
  }
  if (count > limit) {
    reader.fail(ErrorKind::Limit, limit_message, where);
    return 0;
  }
  return count;
}

}  // namespace hermit::wasm

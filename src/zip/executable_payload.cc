// Where in an executable file the archive must end: see the header.
//
// These few bytes of three formats are read from hostile input in every program that opens a packed file, so each
// number is compared with what is really there before it is used, and nothing is allocated. Offsets come from the same
// places as in the exe layer's pe_format.h and macho_format.h; this layer does not know that one.
#include "zip/executable_payload.h"

#include <cstring>

#include "base/endian.h"
#include "base/launcher_protocol.h"

namespace hermit::zip {

namespace {

constexpr size_t kNotFound = ~size_t{0};

bool starts_with(ByteView bytes, size_t at, std::string_view text) {
  return at <= bytes.size() && bytes.size() - at >= text.size() &&
         std::memcmp(bytes.data() + at, text.data(), text.size()) == 0;
}

template <typename T>
bool load(ByteView bytes, u64 at, T& value) {
  if (at > bytes.size() || bytes.size() - at < sizeof(T)) return false;
  value = load_le<T>(bytes.data() + at);
  return true;
}

bool is_macho(ByteView head) { return starts_with(head, 0, "\xcf\xfa\xed\xfe"); }
bool is_elf(ByteView head) {
  return starts_with(head, 0,
                     "\x7f"
                     "ELF\2\1");
}

// The offset in `head` of the load command of the payload's segment.
size_t find_macho_segment(ByteView head) {
  constexpr size_t kHeader = 32;
  constexpr u32 kSegment64 = 0x19;
  constexpr std::string_view kName("__HERMIT\0\0\0\0\0\0\0\0", 16);
  u32 count = 0;
  if (!load(head, 16, count)) return kNotFound;
  size_t at = kHeader;
  for (u32 i = 0; i < count; ++i) {
    u32 kind = 0;
    u32 size = 0;
    if (!load(head, at, kind) || !load(head, at + 4, size) || size < 8 || size > head.size() - at) return kNotFound;
    if (kind == kSegment64 && size >= 72 && starts_with(head, at + 8, kName)) return at;
    at += size;
  }
  return kNotFound;
}

PayloadRange macho_range(ByteView head, u64 file_size) {
  PayloadRange whole{0, file_size};
  size_t at = find_macho_segment(head);
  if (at == kNotFound) return whole;
  u64 offset = load_le<u64>(head.data() + at + 40);
  u64 size = load_le<u64>(head.data() + at + 48);
  if (offset > file_size || size > file_size - offset) return whole;
  return {offset, offset + size};
}

// The certificate table's "address" is a file offset. It counts only if it ends the file, as Windows itself demands.
PayloadRange pe_range(ByteView head, u64 file_size) {
  PayloadRange whole{0, file_size};
  u32 header = 0;
  u16 magic = 0;
  u32 offset = 0;
  u32 size = 0;
  if (!load(head, 0x3c, header) || !starts_with(head, header, std::string_view("PE\0\0", 4))) return whole;
  if (!load(head, u64{header} + 24, magic) || magic != 0x20b) return whole;
  constexpr u32 kCertificates = 24 + 112 + 4 * 8;  // COFF header, PE32+ fields, fifth directory
  if (!load(head, u64{header} + kCertificates, offset) || !load(head, u64{header} + kCertificates + 4, size))
    return whole;
  if (size == 0 || offset == 0 || u64{offset} + size != file_size) return whole;
  return {0, offset};
}

}  // namespace

PayloadRange find_payload_range(ByteView head, u64 file_size) {
  if (is_macho(head)) return macho_range(head, file_size);
  if (starts_with(head, 0, "MZ")) return pe_range(head, file_size);
  return {0, file_size};
}

bool is_bare_launcher(ByteView head) {
  if (is_macho(head)) return find_macho_segment(head) == kNotFound;
  return is_elf(head) && !starts_with(head, kElfMarkAt, kElfMark);
}

}  // namespace hermit::zip

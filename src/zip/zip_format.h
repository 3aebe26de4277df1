// The records of a zip archive as they lie in the file (APPNOTE.TXT 6.3.10, section 4.3). Sizes are those of the fixed
// parts; names, extra fields and comments follow them.
#pragma once

#include "base/endian.h"

namespace hermit::zip {

struct LocalHeader {
  static constexpr u32 kSignature = 0x04034b50;
  ul32 signature;
  ul16 version_needed;
  ul16 flags;
  ul16 method;
  ul16 time;
  ul16 date;
  ul32 crc32;
  ul32 compressed_size;
  ul32 size;
  ul16 name_size;
  ul16 extra_size;
};
static_assert(sizeof(LocalHeader) == 30);

struct CentralHeader {
  static constexpr u32 kSignature = 0x02014b50;
  ul32 signature;
  ul16 version_made_by;
  ul16 version_needed;
  ul16 flags;
  ul16 method;
  ul16 time;
  ul16 date;
  ul32 crc32;
  ul32 compressed_size;
  ul32 size;
  ul16 name_size;
  ul16 extra_size;
  ul16 comment_size;
  ul16 disk;
  ul16 internal_attributes;
  ul32 external_attributes;
  ul32 header_offset;
};
static_assert(sizeof(CentralHeader) == 46);

struct EndRecord {
  static constexpr u32 kSignature = 0x06054b50;
  ul32 signature;
  ul16 disk;
  ul16 directory_disk;
  ul16 entries_on_disk;
  ul16 entries;
  ul32 directory_size;
  ul32 directory_offset;
  ul16 comment_size;
};
static_assert(sizeof(EndRecord) == 22);

struct Zip64Locator {
  static constexpr u32 kSignature = 0x07064b50;
  ul32 signature;
  ul32 record_disk;
  ul64 record_offset;
  ul32 disks;
};
static_assert(sizeof(Zip64Locator) == 20);

struct Zip64EndRecord {
  static constexpr u32 kSignature = 0x06064b50;
  ul32 signature;
  ul64 record_size;  // of what follows this field
  ul16 version_made_by;
  ul16 version_needed;
  ul32 disk;
  ul32 directory_disk;
  ul64 entries_on_disk;
  ul64 entries;
  ul64 directory_size;
  ul64 directory_offset;
};
static_assert(sizeof(Zip64EndRecord) == 56);

constexpr u16 kZip64Extra = 0x0001;   // id of the extra field that holds the values that do not fit
constexpr u16 kSaturated16 = 0xffff;  // "see the zip64 record"
constexpr u32 kSaturated32 = 0xffffffff;

constexpr u16 kFlagEncrypted = 1 << 0;
constexpr u16 kFlagDataDescriptor =
    1 << 3;  // the local header's sizes and CRC are zero, a record behind the data has them
constexpr u16 kFlagStrongEncryption = 1 << 6;
constexpr u16 kFlagUtf8 = 1 << 11;
constexpr u16 kFlagMaskedHeader = 1 << 13;

}  // namespace hermit::zip

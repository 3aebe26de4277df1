// Where the archive ends, in files of each kind and in hostile ones.
#include "zip/executable_payload.h"

#include <gtest/gtest.h>

#include <cstring>

namespace hermit::zip {
namespace {

void put(Bytes& bytes, size_t at, u64 value, size_t width) {
  if (bytes.size() < at + width) bytes.resize(at + width);
  for (size_t i = 0; i < width; ++i) bytes[at + i] = static_cast<u8>(value >> (8 * i));
}

void expect_range(const Bytes& head, u64 file_size, u64 begin, u64 end) {
  PayloadRange range = find_payload_range(head, file_size);
  EXPECT_EQ(range.begin, begin);
  EXPECT_EQ(range.end, end);
}

Bytes signed_pe(u32 header, u32 offset, u32 size) {
  Bytes bytes{'M', 'Z'};
  put(bytes, 0x3c, header, 4);
  put(bytes, header, 0x4550, 4);
  put(bytes, header + 24, 0x20b, 2);
  put(bytes, header + 24 + 112 + 32, offset, 4);
  put(bytes, header + 24 + 112 + 36, size, 4);
  return bytes;
}

Bytes macho(u64 offset, u64 size, u32 first_command_size = 24) {
  Bytes bytes;
  put(bytes, 0, 0xfeedfacf, 4);
  put(bytes, 16, 2, 4);
  put(bytes, 32, 0x1b, 4);
  put(bytes, 36, first_command_size, 4);
  size_t at = 32 + 24;
  put(bytes, at, 0x19, 4);
  put(bytes, at + 4, 72, 4);
  put(bytes, at + 40, offset, 8);
  put(bytes, at + 48, size, 8);
  bytes.resize(at + 72);
  std::memcpy(bytes.data() + at + 8, "__HERMIT", 8);
  return bytes;
}

TEST(ExecutablePayload, ElsewhereTheWholeFileCounts) {
  expect_range({}, 0, 0, 0);
  expect_range({'P', 'K', 3, 4}, 1000, 0, 1000);
  expect_range({0x7f, 'E', 'L', 'F'}, 1000, 0, 1000);
}

TEST(ExecutablePayload, AnElfCarriesOneIfItIsMarked) {
  Bytes elf{0x7f, 'E', 'L', 'F', 2, 1, 1};
  elf.resize(64);
  expect_range(elf, 10'000, 0, 10'000);
  EXPECT_TRUE(is_bare_launcher(elf));
  put(elf, 48, 0x746d7268, 4);  // e_flags
  EXPECT_FALSE(is_bare_launcher(elf));
  expect_range(elf, 10'000, 0, 10'000);
  EXPECT_TRUE(is_bare_launcher(ByteView(elf).first(51)));
  elf[48] = 'x';
  EXPECT_TRUE(is_bare_launcher(elf));
  EXPECT_FALSE(is_bare_launcher({}));
}

TEST(ExecutablePayload, SignedPeEndsBeforeItsCertificates) {
  expect_range(signed_pe(0x80, 9000, 1000), 10'000, 0, 9000);
  expect_range(signed_pe(0xd00, 9000, 1000), 10'000, 0, 9000);
  expect_range(signed_pe(0x80, 0, 0), 10'000, 0, 10'000);
}

TEST(ExecutablePayload, CertificatesThatDoNotEndTheFileAreIgnored) {
  expect_range(signed_pe(0x80, 8000, 1000), 10'000, 0, 10'000);
  expect_range(signed_pe(0x80, 0xffffffff, 0xffffffff), 10'000, 0, 10'000);
  expect_range(signed_pe(0x80, 0, 10'000), 10'000, 0, 10'000);
}

TEST(ExecutablePayload, MachOPayloadIsItsSegment) {
  expect_range(macho(16384, 500), 40'000, 16384, 16884);
  EXPECT_FALSE(is_bare_launcher(macho(16384, 500)));
  Bytes other = macho(16384, 500);
  other[32 + 24 + 10] = 'x';
  expect_range(other, 40'000, 0, 40'000);
  EXPECT_TRUE(is_bare_launcher(other));
}

TEST(ExecutablePayload, HostileMachO) {
  expect_range(macho(40'001, 0), 40'000, 0, 40'000);
  expect_range(macho(39'000, 1001), 40'000, 0, 40'000);
  expect_range(macho(16384, ~u64{0}), 40'000, 0, 40'000);
  expect_range(macho(~u64{0}, 16384), 40'000, 0, 40'000);
  for (u32 size : {0u, 7u, 0xffffffffu}) expect_range(macho(16384, 500, size), 40'000, 0, 40'000);
}

TEST(ExecutablePayload, CutAndChangedHeadsStayInTheFile) {
  for (const Bytes& good : {macho(16384, 500), signed_pe(0x80, 9000, 1000)}) {
    for (size_t size = 0; size < good.size(); ++size) {
      PayloadRange range = find_payload_range(ByteView(good).first(size), 10'000);
      EXPECT_LE(range.begin, range.end);
      EXPECT_LE(range.end, 10'000u);
      Bytes bad = good;
      bad[size] ^= 0xff;
      range = find_payload_range(bad, 10'000);
      EXPECT_LE(range.begin, range.end);
      EXPECT_LE(range.end, 10'000u);
    }
  }
}

}  // namespace
}  // namespace hermit::zip

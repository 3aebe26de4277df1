#include "wasm/leb128.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "wasm/module_builder.h"

namespace hermit::wasm {
namespace {

struct Read {
  u64 value;
  size_t size;       // bytes taken
  std::string what;  // empty on success
};

template <auto kRead>
Read read(std::initializer_list<u8> encoded) {
  const Bytes bytes(encoded);
  const u8* p = bytes.data();
  const char* what = "";
  const auto value = kRead(p, bytes.data() + bytes.size(), what);
  if (p == nullptr) return {0, 0, what};
  return {static_cast<u64>(value), static_cast<size_t>(p - bytes.data()), what};
}

u32 u32_of(const u8*& p, const u8* end, const char*& what) { return read_var_u32(p, end, what); }
i64 i32_of(const u8*& p, const u8* end, const char*& what) { return read_var_i32(p, end, what); }
i64 i33_of(const u8*& p, const u8* end, const char*& what) { return read_var_i33(p, end, what); }
i64 i64_of(const u8*& p, const u8* end, const char*& what) { return read_var_i64(p, end, what); }
u64 u64_of(const u8*& p, const u8* end, const char*& what) { return read_var_u64(p, end, what); }

#define EXPECT_READ(result, expected_value, expected_size) \
  do {                                                     \
    const Read r = result;                                 \
    EXPECT_EQ(r.what, "");                                 \
    EXPECT_EQ(static_cast<i64>(r.value), expected_value);  \
    EXPECT_EQ(r.size, size_t{expected_size});              \
  } while (false)
#define EXPECT_FAILS(result, message) EXPECT_EQ((result).what, message)

TEST(Leb128, UnsignedValues) {
  EXPECT_READ(read<u32_of>({0x00}), 0, 1);
  EXPECT_READ(read<u32_of>({0x7f, 0xff}), 127, 1);
  EXPECT_READ(read<u32_of>({0x80, 0x01}), 128, 2);
  EXPECT_READ(read<u32_of>({0xe5, 0x8e, 0x26}), 624485, 3);
  EXPECT_READ(read<u32_of>({0xff, 0xff, 0xff, 0xff, 0x0f}), 0xffffffff, 5);
  EXPECT_READ(read<u64_of>({0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01}), -1, 10);
}

TEST(Leb128, SignedValues) {
  EXPECT_READ(read<i32_of>({0x7f}), -1, 1);
  EXPECT_READ(read<i32_of>({0x3f}), 63, 1);
  EXPECT_READ(read<i32_of>({0x40}), -64, 1);
  EXPECT_READ(read<i32_of>({0xc0, 0xbb, 0x78}), -123456, 3);
  EXPECT_READ(read<i32_of>({0xff, 0xff, 0xff, 0xff, 0x07}), 0x7fffffff, 5);
  EXPECT_READ(read<i32_of>({0x80, 0x80, 0x80, 0x80, 0x78}), -0x80000000ll, 5);
  EXPECT_READ(read<i33_of>({0x40}), -64, 1);
  EXPECT_READ(read<i33_of>({0xff, 0xff, 0xff, 0xff, 0x0f}), 0xffffffffll, 5);
  EXPECT_READ(read<i33_of>({0x80, 0x80, 0x80, 0x80, 0x70}), -0x100000000ll, 5);
  EXPECT_READ(read<i64_of>({0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x7f}), INT64_MIN, 10);
  EXPECT_READ(read<i64_of>({0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x00}), INT64_MAX, 10);
}

// Linkers pad numbers to their full length; that is legal.
TEST(Leb128, PaddedWithinTheMaximalLengthIsLegal) {
  EXPECT_READ(read<u32_of>({0x83, 0x80, 0x80, 0x80, 0x00}), 3, 5);
  EXPECT_READ(read<i32_of>({0xff, 0xff, 0xff, 0xff, 0x7f}), -1, 5);
  EXPECT_READ(read<i64_of>({0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x00}), 0, 10);
}

TEST(Leb128, TooLongAndTooLarge) {
  EXPECT_FAILS(read<u32_of>({0x80, 0x80, 0x80, 0x80, 0x80, 0x00}), kIntegerTooLong);
  EXPECT_FAILS(read<i64_of>({0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x00}), kIntegerTooLong);
  EXPECT_FAILS(read<u32_of>({0xff, 0xff, 0xff, 0xff, 0x1f}), kIntegerTooLarge);
  EXPECT_FAILS(read<u64_of>({0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x02}), kIntegerTooLarge);
  EXPECT_FAILS(read<i32_of>({0xff, 0xff, 0xff, 0xff, 0x0f}),
               kIntegerTooLarge);  // 0xffffffff is not a signed 32-bit number
  EXPECT_FAILS(read<i32_of>({0x80, 0x80, 0x80, 0x80, 0x70}), kIntegerTooLarge);
  EXPECT_FAILS(read<i33_of>({0x80, 0x80, 0x80, 0x80, 0x60}), kIntegerTooLarge);
  EXPECT_FAILS(read<i64_of>({0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01}), kIntegerTooLarge);
}

TEST(Leb128, EndOfBytes) {
  EXPECT_FAILS(read<u32_of>({}), kUnexpectedEnd);
  EXPECT_FAILS(read<u32_of>({0x80}), kUnexpectedEnd);
  EXPECT_FAILS(read<i64_of>({0xff, 0xff}), kUnexpectedEnd);
}

// The ten-byte form of a signed number.
Bytes padded(i64 value) {
  Bytes bytes;
  for (int i = 0; i < 10; ++i)
    bytes.push_back(static_cast<u8>((value >> std::min(7 * i, 63) & 0x7f) | (i < 9 ? 0x80 : 0)));
  return bytes;
}

// The trusting readers agree with the checking ones on everything legal, over-long forms included.
TEST(Leb128, TrustingReadersAgree) {
  for (const u64 bits : {0ull, 1ull, 63ull, 64ull, 127ull, 128ull, 8191ull, 0x7fffffffull, 0x80000000ull, 0xffffffffull,
                         0x123456789abcdefull, 0x8000000000000000ull, 0xffffffffffffffffull, 0xffffffff80000000ull}) {
    const i64 value = static_cast<i64>(bits);
    Bytes shortest;
    append_signed(shortest, value);
    for (const Bytes& bytes : {shortest, padded(value)}) {
      const char* what = "";
      const u8* checked = bytes.data();
      EXPECT_EQ(read_var_i64(checked, bytes.data() + bytes.size(), what), value);
      EXPECT_STREQ(what, "");
      const u8* trusted = bytes.data();
      EXPECT_EQ(next_i64(trusted), value);
      EXPECT_EQ(trusted, bytes.data() + bytes.size());
    }
  }
  for (const std::initializer_list<u8> encoded : {std::initializer_list<u8>{0x40},
                                                  {0x3f},
                                                  {0xc0, 0xbb, 0x78},
                                                  {0xff, 0xff, 0xff, 0xff, 0x07},
                                                  {0x80, 0x80, 0x80, 0x80, 0x78}}) {
    const Bytes bytes(encoded);
    const u8* p = bytes.data();
    EXPECT_EQ(next_i32(p), static_cast<i32>(read<i32_of>(encoded).value));
    EXPECT_EQ(p, bytes.data() + bytes.size());
  }
  const Bytes largest = {0xff, 0xff, 0xff, 0xff, 0x0f};
  const u8* p = largest.data();
  EXPECT_EQ(next_u32(p), 0xffffffffu);
  EXPECT_EQ(p, largest.data() + 5);
}

TEST(Leb128, CountsAreBoundedByTheBytesThatAreThere) {
  const Bytes bytes = {0x03, 1, 2, 3};
  ByteReader fits(bytes);
  EXPECT_EQ(read_count(fits, 1, 10, "limit"), 3u);
  EXPECT_TRUE(fits.ok());
  ByteReader too_many(bytes);
  EXPECT_EQ(read_count(too_many, 2, 10, "limit"), 0u);
  EXPECT_STREQ(too_many.error().what, "length out of bounds");
  EXPECT_EQ(too_many.error().where, 0u);
  ByteReader limited(bytes);
  EXPECT_EQ(read_count(limited, 1, 2, "limit"), 0u);
  EXPECT_EQ(limited.error().kind, ErrorKind::Limit);
}

}  // namespace
}  // namespace hermit::wasm

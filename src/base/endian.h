// Little- and big-endian integers as bytes: loads and stores that need no alignment, and integer types that can be
// members of structs which mirror a file format (the idea is mold's lib/integers.h).
#pragma once

#include <array>
#include <bit>
#include <concepts>
#include <cstring>

#include "base/types.h"

namespace hermit {

// The bytes of an integer in another order than this machine's, or back.
template <std::endian kOrder, std::integral T>
constexpr T reorder(T value) {
  if constexpr (kOrder == std::endian::native || sizeof(T) == 1) return value;
  return std::byteswap(value);
}

// One instruction each, even where the compiler saves on code and would leave a loop over bytes.
template <std::endian kOrder, std::integral T>
constexpr T load(const u8* p) {
  T value{};
  if consteval {
    u8 bytes[sizeof(T)];
    for (size_t i = 0; i < sizeof(T); ++i) bytes[i] = p[i];
    value = std::bit_cast<T>(bytes);
  } else {
    std::memcpy(&value, p, sizeof value);
  }
  return reorder<kOrder>(value);
}
template <std::endian kOrder, std::integral T>
constexpr void store(u8* p, T value) {
  value = reorder<kOrder>(value);
  if consteval {
    const auto bytes = std::bit_cast<std::array<u8, sizeof(T)>>(value);
    for (size_t i = 0; i < sizeof(T); ++i) p[i] = bytes[i];
  } else {
    std::memcpy(p, &value, sizeof value);
  }
}

template <std::integral T>
constexpr T load_le(const u8* p) {
  return load<std::endian::little, T>(p);
}
template <std::integral T>
constexpr void store_le(u8* p, T value) {
  store<std::endian::little>(p, value);
}
template <std::integral T>
constexpr T load_be(const u8* p) {
  return load<std::endian::big, T>(p);
}
template <std::integral T>
constexpr void store_be(u8* p, T value) {
  store<std::endian::big>(p, value);
}

// An integer stored in a fixed byte order, without alignment or padding.
template <std::integral T, std::endian kOrder>
class PackedInt {
 public:
  constexpr PackedInt() = default;
  constexpr PackedInt(T value) { *this = value; }  // NOLINT: implicit by design, it stands for an integer
  constexpr PackedInt& operator=(T value) {
    store<kOrder>(bytes_, value);
    return *this;
  }
  constexpr operator T() const { return load<kOrder, T>(bytes_); }  // NOLINT: implicit by design

 private:
  u8 bytes_[sizeof(T)] = {};
};

using ul16 = PackedInt<u16, std::endian::little>;
using ul32 = PackedInt<u32, std::endian::little>;
using ul64 = PackedInt<u64, std::endian::little>;
using ub32 = PackedInt<u32, std::endian::big>;
using ub64 = PackedInt<u64, std::endian::big>;

}  // namespace hermit

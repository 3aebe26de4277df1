// Little- and big-endian integers as bytes: loads and stores that need no alignment, and integer types that can be
// members of structs which mirror a file format (the idea is mold's lib/integers.h).
#pragma once

#include <bit>
#include <concepts>
#include <cstring>

#include "base/types.h"

namespace hermit {

template <std::integral T>
constexpr T load_le(const u8* p) {
  T value{};
  for (size_t i = 0; i < sizeof(T); ++i)
    value = static_cast<T>(value | static_cast<T>(static_cast<T>(p[i]) << (8 * i)));
  return value;
}

template <std::integral T>
constexpr void store_le(u8* p, T value) {
  for (size_t i = 0; i < sizeof(T); ++i) p[i] = static_cast<u8>(static_cast<u64>(value) >> (8 * i));
}

template <std::integral T>
constexpr T load_be(const u8* p) {
  T value{};
  for (size_t i = 0; i < sizeof(T); ++i) value = static_cast<T>(static_cast<u64>(value) << 8 | p[i]);
  return value;
}

template <std::integral T>
constexpr void store_be(u8* p, T value) {
  for (size_t i = 0; i < sizeof(T); ++i) p[sizeof(T) - 1 - i] = static_cast<u8>(static_cast<u64>(value) >> (8 * i));
}

// An integer stored in a fixed byte order, without alignment or padding.
template <std::integral T, std::endian kOrder>
class PackedInt {
 public:
  constexpr PackedInt() = default;
  constexpr PackedInt(T value) { *this = value; }  // NOLINT: implicit by design, it stands for an integer
  constexpr PackedInt& operator=(T value) {
    for (size_t i = 0; i < sizeof(T); ++i) bytes_[index(i)] = static_cast<u8>(static_cast<u64>(value) >> (8 * i));
    return *this;
  }
  constexpr operator T() const {  // NOLINT: implicit by design
    u64 value = 0;
    for (size_t i = 0; i < sizeof(T); ++i) value |= static_cast<u64>(bytes_[index(i)]) << (8 * i);
    return static_cast<T>(value);
  }

 private:
  static constexpr size_t index(size_t i) { return kOrder == std::endian::little ? i : sizeof(T) - 1 - i; }
  u8 bytes_[sizeof(T)] = {};
};

using ul16 = PackedInt<u16, std::endian::little>;
using ul32 = PackedInt<u32, std::endian::little>;
using ul64 = PackedInt<u64, std::endian::little>;
using ub32 = PackedInt<u32, std::endian::big>;
using ub64 = PackedInt<u64, std::endian::big>;

}  // namespace hermit

// memcpy, memmove, memset: the library's versions, built for size, move one byte at a time.
//
// These are found before them. Up to 32 bytes go in two pieces that may overlap; longer ones 64 bytes a round, and the
// last 64 in pieces counted from the end. All bytes of a round are read before any is written, so a move to a lower
// address may overlap. Compiled with -fno-builtin, or the compiler would see what this is and call it.
#include <cstddef>
#include <cstdint>

#include "base/types.h"

namespace {

using hermit::u16;
using hermit::u32;
using hermit::u64;
using hermit::u8;

typedef u64 Bytes16 __attribute__((vector_size(16)));

template <typename T>
struct __attribute__((packed, may_alias)) Unaligned {
  T value;
};

template <typename T>
T load(const u8* from) {
  return reinterpret_cast<const Unaligned<T>*>(from)->value;
}
template <typename T>
void store(u8* to, T value) {
  reinterpret_cast<Unaligned<T>*>(to)->value = value;
}

// The first and the last bytes, which overlap if there are fewer than two pieces.
template <typename T>
void two_pieces(u8* to, const u8* from, size_t size) {
  const T first = load<T>(from);
  const T last = load<T>(from + size - sizeof(T));
  store(to, first);
  store(to + size - sizeof(T), last);
}

struct Bytes64 {
  Bytes16 a, b, c, d;
};
Bytes64 load_64(const u8* from) {
  return {load<Bytes16>(from), load<Bytes16>(from + 16), load<Bytes16>(from + 32), load<Bytes16>(from + 48)};
}
void store_64(u8* to, const Bytes64& bytes) {
  store(to, bytes.a);
  store(to + 16, bytes.b);
  store(to + 32, bytes.c);
  store(to + 48, bytes.d);
}

void move_small(u8* to, const u8* from, size_t size) {
  if (size >= 16) return two_pieces<Bytes16>(to, from, size);
  if (size >= 8) return two_pieces<u64>(to, from, size);
  if (size >= 4) return two_pieces<u32>(to, from, size);
  if (size >= 2) return two_pieces<u16>(to, from, size);
  if (size == 1) *to = *from;
}

// Requires: more than 32 bytes.
void move_up_to_64(u8* to, const u8* from, size_t size) {
  const Bytes16 a = load<Bytes16>(from);
  const Bytes16 b = load<Bytes16>(from + 16);
  const Bytes16 c = load<Bytes16>(from + size - 32);
  const Bytes16 d = load<Bytes16>(from + size - 16);
  store(to, a);
  store(to + 16, b);
  store(to + size - 32, c);
  store(to + size - 16, d);
}

// Requires: more than 64 bytes; `to` is below `from` or behind its end.
void move_forward(u8* to, const u8* from, size_t size) {
  const Bytes64 last = load_64(from + size - 64);
  u8* const end = to + size - 64;
  for (; to < end; to += 64, from += 64) store_64(to, load_64(from));
  store_64(end, last);
}

// Requires: more than 64 bytes.
void move_backward(u8* to, const u8* from, size_t size) {
  const Bytes64 first = load_64(from);
  for (size_t rest = size; rest > 64; rest -= 64) store_64(to + rest - 64, load_64(from + rest - 64));
  store_64(to, first);
}

}  // namespace

extern "C" {

void* memmove(void* to_pointer, const void* from_pointer, size_t size) {
  u8* const to = static_cast<u8*>(to_pointer);
  const u8* const from = static_cast<const u8*>(from_pointer);
  if (size <= 32) {
    move_small(to, from, size);
  } else if (size <= 64) {
    move_up_to_64(to, from, size);
  } else if (reinterpret_cast<uintptr_t>(to) - reinterpret_cast<uintptr_t>(from) >= size) {
    move_forward(to, from, size);
  } else {
    move_backward(to, from, size);
  }
  return to_pointer;
}

void* memcpy(void* __restrict to, const void* __restrict from, size_t size) { return memmove(to, from, size); }

void* memset(void* pointer, int value, size_t size) {
  u8* to = static_cast<u8*>(pointer);
  const u64 eight = u64{0x0101010101010101} * static_cast<u8>(value);
  if (size < 16) {
    if (size >= 8) {
      store<u64>(to, eight);
      store<u64>(to + size - 8, eight);
    } else {
      for (; size != 0; --size) *to++ = static_cast<u8>(value);
    }
    return pointer;
  }
  const Bytes16 bytes = {eight, eight};
  u8* const end = to + size - 16;
  for (; end - to >= 48; to += 64) store_64(to, {bytes, bytes, bytes, bytes});
  for (; to < end; to += 16) store(to, bytes);
  store(end, bytes);
  return pointer;
}

}  // extern "C"

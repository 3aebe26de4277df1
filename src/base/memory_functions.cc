#include "base/memory_functions.h"

#include <cstddef>
#include <cstdint>

#include "base/types.h"

namespace hermit {
#if defined(__x86_64__)
bool memory_functions_use_avx = false;
#endif
}  // namespace hermit

#if (defined(__linux__) || defined(_WIN32)) && !__has_feature(address_sanitizer)
namespace {

using hermit::u16;
using hermit::u32;
using hermit::u64;
using hermit::u8;

// What one load or store moves, at any address.
template <typename T>
struct [[gnu::packed]] Unaligned {
  T value;
};
using Bytes16 = u8 __attribute__((vector_size(16)));
using Bytes32 = u8 __attribute__((vector_size(32)));

// [[gnu::always_inline]] and references throughout: where a T needs registers that not every processor has, these
// become part of a function that may use them.
template <typename T>
[[gnu::always_inline]] inline void load(T& value, const u8* from) {
  value = reinterpret_cast<const Unaligned<T>*>(from)->value;
}
template <typename T>
[[gnu::always_inline]] inline void store(u8* to, const T& value) {
  reinterpret_cast<Unaligned<T>*>(to)->value = value;
}

// `kEach` T from either end: for kEach * sizeof(T) to twice as many bytes. All is read before anything is written.
template <typename T, int kEach>
[[gnu::always_inline]] inline void move_ends(u8* to, const u8* from, size_t size) {
  T first[kEach], last[kEach];
  for (int i = 0; i < kEach; ++i) {
    load(first[i], from + sizeof(T) * i);
    load(last[i], from + size - sizeof(T) * (i + 1));
  }
  for (int i = 0; i < kEach; ++i) {
    store(to + sizeof(T) * i, first[i]);
    store(to + size - sizeof(T) * (i + 1), last[i]);
  }
}

template <typename T, int kEach>
[[gnu::always_inline]] inline void fill_ends(u8* to, const T& value, size_t size) {
  for (int i = 0; i < kEach; ++i) {
    store(to + sizeof(T) * i, value);
    store(to + size - sizeof(T) * (i + 1), value);
  }
}

template <typename T>
struct Block {
  T parts[4];
};
template <typename T>
[[gnu::always_inline]] inline void load(Block<T>& block, const u8* from) {
  for (size_t i = 0; i < 4; ++i) load(block.parts[i], from + i * sizeof(T));
}
template <typename T>
[[gnu::always_inline]] inline void store(u8* to, const Block<T>& block) {
  for (size_t i = 0; i < 4; ++i) store(to + i * sizeof(T), block.parts[i]);
}

// Four T at a time, the stores of the loop aligned. The ends, which overlap what the loop moves, are read before
// anything is written and written last. `size` is above that of a block.
template <typename T>
[[gnu::always_inline]] inline void move_blocks(u8* to, const u8* from, size_t size) {
  Block<T> block, end;
  T other_end;
  if (reinterpret_cast<uintptr_t>(to) - reinterpret_cast<uintptr_t>(from) >=
      size) {  // `to` is before `from` or apart from it
    load(other_end, from);
    load(end, from + size - sizeof(end));
    u8* const tail = to + size - sizeof(end);
    const ptrdiff_t distance = from - to;
    for (u8* at = to + sizeof(T) - reinterpret_cast<uintptr_t>(to) % sizeof(T); at < tail; at += sizeof(block)) {
      load(block, at + distance);
      store(at, block);
    }
    store(tail, end);
    store(to, other_end);
  } else {
    load(other_end, from + size - sizeof(T));
    load(end, from);
    for (size_t left = size - reinterpret_cast<uintptr_t>(to + size) % sizeof(T); left > sizeof(block);
         left -= sizeof(block)) {
      load(block, from + left - sizeof(block));
      store(to + left - sizeof(block), block);
    }
    store(to + size - sizeof(T), other_end);
    store(to, end);
  }
}

template <typename T>
[[gnu::always_inline]] inline void fill_blocks(u8* to, const T& value, size_t size) {
  constexpr size_t kSize = sizeof(T);
  u8* const tail = to + size - 4 * kSize;
  store(to, value);
  for (u8* at = to + kSize - reinterpret_cast<uintptr_t>(to) % kSize; at < tail; at += 4 * kSize) {
    for (size_t i = 0; i < 4; ++i) store(at + i * kSize, value);
  }
  for (size_t i = 0; i < 4; ++i) store(tail + i * kSize, value);
}

// These return where they wrote, like the functions that they end.
#if defined(__x86_64__)
[[gnu::target("avx"), gnu::noinline]] void* move_blocks_avx(u8* to, const u8* from, size_t size) {
  move_blocks<Bytes32>(to, from, size);
  return to;
}
[[gnu::target("avx"), gnu::noinline]] void* fill_blocks_avx(u8* to, u64 bytes, size_t size) {
  using Words = u64 __attribute__((vector_size(32)));
  const Words words = {bytes, bytes, bytes, bytes};
  fill_blocks(to, words, size);
  return to;
}
bool use_avx() { return __atomic_load_n(&hermit::memory_functions_use_avx, __ATOMIC_RELAXED); }
#endif

}  // namespace

extern "C" {

void* memmove(void* target, const void* source, size_t size) {
  u8* const to = static_cast<u8*>(target);
  const u8* const from = static_cast<const u8*>(source);
  if (size <= 16) {
    if (size >= 8) return move_ends<u64, 1>(to, from, size), to;
    if (size >= 4) return move_ends<u32, 1>(to, from, size), to;
    if (size >= 2) return move_ends<u16, 1>(to, from, size), to;
    if (size == 1) *to = *from;
    return to;
  }
  if (size <= 32) return move_ends<Bytes16, 1>(to, from, size), to;
  if (size <= 64) return move_ends<Bytes16, 2>(to, from, size), to;
  if (size <= 128) return move_ends<Bytes16, 4>(to, from, size), to;
#if defined(__x86_64__)
  if (use_avx()) return move_blocks_avx(to, from, size);
#endif
  return move_blocks<Bytes16>(to, from, size), to;
}

[[gnu::alias("memmove")]] void* memcpy(void* __restrict to, const void* __restrict from, size_t size);

void* memset(void* target, int value, size_t size) {
  u8* const to = static_cast<u8*>(target);
  const u64 bytes = static_cast<u8>(value) * 0x0101'0101'0101'0101;
  if (size <= 16) {
    if (size >= 8) return fill_ends<u64, 1>(to, bytes, size), to;
    if (size >= 4) return fill_ends<u32, 1>(to, static_cast<u32>(bytes), size), to;
    if (size >= 2) return fill_ends<u16, 1>(to, static_cast<u16>(bytes), size), to;
    if (size == 1) *to = static_cast<u8>(value);
    return to;
  }
  using Words = u64 __attribute__((vector_size(16)));
  const Words words = {bytes, bytes};
  if (size <= 32) return fill_ends<Words, 1>(to, words, size), to;
  if (size <= 64) return fill_ends<Words, 2>(to, words, size), to;
  if (size <= 128) return fill_ends<Words, 4>(to, words, size), to;
#if defined(__x86_64__)
  if (use_avx()) return fill_blocks_avx(to, bytes, size);
#endif
  return fill_blocks(to, words, size), to;
}
}
#endif

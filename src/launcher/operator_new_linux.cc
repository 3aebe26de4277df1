// operator new for the launcher: the objects of a start lie one behind the other.
//
// A start makes some hundred small objects. The library's allocator (musl's) takes a mapping or a new page for almost
// each size of them; system calls and page faults are what a start costs. Here they come from an arena without any
// call. Nothing of it is used twice but its end: once it is full, and for larger objects, there is malloc. Stands in
// for base/operator_new.cc.
#include <atomic>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <new>

#include "base/types.h"

namespace {

using hermit::u8;

constexpr size_t kArena = 128 << 10;  // zeros of the executable: no page is there before it is touched
constexpr size_t kLargest = 16 << 10;  // object of the arena
constexpr size_t kAlignment = 16;

alignas(kAlignment) constinit u8 arena[kArena] = {};
constinit std::atomic<size_t> arena_end = 0;

// Requires: size <= kLargest.
size_t rounded(size_t size) { return size == 0 ? kAlignment : (size + kAlignment - 1) / kAlignment * kAlignment; }

void* take(size_t size) {
  if (size > kLargest) return std::malloc(size);
  size_t at = arena_end.load(std::memory_order_relaxed);
  while (rounded(size) <= kArena - at) {
    if (arena_end.compare_exchange_weak(at, at + rounded(size), std::memory_order_acquire)) return arena + at;
  }
  return std::malloc(size == 0 ? 1 : size);
}

void* allocate(size_t size) {
  void* const memory = take(size);
  if (memory == nullptr) {
    std::fputs("hermit: out of memory\n", stderr);
    std::_Exit(70);  // EX_SOFTWARE, as check_failed
  }
  return memory;
}

size_t place_in_arena(const void* memory) {
  return reinterpret_cast<uintptr_t>(memory) - reinterpret_cast<uintptr_t>(arena);
}

void give_back(void* memory) {
  if (place_in_arena(memory) >= kArena) std::free(memory);
}
void give_back(void* memory, size_t size) {
  const size_t at = place_in_arena(memory);
  if (at >= kArena) return std::free(memory);
  size_t end = at + rounded(size);
  arena_end.compare_exchange_strong(end, at, std::memory_order_release);  // if nothing lies behind it
}

}  // namespace

void* operator new(size_t size) { return allocate(size); }
void* operator new[](size_t size) { return allocate(size); }
void* operator new(size_t size, const std::nothrow_t&) noexcept { return take(size); }
void* operator new[](size_t size, const std::nothrow_t&) noexcept { return take(size); }
void operator delete(void* memory) noexcept { give_back(memory); }
void operator delete[](void* memory) noexcept { give_back(memory); }
void operator delete(void* memory, size_t size) noexcept { give_back(memory, size); }
void operator delete[](void* memory, size_t size) noexcept { give_back(memory, size); }

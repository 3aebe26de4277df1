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

constexpr size_t kArena = 128 << 10;
constexpr size_t kLargest = 16 << 10;  // object of the arena
constexpr size_t kAlignment = 16;

// Zeros of the executable: no page is there before it is touched. In a section of its own, so that the few variables of
// the program and its C library share a page with the arena's beginning; linkers put it behind .bss if that is named
// before it.
asm(".pushsection .bss,\"aw\",@nobits\n"
    ".balign 8\n"
    "hermit_arena_end:\n"
    ".zero 8\n"
    ".popsection\n"
    ".pushsection .arena,\"aw\",@nobits\n"
    ".balign 16\n"
    "hermit_arena:\n"
    ".zero 131072\n"
    ".popsection\n");
static_assert(kArena == 131072 && kAlignment == 16 && sizeof(std::atomic<size_t>) == 8);
extern "C" u8 hermit_arena[kArena];
extern "C" std::atomic<size_t> hermit_arena_end;  // how much of it is taken

// Requires: size <= kLargest.
size_t rounded(size_t size) { return size == 0 ? kAlignment : (size + kAlignment - 1) / kAlignment * kAlignment; }

void* take(size_t size) {
  if (size > kLargest) return std::malloc(size);
  size_t at = hermit_arena_end.load(std::memory_order_relaxed);
  while (rounded(size) <= kArena - at) {
    if (hermit_arena_end.compare_exchange_weak(at, at + rounded(size), std::memory_order_acquire))
      return hermit_arena + at;
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
  return reinterpret_cast<uintptr_t>(memory) - reinterpret_cast<uintptr_t>(hermit_arena);
}

void give_back(void* memory) {
  if (place_in_arena(memory) >= kArena) std::free(memory);
}
void give_back(void* memory, size_t size) {
  const size_t at = place_in_arena(memory);
  if (at >= kArena) return std::free(memory);
  size_t end = at + rounded(size);
  hermit_arena_end.compare_exchange_strong(end, at, std::memory_order_release);  // if nothing lies behind it
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

// operator new for the tool: blocks are kept for the next request of their size.
//
// The compiler's passes fill and drop some hundred vectors for each function. The library's allocator (musl's) gives
// each larger block back to the system at once, to ask for it again a moment later: a third of the time of compiling a
// large module. Here a freed block waits in the list of its size, and the process ends soon. Sizes are rounded to a
// quarter of a power of two; small blocks are cut from large ones. Stands in for base/operator_new.cc.
#include <bit>
#include <cstdio>
#include <cstdlib>
#include <new>

#include "base/types.h"

namespace {

using hermit::u32;
using hermit::u8;

// In front of each block; of 16 bytes, so that blocks are aligned.
struct alignas(16) Header {
  u32 size_class;
  Header* next;  // of a free block
};
static_assert(sizeof(Header) == 16);

constexpr u32 kClasses = 4 * 64;
constexpr size_t kSmallest = 64;
constexpr size_t kSmall = 32 << 10;  // up to here blocks are cut from chunks
constexpr size_t kChunk = 1 << 20;

// Of each thread; what another thread freed serves that one.
struct Blocks {
  Header* free[kClasses];
  u8* chunk;
  size_t left;
};
thread_local constinit Blocks blocks = {};

// The smallest class whose blocks hold `size` bytes, and their size.
u32 class_of(size_t& size) {
  if (size < kSmallest) size = kSmallest;
  const auto power = static_cast<u32>(std::bit_width(size - 1)) - 1;  // size is in (2^power, 2^(power + 1)]
  const size_t quarter = size_t{1} << (power - 2);
  const size_t quarters = (size - 1 - (size_t{1} << power)) / quarter;  // 0 to 3
  size = (size_t{1} << power) + (quarters + 1) * quarter;
  return 4 * power + static_cast<u32>(quarters);
}

void* take(size_t size) {
  if (size > size_t{1} << 62) return nullptr;
  const u32 size_class = class_of(size);
  Header* header = blocks.free[size_class];
  if (header != nullptr) {
    blocks.free[size_class] = header->next;
    return header + 1;
  }
  const size_t whole = size + sizeof(Header);
  if (whole > kSmall) {
    header = static_cast<Header*>(std::malloc(whole));
    if (header == nullptr) return nullptr;
  } else {
    if (blocks.left < whole) {
      blocks.chunk = static_cast<u8*>(std::malloc(kChunk));
      blocks.left = blocks.chunk == nullptr ? 0 : kChunk;
      if (blocks.chunk == nullptr) return nullptr;
    }
    header = reinterpret_cast<Header*>(blocks.chunk);
    blocks.chunk += whole;
    blocks.left -= whole;
  }
  header->size_class = size_class;
  return header + 1;
}

void* allocate(size_t size) {
  void* const memory = take(size);
  if (memory == nullptr) {
    std::fputs("hermit: out of memory\n", stderr);
    std::_Exit(70);  // EX_SOFTWARE, as check_failed
  }
  return memory;
}

void give_back(void* memory) {
  if (memory == nullptr) return;
  Header* const header = static_cast<Header*>(memory) - 1;
  header->next = blocks.free[header->size_class];
  blocks.free[header->size_class] = header;
}

}  // namespace

void* operator new(size_t size) { return allocate(size); }
void* operator new[](size_t size) { return allocate(size); }
void* operator new(size_t size, const std::nothrow_t&) noexcept { return take(size); }
void* operator new[](size_t size, const std::nothrow_t&) noexcept { return take(size); }
void operator delete(void* memory) noexcept { give_back(memory); }
void operator delete[](void* memory) noexcept { give_back(memory); }
void operator delete(void* memory, size_t) noexcept { give_back(memory); }
void operator delete[](void* memory, size_t) noexcept { give_back(memory); }

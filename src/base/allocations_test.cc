// Counts what the tests' program allocates, by standing in for the allocation functions of the library.
#include "base/allocations_test.h"

#include <atomic>
#include <cstdlib>
#include <new>

namespace hermit {
namespace {

std::atomic<u64> count;
std::atomic<u64> bytes;

void* allocate(size_t size) {
  count.fetch_add(1, std::memory_order_relaxed);
  bytes.fetch_add(size, std::memory_order_relaxed);
  void* const result = std::malloc(size == 0 ? 1 : size);
  if (result == nullptr) std::abort();
  return result;
}

}  // namespace

Allocations allocations() { return {count.load(), bytes.load()}; }

}  // namespace hermit

void* operator new(size_t size) { return hermit::allocate(size); }
void* operator new[](size_t size) { return hermit::allocate(size); }
void* operator new(size_t size, const std::nothrow_t&) noexcept { return hermit::allocate(size); }
void* operator new[](size_t size, const std::nothrow_t&) noexcept { return hermit::allocate(size); }
void operator delete(void* pointer) noexcept { std::free(pointer); }
void operator delete[](void* pointer) noexcept { std::free(pointer); }
void operator delete(void* pointer, size_t) noexcept { std::free(pointer); }
void operator delete[](void* pointer, size_t) noexcept { std::free(pointer); }

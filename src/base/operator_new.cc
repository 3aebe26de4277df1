// operator new where nothing throws: where memory ends, so does the process.
//
// The library's versions bring the whole machinery of exceptions into every launcher; these are found before them. In a
// file of their own, so that a program with its own (the tests) links. Sizes that come from outside are checked before
// they get here.
#include <cstdio>
#include <cstdlib>
#include <new>

namespace {

void* allocate(std::size_t size) {
  void* const memory = std::malloc(size == 0 ? 1 : size);
  if (memory == nullptr) {
    std::fputs("hermit: out of memory\n", stderr);
    std::_Exit(70);  // EX_SOFTWARE, as check_failed
  }
  return memory;
}

}  // namespace

void* operator new(std::size_t size) { return allocate(size); }
void* operator new[](std::size_t size) { return allocate(size); }
void* operator new(std::size_t size, const std::nothrow_t&) noexcept { return std::malloc(size == 0 ? 1 : size); }
void* operator new[](std::size_t size, const std::nothrow_t&) noexcept { return std::malloc(size == 0 ? 1 : size); }
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete[](void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::size_t) noexcept { std::free(memory); }

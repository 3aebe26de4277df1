// The parts of the C++ library that a launcher would otherwise carry much more with: these definitions are found before
// the library's.
//
// operator new: what the library does by throwing brings the whole machinery of exceptions. Nothing here throws, and
// nothing could go on: where memory ends, so does the process. Sizes that come from outside are checked before they get
// here.
#include <cstdio>
#include <cstdlib>
#include <new>
#include <string>

namespace {

[[noreturn]] void fail(const char* what) {
  std::fputs(what, stderr);
  std::_Exit(70);  // EX_SOFTWARE, as check_failed
}

void* allocate(std::size_t size) {
  void* const memory = std::malloc(size == 0 ? 1 : size);
  if (memory == nullptr) fail("hermit: out of memory\n");
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

#ifdef _LIBCPP_VERSION
// The library's own instantiation shares an object file with all conversions between numbers and text.
template class std::basic_string<char>;
template std::string std::operator+(const char*, const std::string&);

// A violated requirement of a library function. https://libcxx.llvm.org/Hardening.html
void std::__libcpp_verbose_abort(const char*, ...) { fail("hermit: internal error: C++ library\n"); }
#endif

#include "base/check.h"

#include <cstddef>
#include <cstdio>
#include <cstdlib>

// The C++ library's terminate handler prints the demangled type of an uncaught exception. Hermit throws none, and the
// demangler is 90 KB of every launcher: this definition, found before the library's, leaves it out.
extern "C" char* __cxa_demangle(const char*, char*, std::size_t*, int* status) {  // NOLINT: the C++ ABI's name
  if (status != nullptr) *status = -2;  // "not a valid name": the handler then prints it as it is
  return nullptr;
}

namespace hermit {

void check_failed(const char* file, int line, const char* expression) {
  std::fprintf(stderr, "hermit: internal error: %s:%d: CHECK failed: %s\n", file, line, expression);
  std::fflush(stderr);
#if HERMIT_FUEL
  std::abort();  // a fuzzer keeps the input of a signal, not of an exit
#else
  std::_Exit(70);
#endif
}

}  // namespace hermit

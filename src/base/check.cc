#include "base/check.h"

#include <cstdio>
#include <cstdlib>

namespace hermit {

void check_failed(const char* file, int line, const char* expression) {
  std::fprintf(stderr, "hermit: internal error: %s:%d: CHECK failed: %s\n", file, line, expression);
  std::fflush(stderr);
  std::_Exit(70);
}

}  // namespace hermit

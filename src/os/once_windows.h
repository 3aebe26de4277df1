// What is made when it is asked for first, by one thread, and stays. A `static` in a function would be the same, but
// the calls that make it are the C++ library's, which launchers do without (CMakeLists.txt).
#pragma once

#include <new>

#include "os/nt_windows.h"

namespace hermit::os {

// The one T of the process.
template <typename T>
const T& only() {
  static constinit INIT_ONCE once = INIT_ONCE_STATIC_INIT;
  alignas(T) static constinit unsigned char place[sizeof(T)] = {};
  (void)InitOnceExecuteOnce(
      &once, [](INIT_ONCE*, void*, void**) -> BOOL { return ::new (place) T, TRUE; }, nullptr, nullptr);
  return *std::launder(reinterpret_cast<const T*>(place));
}

}  // namespace hermit::os

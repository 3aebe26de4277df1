// WASI error numbers, and results that carry them.
#pragma once

#include <expected>

#include "base/error.h"
#include "os/sys_error.h"

namespace hermit::wasi1 {

enum class Errno : u16 {
  Success = 0,
#define ERRNO(name, number, system) name = number,
#include "wasi1/errno.def"
#undef ERRNO
  Notcapable = 76,  // the descriptor lacks the right
  // What WasmEdge's sock_getaddrinfo adds.
  Aiagain = 78,
  Aifail = 80,
  Aifamily = 81,
  Ainoname = 84,
  Aiservice = 85,
  Aisocktype = 86,
};

constexpr Errno to_errno(os::SysError error) {
  switch (error) {
#define ERRNO(name, number, system) \
  case os::SysError::system: return Errno::name;
#include "wasi1/errno.def"
#undef ERRNO
  }
  return Errno::Io;
}

// The error side of an Outcome: made from either kind of error, so that TRY works on results of both layers.
struct Failure {
  Errno number;
  constexpr Failure(Errno errno_number) : number(errno_number) {}           // NOLINT: implicit by design
  constexpr Failure(os::SysError error) : number(to_errno(error)) {}  // NOLINT: implicit by design
};

template <typename T>
using Outcome = std::expected<T, Failure>;

inline std::unexpected<Failure> fail(Errno number) { return std::unexpected(Failure(number)); }

}  // namespace hermit::wasi1

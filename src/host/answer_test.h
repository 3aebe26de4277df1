// Answers of the host in words, for its tests.
#pragma once

#include <string>

#include "host/host.h"

namespace hermit::host {

// What a call answered, in words: "ok" or the name of the system's error.
inline std::string name_of(SysError error) {
  switch (error) {
#define SYS_ERROR(name, posix) \
  case SysError::name: return #name;
#include "os/sys_errors.def"
#undef SYS_ERROR
  }
  return "?";
}
template <typename T>
std::string answer(const SysResult<T>& result) {
  return result ? "ok" : name_of(result.error());
}

}  // namespace hermit::host

// errno to SysError and back, by the one list in sys_errors.def.
#include <cstring>

#include "os/posix.h"

namespace hermit::os {

SysError from_errno(int number) {
  if (number == EOPNOTSUPP) return SysError::NotSupported;  // a number of its own on macOS
  switch (number) {
#define SYS_ERROR(name, posix) \
  case posix: return SysError::name;
#include "os/sys_errors.def"
#undef SYS_ERROR
    default: return SysError::Io;
  }
}

int system_number(SysError error) {
  switch (error) {
#define SYS_ERROR(name, posix) \
  case SysError::name: return posix;
#include "os/sys_errors.def"
#undef SYS_ERROR
  }
  return EIO;
}

const char* describe(SysError error) { return std::strerror(system_number(error)); }

}  // namespace hermit::os

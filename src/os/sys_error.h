// Errors of the operating system as one portable list (sys_errors.def), so that the layers above never see an errno
// or a GetLastError value.
//
// Every function of os/ that can fail for a reason the guest may learn returns SysResult<T>. Calls interrupted by a
// signal are repeated below this line: Interrupted reaches a caller only where a header says so.
#pragma once

#include <expected>

#include "base/types.h"

namespace hermit::os {

enum class SysError : u8 {
#define SYS_ERROR(name, posix) name,
#include "os/sys_errors.def"
#undef SYS_ERROR
};

template <typename T>
using SysResult = std::expected<T, SysError>;

inline std::unexpected<SysError> fail(SysError error) { return std::unexpected(error); }

// The number that the launcher may show or put into Error::where, as os::error_text takes it: errno on POSIX systems,
// a GetLastError value on Windows.
int system_number(SysError error);
// A short English text, for example "No such file or directory".
const char* describe(SysError error);

}  // namespace hermit::os

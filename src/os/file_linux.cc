// What Linux offers beyond POSIX for open files: preallocation that never shrinks a file, advice, fdatasync.
#include <fcntl.h>
#include <unistd.h>

#include "os/posix.h"

namespace hermit::os {

SysResult<void> allocate(const Handle& file, u64 offset, u64 length) {
  constexpr u64 kMax = 0x7fffffffffffffff;
  if (offset > kMax || length > kMax - offset) return fail(SysError::FileTooBig);
  return done(
      retry([&] { return ::fallocate(fd_of(file), 0, static_cast<off_t>(offset), static_cast<off_t>(length)); }));
}

SysResult<void> advise(const Handle& file, u64 offset, u64 length, Advice advice) {
  static constexpr int kAdvice[] = {POSIX_FADV_NORMAL,   POSIX_FADV_SEQUENTIAL, POSIX_FADV_RANDOM,
                                    POSIX_FADV_WILLNEED, POSIX_FADV_DONTNEED,   POSIX_FADV_NOREUSE};
  const int error = ::posix_fadvise(fd_of(file), static_cast<off_t>(offset), static_cast<off_t>(length),
                                    kAdvice[static_cast<u8>(advice)]);
  if (error != 0) return fail(from_errno(error));
  return {};
}

SysResult<void> sync_data(const Handle& file) {
  return done(retry([&] { return ::fdatasync(fd_of(file)); }));
}

}  // namespace hermit::os

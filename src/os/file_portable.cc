// Preallocation and advice where a system has no fallocate and no posix_fadvise (macOS).
//
// A file is made long enough by ftruncate. Should another process lengthen it between fstat and ftruncate, that
// process's bytes are lost; POSIX alone has no call without that gap, and other implementations live with it too.
#include <fcntl.h>
#include <unistd.h>

#include "os/posix.h"

namespace hermit::os {

SysResult<void> allocate(const Handle& file, u64 offset, u64 length) {
  constexpr u64 kMax = 0x7fffffffffffffff;
  if (length == 0) return fail(SysError::Invalid);
  if (offset > kMax || length > kMax - offset) return fail(SysError::FileTooBig);
  struct stat st;
  if (::fstat(fd_of(file), &st) == -1) return last_error();
  if (S_ISFIFO(st.st_mode)) return fail(SysError::IllegalSeek);
  if (!S_ISREG(st.st_mode)) return fail(SysError::NoDevice);
  if ((::fcntl(fd_of(file), F_GETFL) & O_ACCMODE) == O_RDONLY) return fail(SysError::BadDescriptor);
  const u64 size = static_cast<u64>(st.st_size);
  if (offset + length <= size) return {};
#ifdef F_PREALLOCATE
  fstore_t store = {F_ALLOCATEALL, F_PEOFPOSMODE, 0, static_cast<off_t>(offset + length - size), 0};
  if (::fcntl(fd_of(file), F_PREALLOCATE, &store) == -1) return last_error();
#endif
  return set_size(file, offset + length);
}

SysResult<void> advise(const Handle& file, u64, u64, Advice) {
  return done(::lseek(fd_of(file), 0, SEEK_CUR) == -1 ? -1 : 0);  // streams have nothing to advise on
}

SysResult<void> sync_data(const Handle& file) { return sync(file); }

}  // namespace hermit::os

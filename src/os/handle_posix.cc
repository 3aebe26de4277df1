// Handles on POSIX systems are file descriptors. Numbers 0 to 2 never become free: whatever the launcher or a library
// writes to standard error must not land in a file that the guest opened a moment later.
#include "os/handle.h"

#include <fcntl.h>
#include <unistd.h>

#include "os/posix.h"

namespace hermit::os {

bool Handle::is_standard_stream(Raw raw) { return raw >= 0 && raw <= 2; }

void Handle::close() {
  if (raw_ == kNone) return;
  const int fd = static_cast<int>(std::exchange(raw_, kNone));
  if (!is_standard_stream(fd)) {
    ::close(fd);  // not repeated on EINTR: Linux and macOS have closed it by then
    return;
  }
  // The end of a pipe whose other end is closed, from which nothing can be read and to which nothing can be written.
  // The second wall lets it be made, unlike anything that needs a path.
  int ends[2];
#ifdef __linux__  // C libraries differ in which call pipe() makes
  if (::pipe2(ends, O_CLOEXEC) == -1) return;
#else
  if (::pipe(ends) == -1) return;
#endif
  ::close(ends[1]);
  retry([&] { return ::dup2(ends[0], fd); });
  ::close(ends[0]);
}

StandardStreams take_standard_streams() {
  StandardStreams result;
  for (int fd = 0; fd <= 2; ++fd) {
    if (::fcntl(fd, F_GETFD) != -1) {
      result.streams[fd] = Handle(fd);
    } else {
      // The lowest free number is taken, and that is `fd`.
      (void)retry([] { return ::open("/dev/null", O_RDWR); });
    }
  }
  return result;
}

}  // namespace hermit::os

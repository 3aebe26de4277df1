// Shared by whole_file_unix.cc (POSIX and WASI libc) and the files that differ between the two.
#pragma once

#include <cerrno>
#include <unistd.h>
#include <utility>

#include "base/error.h"

namespace hermit::os {

inline std::unexpected<Error> system_error(const char* what) {
  return std::unexpected(Error{ErrorKind::System, what, static_cast<u64>(errno)});
}

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  [[nodiscard]] int get() const { return fd_; }
  // Closes now and says whether the system had an error to report (a full disk shows up here on some file systems).
  bool close() { return ::close(std::exchange(fd_, -1)) == 0; }

 private:
  int fd_;
};

// Gives the new file `fd`, created with mode 0777 less the umask, its executable bits where creation did not. False if
// the file system does not let anybody set them.
Result<bool> make_executable(int fd);

}  // namespace hermit::os

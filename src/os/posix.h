// Shared by the *_posix.cc files: descriptors, errno, and repeating interrupted calls.
#pragma once

#include <cerrno>
#include <cstring>
#include <string>
#include <string_view>
#include <sys/stat.h>

#include "base/error.h"
#include "os/file.h"
#include "os/sys_error.h"

namespace hermit::os {

SysError from_errno(int number);

inline std::unexpected<SysError> last_error() { return std::unexpected(from_errno(errno)); }
inline int fd_of(const Handle& handle) { return static_cast<int>(handle.raw()); }

// Calls until the answer is not "interrupted by a signal".
template <typename Call>
auto retry(Call call) {
  auto result = call();
  while (result == -1 && errno == EINTR) result = call();
  return result;
}

// The usual end of a call that returns 0 or -1.
inline SysResult<void> done(int result) {
  if (result == -1) return last_error();
  return {};
}

// Text with a NUL behind it, as the system wants it. Short ones, which most are, take no memory.
class Terminated {
 public:
  explicit Terminated(std::string_view text) {
    if (text.size() < sizeof small_) {
      std::memcpy(small_, text.data(), text.size());
      small_[text.size()] = '\0';
    } else {
      large_ = text;
    }
  }
  [[nodiscard]] const char* get() const { return large_.empty() ? small_ : large_.c_str(); }

 private:
  char small_[256];
  std::string large_;
};

FileStatus to_status(const struct stat& st);
FileType to_type(mode_t mode);
bool is_datagram_socket(const Handle& socket);

// The open(2) flags for what OpenOptions asks, without creation and O_NOFOLLOW.
struct OpenOptions;
int open_flags(const OpenOptions& options);

}  // namespace hermit::os

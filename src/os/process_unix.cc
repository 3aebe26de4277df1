// The part of process.h that POSIX and WASI's libc share.
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <unistd.h>

#include "os/process.h"

namespace hermit::os {

Result<std::string> absolute_path(const std::string& path) {
  if (path.starts_with('/')) return path;
  TRY(const std::string directory, current_directory());
  const size_t skip = path.starts_with("./") ? 2 : 0;
  return (directory == "/" ? "" : directory) + "/" + path.substr(skip);
}

static bool write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(fd, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return false;
    text.remove_prefix(static_cast<size_t>(written));
  }
  return true;
}

bool write_stdout(std::string_view text) { return write_all(STDOUT_FILENO, text); }
void write_stderr(std::string_view text) { (void)write_all(STDERR_FILENO, text); }

bool stderr_is_terminal() { return isatty(STDERR_FILENO) == 1; }

u64 monotonic_milliseconds() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<u64>(now.tv_sec) * 1000 + static_cast<u64>(now.tv_nsec) / 1000000;
}

std::string error_text(u64 code) { return std::strerror(static_cast<int>(code)); }

void exit_process(int code) { std::_Exit(code); }

}  // namespace hermit::os

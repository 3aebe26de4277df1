// POSIX half of process.h; what differs between Linux and macOS is in own_executable_path.
#include <cerrno>
#include <climits>
#include <cstdlib>
#include <unistd.h>
#if defined(__APPLE__)
#include <mach-o/dyld.h>
#endif

#include "os/process.h"

extern char** environ;

namespace hermit::os {

std::vector<std::string> arguments(int argc, char** argv) { return {argv, argv + argc}; }

std::vector<std::string> environment() {
  size_t count = 0;
  while (environ != nullptr && environ[count] != nullptr) ++count;
  std::vector<std::string> variables;
  variables.reserve(count);
  for (size_t i = 0; i < count; ++i) variables.emplace_back(environ[i]);
  return variables;
}

Result<std::string> own_executable_path() {
  char path[PATH_MAX + 1];
#if defined(__APPLE__)
  char raw[PATH_MAX + 1];
  uint32_t size = sizeof raw;
  if (_NSGetExecutablePath(raw, &size) != 0) {
    return std::unexpected(Error{ErrorKind::System, "cannot find the running file", ENAMETOOLONG});
  }
  if (realpath(raw, path) == nullptr) {
    return std::unexpected(Error{ErrorKind::System, "cannot find the running file", static_cast<u64>(errno)});
  }
  return std::string(path);
#else
  const ssize_t length = readlink("/proc/self/exe", path, sizeof path - 1);
  if (length < 0) {
    return std::unexpected(
        Error{ErrorKind::System, "cannot find the running file (/proc/self/exe)", static_cast<u64>(errno)});
  }
  return std::string(path, static_cast<size_t>(length));
#endif
}

Result<std::string> own_executable_to_open() {
#if defined(__linux__)
  return std::string("/proc/self/exe");
#else
  return own_executable_path();
#endif
}

#if defined(__linux__)
// Defined by the linker.
extern "C" __attribute__((visibility("hidden"))) const u8 __ehdr_start[64];  // NOLINT(bugprone-reserved-identifier)

ByteView own_header() { return __ehdr_start; }
#else
ByteView own_header() { return {}; }
#endif

Starter starter() { return Starter::System; }

Result<std::string> current_directory() {
  char path[PATH_MAX + 1];
  if (getcwd(path, sizeof path) == nullptr) {
    return std::unexpected(Error{ErrorKind::System, "cannot find the current directory", static_cast<u64>(errno)});
  }
  return std::string(path);
}

Result<std::string> real_path(const std::string& path) {
  char real[PATH_MAX + 1];
  if (realpath(path.c_str(), real) == nullptr)
    return std::unexpected(Error{ErrorKind::System, "cannot find", static_cast<u64>(errno)});
  return std::string(real);
}

std::string home_directory() {
  const char* home = std::getenv("HOME");
  return home == nullptr ? std::string() : std::string(home);
}

}  // namespace hermit::os

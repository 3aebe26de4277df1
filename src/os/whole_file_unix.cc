// whole_file.h over the calls that POSIX and WASI's libc share: write beside, rename to replace; list a folder.
#include <algorithm>
#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "os/process.h"
#include "os/whole_file.h"
#include "os/whole_file_names.h"
#include "os/whole_file_unix.h"

namespace hermit::os {

static bool write_all(int fd, ByteView bytes) {
  while (!bytes.empty()) {
    const size_t chunk = std::min<size_t>(bytes.size(), size_t{1} << 30);
    const ssize_t written = ::write(fd, bytes.data(), chunk);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return false;
    bytes = bytes.subspan(static_cast<size_t>(written));
  }
  return true;
}

Result<void> replace_file(const std::string& path, std::span<const ByteView> parts, bool executable) {
  struct stat old{};
  if (stat(path.c_str(), &old) == 0 && !S_ISREG(old.st_mode)) {
    return std::unexpected(
        Error{ErrorKind::System, "cannot replace", static_cast<u64>(S_ISDIR(old.st_mode) ? EISDIR : EINVAL)});
  }
  for (u32 attempt = 0; attempt < 100; ++attempt) {
    const std::string temporary = temporary_name(path, monotonic_milliseconds() * 100 + attempt);
    Descriptor file(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, executable ? 0777 : 0666));
    if (file.get() < 0 && errno == EEXIST) continue;
    if (file.get() < 0) return system_error("cannot create");
    if (executable) {
      if (auto done = make_executable(file.get()); !done) {
        unlink(temporary.c_str());
        return done;
      }
    }
    const bool written =
        std::ranges::all_of(parts, [&](ByteView part) { return write_all(file.get(), part); }) && file.close();
    if (written && rename(temporary.c_str(), path.c_str()) == 0) return {};
    const auto failed = system_error("cannot write");
    unlink(temporary.c_str());
    return failed;
  }
  return std::unexpected(Error{ErrorKind::System, "cannot create a temporary file", EEXIST});
}

bool is_directory(const std::string& path) {
  struct stat status{};
  return stat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode);
}

static Result<void> list_into(const std::string& folder, const std::string& prefix, std::vector<std::string>& out) {
  DIR* stream = opendir(folder.c_str());
  if (stream == nullptr) return system_error("cannot read the directory");
  std::vector<std::string> folders;
  while (const dirent* entry = readdir(stream)) {
    const std::string name = entry->d_name;
    if (name == "." || name == "..") continue;
    struct stat status{};
    const std::string path = folder + "/" + name;
    if (lstat(path.c_str(), &status) != 0) continue;
    if (S_ISDIR(status.st_mode)) folders.push_back(name);
    if (S_ISLNK(status.st_mode) && (stat(path.c_str(), &status) != 0)) continue;
    if (S_ISREG(status.st_mode)) out.push_back(prefix + name);
  }
  closedir(stream);
  for (const std::string& name : folders) TRY_VOID(list_into(folder + "/" + name, prefix + name + "/", out));
  return {};
}

Result<std::vector<std::string>> list_files(const std::string& folder) {
  std::vector<std::string> files;
  TRY_VOID(list_into(folder, "", files));
  std::ranges::sort(files);
  return files;
}

}  // namespace hermit::os

// whole_file.h over the calls that POSIX and WASI's libc share: write beside, rename to replace; list a folder.
#include <algorithm>
#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <ctime>

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

// Removes temporary files for `path` that nobody has written to for a minute: a build was interrupted before it could.
// One that is still being written has a newer time; should a clock be wrong, the other build fails and nothing is lost.
static void remove_leftovers(const std::string& path) {
  constexpr time_t kAge = 60;
  const size_t slash = path.find_last_of('/');
  const std::string folder = slash == std::string::npos ? std::string() : path.substr(0, slash + 1);
  DIR* stream = opendir(folder.empty() ? "." : folder.c_str());
  if (stream == nullptr) return;
  const time_t now = time(nullptr);
  std::vector<std::string> old;
  while (const dirent* entry = readdir(stream)) {
    struct stat status{};
    const std::string candidate = folder + entry->d_name;
    if (!is_temporary_name(path, candidate) || lstat(candidate.c_str(), &status) != 0) continue;
    if (S_ISREG(status.st_mode) && status.st_mtime < now - kAge) old.push_back(candidate);
  }
  closedir(stream);
  for (const std::string& name : old) unlink(name.c_str());
}

// Why the temporary file could not take its place.
static std::unexpected<Error> replace_error() {
  if (errno != ETXTBSY) return system_error("cannot write");
  return std::unexpected(Error{ErrorKind::Unsupported, "it is the running program; write to another name"});
}

Result<bool> replace_file(const std::string& path, std::span<const ByteView> parts, bool executable) {
  struct stat old{};
  if (stat(path.c_str(), &old) == 0 && !S_ISREG(old.st_mode)) {
    return std::unexpected(
        Error{ErrorKind::System, "cannot replace", static_cast<u64>(S_ISDIR(old.st_mode) ? EISDIR : EINVAL)});
  }
  remove_leftovers(path);
  for (u32 attempt = 0; attempt < 100; ++attempt) {
    const std::string temporary = temporary_name(path, monotonic_milliseconds() * 100 + attempt);
    Descriptor file(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, executable ? 0777 : 0666));
    if (file.get() < 0 && errno == EEXIST) continue;
    if (file.get() < 0) return system_error("cannot create");
    const Result<bool> bits = executable ? make_executable(file.get()) : true;
    if (!bits) {
      unlink(temporary.c_str());
      return bits;
    }
    const bool written =
        std::ranges::all_of(parts, [&](ByteView part) { return write_all(file.get(), part); }) && file.close();
    if (written && ::rename(temporary.c_str(), path.c_str()) == 0) return *bits;
    const auto failed = replace_error();
    unlink(temporary.c_str());
    return failed;
  }
  return std::unexpected(Error{ErrorKind::System, "cannot create a temporary file", EEXIST});
}

bool is_directory(const std::string& path) {
  struct stat status{};
  return stat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode);
}

static Result<void> list_into(const std::string& folder, const std::string& prefix, FolderFiles& out) {
  DIR* stream = opendir(folder.c_str());
  if (stream == nullptr) return system_error("cannot read the directory");
  std::vector<std::string> folders;
  while (const dirent* entry = readdir(stream)) {
    const std::string name = entry->d_name;
    if (name == "." || name == "..") continue;
    struct stat status{};
    if (lstat((folder + "/" + name).c_str(), &status) != 0) status.st_mode = 0;
    if (S_ISDIR(status.st_mode)) {
      folders.push_back(name);
    } else {
      (S_ISREG(status.st_mode) ? out.files : out.others).push_back(prefix + name);
    }
  }
  closedir(stream);
  for (const std::string& name : folders) TRY_VOID(list_into(folder + "/" + name, prefix + name + "/", out));
  return {};
}

Result<FolderFiles> list_files(const std::string& folder) {
  FolderFiles found;
  TRY_VOID(list_into(folder, "", found));
  std::ranges::sort(found.files);
  std::ranges::sort(found.others);
  return found;
}

}  // namespace hermit::os

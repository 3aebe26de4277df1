// Directory entries on POSIX systems, by the *at calls with one component and O_NOFOLLOW.
//
// Starting points are opened with O_SEARCH (O_PATH on Linux), which needs permission to search a directory, not to read
// it, as a path lookup in the kernel does.
#include "os/directory.h"

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include "os/posix.h"

namespace hermit::os {
namespace {

#ifdef O_SEARCH
constexpr int kStartingPoint = O_SEARCH | O_DIRECTORY | O_CLOEXEC;
#else
constexpr int kStartingPoint = O_RDONLY | O_DIRECTORY | O_CLOEXEC;
#endif

SysResult<Handle> opened(int fd) {
  if (fd == -1) return last_error();
  return Handle(fd);
}

// O_NOFOLLOW answers ELOOP for a link; together with O_DIRECTORY some systems answer ENOTDIR.
bool may_be_link(int error) { return error == ELOOP || error == ENOTDIR || error == EMLINK; }

FileType entry_type(const dirent& entry, int directory) {
  switch (entry.d_type) {
    case DT_REG: return FileType::RegularFile;
    case DT_DIR: return FileType::Directory;
    case DT_LNK: return FileType::SymbolicLink;
    case DT_CHR: return FileType::CharacterDevice;
    case DT_BLK: return FileType::BlockDevice;
    case DT_FIFO: return FileType::Pipe;
    case DT_SOCK: return FileType::SocketStream;
    default: break;
  }
  struct stat st;  // some file systems do not store types in directories
  if (::fstatat(directory, entry.d_name, &st, AT_SYMLINK_NOFOLLOW) == -1) return FileType::Unknown;
  return to_type(st.st_mode);
}

}  // namespace

SysResult<Handle> open_root(std::string_view host_path) {
  const std::string path(host_path);
  auto readable = opened(retry([&] { return ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC); }));
  if (readable || readable.error() != SysError::Access) return readable;
  return opened(retry([&] { return ::open(path.c_str(), kStartingPoint); }));
}

SysResult<Step> step_into(const Handle& directory, std::string_view name) {
  const Terminated component(name);
  Step step;
  const int fd = retry([&] { return ::openat(fd_of(directory), component.get(), kStartingPoint | O_NOFOLLOW); });
  if (fd != -1) {
    step.directory = Handle(fd);
    return step;
  }
  if (!may_be_link(errno)) return last_error();
  auto link = read_link(directory, name);
  if (!link) return fail(link.error() == SysError::Invalid ? SysError::NotDirectory : link.error());
  step.link = std::move(*link);
  return step;
}

SysResult<Handle> open_at(const Handle& directory, std::string_view name, const OpenOptions& options) {
  const Terminated component(name);
  const int bits = open_flags(options) | O_NOFOLLOW;
  const int fd = retry([&] { return ::openat(fd_of(directory), component.get(), bits, 0666); });
  if (fd != -1) return Handle(fd);
  const SysError error = from_errno(errno);
  if (may_be_link(errno)) return fail(read_link(directory, name) ? SysError::Loop : error);
  return fail(error);
}

SysResult<FileStatus> status_at(const Handle& directory, std::string_view name) {
  struct stat st;
  if (::fstatat(fd_of(directory), Terminated(name).get(), &st, AT_SYMLINK_NOFOLLOW) == -1) return last_error();
  return to_status(st);
}

SysResult<void> create_directory(const Handle& directory, std::string_view name) {
  return done(::mkdirat(fd_of(directory), Terminated(name).get(), 0777));
}

SysResult<void> remove_directory(const Handle& directory, std::string_view name) {
  if (::unlinkat(fd_of(directory), Terminated(name).get(), AT_REMOVEDIR) == 0) return {};
  // POSIX allows EEXIST for a directory that is not empty.
  return fail(errno == EEXIST ? SysError::NotEmpty : from_errno(errno));
}

SysResult<void> remove_file(const Handle& directory, std::string_view name) {
  if (::unlinkat(fd_of(directory), Terminated(name).get(), 0) == 0) return {};
  const SysError error = from_errno(errno);
  if (error != SysError::NotPermitted) return fail(error);
  const auto found = status_at(directory, name);  // POSIX says EPERM for directories, Linux EISDIR
  return fail(found && found->type == FileType::Directory ? SysError::IsDirectory : error);
}

SysResult<void> create_link(const Handle& directory, std::string_view name, const std::string& target, bool) {
  return done(::symlinkat(target.c_str(), fd_of(directory), Terminated(name).get()));
}

SysResult<std::string> read_link(const Handle& directory, std::string_view name) {
  const Terminated component(name);
  char small[512];
  const ssize_t length = ::readlinkat(fd_of(directory), component.get(), small, sizeof small);
  if (length == -1) return last_error();
  if (static_cast<size_t>(length) < sizeof small) return std::string(small, static_cast<size_t>(length));
  std::string large(65536, '\0');  // longer than any system stores
  const ssize_t whole = ::readlinkat(fd_of(directory), component.get(), large.data(), large.size());
  if (whole == -1) return last_error();
  large.resize(static_cast<size_t>(whole));
  return large;
}

SysResult<void> hard_link(const Handle& from_directory, std::string_view from, const Handle& to_directory,
                          std::string_view to) {
  return done(::linkat(fd_of(from_directory), Terminated(from).get(), fd_of(to_directory), Terminated(to).get(), 0));
}

SysResult<void> rename(const Handle& from_directory, std::string_view from, const Handle& to_directory,
                       std::string_view to) {
  if (::renameat(fd_of(from_directory), Terminated(from).get(), fd_of(to_directory), Terminated(to).get()) == 0) {
    return {};
  }
  return fail(errno == EEXIST ? SysError::NotEmpty : from_errno(errno));
}

SysResult<DirectoryListing> list_directory(const Handle& directory) {
  // A new open file description: the position in the directory is ours alone.
  const int fd = retry([&] { return ::openat(fd_of(directory), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC); });
  if (fd == -1) return last_error();
  DIR* stream = ::fdopendir(fd);
  if (stream == nullptr) {
    const SysError error = from_errno(errno);
    ::close(fd);
    return fail(error);
  }
  DirectoryListing listing;
  errno = 0;
  while (const dirent* entry = ::readdir(stream)) {
    const std::string_view name = entry->d_name;
    if (name != "." && name != "..") {
      listing.entries.push_back({listing.names.size(), static_cast<u32>(name.size()), entry_type(*entry, fd),
                                 static_cast<u64>(entry->d_ino)});
      listing.names += name;
    }
    errno = 0;
  }
  const int error = errno;
  ::closedir(stream);
  if (error != 0) return fail(from_errno(error));
  return listing;
}

}  // namespace hermit::os

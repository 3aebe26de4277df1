// whole_file.h on POSIX: what WASI's libc does differently (mapping, the executable bit).
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "os/whole_file.h"
#include "os/whole_file_unix.h"

namespace hermit::os {

FileView::~FileView() {
  if (mapping_ != nullptr) munmap(mapping_, bytes_.size());
}

namespace {

bool read_head(int file, std::span<u8> head) {
  while (!head.empty()) {
    const ssize_t got = ::read(file, head.data(), head.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return false;
    if (got == 0) break;
    head = head.subspan(static_cast<size_t>(got));
  }
  std::ranges::fill(head, 0);
  return true;
}

}  // namespace

Result<FileView> FileView::open(const std::string& path, bool, std::span<u8> head) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (file.get() < 0) return system_error("cannot open");
  struct stat status{};
  if (fstat(file.get(), &status) != 0) return system_error("cannot open");
  if (S_ISDIR(status.st_mode)) return std::unexpected(Error{ErrorKind::System, "cannot open", EISDIR});
  if (!S_ISREG(status.st_mode)) return std::unexpected(Error{ErrorKind::Unsupported, "not a regular file"});
  if (!read_head(file.get(), head)) return system_error("cannot read");
  FileView view;
  view.id_ = {static_cast<u64>(status.st_dev), static_cast<u64>(status.st_ino)};
  if (status.st_size == 0) return view;
  const auto size = static_cast<size_t>(status.st_size);
  void* mapping = mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file.get(), 0);
  if (mapping == MAP_FAILED) return system_error("cannot map");
  view.mapping_ = mapping;
  view.bytes_ = {static_cast<const u8*>(mapping), size};
  return view;
}

Result<bool> make_executable(int) { return true; }

}  // namespace hermit::os

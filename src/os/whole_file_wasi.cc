// whole_file.h on WASI: files are read, there is nothing to map; the executable bit is a host extension.
#include <algorithm>
#include <fcntl.h>
#include <sys/stat.h>

#include "os/whole_file.h"
#include "os/whole_file_unix.h"

// Granted by HOST ["set-executable"] (docs/hermitfile.md). Gives the open file its executable bits, as far as the
// umask of the hermit's process allows; returns a WASI errno.
__attribute__((import_module("hermit"), import_name("set_executable"))) extern "C" hermit::u32 hermit_set_executable(
    hermit::u32 fd);

namespace hermit::os {

FileView::~FileView() = default;

Result<FileView> FileView::open(const std::string& path, bool, std::span<u8> head) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_NONBLOCK));
  if (file.get() < 0) return system_error("cannot open");
  struct stat status{};
  if (fstat(file.get(), &status) != 0) return system_error("cannot open");
  if (S_ISDIR(status.st_mode)) return std::unexpected(Error{ErrorKind::System, "cannot open", EISDIR});
  if (!S_ISREG(status.st_mode)) return std::unexpected(Error{ErrorKind::Unsupported, "not a regular file"});
  // The vector grows with what is really read, never with what the file system says.
  FileView view;
  view.id_ = {static_cast<u64>(status.st_dev), static_cast<u64>(status.st_ino)};
  constexpr size_t kChunk = size_t{1} << 20;
  constexpr u64 kLargest =
      u64{1} << 30;  // a quarter of what a 32-bit program can address; packing needs several copies
  const auto too_large = std::unexpected(Error{ErrorKind::Unsupported, "larger than 1 GiB"});
  if (status.st_size > 0 && static_cast<u64>(status.st_size) > kLargest) return too_large;
  if (status.st_size > 0) view.owned_.reserve(static_cast<size_t>(status.st_size) + 1);  // not touched yet
  while (true) {
    const size_t have = view.owned_.size();
    if (have > kLargest) return too_large;
    const size_t room = std::max(view.owned_.capacity() - have, kChunk);
    view.owned_.resize(have + room);
    const ssize_t got = ::read(file.get(), view.owned_.data() + have, room);
    if (got < 0) return system_error("cannot read");
    view.owned_.resize(have + static_cast<size_t>(got));
    if (got == 0) break;
  }
  view.bytes_ = view.owned_;
  view.copy_head(head);
  return view;
}

Result<bool> make_executable(int fd) {
  const u32 error = hermit_set_executable(static_cast<u32>(fd));
  if (error == 0) return true;
  if (error == EPERM || error == ENOTSUP || error == EACCES) return false;
  return std::unexpected(Error{ErrorKind::System, "cannot make the file executable", error});
}

}  // namespace hermit::os

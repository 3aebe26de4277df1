// The path_* functions: directory descriptors and relative paths.
#include <cstring>

#include "wasi1/call.h"

namespace hermit::wasi1 {
namespace {

Outcome<bool> follows(u32 lookup_flags) {
  if ((lookup_flags & ~kSymlinkFollow) != 0) return fail(Errno::Inval);
  return (lookup_flags & kSymlinkFollow) != 0;
}

}  // namespace

Outcome<void> path_create_directory(Call& call) {
  TRY(host::Descriptor * directory, call.descriptor(0, rights::kPathCreateDirectory));
  TRY(const std::string_view path, call.path(1));
  TRY_VOID(call.host().create_directory(*directory, path));
  return {};
}

Outcome<void> path_filestat_get(Call& call) {
  TRY(host::Descriptor * directory, call.descriptor(0, rights::kPathFilestatGet));
  TRY(const bool follow, follows(call.arg(1)));
  TRY(const std::string_view path, call.path(2));
  TRY(const os::FileStatus status, call.host().path_status(*directory, path, follow));
  return store_filestat(call, call.arg(4), status);
}

Outcome<void> path_filestat_set_times(Call& call) {
  TRY(host::Descriptor * directory, call.descriptor(0, rights::kPathFilestatSetTimes));
  TRY(const bool follow, follows(call.arg(1)));
  TRY(const std::string_view path, call.path(2));
  TRY(const TimeChanges changes, time_changes(call.arg64(4), call.arg64(5), call.arg(6)));
  TRY_VOID(call.host().path_set_times(*directory, path, follow, changes.accessed, changes.modified));
  return {};
}

Outcome<void> path_link(Call& call) {
  TRY(host::Descriptor * from_directory, call.descriptor(0, rights::kPathLinkSource));
  TRY(const bool follow, follows(call.arg(1)));
  TRY(const std::string_view from, call.path(2));
  TRY(host::Descriptor * to_directory, call.descriptor(4, rights::kPathLinkTarget));
  TRY(const std::string_view to, call.path(5));
  TRY_VOID(call.host().hard_link(*from_directory, from, follow, *to_directory, to));
  return {};
}

// Rights that the new descriptor cannot have are left out silently, except reading and writing, which are refused: a
// program that asked to write must not find out at its first write.
Outcome<void> path_open(Call& call) {
  const u32 open_flags = call.arg(4);
  const Rights base = call.arg64(5);
  const u32 fd_flags = call.arg(7);
  if ((open_flags & ~kOpenFlags) != 0 || (fd_flags & ~kFdFlags) != 0) return fail(Errno::Inval);
  Rights needed = rights::kPathOpen;
  if ((open_flags & kOpenCreate) != 0) needed |= rights::kPathCreateFile;
  if ((open_flags & kOpenTruncate) != 0) needed |= rights::kPathFilestatSetSize;
  TRY(host::Descriptor * directory, call.descriptor(0, needed));
  TRY(const bool follow, follows(call.arg(1)));
  TRY(const std::string_view path, call.path(2));
  TRY_VOID(call.bytes(call.arg(8), 4));
  const Rights inherited = directory->api_inheriting;
  if ((base & ~inherited & (rights::kFdRead | rights::kFdWrite)) != 0) return fail(Errno::Notcapable);

  host::OpenRequest request;
  request.follow = follow;
  request.read = (base & (rights::kFdRead | rights::kFdReaddir)) != 0;
  request.write = (base & rights::kFdWrite) != 0;
  request.create = (open_flags & kOpenCreate) != 0;
  request.exclusive = (open_flags & kOpenExclusive) != 0;
  request.truncate = (open_flags & kOpenTruncate) != 0;
  request.directory = (open_flags & kOpenDirectory) != 0;
  request.flags = from_fdflags(fd_flags);
  TRY(host::Descriptor opened, call.host().open(*directory, path, request));

  opened.api_rights = base & inherited;
  if (opened.is_settled) leave_possible_rights(opened);
  opened.api_inheriting = call.arg64(6) & inherited;
  TRY(const u32 number, call.host().descriptors().insert(std::move(opened)));
  return call.store(call.arg(8), number);
}

Outcome<void> path_readlink(Call& call) {
  TRY(host::Descriptor * directory, call.descriptor(0, rights::kPathReadlink));
  TRY(const std::string_view path, call.path(1));
  TRY(const std::span<u8> buffer, call.bytes(call.arg(3), call.arg(4)));
  TRY_VOID(call.bytes(call.arg(5), 4));
  TRY(const std::string target, call.host().read_link(*directory, path));
  const size_t count = std::min(buffer.size(), target.size());  // cut silently, as readlink does
  if (count != 0) std::memcpy(buffer.data(), target.data(), count);
  return call.store(call.arg(5), static_cast<u32>(count));
}

Outcome<void> path_remove_directory(Call& call) {
  TRY(host::Descriptor * directory, call.descriptor(0, rights::kPathRemoveDirectory));
  TRY(const std::string_view path, call.path(1));
  TRY_VOID(call.host().remove_directory(*directory, path));
  return {};
}

Outcome<void> path_rename(Call& call) {
  TRY(host::Descriptor * from_directory, call.descriptor(0, rights::kPathRenameSource));
  TRY(const std::string_view from, call.path(1));
  TRY(host::Descriptor * to_directory, call.descriptor(3, rights::kPathRenameTarget));
  TRY(const std::string_view to, call.path(4));
  TRY_VOID(call.host().rename(*from_directory, from, *to_directory, to));
  return {};
}

Outcome<void> path_symlink(Call& call) {
  TRY(const std::string_view target, call.path(0));
  TRY(host::Descriptor * directory, call.descriptor(2, rights::kPathSymlink));
  TRY(const std::string_view path, call.path(3));
  TRY_VOID(call.host().create_link(target, *directory, path));
  return {};
}

Outcome<void> path_unlink_file(Call& call) {
  TRY(host::Descriptor * directory, call.descriptor(0, rights::kPathUnlinkFile));
  TRY(const std::string_view path, call.path(1));
  TRY_VOID(call.host().remove_file(*directory, path));
  return {};
}

}  // namespace hermit::wasi1

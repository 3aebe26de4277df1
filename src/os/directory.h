// Directory entries, relative to a directory handle: the primitives from which host/ builds its sandboxed resolver.
//
// `name` is always one path component: not empty, no `/`, no NUL byte, and never `..` (the caller pops its own stack of
// handles instead). It may be `.`, which stands for the directory itself. No function follows a symbolic link in
// `name`, and none looks at the current directory. On Windows a name that is not one plain component there (a separator
// `\`, a
// `:`, a reserved device name, a trailing dot or space; docs/wasi.md) is refused: NotFound, or Access for device names.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "os/file.h"

namespace hermit::os {

enum class AccessMode : u8 { Read, Write, ReadWrite };

struct OpenOptions {
  AccessMode access = AccessMode::Read;
  bool create = false;  // mode 0666 less the umask
  bool exclusive = false;  // with create: Exists if there is an entry of any type, symbolic links too
  bool directory = false;  // NotDirectory if it is anything else
  FileFlags flags;
};

// The directory at a host path, absolute or relative to the directory the process was started in; links are followed
// (the path is the user's own). On Windows `/` opens the set of drives, whose entries are `C`, `D`, …, and `/C/Users`
// names C:\Users. The handle serves as a starting point for everything below; listing it may still give Access.
SysResult<Handle> open_root(std::string_view host_path);

// One step of a walk: the directory `name` inside `directory`, or the text of the symbolic link that stands there. The
// two are decided on one object: whatever is swapped in meanwhile, a handle never belongs to the target of a link. The
// handle serves as a starting point only. NotFound, NotDirectory (another type), Access.
struct Step {
  Handle directory;  // invalid if it is a link
  std::string link;  // the target as stored, with `/` between components on every system
};
SysResult<Step> step_into(const Handle& directory, std::string_view name);

// Opens without truncating. Loop if `name` is a symbolic link (Exists if create and exclusive). IsDirectory if access
// includes writing, or create without exclusive, and it is a directory. Never makes a terminal the controlling one.
// With `directory` the handle can be listed and also serves as a starting point.
SysResult<Handle> open_at(const Handle& directory, std::string_view name, const OpenOptions& options);

// Linux's openat2 with RESOLVE_NO_MAGICLINKS on a whole path, in one system call.
enum class Leaving : u8 {
  Refused,  // RESOLVE_BENEATH: the path and the links on it may not lead out
  Root,  // RESOLVE_IN_ROOT: an absolute link starts at `root` again, and `..` there is `root` itself
};
enum class FastOpen : u8 {
  Done,  // `handle` or `error` is the answer; CrossDevice means that the path leaves `root`
  Unavailable,  // this kernel, filter or system does not have it: walk
};
struct FastOpenResult {
  FastOpen state = FastOpen::Unavailable;
  SysResult<Handle> handle = fail(SysError::NotImplemented);
};
// Opens `path` relative to `root`. follow_last: a symbolic link at the end is followed (else Loop).
FastOpenResult open_beneath(const Handle& root, std::string_view path, const OpenOptions& options, bool follow_last,
                            Leaving leaving);
// The directory at `path` as a starting point (see step_into); links are followed.
FastOpenResult step_beneath(const Handle& root, std::string_view path, Leaving leaving);

// The status of what `path` names. follow_last: of the target of a symbolic link at the end.
struct FastStatus {
  FastOpen state = FastOpen::Unavailable;
  SysResult<FileStatus> status = fail(SysError::NotImplemented);
};
FastStatus status_beneath(const Handle& root, std::string_view path, bool follow_last, Leaving leaving);

SysResult<FileStatus> status_at(const Handle& directory, std::string_view name);
SysResult<void> set_times_at(const Handle& directory, std::string_view name, TimeChange accessed, TimeChange modified);
SysResult<void> create_directory(const Handle& directory, std::string_view name);  // mode 0777 less the umask
SysResult<void> remove_directory(const Handle& directory, std::string_view name);
SysResult<void> remove_file(const Handle& directory, std::string_view name);  // links too; directories: IsDirectory
// Windows stores in a link whether its target is a directory; elsewhere nobody asks.
#ifdef _WIN32
inline constexpr bool kLinksHaveTypes = true;
#else
inline constexpr bool kLinksHaveTypes = false;
#endif
// `target` is stored as it is (`/` becomes `\` where the system needs that). `target_is_directory` matters only if
// kLinksHaveTypes.
SysResult<void> create_link(const Handle& directory, std::string_view name, const std::string& target,
                            bool target_is_directory);
// The whole target of a symbolic link, with `/` between components; Invalid if `name` is no link.
SysResult<std::string> read_link(const Handle& directory, std::string_view name);
// A hard link. The source may be a symbolic link itself (it is not followed). NotPermitted for directories.
SysResult<void> hard_link(const Handle& from_directory, std::string_view from, const Handle& to_directory,
                          std::string_view to);
// Replaces `to` as POSIX rename does: atomically, also where open files exist; a directory only over an empty
// directory.
SysResult<void> rename(const Handle& from_directory, std::string_view from, const Handle& to_directory,
                       std::string_view to);

// All entries of a directory but `.` and `..`, in the order of the system. The names lie in one string.
struct DirectoryListing {
  struct Entry {
    size_t name_offset;
    u32 name_length;
    FileType type;
    u64 index;  // FileId::index
  };
  std::string names;
  std::vector<Entry> entries;
  [[nodiscard]] std::string_view name(const Entry& entry) const {
    return std::string_view(names).substr(entry.name_offset, entry.name_length);
  }
};
SysResult<DirectoryListing> list_directory(const Handle& directory);

}  // namespace hermit::os

// The sandboxed resolver: from (directory handle, guest path) to (handle of the parent, last component).
//
// The parent is found by opening one component at a time without following links; symbolic links are expanded here, and
// `..` pops a stack of handles, so no step can name anything above the starting directory, whatever another process
// renames meanwhile. With Leaving::Root the starting directory is the root of the file system, granted under the name
// `/`: absolute links start there again, as they do for everybody. On Linux one openat2 call with RESOLVE_BENEATH
// replaces the walk where it can; both answer alike.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "os/directory.h"

namespace hermit::host {

using os::SysResult;

// One path under resolution. After a successful find(), parent() and name() say where the last component is.
class PathWalk {
 public:
  // Requires: `root` outlives this; `path` has been through check_path(). `walk_only`: leave openat2 aside.
  PathWalk(const os::Handle& root, std::string_view path, os::Leaving leaving, bool walk_only);

  // Goes to the last component. follow: symbolic links there are expanded too, so that afterwards it is (was) none.
  // Errors: NotFound, NotDirectory, Access, Loop (more than kMaxLinks), NotPermitted (out of `root`).
  SysResult<void> find(bool follow);
  // The last component turned out to be the link `target`: goes on towards what it names. The new last component may
  // be a link again, even the same one.
  SysResult<void> expand(std::string_view target);

  [[nodiscard]] const os::Handle& parent() const;
  // `.` if the path ends in the directory itself (".", "a/..", "a/.").
  [[nodiscard]] const std::string& name() const { return name_; }
  // A slash, `.` or `..` at the end of the path, or of a link followed there, asked for a directory.
  [[nodiscard]] bool wants_directory() const { return wants_directory_; }

  // Where the path leads after find() or expand() gave NotPermitted: an absolute path, or one relative to `root` that
  // begins with `..`.
  [[nodiscard]] const std::string& way_out() const { return way_out_; }

  static constexpr int kMaxLinks = 40;  // as Linux
  // Handles that are kept for `..`; further up the path is walked again from the root.
  static constexpr size_t kMaxHandles = 32;

 private:
  struct Level {
    std::string name;
    os::Handle handle;  // invalid once it is too far up
  };
  SysResult<void> go_to_last();
  SysResult<void> enter(std::string_view name);
  SysResult<void> leave();
  SysResult<void> push_link(std::string_view target, std::string_view rest);
  void try_fast();

  const os::Handle& root_;
  std::string pending_;
  size_t position_ = 0;
  std::vector<Level> levels_;
  std::string name_;
  std::string way_out_;
  int links_ = 0;
  bool wants_directory_ = false;
  os::Leaving leaving_;
  bool walk_only_;
  bool fast_ = false;  // levels_ holds the one directory that the system found
};

// What a path must be before it is resolved: NotFound (empty), NameTooLong, Invalid (NUL byte), NotPermitted
// (absolute).
SysResult<void> check_path(std::string_view path);

}  // namespace hermit::host

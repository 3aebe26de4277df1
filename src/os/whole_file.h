// Whole files for the tool and the launcher: map one to read it, replace one completely or not at all.
// What a guest may reach goes through host/ instead.
#pragma once

#include <span>
#include <string>

#include "base/bytes.h"
#include "base/error.h"
#include "os/file.h"

namespace hermit::os {

// A read-only view of a file's bytes: mapped where the system can, else read. Owns the mapping; movable.
class FileView {
 public:
  FileView() = default;
  FileView(FileView&& other) noexcept;
  FileView& operator=(FileView&& other) noexcept;
  ~FileView();

  // `may_run`: parts of it may be made executable later (os/code.h), where this user may run the file and the system
  // wants to know it now. `head` is filled with the file's first bytes and behind its end with zeros: a start reads
  // them once, and to touch one page of a mapping costs as much as sixteen. Errors: System (missing, unreadable);
  // Unsupported if `path` is not a regular file.
  static Result<FileView> open(const std::string& path, bool may_run = false, std::span<u8> head = {});

  [[nodiscard]] ByteView bytes() const { return bytes_; }
  // Of the very file that was opened, whatever its path names by now.
  [[nodiscard]] const FileId& id() const { return id_; }

 private:
  void copy_head(std::span<u8> head) const;  // from bytes_

  ByteView bytes_;
  FileId id_;
  Bytes owned_;               // where the system cannot map
  void* mapping_ = nullptr;   // start of the mapping, if any
};

// Replaces (or creates) the file `path` with the concatenation of `parts`. Writes a temporary file in the same folder
// and renames it, so a reader sees the old file or the complete new one; on failure the temporary is removed and the
// old file is untouched. What a call left behind that was killed is removed by a later one for the same path, once it
// is a minute old. `executable` sets the executable bits (as far as the umask allows) where the system has them; the
// result is false if they were asked for and this file system does not have them.
// Errors: System; Unsupported if `path` is the running program and this host does not let it be replaced.
Result<bool> replace_file(const std::string& path, std::span<const ByteView> parts, bool executable);

// What is below `folder`, hidden files included, as sorted paths relative to it with '/' between components. Nothing is
// followed: a symbolic link is not what a copy of the folder should silently turn into somebody else's file.
struct FolderFiles {
  std::vector<std::string> files;  // regular ones
  std::vector<std::string> others;  // symbolic links, devices, sockets, pipes; folders are in neither list
};
// Errors: System.
Result<FolderFiles> list_files(const std::string& folder);

// Whether `path` names a directory (following symlinks).
bool is_directory(const std::string& path);

}  // namespace hermit::os

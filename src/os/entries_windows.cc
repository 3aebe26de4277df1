// Creating, removing, linking and renaming directory entries on Windows as POSIX does it.
//
// Since Windows 10 1607 NTFS removes and replaces names at once even while files are open ("POSIX semantics"), and
// since 1809 whatever their read-only attribute says. Older systems, FAT, some network servers and Wine know only the
// classic requests: a name then stays until the last handle is closed, an open file cannot be replaced, and a directory
// is replaced by removing it first. Each request is tried in its best form, then in the older ones.
// learn.microsoft.com: FILE_DISPOSITION_INFORMATION_EX, FILE_RENAME_INFORMATION.
#include <cstddef>
#include <cstring>
#include <span>

#include "os/directory_windows.h"
#include "os/reparse_windows.h"
#include "os/status_windows.h"

namespace hermit::os {
namespace {

constexpr ULONG kForceImageCheck = 4;  // as DeleteFileW: a program that is running is not removed

SysResult<void> done(NTSTATUS status) {
  if (!NT_SUCCESS(status)) return fail_status(status);
  return {};
}

// The classic way refuses read-only files.
void clear_read_only(HANDLE file) {
  const auto tag = attributes_of(file);
  if (!tag || (tag->attributes & FILE_ATTRIBUTE_READONLY) == 0) return;
  const auto writable = nt::open(file, L"", {.access = FILE_WRITE_ATTRIBUTES});
  if (!writable) return;
  const nt::Closer closer(*writable);
  FILE_BASIC_INFORMATION basic = {};
  basic.FileAttributes = (tag->attributes & ~static_cast<ULONG>(FILE_ATTRIBUTE_READONLY)) | FILE_ATTRIBUTE_NORMAL;
  if (basic.FileAttributes != FILE_ATTRIBUTE_NORMAL) basic.FileAttributes &= ~static_cast<ULONG>(FILE_ATTRIBUTE_NORMAL);
  nt::set(*writable, FileBasicInformation, basic);
}

SysResult<void> remove(HANDLE file) {
  constexpr ULONG best =
      nt::kDispositionDelete | nt::kDispositionPosix | kForceImageCheck | nt::kDispositionIgnoreReadOnly;
  for (const ULONG flags : {best, best & ~nt::kDispositionIgnoreReadOnly}) {
    const NTSTATUS status = nt::set(file, nt::kFileDispositionInformationEx, flags);
    if (!nt::is_unsupported(status)) return done(status);
  }
  clear_read_only(file);
  return done(nt::set(file, FileDispositionInformation, BOOLEAN{TRUE}));
}

// FileRenameInformation(Ex) and FileLinkInformation: a fixed part, then the new name.
NTSTATUS give_name(HANDLE file, int which, ULONG flags, const Entry& to) {
  constexpr size_t name_offset = offsetof(nt::RenameOrLink, name_size) + sizeof(ULONG);
  const std::span<const std::byte> name = std::as_bytes(std::span(to.name));  // counted, without a null
  nt::RenameOrLink fixed = {flags, to.directory, static_cast<ULONG>(name.size())};
  alignas(8) u8 data[sizeof fixed + 256 * sizeof(wchar_t)] = {};
  std::memcpy(data, &fixed, sizeof fixed);
  std::memcpy(data + name_offset, name.data(), name.size());
  IO_STATUS_BLOCK io = {};
  return NtSetInformationFile(file, &io, data, static_cast<ULONG>(sizeof fixed + name.size()),
                              static_cast<FILE_INFORMATION_CLASS>(which));
}

NTSTATUS rename_to(HANDLE file, const Entry& to) {
  constexpr ULONG best = nt::kReplaceIfExists | nt::kRenamePosix | nt::kRenameIgnoreReadOnly;
  for (const ULONG flags : {best, best & ~nt::kRenameIgnoreReadOnly}) {
    const NTSTATUS status = give_name(file, nt::kFileRenameInformationEx, flags, to);
    if (!nt::is_unsupported(status)) return status;
  }
  return give_name(file, FileRenameInformation, nt::kReplaceIfExists, to);
}

enum class Verdict : u8 { Rename, Nothing };

// What POSIX says about renaming `source` over `target`, an entry that exists. Windows would replace a file by a
// directory.
SysResult<Verdict> may_replace(HANDLE source, HANDLE target, bool same_name) {
  const auto from = status_of(source);
  const auto to = status_of(target);
  if (!from) return fail(from.error());
  if (!to) return fail(to.error());
  // Two names of one file: POSIX leaves both. One name in another spelling: a rename.
  if (from->id == to->id) return same_name || from->links == 1 ? Verdict::Rename : Verdict::Nothing;
  const bool from_directory = from->type == FileType::Directory;
  const bool to_directory = to->type == FileType::Directory;
  if (from_directory && !to_directory) return fail(SysError::NotDirectory);
  if (!from_directory && to_directory) return fail(SysError::IsDirectory);
  return Verdict::Rename;
}

}  // namespace

SysResult<void> create_directory(const Handle& directory, std::string_view name) {
  const auto entry = entry_of(directory, name);
  if (!entry) return fail(entry.error());
  if (entry->name.empty()) return fail(SysError::Exists);
  const nt::Open what = {.access = FILE_READ_ATTRIBUTES, .disposition = FILE_CREATE, .options = FILE_DIRECTORY_FILE};
  const auto created = entry->open(what);
  if (!created) return fail(created.error());
  const nt::Closer closer(*created);
  return {};
}

static SysResult<void> remove_entry(const Handle& directory, std::string_view name, bool is_directory) {
  const auto entry = entry_of(directory, name);
  if (!entry) return fail(entry.error());
  if (entry->name.empty()) return fail(is_directory ? SysError::Invalid : SysError::IsDirectory);
  const auto opened = entry->open({.access = DELETE | FILE_READ_ATTRIBUTES});
  if (!opened) return fail(opened.error());
  const nt::Closer closer(*opened);
  const auto tag = attributes_of(*opened);
  if (!tag) return fail(tag.error());
  if ((type_of(*tag) == FileType::Directory) != is_directory) {
    return fail(is_directory ? SysError::NotDirectory : SysError::IsDirectory);
  }
  return remove(*opened);
}

SysResult<void> remove_directory(const Handle& directory, std::string_view name) {
  return remove_entry(directory, name, true);
}
SysResult<void> remove_file(const Handle& directory, std::string_view name) {
  return remove_entry(directory, name, false);
}

SysResult<void> create_link(const Handle& directory, std::string_view name, const std::string& target,
                            bool target_is_directory) {
  const auto entry = entry_of(directory, name);
  if (!entry) return fail(entry.error());
  if (entry->name.empty()) return fail(SysError::Exists);
  const ULONG options = target_is_directory ? FILE_DIRECTORY_FILE : FILE_NON_DIRECTORY_FILE;
  const auto created =
      entry->open({.access = FILE_WRITE_ATTRIBUTES | DELETE, .disposition = FILE_CREATE, .options = options});
  if (!created) return fail(created.error());
  const nt::Closer closer(*created);
  auto written = write_reparse_link(*created, target);
  if (!written) (void)remove(*created);
  return written;
}

SysResult<void> hard_link(const Handle& from_directory, std::string_view from, const Handle& to_directory,
                          std::string_view to) {
  const auto source = entry_of(from_directory, from);
  const auto target = entry_of(to_directory, to);
  if (!source) return fail(source.error());
  if (!target) return fail(target.error());
  if (source->name.empty()) return fail(SysError::NotPermitted);
  if (target->name.empty()) return fail(SysError::Exists);
  const auto opened = source->open({.access = FILE_WRITE_ATTRIBUTES});
  if (!opened) return fail(opened.error());
  const nt::Closer closer(*opened);
  const auto tag = attributes_of(*opened);
  if (!tag) return fail(tag.error());
  if (type_of(*tag) == FileType::Directory) return fail(SysError::NotPermitted);
  const NTSTATUS status = give_name(*opened, FileLinkInformation, 0, *target);
  if (status == STATUS_FILE_IS_A_DIRECTORY) return fail(SysError::NotPermitted);  // a link to a directory
  if (nt::is_unsupported(status)) return fail(SysError::NotSupported);
  return done(status);
}

SysResult<void> rename(const Handle& from_directory, std::string_view from, const Handle& to_directory,
                       std::string_view to) {
  const auto source = entry_of(from_directory, from);
  const auto target = entry_of(to_directory, to);
  if (!source) return fail(source.error());
  if (!target) return fail(target.error());
  if (source->name.empty() || target->name.empty()) return fail(SysError::Busy);
  const auto opened = source->open({.access = DELETE | FILE_READ_ATTRIBUTES});
  if (!opened) return fail(opened.error());
  const nt::Closer closer(*opened);

  HANDLE existing = nullptr;
  const NTSTATUS found = nt::open(target->directory, target->name, {.access = FILE_READ_ATTRIBUTES}, existing);
  bool over_directory = false;
  if (NT_SUCCESS(found)) {
    const nt::Closer close_existing(existing);
    const bool same_name =
        CompareStringOrdinal(source->name.data(), static_cast<int>(source->name.size()), target->name.data(),
                             static_cast<int>(target->name.size()), TRUE) == CSTR_EQUAL;
    const auto verdict = may_replace(*opened, existing, same_name);
    if (!verdict) return fail(verdict.error());
    if (*verdict == Verdict::Nothing) return {};
    const auto tag = attributes_of(existing);
    over_directory = tag && type_of(*tag) == FileType::Directory;
  }
  NTSTATUS status = rename_to(*opened, *target);
  if (over_directory && (status == STATUS_ACCESS_DENIED || status == STATUS_OBJECT_NAME_COLLISION)) {
    // The classic request replaces no directory. Removing it first is not atomic, but loses nothing: it must be empty.
    if (auto removed = remove_directory(to_directory, to); !removed) return removed;
    status = rename_to(*opened, *target);
  }
  return done(status);
}

}  // namespace hermit::os

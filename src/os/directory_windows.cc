// Opening directory entries on Windows: always one component, relative to a directory's handle, and never through a
// reparse point (nt_windows.h, reparse_windows.h).
//
// What an entry is gets decided on the opened object, never by its name beforehand. NtCreateFile's own "directory only"
// and "no directory" options are left aside: they answer for a link by what the link claims to point to.
//
// The host path `/` has no Windows counterpart: it is a handle of Kind::Drives, whose entries are the letters.
#include "os/directory_windows.h"

#include "os/names_windows.h"
#include "os/reparse_windows.h"
#include "os/status_windows.h"
#include "os/wide_windows.h"

namespace hermit::os {
namespace {

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

// The object is data that a filter driver keeps elsewhere (a cloud file): opens it once more by its handle, letting the
// driver do its work. Should it have become a link meanwhile, the second handle is another file, and refused.
SysResult<HANDLE> open_storage(HANDLE file, nt::Open what) {
  what.follow = true;
  what.disposition = FILE_OPEN;
  const auto opened = nt::open(file, L"", what);
  if (!opened) return opened;
  nt::Closer closer(*opened);
  const auto before = identity_of(file);
  const auto after = identity_of(*opened);
  if (!before || !after || !(*before == *after)) return fail(SysError::Access);
  return closer.release();
}

// What a finished open means under `options`. Takes over `file`.
SysResult<Handle> judge(HANDLE file, const nt::Open& what, const OpenOptions& options) {
  nt::Closer closer(file);
  const auto tag = attributes_of(file);
  if (!tag) return fail(tag.error());
  const Redirection redirection = redirection_of(*tag);
  const FileType type = type_of(*tag);
  if (redirection == Redirection::Link) return fail(SysError::Loop);
  if (redirection == Redirection::Elsewhere) return fail(SysError::Access);
  if (type == FileType::Directory) {
    if (options.access != AccessMode::Read || options.create) return fail(SysError::IsDirectory);
  } else if (options.directory) {
    return fail(SysError::NotDirectory);
  } else if (type != FileType::RegularFile) {
    return fail(SysError::NoSuchDevice);
  }
  const Kind kind = type == FileType::Directory ? Kind::Directory : Kind::File;
  if (redirection == Redirection::None) return adopt(closer.release(), kind, options.flags);
  const auto storage = open_storage(file, what);
  if (!storage) return fail(storage.error());
  return adopt(*storage, kind, options.flags);
}

// An open was denied. The entry may still be a link or directory, and then that is the answer.
SysError explain_denial(const Entry& entry, const OpenOptions& options) {
  const auto probe = entry.open({.access = FILE_READ_ATTRIBUTES});
  if (!probe) return SysError::Access;
  const auto judged = judge(*probe, {.access = FILE_READ_ATTRIBUTES}, options);
  return judged ? SysError::Access : judged.error();
}

nt::Open to_nt(const OpenOptions& options) {
  nt::Open what = {.access = 0};
  if (options.access != AccessMode::Write) what.access |= FILE_GENERIC_READ;
  if (options.access != AccessMode::Read) what.access |= FILE_GENERIC_WRITE | FILE_READ_ATTRIBUTES;
  if (options.create) what.disposition = options.exclusive ? FILE_CREATE : FILE_OPEN_IF;
  if (options.flags.dsync || options.flags.sync) what.options |= FILE_WRITE_THROUGH;
  return what;
}

// `C:\x`, `x\y`, `\\server\x` as an NT path, ready for NtCreateFile.
SysResult<std::wstring> to_nt_path(const std::string& path) {
  if (path.empty()) return fail(SysError::NotFound);
  if (!to_wide(path)) return fail(SysError::IllegalSequence);
  auto wide = to_long_path(path);
  if (!wide) return fail(SysError::NotFound);
  if (!wide->starts_with(L"\\\\?\\")) return fail(SysError::NotDirectory);  // \\.\, a device
  std::wstring result = L"\\??\\" + wide->substr(4);
  if (result.back() == L'\\' && !result.ends_with(L":\\")) result.pop_back();
  return result;
}

}  // namespace

SysResult<Entry> entry_of(const Handle& directory, std::string_view name) {
  const OpenFile* const file = open_file(directory);
  if (file == nullptr) return fail(SysError::BadDescriptor);
  if (file->kind == Kind::Drives) return fail(SysError::Access);
  if (file->kind != Kind::Directory) return fail(SysError::NotDirectory);
  auto component = to_component(name);
  if (!component) return fail(component.error());
  return Entry{file->handle, std::move(*component)};
}

SysResult<HANDLE> open_drive(std::string_view name, ACCESS_MASK access) {
  if (name.size() != 1 || !is_letter(name[0])) return fail(SysError::NotFound);
  std::wstring path = L"\\??\\?:\\";
  path[4] = static_cast<wchar_t>(name[0]);
  DWORD mode = 0;
  SetThreadErrorMode(SEM_FAILCRITICALERRORS, &mode);  // no "insert a disk" window
  const auto drive = nt::open(nullptr, path, {.access = access, .options = FILE_DIRECTORY_FILE});
  SetThreadErrorMode(mode, nullptr);
  return drive;
}

SysResult<Handle> open_root(std::string_view host_path) {
  std::string path(host_path);
  if (path.starts_with('/') && !path.starts_with("//")) {
    if (path.size() == 1) return drives_handle();
    if (!is_letter(path[1]) || (path.size() > 2 && path[2] != '/')) return fail(SysError::NotFound);
    path = path.substr(1, 1) + ":/" + path.substr(path.size() > 2 ? 3 : 2);
  }
  const auto target = to_nt_path(path);
  if (!target) return fail(target.error());
  nt::Open what = {.access = FILE_GENERIC_READ | FILE_TRAVERSE, .options = FILE_DIRECTORY_FILE, .follow = true};
  auto opened = nt::open(nullptr, *target, what);
  if (!opened && opened.error() == SysError::Access) {
    what.access = kStartingPoint;
    opened = nt::open(nullptr, *target, what);
  }
  if (!opened) return fail(opened.error());
  return adopt(*opened, Kind::Directory);
}

SysResult<Step> step_into(const Handle& directory, std::string_view name) {
  const OpenFile* const file = open_file(directory);
  Step step;
  if (file != nullptr && file->kind == Kind::Drives) {
    if (name == ".") {
      step.directory = drives_handle();
      return step;
    }
    const auto drive = open_drive(name, kStartingPoint);
    if (!drive) return fail(drive.error());
    step.directory = adopt(*drive, Kind::Directory);
    return step;
  }
  const auto entry = entry_of(directory, name);
  if (!entry) return fail(entry.error());
  // Traversing needs no right of its own (everyone may bypass those checks), and asking for one would hide a link's
  // target.
  const nt::Open what = {.access = FILE_READ_ATTRIBUTES};
  const auto opened = entry->open(what);
  if (!opened) return fail(opened.error());
  const auto tag = attributes_of(*opened);
  if (tag && redirection_of(*tag) == Redirection::Link) {
    const nt::Closer closer(*opened);
    auto link = read_reparse_link(*opened);
    if (!link) return fail(link.error());
    step.link = std::move(*link);
    return step;
  }
  auto judged = judge(*opened, what, {.directory = true, .flags = {}});
  if (!judged) return fail(judged.error());
  step.directory = std::move(*judged);
  return step;
}

SysResult<Handle> open_at(const Handle& directory, std::string_view name, const OpenOptions& options) {
  const OpenFile* const file = open_file(directory);
  if (options.create && options.directory) return fail(SysError::Invalid);
  if (file != nullptr && file->kind == Kind::Drives) {
    if (options.access != AccessMode::Read || options.create) {
      return fail(status_at(directory, name) ? SysError::IsDirectory : SysError::Access);
    }
    if (name == ".") return drives_handle();
    auto drive = open_drive(name, FILE_GENERIC_READ);
    if (!drive) return fail(drive.error());
    return adopt(*drive, Kind::Directory, options.flags);
  }
  const auto entry = entry_of(directory, name);
  if (!entry) return fail(entry.error());
  const nt::Open what = to_nt(options);
  HANDLE opened = nullptr;
  const NTSTATUS status = nt::open(entry->directory, entry->name, what, opened);
  if (NT_SUCCESS(status)) return judge(opened, what, options);
  if (status == STATUS_DELETE_PENDING && options.create) return fail(SysError::Busy);
  // Somebody does not share writing: most often because the file is a program that is running.
  if (status == STATUS_SHARING_VIOLATION && options.access != AccessMode::Read) return fail(SysError::FileBusy);
  const SysError error = from_status(status);
  return fail(error == SysError::Access ? explain_denial(*entry, options) : error);
}

// No Windows call resolves a whole path without following links out of a directory.
FastOpenResult open_beneath(const Handle&, std::string_view, const OpenOptions&, bool, Leaving) { return {}; }
FastOpenResult step_beneath(const Handle&, std::string_view, Leaving) { return {}; }
FastStatus status_beneath(const Handle&, std::string_view, bool, Leaving) { return {}; }

SysResult<FileStatus> status_at(const Handle& directory, std::string_view name) {
  const OpenFile* const file = open_file(directory);
  if (file != nullptr && file->kind == Kind::Drives) {
    if (name == ".") return status(directory);
    const auto drive = open_drive(name, FILE_READ_ATTRIBUTES);
    if (!drive) return fail(drive.error());
    const nt::Closer closer(*drive);
    return status_of(*drive);
  }
  const auto entry = entry_of(directory, name);
  if (!entry) return fail(entry.error());
  const auto opened = entry->open({.access = FILE_READ_ATTRIBUTES});
  if (!opened) return fail(opened.error());
  const nt::Closer closer(*opened);
  return status_of(*opened);
}

SysResult<void> set_times_at(const Handle& directory, std::string_view name, TimeChange accessed, TimeChange modified) {
  const auto entry = entry_of(directory, name);
  if (!entry) return fail(entry.error());
  const auto opened = entry->open({.access = FILE_WRITE_ATTRIBUTES});
  if (!opened) return fail(opened.error());
  const nt::Closer closer(*opened);
  return change_times(*opened, accessed, modified);
}

SysResult<std::string> read_link(const Handle& directory, std::string_view name) {
  const OpenFile* const file = open_file(directory);
  if (file != nullptr && file->kind == Kind::Drives) return fail(SysError::Invalid);
  const auto entry = entry_of(directory, name);
  if (!entry) return fail(entry.error());
  const auto opened = entry->open({.access = FILE_READ_ATTRIBUTES});
  if (!opened) return fail(opened.error());
  const nt::Closer closer(*opened);
  const auto tag = attributes_of(*opened);
  if (!tag) return fail(tag.error());
  if (redirection_of(*tag) != Redirection::Link) return fail(SysError::Invalid);
  return read_reparse_link(*opened);
}

}  // namespace hermit::os

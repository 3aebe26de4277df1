// whole_file.h on Windows: a file mapping to read; write beside, then MoveFileEx to replace.
#include "os/whole_file.h"

#include <algorithm>
#include <utility>

#include "os/process.h"
#include "os/status_windows.h"
#include "os/whole_file_names.h"
#include "os/wide_windows.h"

namespace hermit::os {
namespace {

class SystemHandle {
 public:
  explicit SystemHandle(HANDLE handle) : handle_(handle) {}
  SystemHandle(const SystemHandle&) = delete;
  SystemHandle& operator=(const SystemHandle&) = delete;
  ~SystemHandle() { close(); }
  [[nodiscard]] HANDLE get() const { return handle_; }
  [[nodiscard]] bool valid() const { return handle_ != INVALID_HANDLE_VALUE && handle_ != nullptr; }
  void close() {
    if (valid()) CloseHandle(handle_);
    handle_ = INVALID_HANDLE_VALUE;
  }

 private:
  HANDLE handle_;
};

// A view of the whole file, which stays when handles are closed; null if the system refuses.
void* map_view(HANDLE file, DWORD protection, DWORD access) {
  const SystemHandle mapping(CreateFileMappingW(file, nullptr, protection, 0, 0, nullptr));
  return mapping.valid() ? MapViewOfFile(mapping.get(), access, 0, 0, 0) : nullptr;
}

bool write_all(HANDLE file, ByteView bytes) {
  while (!bytes.empty()) {
    DWORD written = 0;
    const auto chunk = static_cast<DWORD>(std::min<size_t>(bytes.size(), size_t{1} << 24));
    if (WriteFile(file, bytes.data(), chunk, &written, nullptr) == 0) return false;
    bytes = bytes.subspan(written);
  }
  return true;
}

Result<void> list_into(const std::wstring& folder, const std::string& prefix, FolderFiles& out) {
  WIN32_FIND_DATAW found;
  const HANDLE search = FindFirstFileW((folder + L"\\*").c_str(), &found);
  if (search == INVALID_HANDLE_VALUE) return last_error("cannot read the directory");
  std::vector<std::wstring> folders;
  do {
    const std::wstring name = found.cFileName;
    if (name == L"." || name == L"..") continue;
    const bool link = (found.dwFileAttributes & FILE_ATTRIBUTE_REPARSE_POINT) != 0;
    if (link) {
      out.others.push_back(prefix + to_utf8(name));
    } else if ((found.dwFileAttributes & FILE_ATTRIBUTE_DIRECTORY) == 0) {
      out.files.push_back(prefix + to_utf8(name));
    } else {
      folders.push_back(name);
    }
  } while (FindNextFileW(search, &found) != 0);
  FindClose(search);
  for (const std::wstring& name : folders)
    TRY_VOID(list_into(folder + L"\\" + name, prefix + to_utf8(name) + "/", out));
  return {};
}

}  // namespace

FileView::~FileView() {
  if (mapping_ != nullptr) UnmapViewOfFile(mapping_);
}

Result<FileView> FileView::open(const std::string& path, bool may_run, std::span<u8> head) {
  TRY(const std::wstring wide, to_long_path(path));
  const auto open_for = [&](DWORD access) {
    return CreateFileW(wide.c_str(), access, FILE_SHARE_READ | FILE_SHARE_DELETE, nullptr, OPEN_EXISTING,
                       FILE_ATTRIBUTE_NORMAL, nullptr);
  };
  HANDLE handle = open_for(may_run ? GENERIC_READ | GENERIC_EXECUTE : GENERIC_READ);
  if (handle == INVALID_HANDLE_VALUE && may_run) {
    may_run = false;
    handle = open_for(GENERIC_READ);
  }
  const SystemHandle file(handle);
  if (!file.valid()) return last_error("cannot open");
  if (GetFileType(file.get()) != FILE_TYPE_DISK)
    return std::unexpected(Error{ErrorKind::Unsupported, "not a regular file"});
  LARGE_INTEGER size;
  if (GetFileSizeEx(file.get(), &size) == 0) return last_error("cannot open");
  FileView view;
  const auto id = identity_of(file.get());  // as status() does, so that ids compare equal on every file system
  if (!id)
    return std::unexpected(Error{ErrorKind::System, "cannot identify", static_cast<u64>(system_number(id.error()))});
  view.id_ = *id;
  if (size.QuadPart == 0) return view;
  if (may_run) view.mapping_ = map_view(file.get(), PAGE_EXECUTE_READ, FILE_MAP_READ | FILE_MAP_EXECUTE);
  // Pages of such a view are executable until they are said not to be.
  DWORD before;
  if (view.mapping_ != nullptr &&
      VirtualProtect(view.mapping_, static_cast<size_t>(size.QuadPart), PAGE_READONLY, &before) == 0)
    UnmapViewOfFile(std::exchange(view.mapping_, nullptr));
  if (view.mapping_ == nullptr) view.mapping_ = map_view(file.get(), PAGE_READONLY, FILE_MAP_READ);
  if (view.mapping_ == nullptr) return last_error("cannot map");
  view.bytes_ = {static_cast<const u8*>(view.mapping_), static_cast<size_t>(size.QuadPart)};
  view.copy_head(head);
  return view;
}

Result<bool> replace_file(const std::string& path, std::span<const ByteView> parts, bool) {
  TRY(const std::wstring target, to_long_path(path));
  const DWORD attributes = GetFileAttributesW(target.c_str());
  if (attributes != INVALID_FILE_ATTRIBUTES && (attributes & FILE_ATTRIBUTE_DIRECTORY) != 0) {
    return std::unexpected(Error{ErrorKind::System, "cannot replace a directory", ERROR_ACCESS_DENIED});
  }
  for (u32 attempt = 0; attempt < 100; ++attempt) {
    TRY(const std::wstring temporary, to_long_path(temporary_name(path, monotonic_milliseconds() * 100 + attempt)));
    SystemHandle file(
        CreateFileW(temporary.c_str(), GENERIC_WRITE, 0, nullptr, CREATE_NEW, FILE_ATTRIBUTE_NORMAL, nullptr));
    if (!file.valid() && GetLastError() == ERROR_FILE_EXISTS) continue;
    if (!file.valid()) return last_error("cannot create");
    const bool written = std::ranges::all_of(parts, [&](ByteView part) { return write_all(file.get(), part); });
    auto failed = last_error("cannot write");
    file.close();
    if (written) {
      if (MoveFileExW(temporary.c_str(), target.c_str(), MOVEFILE_REPLACE_EXISTING) != 0) return true;
      failed = last_error("cannot write");
    }
    DeleteFileW(temporary.c_str());
    return failed;
  }
  return std::unexpected(Error{ErrorKind::System, "cannot create a temporary file", ERROR_FILE_EXISTS});
}

bool is_directory(const std::string& path) {
  const auto wide = to_long_path(path);
  if (!wide) return false;
  const DWORD attributes = GetFileAttributesW(wide->c_str());
  return attributes != INVALID_FILE_ATTRIBUTES && (attributes & FILE_ATTRIBUTE_DIRECTORY) != 0;
}

Result<FolderFiles> list_files(const std::string& folder) {
  TRY(const std::wstring wide, to_long_path(folder));
  FolderFiles found;
  TRY_VOID(list_into(wide, "", found));
  std::ranges::sort(found.files);
  std::ranges::sort(found.others);
  return found;
}

}  // namespace hermit::os

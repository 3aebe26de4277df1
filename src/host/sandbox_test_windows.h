// The sandbox of sandbox_test_posix.h on Windows, made with the Windows API alone.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

#include "host/answer_test.h"
#include "host/granted_test.h"
#include "os/handle_windows.h"
#include "os/wide_windows.h"

namespace hermit::host {

// base/rw and base/ro are granted as descriptors 3 and 4; base/secret and base/outside/ are not.
class Sandbox : public GrantedHost {
 public:
  explicit Sandbox(bool walk_only, std::vector<os::FileId> immutable = {}) {
    wchar_t temporary[MAX_PATH + 1];
    if (GetTempPathW(MAX_PATH, temporary) == 0) std::abort();
    static int counter = 0;
    base_ = os::to_utf8(temporary) + "hermit-sandbox-" + std::to_string(GetCurrentProcessId()) + "-" +
            std::to_string(++counter);
    make_directory("");
    make_directory("rw");
    make_directory("ro");
    make_directory("outside");
    write("secret", "secret");
    write("ro/file", "read only");
    restart(walk_only, std::move(immutable));
  }
  ~Sandbox() {
    stop();
    clear(wide(""));
  }
  // A new host on the same files.
  void restart(bool walk_only, std::vector<os::FileId> immutable) {
    start(at("rw"), at("ro"), walk_only, std::move(immutable));
  }

  // The real file system, as seen from outside; paths relative to base, with slashes.
  [[nodiscard]] std::string at(const std::string& path) const { return os::to_utf8(wide(path)); }
  void make_directory(const std::string& path) { ASSERT_NE(CreateDirectoryW(wide(path).c_str(), nullptr), 0) << path; }
  void write(const std::string& path, std::string_view text) {
    const HANDLE file = CreateFileW(wide(path).c_str(), GENERIC_WRITE, kShareAll, nullptr, CREATE_ALWAYS, 0, nullptr);
    ASSERT_NE(file, INVALID_HANDLE_VALUE) << path;
    DWORD written = 0;
    EXPECT_NE(WriteFile(file, text.data(), static_cast<DWORD>(text.size()), &written, nullptr), 0);
    EXPECT_EQ(written, text.size());
    CloseHandle(file);
  }
  [[nodiscard]] std::string read(const std::string& path) const {
    const HANDLE file = CreateFileW(wide(path).c_str(), GENERIC_READ, kShareAll, nullptr, OPEN_EXISTING, 0, nullptr);
    if (file == INVALID_HANDLE_VALUE) return "(missing)";
    char text[256];
    DWORD size = 0;
    EXPECT_NE(ReadFile(file, text, sizeof text, &size, nullptr), 0);
    CloseHandle(file);
    return std::string(text, size);
  }
  void remove(const std::string& path) { DeleteFileW(wide(path).c_str()); }
  [[nodiscard]] bool exists(const std::string& path) const {
    return GetFileAttributesW(wide(path).c_str()) != INVALID_FILE_ATTRIBUTES;
  }

 private:
  static constexpr DWORD kShareAll = FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE;

  [[nodiscard]] std::wstring wide(const std::string& path) const {
    std::wstring result = os::to_wide(path.empty() ? base_ : base_ + "/" + path).value();
    for (wchar_t& c : result) c = c == L'/' ? L'\\' : c;
    return result;
  }
  static void clear(const std::wstring& directory) {
    WIN32_FIND_DATAW entry;
    const HANDLE search = FindFirstFileW((directory + L"\\*").c_str(), &entry);
    if (search == INVALID_HANDLE_VALUE) return;
    do {
      const std::wstring name = entry.cFileName;
      const std::wstring path = directory + L"\\" + name;
      if (name == L"." || name == L"..") continue;
      if ((entry.dwFileAttributes & FILE_ATTRIBUTE_DIRECTORY) != 0) {
        clear(path);
      } else {
        SetFileAttributesW(path.c_str(), FILE_ATTRIBUTE_NORMAL);
        DeleteFileW(path.c_str());
      }
    } while (FindNextFileW(search, &entry) != 0);
    FindClose(search);
    RemoveDirectoryW(directory.c_str());
  }

  std::string base_;
};

}  // namespace hermit::host

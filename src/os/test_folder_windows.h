// A directory of its own for each test, below the user's temporary directory.
#pragma once

#include <gtest/gtest.h>

#include <string>

#include "os/directory.h"
#include "os/nt_windows.h"
#include "os/wide_windows.h"

namespace hermit::os {

// Wine is not Windows: tests say where it differs.
inline bool is_wine() { return GetProcAddress(GetModuleHandleW(L"ntdll.dll"), "wine_get_version") != nullptr; }

class WindowsFolder : public testing::Test {
 protected:
  void SetUp() override {
    wchar_t temporary[MAX_PATH + 1];
    ASSERT_NE(GetTempPathW(MAX_PATH, temporary), 0u);
    static int counter = 0;
    path_ = std::wstring(temporary) + L"hermit-test-" + std::to_wstring(GetCurrentProcessId()) + L"-" +
            std::to_wstring(++counter);
    ASSERT_NE(CreateDirectoryW(path_.c_str(), nullptr), 0);
    auto root = open_root(to_utf8(path_));
    ASSERT_TRUE(root.has_value());
    root_ = std::move(*root);
  }
  void TearDown() override {
    clear(root_);
    root_.close();
    EXPECT_NE(RemoveDirectoryW(path_.c_str()), 0) << GetLastError();
  }

  Handle open(std::string_view name, OpenOptions options) {
    auto handle = open_at(root_, name, options);
    EXPECT_TRUE(handle.has_value()) << name << ": " << (handle ? "" : describe(handle.error()));
    return handle ? std::move(*handle) : Handle();
  }
  Handle create(std::string_view name) {
    return open(name, {.access = AccessMode::ReadWrite, .create = true, .flags = {}});
  }
  void put(std::string_view name, std::string_view text) { put(create(name), text); }
  static void put(const Handle& file, std::string_view text) {
    const std::span<const u8> bytes(reinterpret_cast<const u8*>(text.data()), text.size());
    EXPECT_EQ(write(file, {&bytes, 1}).value_or(0), text.size());
  }
  static std::string content(const Handle& file) {
    std::string text(1000, '\0');
    const std::span<u8> buffer(reinterpret_cast<u8*>(text.data()), text.size());
    text.resize(read_at(file, {&buffer, 1}, 0).value_or(0));
    return text;
  }
  std::string content(std::string_view name) { return content(open(name, {})); }
  bool exists(std::string_view name) { return status_at(root_, name).has_value(); }

  static void clear(const Handle& folder) {
    const auto handle = open_at(folder, ".", {.directory = true, .flags = {}});
    ASSERT_TRUE(handle.has_value());
    const auto listing = list_directory(*handle);
    ASSERT_TRUE(listing.has_value());
    for (const auto& entry : listing->entries) {
      const std::string name(listing->name(entry));
      if (remove_file(folder, name)) continue;
      if (const auto step = step_into(folder, name); step && step->directory.valid()) clear(step->directory);
      EXPECT_TRUE(remove_directory(folder, name).has_value()) << name;
    }
  }

  std::wstring path_;
  Handle root_;
};

template <typename T>
SysError error_of(const SysResult<T>& result) {
  EXPECT_FALSE(result.has_value());
  return result ? SysError::Io : result.error();
}

}  // namespace hermit::os

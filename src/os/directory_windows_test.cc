#include "os/directory.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "os/test_folder_windows.h"

namespace hermit::os {
namespace {

using WindowsDirectory = WindowsFolder;

constexpr OpenOptions kCreate = {.access = AccessMode::ReadWrite, .create = true, .flags = {}};
constexpr OpenOptions kExclusive = {.access = AccessMode::ReadWrite, .create = true, .exclusive = true, .flags = {}};
constexpr OpenOptions kList = {.directory = true, .flags = {}};

std::vector<std::string> names(const Handle& directory) {
  std::vector<std::string> result;
  const auto listing = list_directory(directory);
  EXPECT_TRUE(listing.has_value());
  if (listing) {
    for (const auto& entry : listing->entries) result.emplace_back(listing->name(entry));
  }
  std::ranges::sort(result);
  return result;
}

TEST_F(WindowsDirectory, DeviceNamesReachNothing) {
  for (const char* name : {"NUL", "con", "CONIN$", "COM1.txt", "aux "}) {
    EXPECT_EQ(error_of(open_at(root_, name, kCreate)), SysError::Access) << name;
    EXPECT_EQ(error_of(status_at(root_, name)), SysError::Access) << name;
    EXPECT_EQ(error_of(create_directory(root_, name)), SysError::Access) << name;
    EXPECT_EQ(error_of(step_into(root_, name)), SysError::Access) << name;
  }
  EXPECT_TRUE(names(open(".", kList)).empty());
}

TEST_F(WindowsDirectory, NoNameReachesAnotherFileOrAStream) {
  put("file", "text");
  for (const char* name :
       {"file.", "file ", "file:", "file::$DATA", "file:stream", ".\\file", "..\\x", "\\\\?\\C:\\Windows"}) {
    EXPECT_EQ(error_of(open_at(root_, name, {})), SysError::NotFound) << name;
    EXPECT_EQ(error_of(open_at(root_, name, kCreate)), SysError::NotFound) << name;
    EXPECT_EQ(error_of(remove_file(root_, name)), SysError::NotFound) << name;
    EXPECT_EQ(error_of(rename(root_, "file", root_, name)), SysError::NotFound) << name;
    EXPECT_EQ(error_of(hard_link(root_, "file", root_, name)), SysError::NotFound) << name;
  }
  EXPECT_EQ(names(open(".", kList)), (std::vector<std::string>{"file"}));
}

TEST_F(WindowsDirectory, NamesIgnoreCaseAndIdentityShowsIt) {
  put("File", "text");
  EXPECT_EQ(content("fILE"), "text");
  EXPECT_EQ(status_at(root_, "File")->id, status_at(root_, "FILE")->id);
  EXPECT_EQ(error_of(open_at(root_, "fiLe", kExclusive)), SysError::Exists);
  ASSERT_TRUE(rename(root_, "File", root_, "fILE"));
  if (is_wine()) return;  // Wine 8 keeps the old spelling, also for `ren File fILE` in its own cmd
  EXPECT_EQ(names(open(".", kList)), (std::vector<std::string>{"fILE"}));
}

TEST_F(WindowsDirectory, WhatAnOpenAnswers) {
  put("file", "text");
  ASSERT_TRUE(create_directory(root_, "folder"));
  EXPECT_EQ(error_of(open_at(root_, "none", {})), SysError::NotFound);
  EXPECT_EQ(error_of(open_at(root_, "file", kExclusive)), SysError::Exists);
  EXPECT_EQ(error_of(open_at(root_, "folder", kExclusive)), SysError::Exists);
  EXPECT_EQ(error_of(open_at(root_, "file", kList)), SysError::NotDirectory);
  EXPECT_EQ(error_of(open_at(root_, "folder", kCreate)), SysError::IsDirectory);
  EXPECT_EQ(error_of(open_at(root_, "folder", {.access = AccessMode::Write, .flags = {}})), SysError::IsDirectory);
  EXPECT_EQ(error_of(create_directory(root_, "folder")), SysError::Exists);
  EXPECT_EQ(error_of(create_directory(root_, "file")), SysError::Exists);
  EXPECT_EQ(error_of(step_into(root_, "file")), SysError::NotDirectory);
  EXPECT_EQ(error_of(step_into(root_, "none")), SysError::NotFound);
  EXPECT_EQ(error_of(remove_directory(root_, "file")), SysError::NotDirectory);
  EXPECT_EQ(error_of(remove_file(root_, "folder")), SysError::IsDirectory);
  EXPECT_EQ(error_of(hard_link(root_, "folder", root_, "other")), SysError::NotPermitted);
  const Handle file = open("file", {});
  EXPECT_EQ(error_of(open_at(file, "x", {})), SysError::NotDirectory);
  EXPECT_EQ(error_of(step_into(file, "x")), SysError::NotDirectory);
  EXPECT_TRUE(open_at(root_, "folder", {}).has_value());
}

TEST_F(WindowsDirectory, OpenFilesLockNobodyOut) {
  put("file", "text");
  const Handle reader = open("file", {});
  const Handle writer = open("file", {.access = AccessMode::Write, .flags = {}});
  ASSERT_TRUE(rename(root_, "file", root_, "moved"));
  EXPECT_EQ(content(reader), "text");
  ASSERT_TRUE(remove_file(root_, "moved"));
  EXPECT_EQ(content(reader), "text");
}

TEST_F(WindowsDirectory, RenameReplacesAsPosixDoes) {
  put("a", "A");
  put("b", "B");
  ASSERT_TRUE(create_directory(root_, "empty"));
  ASSERT_TRUE(create_directory(root_, "full"));
  const auto full = step_into(root_, "full");
  ASSERT_TRUE(full.has_value());
  ASSERT_TRUE(create_directory(full->directory, "inside"));
  EXPECT_EQ(error_of(rename(root_, "a", root_, "empty")), SysError::IsDirectory);
  EXPECT_EQ(error_of(rename(root_, "empty", root_, "a")), SysError::NotDirectory);
  EXPECT_EQ(error_of(rename(root_, "empty", root_, "full")), SysError::NotEmpty);
  EXPECT_EQ(error_of(rename(root_, "none", root_, "b")), SysError::NotFound);
  EXPECT_EQ(error_of(remove_directory(root_, "full")), SysError::NotEmpty);
  ASSERT_TRUE(rename(root_, "a", root_, "b"));
  EXPECT_EQ(content("b"), "A");
  ASSERT_TRUE(rename(full->directory, "inside", root_, "empty"));
  EXPECT_EQ(names(open(".", kList)), (std::vector<std::string>{"b", "empty", "full"}));
  ASSERT_TRUE(rename(root_, "b", full->directory, "c"));
  EXPECT_FALSE(exists("b"));
}

TEST_F(WindowsDirectory, HardLinksAreOneFile) {
  put("a", "text");
  ASSERT_TRUE(hard_link(root_, "a", root_, "b"));
  EXPECT_EQ(status_at(root_, "a")->id, status_at(root_, "b")->id);
  EXPECT_EQ(status_at(root_, "a")->links, 2u);
  EXPECT_EQ(error_of(hard_link(root_, "a", root_, "b")), SysError::Exists);
  ASSERT_TRUE(rename(root_, "a", root_, "b"));  // POSIX: nothing happens
  EXPECT_TRUE(exists("a"));
  EXPECT_TRUE(exists("b"));
}

TEST_F(WindowsDirectory, ReadOnlyFilesCanBeRemoved) {
  put("file", "");
  ASSERT_NE(SetFileAttributesW((path_ + L"\\file").c_str(), FILE_ATTRIBUTE_READONLY), 0);
  // Wine takes the attribute for a POSIX permission, which does not bind the superuser.
  if (!is_wine())
    EXPECT_EQ(error_of(open_at(root_, "file", {.access = AccessMode::Write, .flags = {}})), SysError::Access);
  EXPECT_TRUE(remove_file(root_, "file").has_value());
  EXPECT_FALSE(exists("file"));
}

TEST_F(WindowsDirectory, PathsGrowBeyond260Characters) {
  const std::string name(100, 'n');
  Handle folder = open(".", kList);
  std::wstring path = L"\\\\?\\" + path_;
  for (int depth = 0; depth < 5; ++depth) {
    ASSERT_TRUE(create_directory(folder, name));
    auto step = step_into(folder, name);
    ASSERT_TRUE(step.has_value());
    folder = std::move(step->directory);
    path += L"\\" + std::wstring(100, L'n');
  }
  const auto file = open_at(folder, "file", kCreate);
  ASSERT_TRUE(file.has_value());
  put(*file, "deep");
  const auto root = open_root(to_utf8(path));
  ASSERT_TRUE(root.has_value());
  EXPECT_EQ(status_at(*root, "file")->size, 4u);
}

TEST_F(WindowsDirectory, ListsAllEntriesWithTheirTypes) {
  for (int i = 0; i < 1500; ++i) {
    const auto file =
        open_at(root_, "a rather long name, so that several blocks are needed " + std::to_string(i), kCreate);
    ASSERT_TRUE(file.has_value());
  }
  ASSERT_TRUE(create_directory(root_, "\xc3\xa4\xf0\x9f\x98\x80"));
  const Handle handle = open(".", kList);
  for (size_t round = 0; round < 2; ++round) {  // the second starts again at the front, and sees what is new
    const auto listing = list_directory(handle);
    ASSERT_TRUE(listing.has_value());
    EXPECT_EQ(listing->entries.size(), 1501u + round);
    put("new", "");
    size_t directories = 0;
    for (const auto& entry : listing->entries) {
      if (entry.type != FileType::Directory) continue;
      ++directories;
      EXPECT_EQ(listing->name(entry), "\xc3\xa4\xf0\x9f\x98\x80");
      EXPECT_EQ(entry.index, status_at(root_, listing->name(entry))->id.index);
    }
    EXPECT_EQ(directories, 1u);
  }
}

TEST_F(WindowsDirectory, TheHostPathSlashIsTheSetOfDrives) {
  const auto drives = open_root("/");
  ASSERT_TRUE(drives.has_value());
  const auto all = names(*drives);
  EXPECT_NE(std::ranges::find(all, "C"), all.end());
  EXPECT_EQ(status(*drives)->type, FileType::Directory);
  EXPECT_EQ(status_at(*drives, "C")->type, FileType::Directory);
  EXPECT_EQ(status_at(*drives, "c")->id, status_at(*drives, "C")->id);
  for (const char* name : {"", "CC", "C:", "1", "\\", "\xc3\xa4"}) {
    EXPECT_EQ(error_of(step_into(*drives, name)), SysError::NotFound) << name;
    EXPECT_EQ(error_of(open_at(*drives, name, {})), SysError::NotFound) << name;
  }
  EXPECT_EQ(error_of(create_directory(*drives, "x")), SysError::Access);
  EXPECT_EQ(error_of(remove_directory(*drives, "C")), SysError::Access);
  EXPECT_EQ(error_of(rename(*drives, "C", root_, "x")), SysError::Access);
  EXPECT_EQ(error_of(rename(root_, "x", *drives, "x")), SysError::Access);

  // The same directory, reached from the drives, as /C/…, and as C:\….
  put("marker", "here");
  const std::string path = to_utf8(path_);
  std::string slashed = "/" + path.substr(0, 1) + path.substr(2);
  std::ranges::replace(slashed, '\\', '/');
  const auto by_slashes = open_root(slashed);
  ASSERT_TRUE(by_slashes.has_value()) << slashed;
  EXPECT_EQ(status(*by_slashes)->id, status(root_)->id);
  auto step = step_into(*drives, path.substr(0, 1));
  ASSERT_TRUE(step.has_value());
  EXPECT_EQ(status(step->directory)->id, status_at(*drives, path.substr(0, 1))->id);
  EXPECT_TRUE(open_root(path.substr(0, 3)).has_value());
  EXPECT_TRUE(open_root("/" + path.substr(0, 1)).has_value());
}

TEST_F(WindowsDirectory, HostPathsThatAreNoDirectory) {
  put("file", "");
  EXPECT_EQ(error_of(open_root("/Users")), SysError::NotFound);
  EXPECT_EQ(error_of(open_root("/CC/x")), SysError::NotFound);
  EXPECT_EQ(error_of(open_root("NUL")), SysError::NotDirectory);
  EXPECT_EQ(error_of(open_root("\\\\.\\pipe")), SysError::NotDirectory);
  EXPECT_EQ(error_of(open_root(to_utf8(path_) + "\\file")), SysError::NotDirectory);
  EXPECT_EQ(error_of(open_root(to_utf8(path_) + "\\none")), SysError::NotFound);
  EXPECT_EQ(error_of(open_root("\xff")), SysError::IllegalSequence);
  EXPECT_EQ(error_of(open_root("")), SysError::NotFound);
  EXPECT_TRUE(open_root(to_utf8(path_) + "\\").has_value());
  EXPECT_TRUE(open_root(".").has_value());
}

}  // namespace
}  // namespace hermit::os

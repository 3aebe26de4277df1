#include "os/reparse_windows.h"

#include <gtest/gtest.h>

#include "os/test_folder_windows.h"

namespace hermit::os {
namespace {

std::string round_trip(std::string_view target) {
  const auto data = encode_reparse_link(target);
  if (!data) return "(refused)";
  return decode_reparse_link(*data).value_or("(unreadable)");
}

// A junction as mklink /J writes it.
std::vector<u8> junction(std::wstring_view target) {
  const auto size = static_cast<u16>(target.size() * 2);
  std::vector<u8> data = {3, 0, 0, 0xa0, 0, 0, 0, 0, 0, 0, static_cast<u8>(size), static_cast<u8>(size >> 8),
                          0, 0, 0, 0};
  for (const wchar_t unit : target) {
    data.push_back(static_cast<u8>(unit));
    data.push_back(static_cast<u8>(unit >> 8));
  }
  data[4] = static_cast<u8>(data.size() - 8);
  return data;
}

TEST(WindowsLinks, TargetsComeBackAsTheyWere) {
  for (const char* target :
       {"a", "../a/b", "../../../etc/passwd", ".", "a//b/", "/C/Users/x", "/c", "\xc3\xa4/\xe6\x97\xa5"}) {
    EXPECT_EQ(round_trip(target), std::string(target) == "/c" ? "/c/" : target);
  }
}

// Windows would take these for another drive, a server or a stream; a server's name alone sends the user's credentials
// there.
TEST(WindowsLinks, TargetsThatMeanSomethingElseToWindowsAreRefused) {
  for (const char* target : {"", "C:evil", "C:/evil", "a:b", "\\\\server\\share", "//server/share", "a\\b", "/",
                             "/etc/passwd", "/?\?/C:/"}) {
    EXPECT_EQ(error_of(encode_reparse_link(target)), SysError::NotPermitted) << target;
  }
  EXPECT_EQ(error_of(encode_reparse_link("\xff")), SysError::IllegalSequence);
  EXPECT_EQ(error_of(encode_reparse_link(std::string(20000, 'a'))), SysError::NameTooLong);
}

TEST(WindowsLinks, JunctionsAndMountPointsAreAbsoluteTargets) {
  EXPECT_EQ(decode_reparse_link(junction(L"\\??\\C:\\ProgramData")).value_or(""), "/C/ProgramData");
  EXPECT_EQ(decode_reparse_link(junction(L"\\??\\UNC\\server\\share\\x")).value_or(""), "//server/share/x");
  EXPECT_EQ(decode_reparse_link(junction(L"\\??\\Volume{1234}\\")).value_or(""), "//?/Volume{1234}/");
}

TEST(WindowsLinks, EveryTruncationAndWildOffsetIsAnError) {
  const auto whole = encode_reparse_link("../some/where").value_or(std::vector<u8>());
  ASSERT_FALSE(whole.empty());
  for (size_t size = 0; size < 20 + 26; ++size) {  // header, offsets, flags, the stored name
    EXPECT_EQ(error_of(decode_reparse_link(std::span(whole).first(size))), SysError::Io) << size;
  }
  for (const size_t at : {8u, 10u}) {  // offset and size of the stored name
    auto wild = whole;
    wild[at] = wild[at + 1] = 0xff;
    EXPECT_EQ(error_of(decode_reparse_link(wild)), SysError::Io);
  }
  auto other = whole;
  other[0] = 0x1b;  // an app execution link
  EXPECT_EQ(error_of(decode_reparse_link(other)), SysError::Invalid);
}

TEST(WindowsLinks, WhatARedirectionMeansDependsOnItsTag) {
  const ULONG link = FILE_ATTRIBUTE_REPARSE_POINT;
  EXPECT_EQ(redirection_of({0, 0}), Redirection::None);
  EXPECT_EQ(redirection_of({link, 0xa000000c}), Redirection::Link);
  EXPECT_EQ(redirection_of({link | FILE_ATTRIBUTE_DIRECTORY, 0xa0000003}), Redirection::Link);
  EXPECT_EQ(redirection_of({link, 0xa000001d}), Redirection::Link);
  EXPECT_EQ(redirection_of({link, 0x9000301a}), Redirection::Storage);    // OneDrive
  EXPECT_EQ(redirection_of({link, 0x80000013}), Redirection::Storage);    // deduplicated
  EXPECT_EQ(redirection_of({link, 0xa0000027}), Redirection::Elsewhere);  // a container's link
  EXPECT_EQ(type_of({link | FILE_ATTRIBUTE_DIRECTORY, 0xa0000003}), FileType::SymbolicLink);
  EXPECT_EQ(type_of({link | FILE_ATTRIBUTE_DIRECTORY, 0x9000301a}), FileType::Directory);
  EXPECT_EQ(type_of({link, 0x80000023}), FileType::SocketStream);
}

class WindowsReparsePoints : public WindowsFolder {
 protected:
  // Wine 8 answers every reparse control with "not supported"; Windows wants a privilege or developer mode.
  bool can_link() {
    const auto made = create_link(root_, "probe", "target", false);
    return made || (made.error() != SysError::NotSupported && made.error() != SysError::NotPermitted);
  }
};

TEST_F(WindowsReparsePoints, AFailedLinkLeavesNothingBehind) {
  EXPECT_EQ(error_of(create_link(root_, "link", "C:/x", false)), SysError::NotPermitted);
  EXPECT_FALSE(exists("link"));
  if (!can_link()) EXPECT_FALSE(exists("probe"));
}

TEST_F(WindowsReparsePoints, LinksAreNeverFollowed) {
  if (!can_link()) GTEST_SKIP() << "this system makes no symbolic links";
  put("file", "text");
  ASSERT_TRUE(create_directory(root_, "folder"));
  ASSERT_TRUE(create_link(root_, "to-file", "file", false));
  ASSERT_TRUE(create_link(root_, "to-folder", "folder", true));
  ASSERT_TRUE(create_link(root_, "nowhere", "../x/y", false));
  for (const char* name : {"to-file", "to-folder", "nowhere"}) {
    EXPECT_EQ(error_of(open_at(root_, name, {})), SysError::Loop) << name;
    EXPECT_EQ(error_of(open_at(root_, name, {.directory = true, .flags = {}})), SysError::Loop) << name;
    EXPECT_EQ(error_of(open_at(root_, name, {.access = AccessMode::ReadWrite, .create = true, .flags = {}})),
              SysError::Loop);
    EXPECT_EQ(status_at(root_, name)->type, FileType::SymbolicLink) << name;
    const auto step = step_into(root_, name);
    ASSERT_TRUE(step.has_value());
    EXPECT_FALSE(step->directory.valid());
    EXPECT_EQ(step->link, read_link(root_, name).value_or(""));
    EXPECT_EQ(status_at(root_, name)->size, step->link.size());
  }
  EXPECT_EQ(read_link(root_, "nowhere").value_or(""), "../x/y");
  EXPECT_TRUE(remove_file(root_, "to-folder"));
  EXPECT_TRUE(exists("folder"));
}

TEST_F(WindowsReparsePoints, NoLinkIsInvalid) {
  put("file", "");
  EXPECT_EQ(error_of(read_link(root_, "file")), SysError::Invalid);
  EXPECT_EQ(error_of(read_link(root_, ".")), SysError::Invalid);
  EXPECT_EQ(error_of(read_link(root_, "none")), SysError::NotFound);
}

}  // namespace
}  // namespace hermit::os

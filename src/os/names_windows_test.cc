#include "os/names_windows.h"

#include <gtest/gtest.h>

namespace hermit::os {
namespace {

SysError refusal(std::string_view name) {
  const auto component = to_component(name);
  EXPECT_FALSE(component.has_value()) << name;
  return component ? SysError::Io : component.error();
}

TEST(WindowsNames, OrdinaryNamesPass) {
  for (const char* name : {"a", "readme.txt", ".profile", "con1", "console", "comma", "COM", "COM10", "LPT", "nul_",
                           "a b", "..a", "auxiliary.txt", "\xc3\xa4\xe6\x97\xa5", "$Recycle.Bin", "PROGRA~1"}) {
    EXPECT_TRUE(to_component(name).has_value()) << name;
  }
  EXPECT_EQ(*to_component("\xc3\xa4"), L"\xe4");
  EXPECT_EQ(*to_component("."), L"");
}

TEST(WindowsNames, DevicesAreRefusedInEverySpelling) {
  for (const char* name : {"CON",
                           "con",
                           "Prn",
                           "aux",
                           "NUL",
                           "nul.txt",
                           "NUL.tar.gz",
                           "con ",
                           "con.",
                           "nul .txt",
                           "nul   .a.b",
                           "CON:",
                           "COM1",
                           "com9",
                           "COM0",
                           "LPT0",
                           "lpt3.log",
                           "COM\xc2\xb9",
                           "com\xc2\xb2.txt",
                           "LPT\xc2\xb3",
                           "CONIN$",
                           "conout$",
                           "CONOUT$.txt",
                           "nul:a",
                           "aux . ."}) {
    EXPECT_EQ(refusal(name), SysError::Access) << name;
  }
}

TEST(WindowsNames, WhatIsNotOnePlainComponentDoesNotExist) {
  for (const char* name :
       {"",           "..",        "a.",    "a ",  "a..", "a. .", "a:b", "a::$DATA", ":",   "c:", "a\\b",  "\\",
        "\\\\.\\nul", "\\\\?\\C:", "..\\a", "a/b", "a*",  "a?",   "<",   ">",        "a\"", "|",  "a\x01", "\x1f"}) {
    EXPECT_EQ(refusal(name), SysError::NotFound) << name;
  }
}

TEST(WindowsNames, LongAndMalformedNames) {
  EXPECT_TRUE(to_component(std::string(255, 'a')).has_value());
  EXPECT_EQ(refusal(std::string(256, 'a')), SysError::NameTooLong);
  EXPECT_EQ(refusal(std::string(100000, 'a')), SysError::NameTooLong);
  EXPECT_EQ(refusal("\xff"), SysError::IllegalSequence);
  EXPECT_EQ(refusal("\xed\xa0\x80"), SysError::IllegalSequence);  // half a surrogate pair
  EXPECT_EQ(refusal(std::string_view("a\0b", 3)), SysError::IllegalSequence);
}

TEST(WindowsNames, FilesOfWsl) {
  for (const char* path : {R"(\\wsl.localhost\Debian\home\x.com)", R"(\\wsl$\Debian\x)", R"(\\WSL$\Debian\x)",
                           R"(\\?\UNC\wsl.localhost\Debian\x)"}) {
    EXPECT_TRUE(is_wsl_path(path)) << path;
  }
  for (const char* path :
       {R"(C:\wsl$\x)", R"(\\server\wsl$\x)", R"(\\wsl.localhost.example\x)", R"(\\wsl)", "", R"(\wsl$\x)"}) {
    EXPECT_FALSE(is_wsl_path(path)) << path;
  }
}

}  // namespace
}  // namespace hermit::os

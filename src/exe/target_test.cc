#include "exe/target.h"

#include <gtest/gtest.h>

namespace hermit::exe {
namespace {

TEST(Target, NamesAreReadBack) {
  for (Target target : kAllTargets) {
    EXPECT_EQ(parse_target(target_name(target)), target);
    auto type = parse_file_type(target_name(target));
    ASSERT_TRUE(type);
    EXPECT_EQ(type->kind, FileKind::Single);
    EXPECT_EQ(type->target, target);
  }
  EXPECT_EQ(parse_file_type("all")->kind, FileKind::All);
  EXPECT_EQ(parse_file_type("unix")->kind, FileKind::Unix);
  for (std::string_view bad : {"", "linux", "Linux-x86_64", "linux-x86_64 ", "linux-arm64", "windows"}) {
    EXPECT_FALSE(parse_target(bad));
    EXPECT_FALSE(parse_file_type(bad));
  }
}

}  // namespace
}  // namespace hermit::exe

// The primitives below the resolver: one component, never through a link.
#include "os/directory.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "os/clock.h"
#include "os/poll.h"
#include "os/random.h"

namespace hermit::os {
namespace {

class DirectoryTest : public testing::Test {
 protected:
  DirectoryTest() {
    char name[] = "/tmp/hermit-os-XXXXXX";
    path = ::mkdtemp(name);
    root = std::move(*open_root(path));
    EXPECT_TRUE(create_directory(root, "d"));
    EXPECT_TRUE(create_link(root, "link", "d", true));
    EXPECT_TRUE(create_link(root, "out", "/etc", true));
    EXPECT_TRUE(open_at(root, "f", {.access = AccessMode::Write, .create = true, .flags = {}}));
  }
  ~DirectoryTest() override { (void)!std::system(("rm -rf " + path).c_str()); }

  std::string path;
  Handle root;
};

TEST_F(DirectoryTest, AStepNeverFollowsALink) {
  EXPECT_TRUE(step_into(root, "d")->directory.valid());
  const auto link = step_into(root, "link");
  ASSERT_TRUE(link);
  EXPECT_FALSE(link->directory.valid());
  EXPECT_EQ(link->link, "d");
  EXPECT_EQ(step_into(root, "out")->link, "/etc");
  EXPECT_EQ(step_into(root, "f").error(), SysError::NotDirectory);
  EXPECT_EQ(step_into(root, "missing").error(), SysError::NotFound);
  EXPECT_TRUE(step_into(root, ".")->directory.valid());
}

TEST_F(DirectoryTest, OpeningALinkIsALoop) {
  EXPECT_EQ(open_at(root, "link", {}).error(), SysError::Loop);
  EXPECT_EQ(open_at(root, "link", {.directory = true, .flags = {}}).error(), SysError::Loop);
  EXPECT_EQ(
      open_at(root, "link", {.access = AccessMode::Write, .create = true, .exclusive = true, .flags = {}}).error(),
      SysError::Exists);
  EXPECT_EQ(open_at(root, "f", {.directory = true, .flags = {}}).error(), SysError::NotDirectory);
  EXPECT_EQ(open_at(root, "d", {.access = AccessMode::Write, .flags = {}}).error(), SysError::IsDirectory);
}

TEST_F(DirectoryTest, ListsNamesTypesAndIndexes) {
  const auto listing = list_directory(root);
  ASSERT_TRUE(listing);
  ASSERT_EQ(listing->entries.size(), 4u);
  for (const auto& entry : listing->entries) {
    const auto status = status_at(root, listing->name(entry));
    ASSERT_TRUE(status);
    EXPECT_EQ(entry.type, status->type);
    EXPECT_EQ(entry.index, status->id.index);
  }
  EXPECT_EQ(list_directory(root)->entries.size(), 4u);  // starts anew each time
}

TEST_F(DirectoryTest, LongLinksAreReadWhole) {
  const std::string target(3000, 'x');
  ASSERT_TRUE(create_link(root, "long", target, false));
  EXPECT_EQ(*read_link(root, "long"), target);
  EXPECT_EQ(read_link(root, "f").error(), SysError::Invalid);
}

// A process with closed standard streams: their numbers must not go to files, and closing a stream must not free one.
TEST(StandardStreamsTest, NumbersAreNeverReused) {
  const pid_t child = ::fork();
  if (child == 0) {
    ::close(0);
    ::close(2);
    StandardStreams streams = take_standard_streams();
    bool good = !streams.streams[0].valid() && streams.streams[1].valid() && !streams.streams[2].valid();
    good = good && open_root("/")->raw() > 2;
    streams.streams[1].close();
    good = good && open_root("/")->raw() > 2 && ::fcntl(1, F_GETFD) != -1;
    ::_exit(good ? 0 : 1);
  }
  int result = 0;
  ::waitpid(child, &result, 0);
  EXPECT_EQ(result, 0);
}

TEST(PollSystemTest, SleepsAndLooks) {
  const u64 start = *clock_time(Clock::Monotonic);
  EXPECT_EQ(*poll({}, 5'000'000), 0u);
  EXPECT_GE(*clock_time(Clock::Monotonic) - start, 5'000'000u);
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  const Handle reader(ends[0]), writer(ends[1]);
  PollItem items[] = {{.handle = reader.raw()}, {.handle = writer.raw(), .writing = true}, {.handle = 9999}};
  EXPECT_EQ(*poll(items, std::nullopt), 2u);
  EXPECT_FALSE(items[0].ready);
  EXPECT_TRUE(items[1].ready);
  EXPECT_TRUE(items[2].invalid);
}

TEST(RandomTest, FillsEveryByteOfALongBuffer) {
  std::vector<u8> bytes(1000);
  std::vector<bool> changed(bytes.size());
  for (int round = 0; round < 12; ++round) {
    ASSERT_TRUE(fill_random(bytes));
    for (size_t i = 0; i < bytes.size(); ++i) changed[i] = changed[i] || bytes[i] != 0;
  }
  EXPECT_EQ(std::count(changed.begin(), changed.end(), false), 0);
}

}  // namespace
}  // namespace hermit::os

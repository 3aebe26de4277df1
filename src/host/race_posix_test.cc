// Races: another process swaps directories and links while the guest's calls run. Whatever the order, nothing outside
// the grant may be read, created or removed.
#include <csignal>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "host/sandbox_test_posix.h"

namespace hermit::host {
namespace {

class Race : public testing::TestWithParam<bool> {
 protected:
  Race() : box(GetParam()) {
    box.make_directory("rw/d");
    box.write("rw/d/file", "inside");
    box.write("outside/file", "OUTSIDE");
    box.link("../outside", "rw/link");
  }
  ~Race() override {
    if (child > 0) {
      ::kill(child, SIGKILL);
      ::waitpid(child, nullptr, 0);
    }
  }
  // A process that does `step` until it is killed.
  template <typename Step>
  void start(Step step) {
    child = ::fork();
    if (child != 0) return;
    while (true) step();
  }
  // A process that lets two names change places and back until it is killed; both paths relative to the sandbox.
  void swap_forever(const std::string& one, const std::string& other) {
    const std::string first = box.at(one), second = box.at(other), aside = box.at("rw/aside");
    start([&] {
      ::rename(first.c_str(), aside.c_str());
      ::rename(second.c_str(), first.c_str());
      ::rename(first.c_str(), second.c_str());
      ::rename(aside.c_str(), first.c_str());
    });
  }
  Sandbox box;
  pid_t child = -1;
};
INSTANTIATE_TEST_SUITE_P(Resolver, Race, testing::Bool(),
                         [](const auto& parameter) { return parameter.param ? "Walk" : "System"; });

constexpr int kRounds = 4000;

TEST_P(Race, ADirectoryThatBecomesALink) {
  swap_forever("rw/d", "rw/link");
  int opened = 0;
  for (int i = 0; i < kRounds; ++i) {
    auto file = box.host().open(box.rw(), "d/file", {.follow = true, .read = true});
    if (file) {
      ++opened;
      u8 bytes[16];
      const std::span<u8> list[] = {bytes};
      const auto size = box.host().read(*file, list);
      ASSERT_TRUE(size);
      ASSERT_EQ(as_text(ByteView(bytes, *size)), "inside");
    }
    (void)box.host().open(box.rw(), "d/new" + std::to_string(i % 3), {.follow = true, .write = true, .create = true});
    (void)box.host().create_directory(box.rw(), "d/made");
    (void)box.host().remove_directory(box.rw(), "d/made");
    const auto status = box.host().path_status(box.rw(), "d/file", true);
    if (status) ASSERT_EQ(status->size, 6u);
  }
  EXPECT_GT(opened, 0);
  for (const char* name : {"outside/new0", "outside/new1", "outside/new2", "outside/made"})
    EXPECT_FALSE(box.exists(name));
}

TEST_P(Race, DotDotOfADirectoryThatIsMovedAway) {
  // rw/d/sub moves between rw/d and the directory outside; rw/d/sub/../.. must never reach above the grant.
  box.make_directory("rw/d/sub");
  const std::string inside = box.at("rw/d/sub"), outside = box.at("outside/sub");
  start([&] {
    ::rename(inside.c_str(), outside.c_str());
    ::rename(outside.c_str(), inside.c_str());
  });
  for (int i = 0; i < kRounds; ++i) {
    auto file = box.host().open(box.rw(), "d/sub/../file", {.follow = true, .read = true});
    if (!file) continue;
    u8 bytes[16];
    const std::span<u8> list[] = {bytes};
    const auto size = box.host().read(*file, list);
    ASSERT_TRUE(size);
    ASSERT_EQ(as_text(ByteView(bytes, *size)), "inside");
    ASSERT_NE(answer(box.host().open(box.rw(), "d/sub/../../../secret", {.follow = true, .read = true})), "ok");
  }
}

TEST_P(Race, AFileThatBecomesALinkIsNotWrittenThrough) {
  box.write("rw/plain", "plain");
  box.link("../secret", "rw/evil");
  swap_forever("rw/plain", "rw/evil");
  for (int i = 0; i < kRounds; ++i) {
    (void)box.host().open(box.rw(), "plain", {.follow = true, .write = true, .create = i % 2 == 0, .truncate = true});
    (void)box.host().path_set_times(box.rw(), "plain", true, {}, {os::TimeChange::Set, {1, 0}});
    (void)box.host().hard_link(box.rw(), "plain", true, box.rw(), "alias");
    (void)box.host().remove_file(box.rw(), "alias");
  }
  EXPECT_EQ(box.read("secret"), "secret");
  struct stat st{};
  ASSERT_EQ(::stat(box.at("secret").c_str(), &st), 0);
  EXPECT_NE(st.st_mtime, 1);
  EXPECT_EQ(st.st_nlink, 1u);
}

TEST_P(Race, BothEndsOfLinksAndRenames) {
  // d is now a directory, now a link that leads out: nothing is taken from there, put there or removed there.
  box.write("rw/mine", "mine");
  swap_forever("rw/d", "rw/link");
  for (int i = 0; i < kRounds; ++i) {
    (void)box.host().hard_link(box.rw(), "mine", false, box.rw(), "d/linked");
    (void)box.host().hard_link(box.rw(), "d/file", true, box.rw(), "taken");
    (void)box.host().create_link("mine", box.rw(), "d/symbolic");
    (void)box.host().rename(box.rw(), "mine", box.rw(), "d/renamed");
    (void)box.host().rename(box.rw(), "d/renamed", box.rw(), "mine");
    (void)box.host().rename(box.rw(), "d/file", box.rw(), "file");
    (void)box.host().rename(box.rw(), "file", box.rw(), "d/file");
    if (const auto status = box.host().path_status(box.rw(), "taken", false)) ASSERT_EQ(status->size, 6u);
    for (const char* name : {"d/linked", "d/symbolic", "taken"}) (void)box.host().remove_file(box.rw(), name);
    if (i % 100 == 0) ASSERT_EQ(box.read("outside/file"), "OUTSIDE");
  }
  EXPECT_EQ(box.read("outside/file"), "OUTSIDE");
  for (const char* name : {"outside/linked", "outside/renamed", "outside/symbolic"}) EXPECT_FALSE(box.exists(name));
  EXPECT_EQ(box.host().path_status(box.rw(), ".", true)->id.device, box.id("outside/file").device);
}

TEST_P(Race, AListedDirectoryThatBecomesALink) {
  box.write("outside/only-here", "");
  swap_forever("rw/d", "rw/link");
  for (int i = 0; i < kRounds; ++i) {
    auto opened = box.host().open(box.rw(), "d", {.follow = true, .read = true, .directory = true});
    if (!opened) continue;
    const auto listing = box.host().list(*opened, true);
    ASSERT_TRUE(listing);
    ASSERT_EQ((*listing)->entries.names.find("only-here"), std::string::npos);
  }
}

TEST_P(Race, TheRunningFileUnderANameThatMoves) {
  // `app` and `other` change places all the time; only `other` is ever written.
  box.write("rw/app", "program");
  box.write("rw/other", "other");
  box.restart(GetParam(), {box.id("rw/app")});
  ASSERT_EQ(::link(box.at("rw/app").c_str(), box.at("outside/app").c_str()), 0);
  const std::string app = box.at("rw/app"), other = box.at("rw/other"), aside = box.at("rw/aside");
  start([&] {
    ::rename(app.c_str(), aside.c_str());
    ::rename(other.c_str(), app.c_str());
    ::rename(aside.c_str(), other.c_str());
  });
  int written = 0;
  const u8 x[] = {'x'};
  const std::span<const u8> list[] = {x};
  for (int i = 0; i < kRounds; ++i) {
    auto file =
        box.host().open(box.rw(), i % 2 == 0 ? "app" : "other", {.follow = true, .write = true, .truncate = true});
    if (file && box.host().write(*file, list)) ++written;
    (void)box.host().open(box.rw(), "app", {.follow = true, .read = true, .truncate = true});
  }
  EXPECT_GT(written, 0);
  EXPECT_EQ(box.read("outside/app"), "program");
}

TEST_P(Race, AbsoluteLinksBelowTheWholeSystemStayReadOnly) {
  Config config;
  config.preopens = {{.guest_path = "/", .host_path = "/", .read_only = true}};
  config.walk_only = GetParam();
  auto host = std::move(*Host::create(std::move(config)));
  const std::string plain = box.at("rw/plain"), evil = box.at("rw/evil"), secret = box.at("secret");
  box.write("rw/plain", "plain");
  start([&] {
    ::symlink(secret.c_str(), evil.c_str());
    ::rename(evil.c_str(), plain.c_str());
    ::unlink(plain.c_str());
  });
  for (int i = 0; i < kRounds; ++i) {
    (void)host->open(*host->descriptors().find(3), plain.substr(1),
                     {.follow = true, .write = true, .create = true, .truncate = true});
    (void)host->open(*host->descriptors().find(3), plain.substr(1), {.follow = true, .read = true, .truncate = true});
  }
  EXPECT_EQ(box.read("secret"), "secret");
}

}  // namespace
}  // namespace hermit::host

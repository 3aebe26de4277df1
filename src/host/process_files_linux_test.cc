// /proc inside a grant of everything: its links lead to objects, not to paths, and its files are memory of processes.
#include "host/sandbox_test_posix.h"

namespace hermit::host {
namespace {

class ProcessFiles : public testing::TestWithParam<bool> {
 protected:
  ProcessFiles() {
    Config config;
    config.preopens = {{.guest_path = "/", .host_path = "/"}, {.guest_path = "/p", .host_path = "/proc"}};
    config.walk_only = GetParam();
    host = std::move(*Host::create(std::move(config)));
  }
  std::string open(u32 directory, const std::string& path, bool write = false) {
    return answer(host->open(*host->descriptors().find(directory), path,
                             {.follow = true, .read = true, .write = write, .flags = {.nonblocking = true}}));
  }
  std::unique_ptr<Host> host;
};
INSTANTIATE_TEST_SUITE_P(Resolver, ProcessFiles, testing::Bool(),
                         [](const auto& parameter) { return parameter.param ? "Walk" : "System"; });

TEST_P(ProcessFiles, CannotBeWritten) {
  for (const u32 directory : {3u, 4u}) {
    const std::string base = directory == 3 ? "proc/self/" : "self/";
    for (const char* name : {"mem", "comm", "oom_score_adj", "clear_refs"}) {
      EXPECT_EQ(open(directory, base + name, true), "Access") << base << name;
      EXPECT_EQ(answer(host->open(*host->descriptors().find(directory), base + name,
                                  {.follow = true, .read = true, .truncate = true})),
                "Access")
          << base << name;
    }
    EXPECT_EQ(open(directory, base + "status"), "ok");
  }
}

TEST_P(ProcessFiles, TheirLinksAreNotFollowed) {
  const int here = ::open("/", O_RDONLY | O_DIRECTORY);
  const std::string fd = std::to_string(here);
  for (const std::string& path : {"proc/self/fd/" + fd, "proc/self/fd/" + fd + "/etc", std::string("proc/self/exe"),
                                  std::string("proc/self/cwd/x"), std::string("proc/self/root/etc/passwd")}) {
    EXPECT_EQ(open(3, path), "Loop") << path;
  }
  EXPECT_NE(open(4, "self/root/etc/passwd"), "ok");
  EXPECT_NE(open(4, "self/cwd"), "ok");
  EXPECT_NE(open(4, "self/exe"), "ok");
  ::close(here);
}

}  // namespace
}  // namespace hermit::host

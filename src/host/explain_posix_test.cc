// HERMIT_TRACE=deny: refused accesses are told with the directive that would allow them, and only those.
#include "host/sandbox_test_posix.h"

namespace hermit::host {
namespace {

class Explain : public testing::Test {
 protected:
  Explain() : box(false) {
    start({{.guest_path = "/data", .host_path = box.at("rw")},
           {.guest_path = "/ro", .host_path = box.at("ro"), .read_only = true}});
  }
  void start(std::vector<Preopen> preopens) {
    Config config;
    config.preopens = std::move(preopens);
    config.immutable = {box.id("secret")};
    config.trace = Trace(
        this, [](void* self, std::string_view line) { static_cast<Explain*>(self)->told += std::string(line) + "\n"; });
    host = std::move(*Host::create(std::move(config)));
  }
  Descriptor& at(u32 number) { return *host->descriptors().find(number); }
  std::string explain(const Host::Attempt& attempt, SysError error, const Host::Attempt* second = nullptr) {
    told.clear();
    host->explain(attempt, second, error);
    return told;
  }
  Sandbox box;
  std::string told;
  std::unique_ptr<Host> host;
};

TEST_F(Explain, PathsOutsideOfEveryGrant) {
  EXPECT_EQ(at(5).preopen_name, "/");
  EXPECT_EQ(answer(host->open(at(5), "etc/passwd", {.read = true})), "NotFound");
  EXPECT_EQ(answer(host->create_directory(at(5), "etc")), "NotFound");
  EXPECT_EQ(explain({"open", &at(5), "etc/passwd", true, false}, SysError::NotFound),
            "denied: open /etc/passwd: outside of every MAP; allowed by MAP [\"/etc:/etc:ro\"]\n");
  EXPECT_EQ(explain({"open", &at(5), "var/x", true, true}, SysError::NotFound),
            "denied: open /var/x: outside of every MAP; allowed by MAP [\"/var:/var\"]\n");
  EXPECT_EQ(explain({"list", &at(5), "var", true, false}, SysError::NotFound),
            "denied: list /var: outside of every MAP; allowed by MAP [\"/var:/var:ro\"]\n");
  EXPECT_EQ(explain({"stat", &at(3), "../etc/x", true, false}, SysError::NotPermitted),
            "denied: stat /etc/x: outside of its MAP; allowed by MAP [\"/etc:/etc:ro\"]\n");
  EXPECT_EQ(explain({"open", &at(3), "/etc/x", true, false}, SysError::NotPermitted),
            "denied: open /etc/x: an absolute path below a directory; allowed by MAP [\"/etc:/etc:ro\"]\n");
}

TEST_F(Explain, AbsolutePathsThatArriveBelowTheWorkingDirectory) {
  start({{.guest_path = ".", .host_path = box.at("rw")}});
  EXPECT_EQ(host->descriptors().find(4), nullptr);  // "." takes every path already
  EXPECT_EQ(explain({"open", &at(3), "etc/passwd", true, false}, SysError::NotFound),
            "denied: open /etc/passwd: outside of every MAP; allowed by MAP [\"/etc:/etc:ro\"]\n");
  EXPECT_EQ(explain({"open", &at(3), "no/such/file", true, false}, SysError::NotFound), "");
}

TEST_F(Explain, LinksThatLeadOut) {
  box.link("../lib/x", "rw/link");
  box.link("/lib/x", "rw/absolute");
  EXPECT_EQ(
      explain({"open", &at(3), "link", true, false}, SysError::NotPermitted),
      "denied: open /data/link: a symbolic link leads to /lib/x, outside of its MAP; allowed by MAP [\"/:/:ro\"]\n");
  EXPECT_EQ(explain({"open", &at(3), "absolute", true, false}, SysError::NotPermitted),
            "denied: open /data/absolute: a symbolic link leads to /lib/x, outside of its MAP; allowed by MAP "
            "[\"/:/:ro\"]\n");
}

TEST_F(Explain, WritesToWhatIsReadOnly) {
  EXPECT_EQ(explain({"open", &at(4), "file", true, true}, SysError::ReadOnlyFileSystem),
            "denied: open /ro/file for writing: its MAP is read-only; allowed by MAP [\"" + box.at("ro") + ":/ro\"]\n");
  const Host::Attempt to{"rename", &at(4), "b", false, true};
  EXPECT_EQ(explain({"rename", &at(3), "a", false, true}, SysError::CrossDevice, &to),
            "denied: rename /ro/b: its MAP is read-only; allowed by MAP [\"" + box.at("ro") + ":/ro\"]\n");
  EXPECT_EQ(
      explain({"remove", &at(3), "app", false, true}, SysError::FileBusy),
      "denied: remove /data/app: a running program, its launcher and their folders stay as they are; no directive "
      "allows it\n");
}

TEST_F(Explain, WhatTheSystemAnswersStaysUntold) {
  EXPECT_EQ(explain({"open", &at(3), "missing", true, false}, SysError::NotFound), "");
  EXPECT_EQ(explain({"open", &at(3), "file", true, true}, SysError::ReadOnlyFileSystem), "");  // the file system's own
  EXPECT_EQ(explain({"open", &at(3), "file", true, true}, SysError::Access), "");
  EXPECT_EQ(explain({"remove", &at(3), "file", false, true}, SysError::NotPermitted), "");
}

TEST_F(Explain, ForeignTextIsEscaped) {
  EXPECT_EQ(explain({"open", &at(5), "a\x1b[2J/x", true, false}, SysError::NotFound),
            "denied: open /a\\x1b[2J/x: outside of every MAP; allowed by MAP [\"/a\\x1b[2J:/a\\x1b[2J:ro\"]\n");
}

TEST_F(Explain, NobodyListensByDefault) {
  Config config;
  config.preopens = {{.guest_path = "/data", .host_path = box.at("rw")}};
  const auto quiet = std::move(*Host::create(std::move(config)));
  EXPECT_EQ(quiet->descriptors().find(4), nullptr);  // no "nowhere"
  EXPECT_FALSE(quiet->trace());
}

}  // namespace
}  // namespace hermit::host

// A temporary directory with a grant to write, a grant to read, and things outside both, for the tests of host/ and
// wasi1/.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <fcntl.h>
#include <string>
#include <sys/stat.h>
#include <unistd.h>

#include "host/answer_test.h"
#include "host/granted_test.h"

namespace hermit::host {

// base/rw and base/ro are granted as descriptors 3 and 4; base/secret and base/outside/ are not.
class Sandbox : public GrantedHost {
 public:
  explicit Sandbox(bool walk_only, std::vector<os::FileId> immutable = {}) {
    char name[] = "/tmp/hermit-test-XXXXXX";
    base_ = ::mkdtemp(name);
    make_directory("rw");
    make_directory("ro");
    make_directory("outside");
    write("secret", "secret");
    write("ro/file", "read only");
    restart(walk_only, std::move(immutable));
  }
  ~Sandbox() {
    const std::string command = "chmod -R u+rwX '" + base_ + "'; rm -rf '" + base_ + "'";
    (void)!std::system(command.c_str());
  }
  // A new host on the same files.
  void restart(bool walk_only, std::vector<os::FileId> immutable) {
    start(at("rw"), at("ro"), walk_only, std::move(immutable));
  }

  // The real file system, as seen from outside; paths relative to base.
  [[nodiscard]] std::string at(const std::string& path) const { return base_ + "/" + path; }
  void make_directory(const std::string& path) { ASSERT_EQ(::mkdir(at(path).c_str(), 0755), 0); }
  void link(const std::string& target, const std::string& path) {
    ASSERT_EQ(::symlink(target.c_str(), at(path).c_str()), 0);
  }
  void write(const std::string& path, std::string_view text) {
    const int fd = ::open(at(path).c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0644);
    ASSERT_EQ(::write(fd, text.data(), text.size()), static_cast<ssize_t>(text.size()));
    ::close(fd);
  }
  [[nodiscard]] std::string read(const std::string& path) const {
    const int fd = ::open(at(path).c_str(), O_RDONLY);
    if (fd == -1) return "(missing)";
    char text[256];
    const ssize_t size = ::read(fd, text, sizeof text);
    ::close(fd);
    return std::string(text, static_cast<size_t>(size));
  }
  void remove(const std::string& path) { ::unlink(at(path).c_str()); }
  [[nodiscard]] bool exists(const std::string& path) const {
    struct stat st;
    return ::lstat(at(path).c_str(), &st) == 0;
  }
  [[nodiscard]] os::FileId id(const std::string& path) const {
    struct stat st{};
    EXPECT_EQ(::stat(at(path).c_str(), &st), 0);
    return {static_cast<u64>(st.st_dev), static_cast<u64>(st.st_ino), 0};
  }

 private:
  std::string base_;
};

}  // namespace hermit::host

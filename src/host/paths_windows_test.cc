// Paths on Windows as a guest gives them: what other systems do not have.
#include "host/host.h"
#include "os/status_windows.h"
#include "os/test_folder_windows.h"

namespace hermit::host {
namespace {

constexpr OpenRequest kRead = {.follow = true, .read = true};
constexpr OpenRequest kCreate = {.follow = true, .write = true, .create = true};
constexpr OpenRequest kWrite = {.follow = true, .write = true};

class WindowsPaths : public os::WindowsFolder {
 protected:
  void SetUp() override {
    WindowsFolder::SetUp();
    ASSERT_TRUE(os::create_directory(root_, "rw"));
    start({{.guest_path = "/rw", .host_path = os::to_utf8(path_) + "\\rw"}});
  }
  void TearDown() override {
    host_.reset();
    WindowsFolder::TearDown();
  }
  void start(std::vector<Preopen> preopens, std::vector<os::FileId> immutable = {}) {
    Config config;
    config.args = {"program"};
    config.preopens = std::move(preopens);
    config.immutable = std::move(immutable);
    auto created = Host::create(std::move(config));
    ASSERT_TRUE(created.has_value());
    host_ = std::move(*created);
  }
  Descriptor& rw() { return *host_->descriptors().find(3); }
  SysError open(std::string_view path, const OpenRequest& request = kRead) {
    return error(host_->open(rw(), path, request));
  }
  template <typename T>
  static SysError error(const SysResult<T>& result) {
    return result ? kNone : result.error();
  }

  static constexpr auto kNone = static_cast<SysError>(255);
  std::unique_ptr<Host> host_;
};

TEST_F(WindowsPaths, DevicesAndStreamsAreRefusedInEveryComponent) {
  ASSERT_EQ(open("file", kCreate), kNone);
  ASSERT_EQ(error(host_->create_directory(rw(), "dir")), kNone);
  for (const char* path : {"NUL", "dir/con", "con/x", "dir/../aux.txt", "nul/..", "COM1", "dir/LPT\xc2\xb9"}) {
    EXPECT_EQ(open(path), SysError::Access) << path;
    EXPECT_EQ(open(path, kCreate), SysError::Access) << path;
  }
  for (const char* path :
       {"file:s", "file::$DATA", "dir:x/y", "C:", "C:/Windows", "C:\\Windows", "dir\\..\\..\\x", "..\\x",
        "\\\\?\\C:", "\\\\.\\NUL", "file.", "file ", "dir./x", "dir /x", ".. /x", "... /x", ".../x"}) {
    EXPECT_EQ(open(path), SysError::NotFound) << path;
    EXPECT_EQ(open(path, kCreate), SysError::NotFound) << path;
  }
}

TEST_F(WindowsPaths, NothingLeadsOutOfTheGrant) {
  put("secret", "secret");
  for (const char* path : {"../secret", "..", "../rw", "./../secret", "/C/Windows", "/", "//server/share", "//?/C:/"}) {
    EXPECT_EQ(open(path), SysError::NotPermitted) << path;
  }
  EXPECT_EQ(open("dir/../../secret"), SysError::NotFound);
  ASSERT_EQ(error(host_->create_directory(rw(), "dir")), kNone);
  EXPECT_EQ(open("dir/../../secret"), SysError::NotPermitted);
  EXPECT_EQ(error(host_->create_link("../secret", rw(), "/out")), SysError::NotPermitted);
  const auto link = host_->create_link("../secret", rw(), "link");
  if (link) EXPECT_EQ(open("link"), SysError::NotPermitted);
}

TEST_F(WindowsPaths, AJunctionOutOfTheGrantIsNotFollowed) {
  const std::wstring command = L"cmd /c mklink /J \"" + path_ + L"\\rw\\junction\" C:\\Windows > NUL 2>&1";
  (void)_wsystem(command.c_str());  // Wine's mklink claims success
  if (!host_->path_status(rw(), "junction", false)) GTEST_SKIP() << "this system makes no junctions";
  EXPECT_EQ(open("junction/win.ini"), SysError::NotPermitted);
  EXPECT_EQ(host_->read_link(rw(), "junction").value_or(""), "/C/Windows");
}

TEST_F(WindowsPaths, TheRunningFileIsImmutableByEveryName) {
  ASSERT_EQ(open("app.com", kCreate), kNone);
  ASSERT_EQ(error(host_->hard_link(rw(), "app.com", false, rw(), "alias")), kNone);
  ASSERT_EQ(open("other", kCreate), kNone);
  const auto id = host_->path_status(rw(), "app.com", true)->id;
  start({{.guest_path = "/rw", .host_path = os::to_utf8(path_) + "\\rw"}}, {id});
  for (const char* path : {"app.com", "APP.COM", "alias", "./App.Com"}) {
    EXPECT_EQ(open(path, kWrite), SysError::FileBusy) << path;
    EXPECT_EQ(error(host_->remove_file(rw(), path)), SysError::FileBusy) << path;
    EXPECT_EQ(error(host_->rename(rw(), path, rw(), "moved")), SysError::FileBusy) << path;
    EXPECT_EQ(error(host_->rename(rw(), "other", rw(), path)), SysError::FileBusy) << path;
    EXPECT_EQ(error(host_->hard_link(rw(), path, false, rw(), "link")), SysError::FileBusy) << path;
    EXPECT_EQ(open(path), kNone) << path;
  }
}

// A real program that runs, opened by its own path.
TEST_F(WindowsPaths, ThisProgramCannotBeOverwritten) {
  wchar_t own[MAX_PATH];
  ASSERT_NE(GetModuleFileNameW(nullptr, own, MAX_PATH), 0u);
  const std::string path = os::to_utf8(own);
  const size_t slash = path.rfind('\\');
  const HANDLE file = CreateFileW(own, GENERIC_READ, FILE_SHARE_READ, nullptr, OPEN_EXISTING, 0, nullptr);
  ASSERT_NE(file, INVALID_HANDLE_VALUE);
  const auto id = os::identity_of(file);
  CloseHandle(file);
  ASSERT_TRUE(id.has_value());
  start({{.guest_path = "/rw", .host_path = path.substr(0, slash)}}, {*id});
  EXPECT_EQ(open(path.substr(slash + 1), kWrite), SysError::FileBusy);
  EXPECT_EQ(error(host_->remove_file(rw(), path.substr(slash + 1))), SysError::FileBusy);
}

TEST_F(WindowsPaths, TheSetOfDrivesIsADirectory) {
  put("file", "x");
  start({{.guest_path = "/", .host_path = "/"}});
  std::string path = os::to_utf8(path_) + "\\file";
  path.erase(1, 1);  // the colon
  for (char& c : path) c = c == '\\' ? '/' : c;
  EXPECT_EQ(open(path), kNone) << path;
  EXPECT_EQ(open(path + "/../file"), SysError::NotDirectory);
  EXPECT_EQ(open("C/../" + path), kNone);
  EXPECT_EQ(open("."), kNone);
  EXPECT_EQ(open("C"), kNone);
  EXPECT_EQ(open("C:"), SysError::NotFound);
  EXPECT_EQ(open("C", kWrite), SysError::IsDirectory);
  EXPECT_EQ(open("new", kCreate), SysError::Access);
  EXPECT_EQ(open("C/.."), kNone);
  EXPECT_EQ(open("C/../.."), kNone);  // nothing is above the root
  const auto listed = os::list_directory(rw().handle);
  ASSERT_TRUE(listed.has_value());
  EXPECT_FALSE(listed->entries.empty());
}

}  // namespace
}  // namespace hermit::host

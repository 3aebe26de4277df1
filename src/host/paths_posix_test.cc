// The resolver and every operation on paths, with and without openat2: what escapes other runtimes must not escape
// here.
#include <algorithm>

#include "host/resolver.h"
#include "host/sandbox_test_posix.h"

namespace hermit::host {
namespace {

constexpr OpenRequest kRead = {.follow = true, .read = true};
constexpr OpenRequest kWrite = {.follow = true, .write = true};
constexpr OpenRequest kCreate = {.follow = true, .write = true, .create = true};
constexpr OpenRequest kTruncate = {.follow = true, .write = true, .truncate = true};
constexpr OpenRequest kDirectory = {.follow = true, .read = true, .directory = true};
constexpr OpenRequest kNoFollow = {.read = true};

class Paths : public testing::TestWithParam<bool> {
 protected:
  Paths() : box(GetParam()) {}

  std::string open(const std::string& path, const OpenRequest& request = kRead) {
    return answer(box.host().open(box.rw(), path, request));
  }
  std::string open_ro(const std::string& path, const OpenRequest& request = kRead) {
    return answer(box.host().open(box.ro(), path, request));
  }
  std::string status(const std::string& path, bool follow = true) {
    return answer(box.host().path_status(box.rw(), path, follow));
  }
  std::string contents(const std::string& path) {
    auto file = box.host().open(box.rw(), path, kRead);
    if (!file) return "(" + name_of(file.error()) + ")";
    u8 bytes[64];
    const std::span<u8> list[] = {bytes};
    const auto size = box.host().read(*file, list);
    return size ? std::string(as_text(ByteView(bytes, *size))) : "(unreadable)";
  }
  std::string rename(const std::string& from, const std::string& to) {
    return answer(box.host().rename(box.rw(), from, box.rw(), to));
  }
  std::string hard_link(const std::string& from, const std::string& to, bool follow = false) {
    return answer(box.host().hard_link(box.rw(), from, follow, box.rw(), to));
  }
  std::string create_link(const std::string& target, const std::string& path) {
    return answer(box.host().create_link(target, box.rw(), path));
  }
  std::string unlink(const std::string& path) { return answer(box.host().remove_file(box.rw(), path)); }
  std::string rmdir(const std::string& path) { return answer(box.host().remove_directory(box.rw(), path)); }
  std::string mkdir(const std::string& path) { return answer(box.host().create_directory(box.rw(), path)); }
  std::string set_times(const std::string& path, bool follow = true) {
    return answer(box.host().path_set_times(box.rw(), path, follow, {}, {os::TimeChange::Set, {1000, 5}}));
  }

  Sandbox box;
};
INSTANTIATE_TEST_SUITE_P(Resolver, Paths, testing::Bool(),
                         [](const auto& parameter) { return parameter.param ? "Walk" : "System"; });

TEST_P(Paths, OrdinaryPathsResolve) {
  box.make_directory("rw/a");
  box.make_directory("rw/a/b");
  box.write("rw/a/b/file", "here");
  EXPECT_EQ(contents("a/b/file"), "here");
  EXPECT_EQ(contents("./a/.//b/../../a/b/./file"), "here");
  EXPECT_EQ(contents("a/b/../b/file"), "here");
  EXPECT_EQ(open("a/b/"), "ok");
  EXPECT_EQ(open("."), "ok");
  EXPECT_EQ(open("a/.."), "ok");
  EXPECT_EQ(open("a/b/file/"), "NotDirectory");
  EXPECT_EQ(open("a/b/file/x"), "NotDirectory");
  EXPECT_EQ(open("a/b/file/."), "NotDirectory");
  EXPECT_EQ(open("a/b/file/.."), "NotDirectory");
  EXPECT_EQ(open("a/missing/file"), "NotFound");
  EXPECT_EQ(open("a/missing/../b/file"), "NotFound");
}

TEST_P(Paths, PathsThatAreNoRelativePathsAreRefused) {
  EXPECT_EQ(open(""), "NotFound");
  EXPECT_EQ(open("/"), "NotPermitted");
  EXPECT_EQ(open("/etc/passwd"), "NotPermitted");
  EXPECT_EQ(open(box.at("rw")), "NotPermitted");  // even one that leads back inside
  EXPECT_EQ(open(std::string("file\0", 5)), "Invalid");
  EXPECT_EQ(open(std::string(4097, 'a')), "NameTooLong");
  EXPECT_EQ(open(std::string(300, 'a')), "NameTooLong");
  EXPECT_EQ(status("/etc"), "NotPermitted");
  EXPECT_EQ(mkdir("/tmp/hermit-never"), "NotPermitted");
}

TEST_P(Paths, DotDotStaysBelowTheGrant) {
  box.make_directory("rw/a");
  for (const char* path :
       {"..", "../secret", "a/../../secret", "a/../..", "./../secret", "a/./../../rw/a", "../rw/a"}) {
    EXPECT_EQ(open(path), "NotPermitted") << path;
    EXPECT_EQ(status(path), "NotPermitted") << path;
    EXPECT_EQ(set_times(path), "NotPermitted") << path;
    EXPECT_EQ(mkdir(path), "NotPermitted") << path;
    EXPECT_EQ(rmdir(path), "NotPermitted") << path;
    EXPECT_EQ(unlink(path), "NotPermitted") << path;
    EXPECT_EQ(create_link("x", path), "NotPermitted") << path;
    EXPECT_EQ(rename("a", path), "NotPermitted") << path;
    EXPECT_EQ(rename(path, "b"), "NotPermitted") << path;
    EXPECT_EQ(hard_link(path, "b"), "NotPermitted") << path;
    EXPECT_EQ(open(path, kCreate), "NotPermitted") << path;
  }
  EXPECT_EQ(open("../new", kCreate), "NotPermitted");
  EXPECT_FALSE(box.exists("new"));
}

TEST_P(Paths, ADescriptorIsARootOfItsOwn) {
  box.make_directory("rw/a");
  box.write("rw/file", "above");
  auto directory = box.host().open(box.rw(), "a", kDirectory);
  ASSERT_TRUE(directory);
  EXPECT_EQ(answer(box.host().open(*directory, "../file", kRead)), "NotPermitted");
  EXPECT_EQ(answer(box.host().open(*directory, ".", kRead)), "ok");
  auto file = box.host().open(box.rw(), "file", kRead);
  Host::settle(*file);
  EXPECT_EQ(answer(box.host().open(*file, "x", kRead)), "NotDirectory");
}

TEST_P(Paths, LinksInsideAreFollowed) {
  box.make_directory("rw/a");
  box.make_directory("rw/a/b");
  box.write("rw/file", "target");
  box.link("../../file", "rw/a/b/up");
  box.link("a/b", "rw/shortcut");
  box.link("shortcut/up", "rw/twice");
  EXPECT_EQ(contents("a/b/up"), "target");
  EXPECT_EQ(contents("twice"), "target");
  EXPECT_EQ(contents("shortcut/up"), "target");
  EXPECT_EQ(contents("shortcut/../../file"), "target");  // `..` of where the link leads, as everywhere
  EXPECT_EQ(open("shortcut/../file"), "NotFound");
  EXPECT_EQ(open("twice", kNoFollow), "Loop");
  EXPECT_EQ(status("twice", false), "ok");
  EXPECT_EQ(box.host().path_status(box.rw(), "twice", false)->type, os::FileType::SymbolicLink);
  EXPECT_EQ(box.host().path_status(box.rw(), "twice", true)->type, os::FileType::RegularFile);
  EXPECT_EQ(box.host().path_status(box.rw(), "shortcut/", false)->type, os::FileType::Directory);
}

TEST_P(Paths, LinksThatLeadOutAreRefused) {
  box.link("../secret", "rw/out");
  box.link(box.at("secret"), "rw/absolute");
  box.link("..", "rw/parent");
  box.link("/", "rw/root");
  box.link("parent/secret", "rw/indirect");
  for (const char* path : {"out", "absolute", "parent/secret", "root/etc/passwd", "indirect", "parent/rw/out",
                           "parent/", "root/", "parent/.", "parent/rw/x", "out/", "absolute/"}) {
    EXPECT_EQ(open(path), "NotPermitted") << path;
    EXPECT_EQ(open(path, kWrite), "NotPermitted") << path;
    EXPECT_EQ(open(path, kTruncate), "NotPermitted") << path;
    EXPECT_EQ(status(path, true), "NotPermitted") << path;
    EXPECT_EQ(set_times(path, true), "NotPermitted") << path;
    EXPECT_EQ(hard_link(path, "stolen", true), "NotPermitted") << path;
  }
  EXPECT_EQ(open("parent/new", kCreate), "NotPermitted");
  EXPECT_EQ(mkdir("parent/new"), "NotPermitted");
  EXPECT_EQ(unlink("parent/secret"), "NotPermitted");
  EXPECT_EQ(rmdir("parent/outside"), "NotPermitted");
  EXPECT_EQ(create_link("x", "parent/new"), "NotPermitted");
  EXPECT_EQ(rename("parent/secret", "mine"), "NotPermitted");
  EXPECT_EQ(rename("out", "parent/new"), "NotPermitted");
  EXPECT_EQ(hard_link("parent/secret", "mine"), "NotPermitted");
  EXPECT_EQ(hard_link("out", "parent/new"), "NotPermitted");
  EXPECT_EQ(answer(box.host().read_link(box.rw(), "parent/rw/out")), "NotPermitted");
  EXPECT_EQ(box.read("secret"), "secret");
  EXPECT_FALSE(box.exists("new"));
  EXPECT_FALSE(box.exists("rw/stolen"));
  EXPECT_FALSE(box.exists("rw/mine"));
  EXPECT_TRUE(box.exists("outside"));
}

TEST_P(Paths, CreatingThroughALinkCannotLeave) {
  box.link("../planted", "rw/link");
  box.link(box.at("planted"), "rw/absolute");
  box.link("../outside", "rw/directory");
  EXPECT_EQ(open("link", kCreate), "NotPermitted");
  EXPECT_EQ(open("absolute", kCreate), "NotPermitted");
  EXPECT_EQ(open("directory/planted", kCreate), "NotPermitted");
  EXPECT_EQ(open("link", {.write = true, .create = true, .exclusive = true}), "Exists");
  EXPECT_EQ(open("link", {.follow = true, .write = true, .create = true, .exclusive = true}), "Exists");
  EXPECT_FALSE(box.exists("planted"));
  EXPECT_FALSE(box.exists("outside/planted"));
  // Inside, a dangling link creates what it names, as on every POSIX system.
  box.link("born", "rw/dangling");
  EXPECT_EQ(open("dangling", kCreate), "ok");
  EXPECT_TRUE(box.exists("rw/born"));
}

TEST_P(Paths, ALinkMadeByTheGuestLeadsNowhereEither) {
  EXPECT_EQ(create_link("../../../../../../etc/passwd", "passwd"), "ok");
  EXPECT_EQ(open("passwd"), "NotPermitted");
  EXPECT_EQ(create_link("/etc/passwd", "absolute"), "NotPermitted");
  EXPECT_EQ(create_link("", "empty"), "NotFound");
  EXPECT_EQ(*box.host().read_link(box.rw(), "passwd"), "../../../../../../etc/passwd");
  EXPECT_EQ(mkdir("a"), "ok");
  EXPECT_EQ(create_link("../../secret", "a/two"), "ok");
  EXPECT_EQ(open("a/two"), "NotPermitted");
  EXPECT_EQ(rename("a/two", "b"), "ok");
  EXPECT_EQ(open("b"), "NotPermitted");
  EXPECT_EQ(hard_link("b", "c"), "ok");  // the link itself, not what it names
  EXPECT_EQ(open("c"), "NotPermitted");
}

TEST_P(Paths, LinkLoopsEnd) {
  box.link("self", "rw/self");
  box.link("b/x", "rw/a");
  box.link("a/x", "rw/b");
  EXPECT_EQ(open("self"), "Loop");
  EXPECT_EQ(open("self", kNoFollow), "Loop");
  EXPECT_EQ(open("self/x"), "Loop");
  EXPECT_EQ(open("a"), "Loop");
  EXPECT_EQ(status("self"), "Loop");
  EXPECT_EQ(status("self", false), "ok");
  EXPECT_EQ(set_times("self"), "Loop");
  EXPECT_EQ(set_times("self", false), "ok");
  // Forty links are followed, forty-one are not, as on Linux.
  box.write("rw/link0", "end");
  for (int i = 1; i <= 41; ++i) box.link("link" + std::to_string(i - 1), "rw/link" + std::to_string(i));
  EXPECT_EQ(contents("link40"), "end");
  EXPECT_EQ(open("link41"), "Loop");
}

TEST_P(Paths, SlashAtTheEndMeansADirectory) {
  box.make_directory("rw/d");
  box.write("rw/f", "");
  box.link("d", "rw/ld");
  box.link("f", "rw/lf");
  box.link("nothing", "rw/ln");
  EXPECT_EQ(open("d/"), "ok");
  EXPECT_EQ(open("ld/", kNoFollow), "ok");
  EXPECT_EQ(open("lf/"), "NotDirectory");
  EXPECT_EQ(open("f/", kCreate), "IsDirectory");
  EXPECT_EQ(open("new/", kCreate), "IsDirectory");
  EXPECT_FALSE(box.exists("rw/new"));
  EXPECT_EQ(status("f/"), "NotDirectory");
  EXPECT_EQ(status("lf/", false), "NotDirectory");
  EXPECT_EQ(set_times("f/"), "NotDirectory");
  EXPECT_EQ(set_times("d/"), "ok");
  EXPECT_EQ(mkdir("made/"), "ok");
  EXPECT_EQ(mkdir("ln/"), "Exists");
  EXPECT_EQ(rmdir("made//"), "ok");
  EXPECT_EQ(rmdir("f/"), "NotDirectory");
  EXPECT_EQ(rmdir("ld/"), "NotDirectory");
  EXPECT_EQ(unlink("f/"), "NotDirectory");
  EXPECT_EQ(unlink("d/"), "IsDirectory");
  EXPECT_EQ(unlink("nothing/"), "NotFound");
  EXPECT_EQ(create_link("x", "nothing/"), "NotFound");
  EXPECT_EQ(create_link("x", "d/"), "Exists");
  EXPECT_EQ(create_link("x", "f/"), "NotDirectory");
  EXPECT_EQ(hard_link("f", "nothing/"), "NotFound");
  EXPECT_EQ(hard_link("f/", "nothing"), "NotDirectory");
  EXPECT_EQ(rename("f", "g/"), "NotDirectory");
  EXPECT_EQ(rename("f/", "g"), "NotDirectory");
  EXPECT_EQ(rename("ld/", "g"), "NotDirectory");
  EXPECT_EQ(rename("d/", "e/"), "ok");
  EXPECT_EQ(answer(box.host().read_link(box.rw(), "lf/")), "NotDirectory");
  EXPECT_TRUE(box.exists("rw/f"));
}

TEST_P(Paths, OperationsOnTheDirectoryItself) {
  EXPECT_EQ(mkdir("."), "Exists");
  EXPECT_EQ(rmdir("."), "Invalid");
  EXPECT_EQ(unlink("."), "IsDirectory");
  EXPECT_EQ(status("."), "ok");
  EXPECT_EQ(set_times("."), "ok");
  EXPECT_EQ(rename(".", "x"), "Busy");
  EXPECT_EQ(open(".", kCreate), "IsDirectory");
  EXPECT_EQ(open(".", kWrite), "IsDirectory");
  EXPECT_EQ(open(".", {.read = true, .create = true, .directory = true}), "Invalid");
}

TEST_P(Paths, DeepPathsAndManyDotDots) {
  std::string down, up;
  for (int i = 0; i < 100; ++i) {
    down += "d/";
    up += "../";
    box.make_directory("rw/" + down);
  }
  box.write("rw/" + down + "file", "deep");
  box.write("rw/top", "top");
  EXPECT_EQ(contents(down + "file"), "deep");
  EXPECT_EQ(contents(down + up + "top"), "top");
  EXPECT_EQ(contents(down + up + down + "file"), "deep");
  EXPECT_EQ(open(down + up + "../secret"), "NotPermitted");
  box.link(up + "top", "rw/" + down + "link");
  EXPECT_EQ(contents(down + "link"), "top");
  box.link(up + "../secret", "rw/" + down + "bad");
  EXPECT_EQ(open(down + "bad"), "NotPermitted");
}

TEST_P(Paths, ReadOnlyGrantsStayReadOnly) {
  box.make_directory("ro/d");
  box.link("file", "ro/link");
  const auto change = [](std::string_view, const auto& result) { return answer(result); };
  EXPECT_EQ(open_ro("file"), "ok");
  EXPECT_EQ(open_ro("link"), "ok");
  for (const char* path : {"file", "link", "new"}) {
    EXPECT_EQ(open_ro(path, kWrite), "ReadOnlyFileSystem") << path;
    EXPECT_EQ(open_ro(path, kTruncate), "ReadOnlyFileSystem") << path;
    EXPECT_EQ(open_ro(path, kCreate), "ReadOnlyFileSystem") << path;
    EXPECT_EQ(open_ro(path, {.follow = true, .read = true, .truncate = true}), "ReadOnlyFileSystem") << path;
    EXPECT_EQ(open_ro(path, {.follow = true, .truncate = true}), "ReadOnlyFileSystem") << path;
    EXPECT_EQ(change("set_times", box.host().path_set_times(box.ro(), path, true, {}, {os::TimeChange::Now, {}})),
              "ReadOnlyFileSystem");
    EXPECT_EQ(change("unlink", box.host().remove_file(box.ro(), path)), "ReadOnlyFileSystem");
    EXPECT_EQ(change("rename", box.host().rename(box.ro(), path, box.ro(), "y")), "ReadOnlyFileSystem");
    EXPECT_EQ(change("link", box.host().hard_link(box.ro(), path, false, box.ro(), "y")), "ReadOnlyFileSystem");
    EXPECT_EQ(change("symlink", box.host().create_link("x", box.ro(), path)), "ReadOnlyFileSystem");
  }
  EXPECT_EQ(open_ro("new", {.read = true, .create = true}), "ReadOnlyFileSystem");
  EXPECT_EQ(open_ro("file", {.read = true, .create = true}), "ok");
  EXPECT_EQ(open_ro("file", {.read = true, .create = true, .exclusive = true}), "Exists");
  EXPECT_EQ(open_ro("new", {.read = true, .create = true, .exclusive = true}), "ReadOnlyFileSystem");
  EXPECT_EQ(answer(box.host().create_directory(box.ro(), "new")), "ReadOnlyFileSystem");
  EXPECT_EQ(answer(box.host().create_directory(box.ro(), "d")), "Exists");
  EXPECT_EQ(answer(box.host().remove_directory(box.ro(), "d")), "ReadOnlyFileSystem");
  // A descriptor below the grant is bound by it too.
  auto directory = box.host().open(box.ro(), "d", kDirectory);
  EXPECT_EQ(answer(box.host().open(*directory, "new", kCreate)), "ReadOnlyFileSystem");
  EXPECT_EQ(answer(box.host().set_times(*directory, {}, {os::TimeChange::Now, {}})), "ReadOnlyFileSystem");
  auto file = box.host().open(box.ro(), "file", kRead);
  EXPECT_EQ(answer(box.host().set_times(*file, {}, {os::TimeChange::Now, {}})), "ReadOnlyFileSystem");
  EXPECT_EQ(answer(box.host().set_size(*file, 0)), "Invalid");
  EXPECT_EQ(box.read("ro/file"), "read only");
  EXPECT_FALSE(box.exists("ro/new"));
}

TEST_P(Paths, NothingCrossesBetweenGrantsOfDifferentRights) {
  box.write("rw/mine", "mine");
  EXPECT_EQ(answer(box.host().hard_link(box.ro(), "file", false, box.rw(), "alias")), "CrossDevice");
  EXPECT_EQ(answer(box.host().rename(box.ro(), "file", box.rw(), "alias")), "CrossDevice");
  EXPECT_EQ(answer(box.host().rename(box.rw(), "mine", box.ro(), "file")), "CrossDevice");
  EXPECT_EQ(answer(box.host().hard_link(box.rw(), "mine", false, box.ro(), "new")), "CrossDevice");
  EXPECT_FALSE(box.exists("rw/alias"));
  EXPECT_EQ(box.read("ro/file"), "read only");
}

TEST_P(Paths, ImmutableFilesCannotBeChangedByAnyName) {
  box.write("rw/app", "program");
  ASSERT_EQ(::link(box.at("rw/app").c_str(), box.at("rw/alias").c_str()), 0);
  box.link("app", "rw/symbolic");
  box.write("rw/other", "other");
  box.restart(GetParam(), {box.id("rw/app")});
  for (const char* path : {"app", "alias", "symbolic", "./app"}) {
    EXPECT_EQ(open(path), "ok") << path;
    EXPECT_EQ(open(path, kWrite), "FileBusy") << path;
    EXPECT_EQ(open(path, kTruncate), "FileBusy") << path;
    EXPECT_EQ(open(path, kCreate), "FileBusy") << path;
    EXPECT_EQ(open(path, {.follow = true, .read = true, .truncate = true}), "FileBusy") << path;
  }
  for (const char* path : {"app", "alias"}) {
    EXPECT_EQ(unlink(path), "FileBusy") << path;
    EXPECT_EQ(rename(path, "moved"), "FileBusy") << path;
    EXPECT_EQ(rename("other", path), "FileBusy") << path;
    EXPECT_EQ(hard_link(path, "another"), "FileBusy") << path;
  }
  EXPECT_EQ(hard_link("symbolic", "another", true), "FileBusy");
  EXPECT_EQ(box.read("rw/app"), "program");
  EXPECT_EQ(open("other", kWrite), "ok");
  EXPECT_EQ(unlink("symbolic"), "ok");
}

TEST_P(Paths, ImmutableDirectoriesKeepTheirEntries) {
  box.make_directory("rw/cache");
  box.write("rw/cache/launcher", "code");
  box.write("rw/evil", "evil");
  box.restart(GetParam(), {box.id("rw/cache")});
  EXPECT_EQ(open("cache/launcher"), "ok");
  EXPECT_EQ(open("cache/launcher", kWrite), "FileBusy");
  EXPECT_EQ(open("cache/new", kCreate), "FileBusy");
  EXPECT_EQ(open("cache/new", {.read = true, .create = true}), "FileBusy");
  EXPECT_EQ(unlink("cache/launcher"), "FileBusy");
  EXPECT_EQ(rename("evil", "cache/launcher"), "FileBusy");
  EXPECT_EQ(rename("evil", "cache/new"), "FileBusy");
  EXPECT_EQ(rename("cache", "old"), "FileBusy");
  EXPECT_EQ(rmdir("cache"), "FileBusy");
  EXPECT_EQ(hard_link("cache/launcher", "mine"), "FileBusy");
  EXPECT_EQ(hard_link("evil", "cache/new"), "FileBusy");
  EXPECT_EQ(create_link("x", "cache/new"), "FileBusy");
  EXPECT_EQ(mkdir("cache/new"), "FileBusy");
  EXPECT_EQ(box.read("rw/cache/launcher"), "code");
}

TEST_P(Paths, ChangesDoWhatTheySay) {
  EXPECT_EQ(mkdir("d"), "ok");
  EXPECT_EQ(mkdir("d"), "Exists");
  EXPECT_EQ(open("d/f", kCreate), "ok");
  EXPECT_EQ(open("d/f", {.write = true, .create = true, .exclusive = true}), "Exists");
  EXPECT_EQ(rmdir("d"), "NotEmpty");
  EXPECT_EQ(unlink("d"), "IsDirectory");
  EXPECT_EQ(rename("d/f", "g"), "ok");
  EXPECT_EQ(hard_link("g", "h"), "ok");
  EXPECT_EQ(hard_link("g", "h"), "Exists");
  EXPECT_EQ(hard_link("d", "e"), "NotPermitted");
  EXPECT_EQ(box.id("rw/g").index, box.id("rw/h").index);
  EXPECT_EQ(rename("g", "d"), "IsDirectory");
  EXPECT_EQ(rename("d", "g"), "NotDirectory");
  EXPECT_EQ(rmdir("d"), "ok");
  EXPECT_EQ(unlink("missing"), "NotFound");
  box.write("rw/g", "12345");
  EXPECT_EQ(open("g", kTruncate), "ok");
  EXPECT_EQ(box.read("rw/g"), "");
  box.write("rw/g", "12345");
  EXPECT_EQ(open("g", {.read = true, .truncate = true}), "ok");
  EXPECT_EQ(box.read("rw/g"), "");
  EXPECT_EQ(set_times("g"), "ok");
  EXPECT_EQ(box.host().path_status(box.rw(), "g", true)->modified, (os::TimeStamp{1000, 5}));
  EXPECT_EQ(answer(box.host().read_link(box.rw(), "g")), "Invalid");
}

TEST_P(Paths, DirectoriesThatMayBeSearchedButNotRead) {
  if (::geteuid() == 0) GTEST_SKIP() << "the superuser reads everything";
  box.make_directory("rw/closed");
  box.write("rw/closed/file", "inside");
  ASSERT_EQ(::chmod(box.at("rw/closed").c_str(), 0111), 0);
  EXPECT_EQ(contents("closed/file"), "inside");
  EXPECT_EQ(open("closed"), "Access");
}

TEST_P(Paths, TheLimitOfOpenFilesHoldsBeforeAnythingIsCreated) {
  for (int i = 0; i < 59; ++i) {
    auto file = box.host().open(box.rw(), ".", kRead);
    ASSERT_TRUE(file) << i;
    ASSERT_TRUE(box.host().descriptors().insert(std::move(*file)));
  }
  while (!box.host().descriptors().is_full()) {
    ASSERT_TRUE(box.host().descriptors().insert(std::move(*box.host().open(box.rw(), ".", kRead))));
  }
  EXPECT_EQ(open("new", kCreate), "TooManyOpenFiles");
  EXPECT_FALSE(box.exists("rw/new"));
}

// The whole file system, granted as `/`: absolute links lead where they lead for everybody.
class WholeSystem : public testing::TestWithParam<bool> {
 protected:
  WholeSystem() : box(GetParam()), host(make(false)) {}

  std::unique_ptr<Host> make(bool read_only) {
    Config config;
    config.preopens = {{.guest_path = "/", .host_path = "/", .read_only = read_only}};
    config.walk_only = GetParam();
    return std::move(*Host::create(std::move(config)));
  }
  // Guest path of a file of the box, as C libraries hand it over.
  [[nodiscard]] std::string at(const std::string& path) const { return box.at(path).substr(1); }
  Descriptor& root() { return *host->descriptors().find(3); }
  std::string open(const std::string& path, const OpenRequest& request = kRead) {
    return answer(host->open(root(), path, request));
  }

  Sandbox box;
  std::unique_ptr<Host> host;
};
INSTANTIATE_TEST_SUITE_P(Resolver, WholeSystem, testing::Bool(),
                         [](const auto& parameter) { return parameter.param ? "Walk" : "System"; });

TEST_P(WholeSystem, AbsoluteLinksAreFollowed) {
  box.link(box.at("secret"), "rw/file");
  box.link(box.at("outside"), "rw/directory");
  box.link(box.at("rw/directory"), "rw/twice");
  box.write("outside/inner", "inner");
  box.link("/", "rw/top");
  box.link("../../../../../../../../.." + box.at("secret"), "rw/far");
  for (const char* path : {"rw/file", "rw/directory/inner", "rw/twice/inner", "rw/twice/../secret", "rw/far"}) {
    EXPECT_EQ(open(at(path)), "ok") << path;
    EXPECT_EQ(host->path_status(root(), at(path), true)->type, os::FileType::RegularFile) << path;
  }
  EXPECT_EQ(open(at("rw/top/") + at("secret")), "ok");
  EXPECT_EQ(open("../../" + at("secret")), "ok");  // nothing is above the root
  EXPECT_EQ(open(at("rw/twice/made"), kCreate), "ok");
  EXPECT_TRUE(box.exists("outside/made"));
  box.link(box.at("outside/born"), "rw/dangling");
  EXPECT_EQ(open(at("rw/dangling"), kCreate), "ok");
  EXPECT_TRUE(box.exists("outside/born"));
  EXPECT_EQ(answer(host->remove_file(root(), at("rw/twice/made"))), "ok");
  EXPECT_FALSE(box.exists("outside/made"));
  box.link(box.at("rw/self"), "rw/self");
  EXPECT_EQ(open(at("rw/self")), "Loop");
}

TEST_P(WholeSystem, ADirectoryBelowItIsARootOfItsOwn) {
  box.link(box.at("secret"), "rw/file");
  auto directory = host->open(root(), at("rw"), kDirectory);
  ASSERT_TRUE(directory);
  EXPECT_EQ(answer(host->open(*directory, "file", kRead)), "NotPermitted");
  EXPECT_EQ(answer(host->open(*directory, "../secret", kRead)), "NotPermitted");
}

TEST_P(WholeSystem, ReadOnlyHoldsBehindAbsoluteLinks) {
  host = make(true);
  box.link(box.at("secret"), "rw/file");
  EXPECT_EQ(open(at("rw/file")), "ok");
  EXPECT_EQ(open(at("rw/file"), kTruncate), "ReadOnlyFileSystem");
  EXPECT_EQ(box.read("secret"), "secret");
}

TEST_P(WholeSystem, TheSystemUnderAnotherNameIsAGrantLikeOthers) {
  Config config;
  config.preopens = {{.guest_path = "/host", .host_path = "/"}};
  config.walk_only = GetParam();
  host = std::move(*Host::create(std::move(config)));
  box.link(box.at("secret"), "rw/file");
  EXPECT_EQ(open(at("rw/file")), "NotPermitted");
  EXPECT_EQ(open("../" + at("secret")), "NotPermitted");
}

}  // namespace
}  // namespace hermit::host

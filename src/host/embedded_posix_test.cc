// Embedded files: a read-only tree that loads lazily, and preopens for it.
#include "host/sandbox_test_posix.h"

namespace hermit::host {
namespace {

struct Store {
  std::vector<std::string> contents = {"linux launcher", "tool", "data"};
  int loads = 0;
};

Result<ByteView> load(void* context, size_t index) {
  Store& store = *static_cast<Store*>(context);
  ++store.loads;
  return as_bytes(store.contents[index]);
}

EmbeddedFiles files_of(Store& store) {
  EmbeddedFiles files;
  const char* const paths[] = {"/hermit/launchers/linux-x86_64", "/hermit/tool", "/data/a/b.txt"};
  for (size_t i = 0; i < 3; ++i) files.files.push_back({paths[i], store.contents[i].size()});
  files.context = &store;
  files.load = load;
  return files;
}

class Embedded : public testing::Test {
 protected:
  Embedded() {
    Config config;
    config.preopens = {{.guest_path = "/data/a", .host_path = "/data/a", .embedded = true},
                       {.guest_path = "/tool", .host_path = "/hermit", .embedded = true},
                       {.guest_path = ".", .host_path = "/hermit", .embedded = true, .below = "launchers"}};
    config.embedded = files_of(store);
    host = std::move(*Host::create(std::move(config)));
  }
  Descriptor& hermit() { return *host->descriptors().find(4); }
  std::string open(const char* path, const OpenRequest& request = {.read = true}) {
    return answer(host->open(hermit(), path, request));
  }
  Store store;
  std::unique_ptr<Host> host;
};

TEST_F(Embedded, PreopensAreWhatWasAskedFor) {
  EXPECT_EQ(*host->descriptors().find(3)->preopen_name, "/data/a");
  EXPECT_EQ(*host->descriptors().find(4)->preopen_name, "/tool");
  EXPECT_EQ(*host->descriptors().find(5)->preopen_name, ".");
  EXPECT_EQ(host->descriptors().find(6), nullptr);
  EXPECT_EQ(answer(host->open(*host->descriptors().find(3), "b.txt", {.read = true})), "ok");
  EXPECT_EQ(answer(host->open(*host->descriptors().find(5), "linux-x86_64", {.read = true})), "ok");
  EXPECT_EQ(answer(host->open(*host->descriptors().find(5), "../tool", {.read = true})), "NotPermitted");
  EXPECT_EQ(store.loads, 0);
}

TEST_F(Embedded, ReadsSeeksAndLoadsOnce) {
  auto file = host->open(hermit(), "launchers/./../launchers//linux-x86_64", {.read = true});
  ASSERT_TRUE(file);
  EXPECT_EQ(host->status(*file)->size, 14u);
  EXPECT_EQ(store.loads, 0);
  u8 bytes[32];
  const std::span<u8> list[] = {std::span(bytes, 2), std::span(bytes + 2, 3)};
  EXPECT_EQ(*host->read(*file, list), 5u);
  EXPECT_EQ(as_text(ByteView(bytes, 5)), "linux");
  EXPECT_EQ(*host->seek(*file, -8, os::SeekFrom::End), 6u);
  const std::span<u8> whole[] = {bytes};
  EXPECT_EQ(*host->read(*file, whole), 8u);
  EXPECT_EQ(as_text(ByteView(bytes, 8)), "launcher");
  EXPECT_EQ(*host->read(*file, whole), 0u);
  EXPECT_EQ(*host->read_at(*file, whole, 12), 2u);
  EXPECT_EQ(*host->read_at(*file, whole, 1000), 0u);
  EXPECT_EQ(answer(host->seek(*file, -1, os::SeekFrom::Start)), "Invalid");
  EXPECT_EQ(answer(host->seek(*file, INT64_MAX, os::SeekFrom::End)), "Overflow");
  EXPECT_EQ(store.loads, 1);
}

TEST_F(Embedded, NothingCanBeChanged) {
  EXPECT_EQ(open("tool", {.read = true, .write = true}), "ReadOnlyFileSystem");
  EXPECT_EQ(open("tool", {.truncate = true}), "ReadOnlyFileSystem");
  EXPECT_EQ(open("new", {.write = true, .create = true}), "ReadOnlyFileSystem");
  EXPECT_EQ(open("tool", {.read = true, .create = true, .exclusive = true}), "Exists");
  EXPECT_EQ(open("tool", {.read = true, .create = true}), "ok");
  EXPECT_EQ(answer(host->remove_file(hermit(), "tool")), "ReadOnlyFileSystem");
  EXPECT_EQ(answer(host->rename(hermit(), "tool", hermit(), "x")), "ReadOnlyFileSystem");
  EXPECT_EQ(answer(host->create_directory(hermit(), "x")), "ReadOnlyFileSystem");
  EXPECT_EQ(answer(host->create_directory(hermit(), "launchers")), "Exists");
  EXPECT_EQ(answer(host->create_link("x", hermit(), "y")), "ReadOnlyFileSystem");
  auto file = host->open(hermit(), "tool", {.read = true});
  EXPECT_EQ(answer(host->set_times(*file, {}, {})), "ReadOnlyFileSystem");
  EXPECT_EQ(answer(host->write(*file, {})), "BadDescriptor");
  EXPECT_EQ(answer(host->set_size(*file, 0)), "Invalid");
}

TEST_F(Embedded, PathsStayInTheTree) {
  EXPECT_EQ(open(".."), "NotPermitted");
  EXPECT_EQ(open("launchers/../.."), "NotPermitted");
  EXPECT_EQ(open("/hermit/tool"), "NotPermitted");
  EXPECT_EQ(open("missing"), "NotFound");
  EXPECT_EQ(open("tool/"), "NotDirectory");
  EXPECT_EQ(open("tool/x"), "NotDirectory");
  EXPECT_EQ(open("tool", {.directory = true}), "NotDirectory");
  EXPECT_EQ(open("launchers/", {.directory = true}), "ok");
  EXPECT_EQ(answer(host->read_link(hermit(), "tool")), "Invalid");
  EXPECT_EQ(host->path_status(hermit(), "tool", true)->size, 4u);
}

TEST_F(Embedded, ListsSorted) {
  const auto listing = host->list(hermit(), true);
  ASSERT_TRUE(listing);
  const auto& entries = (*listing)->entries;
  ASSERT_EQ(entries.entries.size(), 2u);
  EXPECT_EQ(entries.name(entries.entries[0]), "launchers");
  EXPECT_EQ(entries.entries[0].type, os::FileType::Directory);
  EXPECT_EQ(entries.name(entries.entries[1]), "tool");
  EXPECT_EQ(entries.entries[1].type, os::FileType::RegularFile);
}

TEST_F(Embedded, AWrongSizeIsAnError) {
  store.contents[1] = "longer than declared";
  auto file = host->open(hermit(), "tool", {.read = true});
  u8 bytes[8];
  const std::span<u8> list[] = {bytes};
  EXPECT_EQ(answer(host->read(*file, list)), "Io");
}

TEST(EmbeddedTree, RefusesPathsThatAreNotPlain) {
  for (const char* path : {"relative", "/", "", "/a/", "/a//b", "/a/../b", "/./a", "/a/."}) {
    EmbeddedFiles files;
    files.files = {{path, 0}};
    EXPECT_FALSE(EmbeddedTree::create(std::move(files))) << path;
  }
  for (const char* second : {"/a/b", "/a/b/c", "/a"}) {
    EmbeddedFiles files;
    files.files = {{"/a/b", 0}, {second, 0}};
    const auto tree = EmbeddedTree::create(std::move(files));
    ASSERT_FALSE(tree) << second;
    EXPECT_EQ(tree.error().where, 1u);
  }
}

TEST(HostCreate, NamesTheMissingDirectory) {
  Config config;
  config.preopens = {{.guest_path = "/tmp", .host_path = "/tmp"},
                     {.guest_path = "/maybe", .host_path = "/nonexistent/maybe", .optional = true},
                     {.guest_path = "/gone", .host_path = "/nonexistent/gone"}};
  const auto host = Host::create(std::move(config));
  ASSERT_FALSE(host);
  EXPECT_EQ(host.error().kind, StartError::Preopen);
  EXPECT_EQ(host.error().index, 2u);
  EXPECT_EQ(host.error().error, SysError::NotFound);
}

TEST(HostCreate, OptionalDirectoriesLeaveNoGap) {
  Config config;
  config.preopens = {{.guest_path = "/maybe", .host_path = "/nonexistent/maybe", .optional = true},
                     {.guest_path = "/tmp", .host_path = "/tmp"}};
  const auto host = Host::create(std::move(config));
  ASSERT_TRUE(host);
  EXPECT_EQ(*(*host)->descriptors().find(3)->preopen_name, "/tmp");
}

}  // namespace
}  // namespace hermit::host

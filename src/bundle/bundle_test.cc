// Writer and reader of packed programs against each other.
#include <gtest/gtest.h>

#include <algorithm>

#include "bundle/reader.h"
#include "bundle/writer.h"

namespace hermit::bundle {
namespace {

const std::string kWasm(3000, 'w'), kLib(100, 'l');

Contents example() {
  Contents contents;
  contents.config.from = "app.wasm";
  contents.config.map = {{".", "/w", true, false}};
  contents.config.copy = {"/assets", "/etc/motd"};
  contents.config.link = {"libfoo"};
  contents.main_wasm = as_bytes(kWasm);
  contents.link = {{"libfoo", as_bytes(kLib)}};
  contents.files = {{"/etc/motd", as_bytes("hello"), false},
                    {"/assets/b", as_bytes(""), false},
                    {"/assets/a/tool", as_bytes("#!/bin/sh"), true}};
  return contents;
}

Bytes packed(const Contents& contents, size_t prefix = 0) {
  Bytes file(archive_start(contents, prefix), 'x');
  const auto result = write_bundle(contents, file.size(), file);
  EXPECT_TRUE(result) << result.error().text;
  EXPECT_LE(file.size(), archive_start(contents, prefix) + largest_size(contents));
  return file;
}

std::string text_of(const std::expected<zip::Content, Problem>& content) {
  return content ? std::string(as_text(content->bytes())) : "problem: " + content.error().text;
}

std::string problem_of(ByteView file) {
  const auto bundle = Bundle::open(file, 0, file.size());
  return bundle ? "" : bundle.error().text;
}

Bytes archive_of(const std::vector<std::pair<std::string, std::string>>& items) {
  Bytes file;
  zip::Writer writer(file, 0);
  for (const auto& [name, content] : items) EXPECT_TRUE(writer.add(name, as_bytes(content), {}));
  EXPECT_TRUE(writer.finish());
  return file;
}

TEST(Bundle, RoundTrip) {
  for (const size_t prefix : {0, 4096, 100001}) {
    const Bytes file = packed(example(), prefix);
    auto opened = Bundle::open(file, 0, file.size());
    ASSERT_TRUE(opened) << opened.error().text;
    const Bundle bundle = std::move(*opened);
    EXPECT_EQ(config_to_json(bundle.config()), config_to_json(example().config));
    EXPECT_EQ(text_of(bundle.main_wasm()), kWasm);
    EXPECT_EQ(text_of(bundle.link_module("libfoo")), kLib);
    ASSERT_EQ(bundle.files().size(), 3u);
    EXPECT_EQ(bundle.files()[0].guest_path, "/assets/a/tool");
    EXPECT_EQ(bundle.files()[1].guest_path, "/assets/b");
    EXPECT_EQ(bundle.files()[2].guest_path, "/etc/motd");
    EXPECT_EQ(text_of(bundle.read(bundle.files()[2])), "hello");
    EXPECT_EQ(bundle.files()[2].size, 5u);
    EXPECT_FALSE(bundle.native_image("x86_64"));
    std::string order;
    for (const zip::Entry& entry : bundle.zip().entries()) (order += entry.name) += ' ';
    EXPECT_EQ(order, "hermit.json main.wasm link/libfoo.wasm files/assets/a/tool files/assets/b files/etc/motd ");
  }
}

TEST(Bundle, OrderOfFilesDoesNotMatter) {
  Contents contents = example();
  const Bytes file = packed(contents);
  std::swap(contents.files[0], contents.files[2]);
  EXPECT_EQ(packed(contents), file);
}

// Native images lie at multiples of 64 KiB, whatever their sizes and the prefix.
TEST(Bundle, NativeImagesAreAligned) {
  for (const size_t size : {0, 1, 65536, 70000}) {
    Contents contents = example();
    const Bytes image(size, 'i');
    contents.native = {{"x86_64", image}, {"aarch64", image}};
    const Bytes file = packed(contents, 5000);
    const auto bundle = Bundle::open(file, 0, file.size());
    ASSERT_TRUE(bundle) << bundle.error().text;
    for (const char* isa : {"x86_64", "aarch64"}) {
      const auto bytes = bundle->native_image(isa);
      ASSERT_TRUE(bytes);
      EXPECT_EQ((bytes->data() - file.data()) % kImageAlignment, 0);
      ASSERT_GE(bytes->size(), size);
      EXPECT_TRUE(std::equal(image.begin(), image.end(), bytes->begin()));
    }
    EXPECT_EQ(bundle->zip().entries()[0].name, "native/x86_64");
  }
}

TEST(Bundle, WriterChecksWhatItIsGiven) {
  const auto problem = [](const Contents& contents) {
    Bytes out;
    const auto result = write_bundle(contents, 0, out);
    return result ? "" : result.error().text;
  };
  Contents contents = example();
  contents.files.push_back({"/other/x", {}, false});
  EXPECT_EQ(problem(contents), "\"/other/x\": not below a path of COPY");
  contents = example();
  contents.files.push_back({"/assetsx", {}, false});
  EXPECT_EQ(problem(contents), "\"/assetsx\": not below a path of COPY");
  contents = example();
  contents.files.push_back({"/assets/../x", {}, false});
  EXPECT_EQ(problem(contents), "\"/assets/../x\": a name that cannot be embedded");
  contents = example();
  contents.files.push_back({"/etc/motd", {}, false});
  EXPECT_EQ(problem(contents), "\"/etc/motd\": embedded twice");
  contents = example();
  contents.link.clear();
  EXPECT_EQ(problem(contents), "the linked modules are not those that LINK names");
}

TEST(Bundle, MissingAndDamagedParts) {
  EXPECT_EQ(problem_of(as_bytes("\x7f"
                                "ELF and no archive")),
            "offset 0x13: no zip archive: end of central directory record not found");
  EXPECT_EQ(problem_of(archive_of({{"main.wasm", "w"}})), "hermit.json: missing in the archive");
  EXPECT_EQ(problem_of(archive_of({{"hermit.json", "{"}})), "hermit.json:1:2: expected a key in double quotes");
  EXPECT_EQ(problem_of(archive_of({{"hermit.json", std::string(kMaxConfigSize + 1, ' ')}})),
            "hermit.json: offset 0x0: zip entry is larger than allowed");
  const Bytes file = archive_of({{"hermit.json", "{\"LINK\": [\"x\"]}"}});
  const auto bundle = Bundle::open(file, 0, file.size());
  ASSERT_TRUE(bundle);
  EXPECT_EQ(text_of(bundle->main_wasm()), "problem: main.wasm: missing in the archive");
  EXPECT_EQ(text_of(bundle->link_module("x")), "problem: link/x.wasm: missing in the archive");
  Bytes damaged = packed(example());
  const auto at = std::ranges::search(damaged, std::string_view("hello")).begin();
  ASSERT_NE(at, damaged.end());
  *at = 'j';
  const auto reader = Bundle::open(damaged, 0, damaged.size());
  ASSERT_TRUE(reader);
  EXPECT_NE(text_of(reader->read(reader->files()[2])).find("CRC-32 mismatch"), std::string::npos);
}

// Only what COPY names is embedded, whatever else someone put into the zip.
TEST(Bundle, FilesOutsideOfCopyAreNotSeen) {
  const std::string json = R"({"COPY": ["/a"]})";
  Bytes file =
      archive_of({{"hermit.json", json}, {"files/a/x", "1"}, {"files/ab", "2"}, {"files/b", "3"}, {"other", "4"}});
  auto bundle = Bundle::open(file, 0, file.size());
  ASSERT_TRUE(bundle);
  ASSERT_EQ(bundle->files().size(), 1u);
  EXPECT_EQ(bundle->files()[0].guest_path, "/a/x");

  file = archive_of({{"hermit.json", R"({"COPY": ["/"]})"}, {"files/a/x", "1"}, {"files/ab", "2"}});
  bundle = Bundle::open(file, 0, file.size());
  ASSERT_TRUE(bundle);
  EXPECT_EQ(bundle->files().size(), 2u);
}

// Names that this writer refuses are made by changing bytes; the CRC covers the content only.
TEST(Bundle, HostileNames) {
  const auto with_name = [](const std::string& name) {
    std::string placeholder = "files/a/" + std::string(name.size() - 8, '_');
    Bytes file = archive_of({{"hermit.json", R"({"COPY": ["/a"]})"}, {placeholder, "1"}});
    for (auto at = file.begin();
         (at = std::search(at, file.end(), placeholder.begin(), placeholder.end())) != file.end();)
      at = std::copy(name.begin(), name.end(), at);
    return file;
  };
  EXPECT_EQ(problem_of(with_name("files/a/../b")), "files/a/../b: not a path in normal form");
  EXPECT_EQ(problem_of(with_name("files/a//b")), "files/a//b: not a path in normal form");
  EXPECT_EQ(problem_of(with_name("files/a/./b")), "files/a/./b: not a path in normal form");
  EXPECT_EQ(problem_of(with_name("files/a/\\b")), "files/a/\\b: not a path in normal form");
  EXPECT_EQ(problem_of(with_name(std::string("files/a/\0b", 10))), "files/a/\\x00b: not a path in normal form");
  EXPECT_EQ(problem_of(with_name("files/a/b/")), "") << "directory entries of other tools";
  const Bytes below = archive_of(
      {{"hermit.json", R"({"COPY": ["/a"]})"}, {"files/a/b", "1"}, {"files/a/b.c", "1"}, {"files/a/b/c", "1"}});
  EXPECT_EQ(problem_of(below), "files/a/b/c: lies below another file");
}

TEST(Bundle, TruncationsAndFlips) {
  const Bytes file = packed(example(), 64);
  const auto read_everything = [](ByteView bytes) {
    const auto bundle = Bundle::open(bytes, 0, bytes.size());
    if (!bundle) return;
    (void)bundle->main_wasm();
    (void)bundle->link_module("libfoo");
    (void)bundle->native_image("x86_64");
    for (const EmbeddedFile& embedded : bundle->files()) (void)bundle->read(embedded);
  };
  for (size_t size = 0; size < file.size(); ++size) {
    const Bytes cut(file.data(), file.data() + size);
    EXPECT_NE(problem_of(cut), "") << size;
  }
  for (size_t i = 64; i < file.size(); ++i) {
    for (int bit = 0; bit < 8; ++bit) {
      Bytes flipped = file;
      flipped[i] ^= static_cast<u8>(1 << bit);
      read_everything(flipped);
    }
  }
}

}  // namespace
}  // namespace hermit::bundle

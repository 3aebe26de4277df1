// Reader and writer against each other, and the reader against archives that are damaged or meant to deceive. Archives
// of other tools: test/cli/zip_tools_test.sh.
#include <gtest/gtest.h>

#include <random>

#include "zip/reader.h"
#include "zip/writer.h"
#include "zip/zip_format.h"

namespace hermit::zip {
namespace {

constexpr u64 kMax = 1 << 20;

std::string text_of(const Result<Content>& content) {
  if (!content) return std::string("error: ") + content.error().what;
  return std::string(as_text(content->bytes()));
}

std::string error_of(ByteView file) {
  const auto reader = Reader::open(file, 0, file.size());
  return reader ? "" : reader.error().what;
}

struct Item {
  std::string name;
  std::string content;
};

Bytes archive_of(const std::vector<Item>& items, Bytes file = {}, u64 declared_base = ~u64{0}) {
  Writer writer(file, declared_base == ~u64{0} ? file.size() : declared_base);
  for (const Item& item : items) EXPECT_TRUE(writer.add(item.name, as_bytes(item.content), {Compression::IfSmaller}));
  EXPECT_TRUE(writer.finish());
  return file;
}

const std::vector<Item> kItems = {
    {"hermit.json", "{\n  \"FORMAT\": 1\n}\n"}, {"main.wasm", std::string(5000, 'w')}, {"files/a/b", ""}};

void expect_items(ByteView file, u64 begin, u64 end) {
  const auto reader = Reader::open(file, begin, end);
  ASSERT_TRUE(reader) << reader.error().what;
  ASSERT_EQ(reader->entries().size(), kItems.size());
  for (const Item& item : kItems) {
    const Entry* entry = reader->find(item.name);
    ASSERT_TRUE(entry) << item.name;
    EXPECT_EQ(text_of(reader->read(*entry, kMax)), item.content);
  }
  EXPECT_FALSE(reader->find("hermit"));
  EXPECT_FALSE(reader->find("hermit.json2"));
  EXPECT_FALSE(reader->find(""));
}

template <typename Record>
Record& record(Bytes& file, size_t offset) {
  return *reinterpret_cast<Record*>(file.data() + offset);
}
size_t end_record(const Bytes& file) { return file.size() - sizeof(EndRecord); }
size_t first_central(Bytes& file) { return record<EndRecord>(file, end_record(file)).directory_offset; }

TEST(Zip, RoundTripBehindAPrefix) {
  for (const size_t prefix : {0, 1, 30, 4096, 70000}) {
    const Bytes file = archive_of(kItems, Bytes(prefix, 'x'));
    expect_items(file, 0, file.size());
    expect_items(file, prefix, file.size());
  }
}

TEST(Zip, StoredIsAViewAndDeflatedIsSmaller) {
  const Bytes file = archive_of(kItems);
  EXPECT_LT(file.size(), 600u);
  const auto reader = Reader::open(file, 0, file.size());
  EXPECT_TRUE(reader->read(*reader->find("hermit.json"), kMax)->is_view());
  EXPECT_FALSE(reader->read(*reader->find("main.wasm"), kMax)->is_view());
}

TEST(Zip, ZerosBehindContentArePartOfIt) {
  Bytes file;
  Writer writer(file, 0);
  ASSERT_TRUE(writer.add("a", as_bytes("text"), {.zeros = 10000}));
  ASSERT_TRUE(writer.add("b", as_bytes("next"), {}));
  ASSERT_TRUE(writer.finish());
  const auto reader = Reader::open(file, 0, file.size());
  ASSERT_TRUE(reader) << reader.error().what;
  EXPECT_EQ(text_of(reader->read(*reader->find("a"), kMax)), "text" + std::string(10000, '\0'));
  EXPECT_EQ(text_of(reader->read(*reader->find("b"), kMax)), "next");
}

TEST(Zip, WorthwhileMeansATenth) {
  // 64 random bytes and `zeros` zeros deflate to about 64 + 20 bytes.
  std::mt19937 random(1);
  for (const auto& [zeros, method] : {std::pair{12, Method::Stored}, std::pair{100, Method::Deflate}}) {
    std::string content(64, 'x');
    for (char& c : content) c = static_cast<char>(random());
    content.append(zeros, '\0');
    Bytes file;
    Writer writer(file, 0);
    ASSERT_TRUE(writer.add("f", as_bytes(content), {Compression::IfWorthwhile}));
    ASSERT_TRUE(writer.finish());
    const auto reader = Reader::open(file, 0, file.size());
    EXPECT_EQ(reader->entries()[0].method, static_cast<u16>(method));
    EXPECT_EQ(text_of(reader->read(reader->entries()[0], kMax)), content);
  }
}

// The caller may take bytes away between calls; offsets are those of the finished file all the same.
TEST(Zip, WriterStreams) {
  Bytes buffer, file(100, 'p');
  Writer writer(buffer, file.size());
  const auto drain = [&] {
    file.insert(file.end(), buffer.begin(), buffer.end());
    buffer.clear();
  };
  for (const Item& item : kItems) {
    ASSERT_TRUE(writer.add(item.name, as_bytes(item.content), {Compression::IfSmaller}));
    drain();
    EXPECT_EQ(writer.offset(), file.size());
  }
  ASSERT_TRUE(writer.finish());
  drain();
  EXPECT_EQ(file, archive_of(kItems, Bytes(100, 'p')));
}

TEST(Zip, WriterRefusesNamesThatUnpackersDisagreeAbout) {
  Bytes file;
  Writer writer(file, 0);
  for (const std::string_view name : {"", "/a", "a/", "a//b", "../a", "a/../b", ".", "a\\b", "a\nb", "\xff"})
    EXPECT_FALSE(writer.add(name, {}, {})) << name;
  EXPECT_FALSE(writer.add(std::string(65536, 'n'), {}, {}));
  EXPECT_FALSE(writer.add(std::string_view("a\0b", 3), {}, {}));
  EXPECT_TRUE(file.empty());
  EXPECT_TRUE(writer.add("gr\xc3\xbc.txt", {}, {}));
}

TEST(Zip, WriterRefusesWhatNeedsZip64) {
  Bytes file;
  Writer writer(file, 0xffffffff);
  const auto result = writer.add("a", {}, {});
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().kind, ErrorKind::Limit);

  Writer close(file, 0xffffff00);
  ASSERT_TRUE(close.add("a", Bytes(250, 'x'), {}));
  EXPECT_FALSE(close.finish());

  Writer many(file, 0);
  for (int i = 0; i < 65534; ++i) ASSERT_TRUE(many.add(std::to_string(i), {}, {}));
  EXPECT_FALSE(many.add("one too many", {}, {}));
}

// `cat prefix a.zip`: offsets count from the start of the archive.
TEST(Zip, OffsetsRelativeToTheArchive) {
  Bytes file(5000, 'x');
  file = archive_of(kItems, file, 0);
  expect_items(file, 0, file.size());
}

TEST(Zip, CommentsAndPaddingBehindTheEndRecord) {
  for (const size_t comment : {0, 1, 100, 65535}) {
    for (const size_t padding : {0, 1, 7, 16383, 65535}) {
      Bytes file = archive_of(kItems);
      record<EndRecord>(file, end_record(file)).comment_size = static_cast<u16>(comment);
      file.resize(file.size() + comment, 'c');
      file.resize(file.size() + padding);
      expect_items(file, 0, file.size());
    }
  }
  Bytes file = archive_of(kItems);
  file.push_back('x');
  EXPECT_EQ(error_of(file), "no zip archive: end of central directory record not found");
}

TEST(Zip, RangeExcludesWhatFollows) {
  Bytes file = archive_of(kItems);
  const u64 end = file.size();
  file.resize(end + 300, 's');
  expect_items(file, 0, end);
  EXPECT_FALSE(Reader::open(file, 0, file.size()));
  EXPECT_FALSE(Reader::open(file, 0, file.size() + 1));
  EXPECT_FALSE(Reader::open(file, 2, 1));
}

// A second archive inside the comment of the first: `unzip` shows the inner one, other programs the outer one.
TEST(Zip, TwoEndRecordsAreRefused) {
  Bytes file = archive_of(kItems);
  const size_t outer = end_record(file);
  const size_t outer_size = file.size();
  file = archive_of({{"hermit.json", "{}"}}, file);
  record<EndRecord>(file, outer).comment_size = static_cast<u16>(file.size() - outer_size);
  EXPECT_EQ(error_of(file), "ambiguous zip archive: several end of central directory records");
}

// The search looks at eight places at once.
TEST(Zip, EndRecordsAreFoundAtEveryPlace) {
  for (size_t length = 1; length < 20; ++length) {
    const std::string name(length, 'n');  // stands between the last record of the directory and the end record
    Bytes file = archive_of({{name, ""}});
    const size_t record_at = end_record(file);
    record<EndRecord>(file, record_at).comment_size = static_cast<u16>(length);
    for (size_t i = 0; i < length; ++i) file.push_back("PKPK\5"[i % 5]);
    EXPECT_EQ(error_of(file), "") << length;

    Bytes two = archive_of({{name, ""}});
    two = archive_of({{name, ""}}, two);
    record<EndRecord>(two, record_at).comment_size = static_cast<u16>(two.size() - record_at - sizeof(EndRecord));
    EXPECT_EQ(error_of(two), "ambiguous zip archive: several end of central directory records") << length;
  }
}

// The bytes of an end record inside stored data or a comment are no end record.
TEST(Zip, SignaturesInsideDataAreSkipped) {
  const Bytes inner = archive_of({{"inner", "content"}});
  Bytes file;
  Writer writer(file, 0);
  ASSERT_TRUE(writer.add("inner.zip", inner, {}));
  ASSERT_TRUE(writer.finish());
  const auto reader = Reader::open(file, 0, file.size());
  ASSERT_TRUE(reader) << reader.error().what;
  EXPECT_EQ(reader->entries().size(), 1u);
  EXPECT_EQ(text_of(reader->read(reader->entries()[0], kMax)), as_text(inner));
}

TEST(Zip, DuplicateNamesAreRefused) {
  EXPECT_EQ(error_of(archive_of({{"hermit.json", "{}"}, {"main.wasm", "w"}, {"hermit.json", "{ }"}})),
            "two zip entries of the same name");
}

TEST(Zip, OverlappingEntriesAreRefused) {
  Bytes file = archive_of({{"a", "content"}, {"b", "content"}});
  const size_t second = first_central(file) + sizeof(CentralHeader) + 1;
  record<CentralHeader>(file, second).header_offset = 0;
  EXPECT_EQ(error_of(file), "zip entries overlap");
  record<CentralHeader>(file, second).header_offset = 10;
  EXPECT_EQ(error_of(file), "zip entries overlap");

  // Data that reaches into the next entry through an enlarged extra field shows when the entry is read.
  file = archive_of({{"a", "content"}, {"b", "content"}});
  record<LocalHeader>(file, 0).extra_size = 1;
  const auto reader = Reader::open(file, 0, file.size());
  ASSERT_TRUE(reader);
  EXPECT_EQ(text_of(reader->read(*reader->find("a"), kMax)), "error: zip entries overlap");
}

TEST(Zip, LocalHeaderMustAgree) {
  const Bytes good = archive_of({{"a", "content"}});
  const auto read_a = [](const Bytes& file) {
    const auto reader = Reader::open(file, 0, file.size());
    return reader ? text_of(reader->read(*reader->find("a"), kMax)) : reader.error().what;
  };
  const std::string contradicts = "error: zip entry contradicts the central directory";
  Bytes file = good;
  file[sizeof(LocalHeader)] = 'b';
  EXPECT_EQ(read_a(file), contradicts);
  file = good;
  record<LocalHeader>(file, 0).size = 6;
  EXPECT_EQ(read_a(file), contradicts);
  file = good;
  record<LocalHeader>(file, 0).method = 8;
  EXPECT_EQ(read_a(file), contradicts);
  // A data descriptor follows the data: the local sizes mean nothing.
  file = good;
  record<LocalHeader>(file, 0).flags = kFlagDataDescriptor;
  record<LocalHeader>(file, 0).size = 0;
  EXPECT_EQ(read_a(file), "content");
  file = good;
  record<LocalHeader>(file, 0).flags = kFlagEncrypted;
  EXPECT_EQ(read_a(file), "error: encrypted zip entry");
  file = good;
  record<LocalHeader>(file, 0).method = 93;
  record<CentralHeader>(file, first_central(file)).method = 93;
  EXPECT_EQ(read_a(file), "error: zip entry with an unsupported compression method");
  file = good;
  file[sizeof(LocalHeader) + 1] ^= 1;
  EXPECT_EQ(read_a(file), "error: CRC-32 mismatch in a zip entry");
}

TEST(Zip, SizesAreCheckedBeforeMemoryIsTaken) {
  const Bytes good = archive_of({{"w", std::string(5000, 'w')}});
  auto reader = Reader::open(good, 0, good.size());
  EXPECT_EQ(text_of(reader->read(reader->entries()[0], 4999)), "error: zip entry is larger than allowed");
  EXPECT_EQ(text_of(reader->read(reader->entries()[0], 5000)), std::string(5000, 'w'));

  Bytes file = good;
  record<LocalHeader>(file, 0).size = 0x7fffffff;
  record<CentralHeader>(file, first_central(file)).size = 0x7fffffff;
  reader = Reader::open(file, 0, file.size());
  EXPECT_EQ(text_of(reader->read(reader->entries()[0], ~u64{0})),
            "error: deflated zip entry declares an impossible size");
}

TEST(Zip, CountsAreCheckedAgainstBytes) {
  Bytes file = archive_of(kItems);
  auto& end = record<EndRecord>(file, end_record(file));
  end.entries = end.entries_on_disk = 60000;
  EXPECT_EQ(error_of(file), "zip central directory is smaller than its entries");
  end.entries = end.entries_on_disk = 2;
  EXPECT_EQ(error_of(file), "bytes behind the last entry of the zip central directory");
  end.entries = 3;
  EXPECT_EQ(error_of(file), "zip archive in several parts");
}

// A small archive rewritten with the zip64 records that large ones have.
TEST(Zip, Zip64) {
  Bytes file = archive_of({{"a", "content"}});
  const size_t central = first_central(file);
  auto header = record<CentralHeader>(file, central);
  header.size = kSaturated32;
  header.header_offset = kSaturated32;
  header.extra_size = 20;
  file.resize(central);
  ByteWriter out(file);
  const auto put = [&](const auto& r) { out.write({reinterpret_cast<const u8*>(&r), sizeof r}); };
  put(header);
  out.write("a");
  out.write_le<u16>(kZip64Extra);
  out.write_le<u16>(16);
  out.write_le<u64>(7);
  out.write_le<u64>(0);
  const size_t central_size = file.size() - central;
  Zip64EndRecord end64;
  end64.signature = Zip64EndRecord::kSignature;
  end64.record_size = 44;
  end64.entries = end64.entries_on_disk = 1;
  end64.directory_size = central_size;
  end64.directory_offset = central;
  Zip64Locator locator;
  locator.signature = Zip64Locator::kSignature;
  locator.record_offset = file.size();
  locator.disks = 1;
  put(end64);
  put(locator);
  EndRecord end;
  end.signature = EndRecord::kSignature;
  end.entries = end.entries_on_disk = kSaturated16;
  end.directory_size = end.directory_offset = kSaturated32;
  put(end);
  for (const size_t prefix : {0, 777}) {
    Bytes prefixed(prefix, 'x');
    prefixed.insert(prefixed.end(), file.begin(), file.end());
    const auto reader = Reader::open(prefixed, 0, prefixed.size());
    ASSERT_TRUE(reader) << reader.error().what;
    EXPECT_EQ(text_of(reader->read(*reader->find("a"), kMax)), "content");
  }
  for (size_t i = 0; i < file.size(); ++i) (void)Reader::open(ByteView(file).subspan(i), 0, file.size() - i);
}

void read_everything(ByteView file) {
  const auto reader = Reader::open(file, 0, file.size());
  if (!reader) return;
  for (const Entry& entry : reader->entries()) (void)reader->read(entry, kMax);
}

// Bad input never crashes. The copies have exactly the size they claim, so that a sanitizer sees every byte too many.
TEST(Zip, TruncationsAndFlipsAreErrorsNotCrashes) {
  const Bytes file = archive_of(kItems, Bytes(5, 'p'));
  for (size_t size = 0; size < file.size(); ++size) {
    const Bytes cut(file.data(), file.data() + size);
    EXPECT_FALSE(Reader::open(cut, 0, cut.size())) << size;
  }
  for (size_t i = 0; i < file.size(); ++i) {
    for (const u8 change : {0x01, 0x80, 0xff}) {
      Bytes flipped = file;
      flipped[i] ^= change;
      read_everything(flipped);
    }
  }
  std::mt19937 random(7);
  for (int round = 0; round < 20000; ++round) {
    Bytes changed = file;
    for (int i = 0; i < 4; ++i) changed[random() % changed.size()] = static_cast<u8>(random());
    read_everything(changed);
  }
}

}  // namespace
}  // namespace hermit::zip

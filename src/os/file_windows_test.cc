#include "os/file.h"

#include <gtest/gtest.h>

#include "os/console_windows.h"
#include "os/handle_windows.h"
#include "os/poll.h"
#include "os/status_windows.h"
#include "os/test_folder_windows.h"

namespace hermit::os {
namespace {

using WindowsFile = WindowsFolder;

std::string take(const Handle& file, size_t size) {
  std::string text(size, '\0');
  const std::span<u8> buffer(reinterpret_cast<u8*>(text.data()), size);
  text.resize(read(file, {&buffer, 1}).value_or(0));
  return text;
}

SysResult<size_t> put_at(const Handle& file, std::string_view text, u64 offset, bool append = false) {
  const std::span<const u8> bytes(reinterpret_cast<const u8*>(text.data()), text.size());
  return write_at(file, {&bytes, 1}, offset, append);
}

TEST_F(WindowsFile, TransfersAtAnOffsetLeaveThePositionAlone) {
  const Handle file = create("file");
  put(file, "0123456789");
  EXPECT_EQ(*seek(file, 3, SeekFrom::Start), 3u);
  EXPECT_EQ(content(file), "0123456789");
  EXPECT_EQ(*put_at(file, "xy", 8), 2u);
  EXPECT_EQ(*seek(file, 0, SeekFrom::Current), 3u);
  EXPECT_EQ(take(file, 2), "34");
  EXPECT_EQ(content(file), "01234567xy");
  EXPECT_EQ(error_of(put_at(file, "x", u64{1} << 63)), SysError::Invalid);
}

TEST_F(WindowsFile, AppendWritesAtTheEndWhateverThePosition) {
  const Handle first = open("log", {.access = AccessMode::ReadWrite, .create = true, .flags = {.append = true}});
  const Handle second = open("log", {.access = AccessMode::Write, .flags = {.append = true}});
  put(first, "one ");
  put(second, "two ");
  ASSERT_TRUE(seek(first, 0, SeekFrom::Start));
  put(first, "three");
  EXPECT_EQ(content("log"), "one two three");
  EXPECT_EQ(*seek(first, 0, SeekFrom::Current), 13u);
  EXPECT_EQ(*put_at(first, "ONE", 0, true), 3u);
  ASSERT_TRUE(set_flags(first, {}));
  ASSERT_TRUE(seek(first, 4, SeekFrom::Start));
  put(first, "TWO");
  EXPECT_EQ(content("log"), "ONE TWO three");
  EXPECT_EQ(error_of(set_flags(first, {.sync = true})), SysError::Invalid);
}

TEST_F(WindowsFile, ListsOfBuffersAreOneTransfer) {
  const Handle file = create("file");
  const std::string parts[] = {"ab", "", "cde", std::string(70000, 'x')};
  std::vector<std::span<const u8>> list;
  for (const auto& part : parts) list.emplace_back(reinterpret_cast<const u8*>(part.data()), part.size());
  EXPECT_EQ(*write(file, list), 70005u);
  EXPECT_EQ(*write(file, std::span(list).first(3)), 5u);
  EXPECT_EQ(status(file)->size, 70010u);
  ASSERT_TRUE(seek(file, 0, SeekFrom::Start));
  u8 one[3];
  u8 two[4];
  const std::span<u8> buffers[] = {one, two};
  EXPECT_EQ(*read(file, buffers), 7u);
  EXPECT_EQ(std::string(two, two + 4), "dexx");
  EXPECT_EQ(error_of(write(file, std::vector<std::span<const u8>>(kMaxBuffers + 1))), SysError::Invalid);
  ASSERT_TRUE(seek(file, 0, SeekFrom::End));
  EXPECT_EQ(*read(file, buffers), 0u);
}

TEST_F(WindowsFile, SeekRefusesWhatLiesBeforeTheStart) {
  const Handle file = create("file");
  put(file, "abc");
  EXPECT_EQ(error_of(seek(file, -1, SeekFrom::Start)), SysError::Invalid);
  EXPECT_EQ(error_of(seek(file, -4, SeekFrom::End)), SysError::Invalid);
  EXPECT_EQ(error_of(seek(file, INT64_MAX, SeekFrom::Current)), SysError::Invalid);
  EXPECT_EQ(*seek(file, -1, SeekFrom::End), 2u);
  EXPECT_EQ(*seek(file, 10, SeekFrom::End), 13u);
  put(file, "x");
  EXPECT_EQ(status(file)->size, 14u);
}

TEST_F(WindowsFile, WrongDirectionsAndKinds) {
  put("file", "abc");
  const Handle reader = open("file", {});
  const Handle writer = open("file", {.access = AccessMode::Write, .flags = {}});
  u8 byte[1] = {};
  const std::span<u8> in(byte);
  const std::span<const u8> out(byte);
  EXPECT_EQ(error_of(write(reader, {&out, 1})), SysError::BadDescriptor);
  EXPECT_EQ(error_of(read(writer, {&in, 1})), SysError::BadDescriptor);
  EXPECT_EQ(error_of(set_size(reader, 0)), SysError::Invalid);
  EXPECT_EQ(error_of(read(root_, {&in, 1})), SysError::IsDirectory);
  EXPECT_EQ(error_of(write(root_, {&out, 1})), SysError::BadDescriptor);
  EXPECT_EQ(error_of(read(Handle(), {&in, 1})), SysError::BadDescriptor);
  EXPECT_EQ(content(reader), "abc");
}

TEST_F(WindowsFile, SizesAndAllocation) {
  const Handle file = create("file");
  put(file, "abc");
  ASSERT_TRUE(set_size(file, 1));
  ASSERT_TRUE(set_size(file, 3));
  EXPECT_EQ(content(file), std::string("a\0\0", 3));
  ASSERT_TRUE(allocate(file, 2, 10));
  EXPECT_EQ(status(file)->size, 12u);
  ASSERT_TRUE(allocate(file, 0, 5));
  EXPECT_EQ(status(file)->size, 12u);
  EXPECT_EQ(error_of(allocate(file, u64{1} << 62, u64{1} << 62)), SysError::FileTooBig);
  EXPECT_EQ(error_of(set_size(file, u64{1} << 63)), SysError::FileTooBig);
  EXPECT_TRUE(sync(file));
  EXPECT_TRUE(sync_data(open("file", {})));
  EXPECT_TRUE(sync(open(".", {.directory = true, .flags = {}})));
}

TEST_F(WindowsFile, TimesBefore1970AndOnReadOnlyDescriptors) {
  put("file", "abc");
  const TimeStamp early = {-2'000'000'000, 999'999'900};  // further back Wine meets limits of the file system below it
  const TimeStamp late = {4'000'000'000, 123'456'700};
  const Handle reader = open("file", {});
  ASSERT_TRUE(set_times(reader, {TimeChange::Set, early}, {TimeChange::Set, late}));
  EXPECT_EQ(status(reader)->accessed, early);
  EXPECT_EQ(status(reader)->modified, late);
  ASSERT_TRUE(set_times_at(root_, "file", {}, {TimeChange::Set, early}));
  EXPECT_EQ(status(reader)->modified, early);
  ASSERT_TRUE(set_times_at(root_, ".", {TimeChange::Set, late}, {}));
  EXPECT_EQ(error_of(set_times(reader, {}, {TimeChange::Set, {-12'000'000'000, 0}})), SysError::Invalid);
  EXPECT_EQ(error_of(set_times(reader, {}, {TimeChange::Set, {INT64_MAX, 0}})), SysError::Invalid);
  ASSERT_TRUE(set_times(reader, {}, {TimeChange::Now, {}}));
  EXPECT_GT(status(reader)->modified.seconds, 1'600'000'000);
}

TEST_F(WindowsFile, AWriteAfterSetTimesIsAModification) {
  const Handle file = create("file");
  ASSERT_TRUE(set_times(file, {}, {TimeChange::Set, {1000, 0}}));
  EXPECT_EQ(status(file)->modified.seconds, 1000);
  put(file, "x");
  EXPECT_GT(status(file)->modified.seconds, 1'600'000'000);
}

TEST(WindowsTime, ConversionIsExact) {
  EXPECT_EQ(to_time_stamp(0), (TimeStamp{-11'644'473'600, 0}));
  EXPECT_EQ(to_time_stamp(116'444'736'000'000'000), (TimeStamp{0, 0}));
  EXPECT_EQ(to_time_stamp(116'444'735'999'999'999), (TimeStamp{-1, 999'999'900}));
  EXPECT_EQ(to_time_stamp(-1), (TimeStamp{-11'644'473'601, 999'999'900}));
  EXPECT_EQ(to_windows_time({-1, 999'999'999}).value_or(0), 116'444'735'999'999'999);
  EXPECT_EQ(to_windows_time({-11'644'473'600, 0}).value_or(0), 1);  // 0 would leave the time alone
}

class WindowsPipe : public testing::Test {
 protected:
  void SetUp() override {
    HANDLE in;
    HANDLE out;
    ASSERT_NE(CreatePipe(&in, &out, nullptr, 65536), 0);
    reader_ = adopt(in);
    writer_ = adopt(out);
  }
  Handle reader_;
  Handle writer_;
};

TEST_F(WindowsPipe, AClosedPipeEndsReadingAndFailsWriting) {
  EXPECT_EQ(status(reader_)->type, FileType::Pipe);
  EXPECT_EQ(error_of(seek(reader_, 0, SeekFrom::Current)), SysError::IllegalSeek);
  const std::span<const u8> bytes(reinterpret_cast<const u8*>("abc"), 3);
  EXPECT_EQ(*write(writer_, {&bytes, 1}), 3u);
  EXPECT_EQ(readable_bytes(reader_.raw()), 3u);
  writer_.close();
  EXPECT_EQ(take(reader_, 10), "abc");
  EXPECT_EQ(take(reader_, 10), "");
}

TEST_F(WindowsPipe, WritingToAClosedReaderIsABrokenPipe) {
  reader_.close();
  const std::span<const u8> bytes(reinterpret_cast<const u8*>("abc"), 3);
  EXPECT_EQ(error_of(write(writer_, {&bytes, 1})), SysError::BrokenPipe);
}

TEST_F(WindowsPipe, ANonBlockingReadSaysAgain) {
  ASSERT_TRUE(set_flags(reader_, {.nonblocking = true}));
  u8 byte[1];
  const std::span<u8> buffer(byte);
  EXPECT_EQ(error_of(read(reader_, {&buffer, 1})), SysError::Again);
  writer_.close();
  EXPECT_EQ(*read(reader_, {&buffer, 1}), 0u);
}

TEST_F(WindowsPipe, PollSeesDataHangupAndTime) {
  PollItem items[] = {{.handle = reader_.raw()}};
  const DWORD before = GetTickCount();
  EXPECT_EQ(*poll(items, 50'000'000), 0u);
  EXPECT_GE(GetTickCount() - before, 45u);
  EXPECT_EQ(*poll(items, 0), 0u);
  const std::span<const u8> bytes(reinterpret_cast<const u8*>("abc"), 3);
  ASSERT_TRUE(write(writer_, {&bytes, 1}));
  EXPECT_EQ(*poll(items, std::nullopt), 1u);
  EXPECT_TRUE(items[0].ready);
  EXPECT_FALSE(items[0].hangup);
  EXPECT_EQ(take(reader_, 3), "abc");
  PollItem writing[] = {{.handle = writer_.raw(), .writing = true}, {.handle = Handle::kNone}};
  EXPECT_EQ(*poll(writing, 0), 2u);
  EXPECT_TRUE(writing[1].invalid);
  writer_.close();
  EXPECT_EQ(*poll(items, std::nullopt), 1u);
  EXPECT_TRUE(items[0].hangup);
  EXPECT_EQ(*poll({}, 1'000'000), 0u);
}

TEST(WindowsConsole, CharactersCutInHalfAreHeldBack) {
  EXPECT_EQ(incomplete_tail(""), 0u);
  EXPECT_EQ(incomplete_tail("abc"), 0u);
  EXPECT_EQ(incomplete_tail("a\xc3\xa4"), 0u);
  EXPECT_EQ(incomplete_tail("a\xc3"), 1u);
  EXPECT_EQ(incomplete_tail("a\xe6\x97"), 2u);
  EXPECT_EQ(incomplete_tail("\xf0\x9f\x98"), 3u);
  EXPECT_EQ(incomplete_tail("\xf0\x9f\x98\x80"), 0u);
  EXPECT_EQ(incomplete_tail("\x80\x80\x80\x80"), 0u);  // not UTF-8: goes out as it is
  EXPECT_EQ(incomplete_tail("\xff"), 0u);
}

TEST(WindowsDevices, TheNullDeviceIsACharacterDevice) {
  const Handle null = adopt(CreateFileW(L"NUL", GENERIC_READ | GENERIC_WRITE, 0, nullptr, OPEN_EXISTING, 0, nullptr));
  EXPECT_EQ(status(null)->type, FileType::CharacterDevice);
  EXPECT_FALSE(is_terminal(null));
  EXPECT_EQ(take(null, 5), "");
  const std::span<const u8> bytes(reinterpret_cast<const u8*>("abc"), 3);
  EXPECT_EQ(write(null, {&bytes, 1}).value_or(0), 3u);
  PollItem items[] = {{.handle = null.raw()}};
  EXPECT_EQ(*poll(items, std::nullopt), 1u);
}

}  // namespace
}  // namespace hermit::os

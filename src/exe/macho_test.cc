// Load commands and signatures of a Mach-O with a payload. test/formats/check_macho.py checks whole files
// independently.
#include "exe/macho.h"

#include <gtest/gtest.h>

#include "base/launcher_protocol.h"
#include "base/sha256.h"
#include "exe/synthetic_launchers.h"

namespace hermit::exe {
namespace {

Bytes finish(const Bytes& launcher, size_t payload_size) {
  auto parts = split_macho(launcher, kMachPage);
  EXPECT_TRUE(parts) << parts.error().what;
  if (!parts) return {};
  Bytes file = parts->head;
  file.resize(file.size() + payload_size, 'p');
  EXPECT_TRUE(finish_macho(parts->head.size(), parts->tail, file));
  return file;
}

// The position of the load command of this kind (and name, for a segment), or 0.
size_t find_command(ByteView file, u32 kind, std::string_view name = {}) {
  auto header = get_record<MachHeader>(file, 0);
  size_t at = sizeof header;
  for (u32 i = 0; i < header.command_count; ++i) {
    auto command = get_record<LoadCommand>(file, at);
    bool named = name.empty() || std::memcmp(file.data() + at + 8, name.data(), name.size()) == 0;
    if (command.command == kind && named) return at;
    at += command.size;
  }
  return 0;
}

TEST(MachO, LinkeditMovesWithAllThatPointsIntoIt) {
  for (bool is_signed : {false, true}) {
    Bytes launcher = synthetic_macho(Target::MacosAarch64, {.is_signed = is_signed});
    Bytes file = finish(launcher, 20'000);
    auto hermit = get_record<SegmentCommand>(file, find_command(file, LC_SEGMENT_64, "__HERMIT"));
    EXPECT_EQ(hermit.file_offset, 16384u);
    EXPECT_EQ(hermit.file_size, 20'000u);
    EXPECT_EQ(hermit.memory_size, 32768u);
    EXPECT_EQ(hermit.max_protection, kMachReadOnly);
    auto linkedit = get_record<SegmentCommand>(file, find_command(file, LC_SEGMENT_64, "__LINKEDIT"));
    EXPECT_EQ(linkedit.file_offset, 49152u);
    EXPECT_EQ(linkedit.address, hermit.address + hermit.memory_size);
    EXPECT_EQ(linkedit.file_offset + linkedit.file_size, file.size());
    size_t symbols = find_command(file, LC_SYMTAB);
    EXPECT_EQ(load_le<u32>(file.data() + symbols + 8), 49152u + 64);
    EXPECT_EQ(load_le<u32>(file.data() + symbols + 16), 49152u + 96);
    size_t info = find_command(file, LC_DYLD_INFO_ONLY);
    EXPECT_EQ(load_le<u32>(file.data() + info + 8), 0u) << "an absent table stays absent";
    EXPECT_EQ(load_le<u32>(file.data() + info + 40), 49152u);
    EXPECT_TRUE(std::equal(launcher.begin() + 16384, launcher.begin() + 16384 + 112, file.begin() + 49152));
    auto signature = get_record<LinkeditCommand>(file, find_command(file, LC_CODE_SIGNATURE));
    EXPECT_EQ(signature.data_offset, 49152u + 112);
    EXPECT_EQ(signature.data_offset + signature.data_size, file.size());
  }
}

TEST(MachO, LastPageIsHashedUnpadded) {
  Bytes file = finish(synthetic_macho(Target::MacosX86_64), 5);
  auto signature = get_record<LinkeditCommand>(file, find_command(file, LC_CODE_SIGNATURE));
  auto directory = get_record<CodeDirectory>(file, signature.data_offset + sizeof(SignatureBlob));
  EXPECT_EQ(directory.code_limit, signature.data_offset);
  EXPECT_EQ(directory.code_slot_count, 3u);
  auto last = sha256(ByteView(file).subspan(32768, signature.data_offset - 32768));
  EXPECT_TRUE(std::equal(last.begin(), last.end(), file.end() - 32));
}

TEST(MachO, RoomForLoadCommandsIsCheckedToTheByte) {
  Bytes launcher = synthetic_macho(Target::MacosAarch64);
  u32 end = 32 + get_record<MachHeader>(launcher, 0).commands_size;
  u32 needed = end + sizeof(SegmentCommand) + sizeof(LinkeditCommand);
  EXPECT_TRUE(split_macho(synthetic_macho(Target::MacosAarch64, {.section_offset = needed}), kMachPage));
  auto parts = split_macho(synthetic_macho(Target::MacosAarch64, {.section_offset = needed - 1}), kMachPage);
  ASSERT_FALSE(parts);
  EXPECT_EQ(parts.error().kind, ErrorKind::Unsupported);
}

// A start looks for the payload's segment in so many bytes.
TEST(MachO, LoadCommandsEndInTheFilesHead) {
  const Bytes launcher = synthetic_macho(Target::MacosAarch64);
  const u32 end = 32 + get_record<MachHeader>(launcher, 0).commands_size;
  const u32 room = kExecutableHeadSize - end - sizeof(SegmentCommand) - sizeof(LinkeditCommand);
  const auto with_extra = [](u32 size) {
    return synthetic_macho(Target::MacosAarch64,
                           {.section_offset = 2 * kExecutableHeadSize, .extra_command = LC_UUID, .extra_size = size});
  };
  EXPECT_TRUE(split_macho(with_extra(room / 8 * 8), kMachPage));
  const auto parts = split_macho(with_extra(room / 8 * 8 + 8), kMachPage);
  ASSERT_FALSE(parts);
  EXPECT_EQ(parts.error().kind, ErrorKind::Unsupported);
}

TEST(MachO, UnknownLoadCommandIsRefused) {
  EXPECT_TRUE(split_macho(synthetic_macho(Target::MacosAarch64, {.extra_command = LC_UUID}), kMachPage));
  auto parts = split_macho(synthetic_macho(Target::MacosAarch64, {.extra_command = 0x31}), kMachPage);  // LC_NOTE
  ASSERT_FALSE(parts);
  EXPECT_EQ(parts.error().kind, ErrorKind::Unsupported);
}

TEST(MachO, FileWithAPayloadIsNoLauncher) {
  EXPECT_FALSE(split_macho(finish(synthetic_macho(Target::MacosAarch64), 5), kMachPage));
}

}  // namespace
}  // namespace hermit::exe

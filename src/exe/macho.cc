// Putting a payload into a Mach-O.
//
// Everything behind a Mach-O's signature is foreign to macOS: strict verification and newer kernels refuse such a file.
// So the payload becomes a segment. The kernel and dyld want segments to ascend in address and in file offset, and
// tools want __LINKEDIT, which the signature ends, to be the last. The payload therefore goes in front of
// __LINKEDIT, and all file offsets that point into that segment grow by the same distance. They stand in load commands
// only; the contents of __LINKEDIT name addresses of other segments, which do not move.
//
//   launcher:  head (headers, __TEXT, __DATA…) | __LINKEDIT: tail, old signature
//   result:    head, padding | payload, padding | __LINKEDIT: tail, padding to 16, new signature
//
// A load command that is not listed here might hold such an offset, so it is refused.
// Source: <mach-o/loader.h>; rules: docs/formats/executable.md.
#include "exe/macho.h"

#include <algorithm>
#include <cstring>
#include <span>
#include <vector>

#include "base/check.h"
#include "base/launcher_protocol.h"
#include "exe/macho_format.h"
#include "exe/macho_signature.h"
#include "exe/macho_symbols.h"

namespace hermit::exe {

namespace {

// The new segment, and a signature's command for a launcher that has none.
constexpr u32 kAddedCommands = sizeof(SegmentCommand) + sizeof(LinkeditCommand);
constexpr u64 kFileLimit = u64{1} << 32;

u64 round_up(u64 value, u64 alignment) { return (value + alignment - 1) / alignment * alignment; }

template <typename T>
T load_record(ByteView bytes, u64 offset = 0) {
  CHECK(offset <= bytes.size() && bytes.size() - offset >= sizeof(T));
  T record;
  std::memcpy(&record, bytes.data() + offset, sizeof(T));
  return record;
}

template <typename T>
void store_record(Bytes& bytes, u64 offset, const T& record) {
  CHECK(offset <= bytes.size() && bytes.size() - offset >= sizeof(T));
  std::memcpy(bytes.data() + offset, &record, sizeof(T));
}

bool is_named(const SegmentCommand& segment, const char* name) { return std::strncmp(segment.name, name, 16) == 0; }

std::unexpected<Error> unsupported(const char* what, u64 where) {
  return std::unexpected(Error{ErrorKind::Unsupported, what, where});
}

// Where in a load command file offsets into __LINKEDIT stand, as byte positions of 32-bit fields. `known` is false for
// a command about which nothing is known. An offset of 0 means that the table is absent.
struct OffsetFields {
  bool known = true;
  u8 count = 0;
  u8 at[6] = {};
};
OffsetFields offset_fields(u32 command) {
  switch (command) {
    case LC_SYMTAB: return {.count = 2, .at = {8, 16}};  // symbols, strings
    case LC_DYSYMTAB:
      return {.count = 6, .at = {32, 40, 48, 56, 64, 72}};  // contents, modules, references, indirect, relocations
    case LC_DYLD_INFO:
    case LC_DYLD_INFO_ONLY: return {.count = 5, .at = {8, 16, 24, 32, 40}};  // rebase, bind, weak, lazy, exports
    case LC_CODE_SIGNATURE:
    case LC_SEGMENT_SPLIT_INFO:
    case LC_FUNCTION_STARTS:
    case LC_DATA_IN_CODE:
    case LC_DYLIB_CODE_SIGN_DRS:
    case LC_LINKER_OPTIMIZATION_HINT:
    case LC_DYLD_EXPORTS_TRIE:
    case LC_DYLD_CHAINED_FIXUPS: return {.count = 1, .at = {8}};
    case LC_SEGMENT_64:
    case LC_LOAD_DYLIB:
    case LC_LOAD_WEAK_DYLIB:
    case LC_LOAD_DYLINKER:
    case LC_UUID:
    case LC_VERSION_MIN_MACOSX:
    case LC_SOURCE_VERSION:
    case LC_BUILD_VERSION:
    case LC_RPATH:
    case LC_MAIN: return {};
    default: return {.known = false};
  }
}

// The size a command must have at least, so that its fields can be read.
u32 least_size(u32 command) {
  if (command == LC_SEGMENT_64) return sizeof(SegmentCommand);
  OffsetFields fields = offset_fields(command);
  return fields.count == 0 ? sizeof(LoadCommand) : fields.at[fields.count - 1] + 4u;
}

struct Command {
  u32 kind;
  u32 size;
  u64 at;  // offset in the file
};

// The load commands, each inside of the file and of a size that fits its kind.
Result<std::vector<Command>> read_commands(ByteView file) {
  ByteReader reader(file);
  ByteView header_bytes = reader.read_bytes(sizeof(MachHeader), "Mach-O header is cut off");
  if (!reader.ok()) return std::unexpected(reader.error());
  MachHeader header = load_record<MachHeader>(header_bytes);
  u64 end = sizeof header + u64{header.commands_size};
  if (end > file.size()) return malformed("Mach-O load commands are cut off", 20);
  std::vector<Command> commands;
  u64 at = sizeof header;
  for (u32 i = 0; i < header.command_count; ++i) {
    if (end - at < sizeof(LoadCommand)) return malformed("Mach-O load commands are cut off", at);
    LoadCommand command = load_record<LoadCommand>(file, at);
    if (command.size % 8 != 0 || command.size < least_size(command.command) || end - at < command.size) {
      return malformed("bad Mach-O load command size", at);
    }
    if (!offset_fields(command.command).known) return unsupported("unknown Mach-O load command", at);
    commands.push_back({command.command, command.size, at});
    at += command.size;
  }
  if (at != end) return malformed("Mach-O load commands do not fill their size", at);
  return commands;
}

// The first byte of the file that a section uses: load commands may grow up to here.
Result<u64> first_section_offset(ByteView file, const Command& command, const SegmentCommand& segment) {
  if ((command.size - sizeof segment) / sizeof(MachSection) < segment.section_count) {
    return malformed("Mach-O section table is cut off", command.at);
  }
  u64 first = ~u64{0};
  for (u32 i = 0; i < segment.section_count; ++i) {
    auto section = load_record<MachSection>(file, command.at + sizeof segment + i * sizeof(MachSection));
    if (section.relocation_count != 0) return unsupported("Mach-O launcher has relocations", command.at);
    if (section.offset != 0) first = std::min<u64>(first, section.offset);
  }
  return first;
}

// Segments ascend and are inside of the file; __LINKEDIT is the last one and ends it. Returns __LINKEDIT.
Result<SegmentCommand> check_segments(ByteView file, std::span<const Command> commands) {
  SegmentCommand last{};
  u64 commands_end = sizeof(MachHeader);
  u64 room_end = std::min<u64>(file.size(), kExecutableHeadSize);  // what a start looks at
  u64 file_end = 0;
  u64 address_end = 0;
  bool text = false;
  for (const Command& command : commands) {
    commands_end += command.size;
    if (command.kind != LC_SEGMENT_64) continue;
    auto segment = load_record<SegmentCommand>(file, command.at);
    if (is_named(last, "__LINKEDIT")) return invalid("Mach-O segment behind __LINKEDIT", command.at);
    if (is_named(segment, kMachPayloadSegment)) return invalid("Mach-O launcher has a payload already", command.at);
    if (segment.file_offset > file.size() || file.size() - segment.file_offset < segment.file_size) {
      return malformed("Mach-O segment lies outside of the file", command.at);
    }
    if (segment.address < address_end || segment.address + segment.memory_size < segment.address ||
        (segment.file_size != 0 && segment.file_offset < file_end)) {
      return invalid("Mach-O segments do not ascend", command.at);
    }
    if (is_named(segment, "__TEXT")) {
      if (segment.file_offset != 0) return invalid("Mach-O __TEXT does not start the file", command.at);
      text = true;
    }
    TRY(u64 first, first_section_offset(file, command, segment));
    room_end = std::min(room_end, first);
    address_end = segment.address + segment.memory_size;
    if (segment.file_size != 0) file_end = segment.file_offset + segment.file_size;
    last = segment;
  }
  if (!text || !is_named(last, "__LINKEDIT")) return invalid("Mach-O without __TEXT or __LINKEDIT", 0);
  if (last.file_offset + last.file_size != file.size()) return invalid("Mach-O __LINKEDIT does not end the file", 0);
  if (u64{file.size()} >= kFileLimit || last.address > (~u64{0} >> 1)) return invalid("Mach-O is too large", 0);
  if (commands_end + kAddedCommands > room_end)
    return unsupported("Mach-O has no room for load commands", commands_end);
  return last;
}

// Every offset points into __LINKEDIT, and the signature ends it. Returns the end of what is not signature.
Result<u64> check_linkedit(ByteView file, std::span<const Command> commands, u64 linkedit_offset) {
  u64 end = file.size();
  for (const Command& command : commands) {
    OffsetFields fields = offset_fields(command.kind);
    for (u32 i = 0; i < fields.count; ++i) {
      u64 offset = load_record<ul32>(file, command.at + fields.at[i]);
      if (offset == 0) continue;
      if (offset < linkedit_offset || offset > file.size())
        return invalid("Mach-O table outside of __LINKEDIT", command.at);
      if (command.kind != LC_CODE_SIGNATURE) continue;
      if (end != file.size()) return invalid("Mach-O has two signatures", command.at);
      if (offset + load_record<LinkeditCommand>(file, command.at).data_size != file.size()) {
        return invalid("Mach-O signature does not end the file", command.at);
      }
      end = offset;
    }
  }
  return end;
}

// The three visible steps of the second half: where everything lies, given how large the payload is.
struct Layout {
  u64 payload_offset;
  u64 payload_size;
  u64 linkedit_offset;
  u64 signature_offset;
  u64 file_size;
};

Result<Layout> lay_out(u64 payload_offset, u64 file_size, u64 tail_size) {
  Layout layout{};
  layout.payload_offset = payload_offset;
  layout.payload_size = file_size - payload_offset;
  layout.linkedit_offset = round_up(file_size, kMachPage);
  layout.signature_offset = round_up(layout.linkedit_offset + tail_size, 16);
  layout.file_size = layout.signature_offset + signature_size(layout.signature_offset);
  if (layout.file_size >= kFileLimit) {
    return std::unexpected(Error{ErrorKind::Limit, "a macOS executable cannot reach 4 GiB", file_size});
  }
  return layout;
}

void append_command(Bytes& commands, const auto& record) {
  const u8* bytes = reinterpret_cast<const u8*>(&record);
  commands.insert(commands.end(), bytes, bytes + sizeof record);
}

// Two segments in place of the old __LINKEDIT.
void append_last_segments(Bytes& commands, SegmentCommand linkedit, const Layout& layout) {
  SegmentCommand payload{};
  payload.command = LC_SEGMENT_64;
  payload.size = sizeof payload;
  std::memcpy(payload.name, kMachPayloadSegment, sizeof payload.name);
  payload.address = round_up(linkedit.address, kMachPage);
  payload.memory_size = round_up(layout.payload_size, kMachPage);
  payload.file_offset = layout.payload_offset;
  payload.file_size = layout.payload_size;
  payload.max_protection = kMachReadOnly;
  payload.initial_protection = kMachReadOnly;
  append_command(commands, payload);
  linkedit.address = payload.address + payload.memory_size;
  linkedit.file_offset = layout.linkedit_offset;
  linkedit.file_size = layout.file_size - layout.linkedit_offset;
  linkedit.memory_size = round_up(linkedit.file_size, kMachPage);
  append_command(commands, linkedit);
}

// The load commands of the result.
Bytes rewrite_commands(ByteView file, std::span<const Command> old, const Layout& layout, u64 old_linkedit_offset) {
  Bytes commands;
  for (const Command& command : old) {
    if (command.kind == LC_CODE_SIGNATURE) continue;
    if (command.kind == LC_SEGMENT_64) {
      auto segment = load_record<SegmentCommand>(file, command.at);
      if (is_named(segment, "__LINKEDIT")) {
        append_last_segments(commands, segment, layout);
        continue;
      }
    }
    size_t start = commands.size();
    ByteView bytes = file.subspan(static_cast<size_t>(command.at), command.size);
    commands.insert(commands.end(), bytes.begin(), bytes.end());
    OffsetFields fields = offset_fields(command.kind);
    for (u32 i = 0; i < fields.count; ++i) {
      u8* field = commands.data() + start + fields.at[i];
      u32 offset = load_le<u32>(field);
      if (offset != 0) store_le<u32>(field, static_cast<u32>(offset - old_linkedit_offset + layout.linkedit_offset));
    }
  }
  LinkeditCommand signature;
  signature.command = LC_CODE_SIGNATURE;
  signature.size = sizeof signature;
  signature.data_offset = static_cast<u32>(layout.signature_offset);
  signature.data_size = static_cast<u32>(layout.file_size - layout.signature_offset);
  append_command(commands, signature);
  return commands;
}

}  // namespace

bool is_macho(ByteView file, Target& target) {
  if (file.size() < sizeof(MachHeader)) return false;
  MachHeader header = load_record<MachHeader>(file);
  if (header.magic != kMachMagic64 || header.file_type != kMachExecute) return false;
  if (header.cpu_type == kMachCpuX86_64) return target = Target::MacosX86_64, true;
  if (header.cpu_type == kMachCpuArm64) return target = Target::MacosAarch64, true;
  return false;
}

Result<MachParts> split_macho(ByteView launcher, u32 alignment) {
  CHECK(alignment >= kMachPage && (alignment & (alignment - 1)) == 0);
  MachParts parts;
  if (!is_macho(launcher, parts.target)) return malformed("not a Mach-O executable for x86-64 or arm64", 0);
  TRY(auto commands, read_commands(launcher));
  TRY(SegmentCommand linkedit, check_segments(launcher, commands));
  u64 begin = linkedit.file_offset;
  TRY(u64 end, check_linkedit(launcher, commands, begin));
  parts.head.assign(launcher.begin(), launcher.begin() + static_cast<ptrdiff_t>(begin));
  parts.head.resize(static_cast<size_t>(round_up(begin, alignment)));
  parts.tail.assign(launcher.begin() + static_cast<ptrdiff_t>(begin), launcher.begin() + static_cast<ptrdiff_t>(end));
  drop_local_symbols(parts);
  return parts;
}

Result<void> finish_macho(u64 payload_offset, ByteView tail, Bytes& file) {
  CHECK(file.size() > payload_offset);
  TRY(Layout layout, lay_out(payload_offset, file.size(), tail.size()));
  TRY(auto old, read_commands(file));
  u64 old_linkedit_offset = 0;
  u64 text_size = 0;
  for (const Command& command : old) {
    if (command.kind != LC_SEGMENT_64) continue;
    auto segment = load_record<SegmentCommand>(file, command.at);
    if (is_named(segment, "__TEXT")) text_size = segment.file_size;
    old_linkedit_offset = segment.file_offset;  // the last one
  }
  Bytes commands = rewrite_commands(file, old, layout, old_linkedit_offset);

  MachHeader header = load_record<MachHeader>(file);
  size_t old_end = sizeof header + header.commands_size;
  auto is_signature = [](const Command& command) { return command.kind == LC_CODE_SIGNATURE; };
  // One segment and one signature more, less the old signature.
  header.command_count =
      static_cast<u32>(old.size() + 2 - static_cast<size_t>(std::ranges::count_if(old, is_signature)));
  header.commands_size = static_cast<u32>(commands.size());
  store_record(file, 0, header);
  std::fill(file.begin() + sizeof header, file.begin() + static_cast<ptrdiff_t>(old_end), u8{0});
  std::copy(commands.begin(), commands.end(), file.begin() + sizeof header);

  file.reserve(static_cast<size_t>(layout.file_size));
  file.resize(static_cast<size_t>(layout.linkedit_offset));
  file.insert(file.end(), tail.begin(), tail.end());
  file.resize(static_cast<size_t>(layout.signature_offset));
  append_signature(file, text_size);
  CHECK(file.size() == layout.file_size);
  return {};
}

}  // namespace hermit::exe

// Taking Windows executables apart and putting them together.
//
// A PE file is addressed twice: by RVA once it is loaded, and by file offset while it is. Moving the headers keeps every RVA and
// changes every file offset, and those stand in three places only: the section table, the certificate table (refused here: a
// launcher is not signed) and the debug directory. The COFF symbol table would be a fourth; a stripped file has none.
//
// A loader maps SizeOfHeaders bytes at the image base, so headers and section table must end below the first section's RVA.
// That is why the polyglot's script has to be short. Rules: docs/formats/executable.md.
#include "exe/pe.h"

#include <cstring>

#include "base/check.h"

namespace hermit::exe {

namespace {

// Windows refuses files with more than 96 sections.
constexpr u32 kMaxSections = 96;
constexpr u32 kMaxDebugEntries = 16;

u64 round_up(u64 value, u64 alignment) { return (value + alignment - 1) / alignment * alignment; }

bool is_power_of_two_in(u32 value, u32 low, u32 high) {
  return value >= low && value <= high && (value & (value - 1)) == 0;
}

// The record at `offset`, or nothing if it is not inside of the file.
template <typename T>
bool load_record(ByteView file, u64 offset, T& record) {
  if (offset > file.size() || file.size() - offset < sizeof(T)) return false;
  std::memcpy(&record, file.data() + offset, sizeof(T));
  return true;
}

bool machine_target(u16 machine, Target& target) {
  if (machine == kPeMachineAmd64) return target = Target::WindowsX86_64, true;
  if (machine == kPeMachineArm64) return target = Target::WindowsAarch64, true;
  return false;
}

Result<void> check_optional_header(const OptionalHeader& header, u64 at) {
  if (header.magic != kPe32Plus) return invalid("not a PE32+ file", at);
  if (header.number_of_rva_and_sizes != 16) return invalid("PE without 16 directories", at);
  if (!is_power_of_two_in(header.file_alignment, 512, 65536)) return invalid("bad PE FileAlignment", at);
  if (!is_power_of_two_in(header.section_alignment, 4096, 1u << 30) || header.section_alignment < header.file_alignment) {
    return invalid("bad PE SectionAlignment", at);
  }
  for (u32 index : {kPeDirectoryCertificates, kPeDirectoryBoundImports}) {
    if (header.directories[index].size != 0) {
      return std::unexpected(Error{ErrorKind::Unsupported, "signed or bound PE launcher", at});
    }
  }
  return {};
}

// Sections ascend, touch each other in memory, and their bytes are inside of the file.
Result<void> parse_sections(ByteView file, u64 at, u64 first_address, u32 count, PeImage& image) {
  u64 address = first_address;
  for (u32 i = 0; i < count; ++i, at += sizeof(SectionHeader)) {
    PeSection section;
    if (!load_record(file, at, section.header)) return malformed("PE section table is cut off", at);
    const SectionHeader& header = section.header;
    if (header.virtual_address != address) return invalid("PE sections are not contiguous", at);
    if (header.virtual_size == 0) return invalid("empty PE section", at);
    if ((header.characteristics & kPeSectionExecute) && (header.characteristics & kPeSectionWrite)) {
      return invalid("PE section is writable and executable", at);
    }
    u64 offset = header.pointer_to_raw_data;
    u64 size = header.size_of_raw_data;
    if (offset % image.optional.file_alignment != 0 || size % image.optional.file_alignment != 0) {
      return invalid("PE section data is not aligned", at);
    }
    if (size != 0 && (offset > file.size() || file.size() - offset < size)) {
      return malformed("PE section data lies outside of the file", at);
    }
    if (size != 0) section.raw = file.subspan(static_cast<size_t>(offset), static_cast<size_t>(size));
    address += round_up(header.virtual_size, image.optional.section_alignment);
    image.sections.push_back(section);
  }
  if (image.optional.size_of_image != address) return invalid("PE SizeOfImage is not the end of its sections", at);
  return {};
}

// The debug directory names file offsets and a time of its own.
Result<void> move_debug_directory(const PeImage& image, std::span<const u32> offsets, Bytes& out) {
  const PeDirectory& directory = image.optional.directories[kPeDirectoryDebug];
  if (directory.size == 0) return {};
  u32 count = directory.size / sizeof(DebugDirectoryEntry);
  if (count > kMaxDebugEntries) return invalid("PE debug directory is too long", directory.address);
  auto file_offset = [&](u64 address, u64 size) -> u64 {  // 0: not in any section's data
    for (size_t i = 0; i < image.sections.size(); ++i) {
      u64 begin = image.sections[i].header.virtual_address;
      if (address >= begin && address + size <= begin + image.sections[i].raw.size()) return offsets[i] + (address - begin);
    }
    return 0;
  };
  u64 at = file_offset(directory.address, directory.size);
  if (at == 0) return invalid("PE debug directory lies outside of the sections", directory.address);
  for (u32 i = 0; i < count; ++i, at += sizeof(DebugDirectoryEntry)) {
    DebugDirectoryEntry entry;
    std::memcpy(&entry, out.data() + at, sizeof entry);
    entry.time_date_stamp = 0;
    entry.pointer_to_raw_data = static_cast<u32>(file_offset(entry.address_of_raw_data, entry.size_of_data));
    std::memcpy(out.data() + at, &entry, sizeof entry);
  }
  return {};
}

template <typename T>
void append_record(Bytes& out, const T& record) {
  const u8* bytes = reinterpret_cast<const u8*>(&record);
  out.insert(out.end(), bytes, bytes + sizeof(T));
}

}  // namespace

bool is_pe(ByteView file, Target& target) {
  DosHeader dos;
  CoffHeader coff;
  return load_record(file, 0, dos) && dos.magic[0] == 'M' && dos.magic[1] == 'Z' && load_record(file, dos.e_lfanew, coff) &&
         std::memcmp(coff.signature, "PE\0\0", 4) == 0 && machine_target(coff.machine, target);
}

Result<PeImage> parse_pe(ByteView file) {
  DosHeader dos;
  PeImage image;
  if (!load_record(file, 0, dos) || dos.magic[0] != 'M' || dos.magic[1] != 'Z') return malformed("not a PE file", 0);
  u64 at = dos.e_lfanew;
  if (at % 8 != 0 || at < sizeof dos || !load_record(file, at, image.coff) || std::memcmp(image.coff.signature, "PE\0\0", 4) != 0) {
    return malformed("no PE signature where the DOS header points", 0x3c);
  }
  const CoffHeader& coff = image.coff;
  if (!machine_target(coff.machine, image.target)) return invalid("PE for another machine", at);
  if (coff.pointer_to_symbol_table != 0) return std::unexpected(Error{ErrorKind::Unsupported, "PE is not stripped", at});
  if (coff.number_of_sections == 0 || coff.number_of_sections > kMaxSections) return invalid("bad PE section count", at);
  if (coff.size_of_optional_header != sizeof(OptionalHeader)) return invalid("bad PE optional header size", at);
  at += sizeof(CoffHeader);
  if (!load_record(file, at, image.optional)) return malformed("PE optional header is cut off", at);
  TRY_VOID(check_optional_header(image.optional, at));
  at += sizeof(OptionalHeader);
  u64 end = at + coff.number_of_sections * sizeof(SectionHeader);
  u64 headers = image.optional.size_of_headers;
  if (headers < end || headers % image.optional.file_alignment != 0) return invalid("bad PE SizeOfHeaders", at);
  TRY_VOID(parse_sections(file, at, round_up(headers, image.optional.section_alignment), coff.number_of_sections, image));
  return image;
}

u32 pe_headers_size(const PeImage& image) {
  return static_cast<u32>(sizeof(CoffHeader) + sizeof(OptionalHeader) + image.sections.size() * sizeof(SectionHeader));
}

Result<void> append_pe(const PeImage& image, Bytes& out) {
  CHECK(out.size() >= sizeof(DosHeader) && out.size() % 8 == 0);
  u32 lfanew = static_cast<u32>(out.size());
  store_le<u32>(out.data() + 0x3c, lfanew);

  // Offsets.
  u32 file_alignment = image.optional.file_alignment;
  u64 headers_end = round_up(lfanew + pe_headers_size(image), file_alignment);
  if (round_up(headers_end, image.optional.section_alignment) != image.sections[0].header.virtual_address) {
    return std::unexpected(Error{ErrorKind::Limit, "start script and PE headers do not fit below the first section", lfanew});
  }
  std::vector<u32> offsets;
  u64 end = headers_end;
  for (const PeSection& section : image.sections) {
    offsets.push_back(section.raw.empty() ? 0 : static_cast<u32>(end));
    end += section.raw.size();
    if (end > 0x7fffffff) return std::unexpected(Error{ErrorKind::Limit, "PE is larger than 2 GiB", lfanew});
  }

  // Bytes.
  CoffHeader coff = image.coff;
  coff.time_date_stamp = 0;
  append_record(out, coff);
  OptionalHeader optional = image.optional;
  optional.size_of_headers = static_cast<u32>(headers_end);
  optional.check_sum = 0;
  append_record(out, optional);
  for (size_t i = 0; i < offsets.size(); ++i) {
    SectionHeader header = image.sections[i].header;
    header.pointer_to_raw_data = offsets[i];
    append_record(out, header);
  }
  out.resize(static_cast<size_t>(headers_end));
  for (const PeSection& section : image.sections) out.insert(out.end(), section.raw.begin(), section.raw.end());
  return move_debug_directory(image, offsets, out);
}

Result<Bytes> normal_pe(const PeImage& image) {
  // The fields that DOS reads: 128 bytes in one page of 512, four paragraphs of header, relocations at 0x40 (none).
  Bytes out(0x80);
  const u8 fields[] = {'M', 'Z', 0x80, 0, 1, 0, 0, 0, 4, 0, 0, 0, 0xff, 0xff, 0, 0, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0x40};
  std::memcpy(out.data(), fields, sizeof fields);
  // push cs; pop ds; mov dx, 14; mov ah, 9; int 0x21 (print to '$'); mov ax, 0x4c01; int 0x21 (exit 1)
  const u8 code[] = {0x0e, 0x1f, 0xba, 14, 0, 0xb4, 9, 0xcd, 0x21, 0xb8, 1, 0x4c, 0xcd, 0x21};
  std::memcpy(out.data() + 0x40, code, sizeof code);
  constexpr std::string_view kMessage = "This program does not run under DOS.\r\n$";
  std::memcpy(out.data() + 0x40 + sizeof code, kMessage.data(), kMessage.size());
  TRY_VOID(append_pe(image, out));
  return out;
}

}  // namespace hermit::exe

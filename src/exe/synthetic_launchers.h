// The smallest executables that the writers accept, for tests.
#pragma once

#include <cstring>
#include <string_view>

#include "base/bytes.h"
#include "exe/elf_format.h"
#include "exe/macho_format.h"
#include "exe/pe_format.h"
#include "exe/target.h"

namespace hermit::exe {

template <typename T>
void put_record(Bytes& out, size_t at, const T& record) {
  if (out.size() < at + sizeof(T)) out.resize(at + sizeof(T));
  std::memcpy(out.data() + at, &record, sizeof(T));
}

template <typename T>
T get_record(ByteView bytes, size_t at) {
  T record;
  std::memcpy(&record, bytes.data() + at, sizeof(T));
  return record;
}

inline Bytes synthetic_elf(Target target) {
  Bytes out;
  ElfHeader header{};
  const u8 ident[] = {0x7f, 'E', 'L', 'F', 2, 1, 1};
  std::memcpy(header.ident, ident, sizeof ident);
  header.type = kElfExecutable;
  header.machine = isa_of(target) == Isa::X86_64 ? kElfMachineAmd64 : kElfMachineArm64;
  header.program_headers = 64;
  header.program_header_size = sizeof(ElfProgramHeader);
  header.program_header_count = 1;
  put_record(out, 0, header);
  ElfProgramHeader load{};
  load.type = kElfLoad;
  load.file_size = 5000;
  put_record(out, 64, load);
  out.resize(5000, static_cast<u8>(target));
  return out;
}

// `count` sections of 512 bytes; the second one holds a debug directory with one entry that points into it.
inline Bytes synthetic_pe(Target target, u16 count = 3, u32 time = 0x12345678) {
  Bytes out(0x80);
  out[0] = 'M', out[1] = 'Z', out[0x3c] = 0x80;
  CoffHeader coff{};
  std::memcpy(coff.signature, "PE\0\0", 4);
  coff.machine = isa_of(target) == Isa::X86_64 ? kPeMachineAmd64 : kPeMachineArm64;
  coff.number_of_sections = count;
  coff.time_date_stamp = time;
  coff.size_of_optional_header = sizeof(OptionalHeader);
  coff.characteristics = 0x22;
  put_record(out, 0x80, coff);
  u32 headers = (0x80 + 264 + count * 40u + 511) / 512 * 512;
  OptionalHeader optional{};
  optional.magic = kPe32Plus;
  optional.section_alignment = 4096;
  optional.file_alignment = 512;
  optional.size_of_headers = headers;
  optional.size_of_image = 4096u * (count + 1u);
  optional.check_sum = time;
  optional.number_of_rva_and_sizes = 16;
  optional.directories[kPeDirectoryDebug].address = 0x2000;
  optional.directories[kPeDirectoryDebug].size = sizeof(DebugDirectoryEntry);
  put_record(out, 0x80 + 24, optional);
  for (u32 i = 0; i < count; ++i) {
    SectionHeader section{};
    section.name[0] = static_cast<char>('a' + i % 26);
    section.virtual_size = 400;
    section.virtual_address = 4096 * (i + 1);
    section.size_of_raw_data = 512;
    section.pointer_to_raw_data = headers + 512 * i;
    section.characteristics = 0x40000000;
    put_record(out, 0x80 + 264 + i * 40, section);
  }
  out.resize(headers);
  for (u32 i = 0; i < count; ++i) out.resize(headers + 512 * (i + 1), static_cast<u8>(0x40 + i));
  DebugDirectoryEntry debug{};
  debug.time_date_stamp = time;
  debug.size_of_data = 16;
  debug.address_of_raw_data = 0x2000 + 64;
  debug.pointer_to_raw_data = headers + 512 + 64;
  put_record(out, headers + 512, debug);
  return out;
}

inline SegmentCommand mach_segment(std::string_view name, u64 address, u64 memory_size, u64 offset, u64 size,
                                   u32 sections = 0) {
  SegmentCommand segment{};
  segment.command = LC_SEGMENT_64;
  segment.size = static_cast<u32>(sizeof segment + sections * sizeof(MachSection));
  std::memcpy(segment.name, name.data(), name.size());
  segment.address = address;
  segment.memory_size = memory_size;
  segment.file_offset = offset;
  segment.file_size = size;
  segment.section_count = sections;
  return segment;
}

struct SyntheticMachO {
  bool is_signed = true;
  u32 section_offset = 4096;  // load commands may grow up to here
  u32 extra_command = 0;      // a further command of this kind, without contents
  u32 extra_size = 8;         // its size
};

// __PAGEZERO, __TEXT with one section, __LINKEDIT with 64 bytes of exports, 32 of symbols, 16 of strings.
inline Bytes synthetic_macho(Target target, SyntheticMachO shape = {}) {
  constexpr u32 kLinkedit = 16384;
  u32 end = kLinkedit + 112 + (shape.is_signed ? 48 : 0);
  Bytes commands;
  u32 count = 0;
  auto add = [&](const auto& record) { put_record(commands, commands.size(), record); };
  auto begin = [&](const auto& record) { ++count, add(record); };
  begin(mach_segment("__PAGEZERO", 0, u64{1} << 32, 0, 0));
  begin(mach_segment("__TEXT", u64{1} << 32, 16384, 0, 16384, 1));
  MachSection section{};
  section.offset = shape.section_offset;
  add(section);
  begin(mach_segment("__LINKEDIT", (u64{1} << 32) + 16384, 16384, kLinkedit, end - kLinkedit));
  begin(LoadCommand{LC_DYLD_INFO_ONLY, 48});
  for (u32 value : {0u, 0u, 0u, 0u, 0u, 0u, 0u, 0u, kLinkedit, 64u}) add(ul32(value));
  begin(LoadCommand{LC_SYMTAB, 24});
  for (u32 value : {kLinkedit + 64, 2u, kLinkedit + 96, 16u}) add(ul32(value));
  if (shape.extra_command != 0) begin(LoadCommand{shape.extra_command, shape.extra_size});
  commands.resize(commands.size() + (shape.extra_command != 0 ? shape.extra_size - 8 : 0));
  if (shape.is_signed) {
    LinkeditCommand signature{};
    signature.command = LC_CODE_SIGNATURE;
    signature.size = sizeof signature;
    signature.data_offset = kLinkedit + 112;
    signature.data_size = 48;
    begin(signature);
  }
  MachHeader header{};
  header.magic = kMachMagic64;
  header.cpu_type = isa_of(target) == Isa::X86_64 ? kMachCpuX86_64 : kMachCpuArm64;
  header.file_type = kMachExecute;
  header.command_count = count;
  header.commands_size = static_cast<u32>(commands.size());
  Bytes out;
  put_record(out, 0, header);
  out.insert(out.end(), commands.begin(), commands.end());
  out.resize(kLinkedit, 0x90);
  for (u32 i = 0; out.size() < end; ++i) out.push_back(static_cast<u8>(i));
  return out;
}

}  // namespace hermit::exe

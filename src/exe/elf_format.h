// The parts of the ELF format that Hermit looks at. Source: System V ABI, chapter 4 and 5.
#pragma once

#include "base/endian.h"

namespace hermit::exe {

struct ElfHeader {
  u8 ident[16];  // 0x7f "ELF", class, byte order, version, ABI
  ul16 type;
  ul16 machine;
  ul32 version;
  ul64 entry;
  ul64 program_headers;
  ul64 section_headers;
  ul32 flags;
  ul16 header_size;
  ul16 program_header_size;
  ul16 program_header_count;
  ul16 section_header_size;
  ul16 section_header_count;
  ul16 section_names;
};
static_assert(sizeof(ElfHeader) == 64);

struct ElfProgramHeader {
  ul32 type;
  ul32 flags;
  ul64 offset;
  ul64 address;
  ul64 physical_address;
  ul64 file_size;
  ul64 memory_size;
  ul64 alignment;
};
static_assert(sizeof(ElfProgramHeader) == 56);

inline constexpr u16 kElfExecutable = 2;
inline constexpr u16 kElfShared = 3;  // position-independent executables too
inline constexpr u16 kElfMachineAmd64 = 62;
inline constexpr u16 kElfMachineArm64 = 183;
inline constexpr u32 kElfLoad = 1;
inline constexpr u32 kElfInterpreter = 3;

}  // namespace hermit::exe

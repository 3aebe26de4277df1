// Structures of the PE/COFF format as they lie in the file.
// Source: "PE Format", learn.microsoft.com/windows/win32/debug/pe-format.
#pragma once

#include "base/endian.h"

namespace hermit::exe {

struct DosHeader {
  u8 magic[2];  // "MZ"; Windows ignores what follows, up to e_lfanew
  u8 ignored[58];
  ul32 e_lfanew;  // offset of PeSignatureAndCoff
};
static_assert(sizeof(DosHeader) == 64);

struct CoffHeader {
  u8 signature[4];  // "PE\0\0"
  ul16 machine;
  ul16 number_of_sections;
  ul32 time_date_stamp;
  ul32 pointer_to_symbol_table;
  ul32 number_of_symbols;
  ul16 size_of_optional_header;
  ul16 characteristics;
};
static_assert(sizeof(CoffHeader) == 24);

struct PeDirectory {
  ul32 address;
  ul32 size;
};

// PE32+ with all 16 directories, the only shape that linkers write for 64-bit systems.
struct OptionalHeader {
  ul16 magic;
  u8 linker_version[2];
  ul32 size_of_code;
  ul32 size_of_initialized_data;
  ul32 size_of_uninitialized_data;
  ul32 address_of_entry_point;
  ul32 base_of_code;
  ul64 image_base;
  ul32 section_alignment;
  ul32 file_alignment;
  ul16 versions[6];
  ul32 win32_version_value;
  ul32 size_of_image;
  ul32 size_of_headers;
  ul32 check_sum;
  ul16 subsystem;
  ul16 dll_characteristics;
  ul64 stack_and_heap[4];
  ul32 loader_flags;
  ul32 number_of_rva_and_sizes;
  PeDirectory directories[16];
};
static_assert(sizeof(OptionalHeader) == 240);

struct SectionHeader {
  char name[8];
  ul32 virtual_size;
  ul32 virtual_address;
  ul32 size_of_raw_data;
  ul32 pointer_to_raw_data;
  ul32 pointer_to_relocations;
  ul32 pointer_to_linenumbers;
  ul16 number_of_relocations;
  ul16 number_of_linenumbers;
  ul32 characteristics;
};
static_assert(sizeof(SectionHeader) == 40);

struct DebugDirectoryEntry {
  ul32 characteristics;
  ul32 time_date_stamp;
  ul16 major_version;
  ul16 minor_version;
  ul32 type;
  ul32 size_of_data;
  ul32 address_of_raw_data;
  ul32 pointer_to_raw_data;
};
static_assert(sizeof(DebugDirectoryEntry) == 28);

inline constexpr u16 kPeMachineAmd64 = 0x8664;
inline constexpr u16 kPeMachineArm64 = 0xaa64;
inline constexpr u16 kPe32Plus = 0x20b;
inline constexpr u32 kPeDirectoryCertificates = 4;
inline constexpr u32 kPeDirectoryDebug = 6;
inline constexpr u32 kPeDirectoryBoundImports = 11;
inline constexpr u32 kPeSectionExecute = 0x20000000;
inline constexpr u32 kPeSectionWrite = 0x80000000;

}  // namespace hermit::exe

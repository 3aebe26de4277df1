// Structures of the Mach-O format and of code signatures as they lie in the file.
// Sources: <mach-o/loader.h> (the file), <kern/cs_blobs.h> (the signature) of Apple's XNU.
#pragma once

#include "base/endian.h"

namespace hermit::exe {

struct MachHeader {
  ul32 magic;
  ul32 cpu_type;
  ul32 cpu_subtype;
  ul32 file_type;
  ul32 command_count;
  ul32 commands_size;
  ul32 flags;
  ul32 reserved;
};
static_assert(sizeof(MachHeader) == 32);

struct LoadCommand {
  ul32 command;
  ul32 size;
};

struct SegmentCommand {
  ul32 command;
  ul32 size;
  char name[16];
  ul64 address;
  ul64 memory_size;
  ul64 file_offset;
  ul64 file_size;
  ul32 max_protection;
  ul32 initial_protection;
  ul32 section_count;
  ul32 flags;
};
static_assert(sizeof(SegmentCommand) == 72);

struct MachSection {
  char name[16];
  char segment[16];
  ul64 address;
  ul64 size;
  ul32 offset;
  ul32 alignment;
  ul32 relocation_offset;
  ul32 relocation_count;
  ul32 flags;
  ul32 reserved[3];
};
static_assert(sizeof(MachSection) == 80);

// LC_CODE_SIGNATURE, LC_FUNCTION_STARTS and others: a range of __LINKEDIT.
struct LinkeditCommand {
  ul32 command;
  ul32 size;
  ul32 data_offset;
  ul32 data_size;
};
static_assert(sizeof(LinkeditCommand) == 16);

inline constexpr u32 kMachMagic64 = 0xfeedfacf;
inline constexpr u32 kMachCpuX86_64 = 0x01000007;
inline constexpr u32 kMachCpuArm64 = 0x0100000c;
inline constexpr u32 kMachExecute = 2;
inline constexpr u32 kMachReadOnly = 1;  // VM_PROT_READ

enum MachCommand : u32 {
  LC_SYMTAB = 0x2,
  LC_DYSYMTAB = 0xb,
  LC_LOAD_DYLIB = 0xc,
  LC_LOAD_DYLINKER = 0xe,
  LC_SEGMENT_64 = 0x19,
  LC_UUID = 0x1b,
  LC_CODE_SIGNATURE = 0x1d,
  LC_SEGMENT_SPLIT_INFO = 0x1e,
  LC_DYLD_INFO = 0x22,
  LC_VERSION_MIN_MACOSX = 0x24,
  LC_FUNCTION_STARTS = 0x26,
  LC_DATA_IN_CODE = 0x29,
  LC_SOURCE_VERSION = 0x2a,
  LC_DYLIB_CODE_SIGN_DRS = 0x2b,
  LC_LINKER_OPTIMIZATION_HINT = 0x2e,
  LC_BUILD_VERSION = 0x32,
  LC_LOAD_WEAK_DYLIB = 0x80000018,
  LC_RPATH = 0x8000001c,
  LC_DYLD_INFO_ONLY = 0x80000022,
  LC_MAIN = 0x80000028,
  LC_DYLD_EXPORTS_TRIE = 0x80000033,
  LC_DYLD_CHAINED_FIXUPS = 0x80000034,
};

// Code signatures are big-endian.
struct SignatureBlob {
  ub32 magic;  // kSignatureMagic
  ub32 length;
  ub32 blob_count;
  ub32 blob_type;  // of the only blob: 0, a CodeDirectory
  ub32 blob_offset;
};
static_assert(sizeof(SignatureBlob) == 20);

struct CodeDirectory {
  ub32 magic;  // kCodeDirectoryMagic
  ub32 length;
  ub32 version;
  ub32 flags;
  ub32 hash_offset;
  ub32 identifier_offset;
  ub32 special_slot_count;
  ub32 code_slot_count;
  ub32 code_limit;  // bytes of the file that are signed
  u8 hash_size;
  u8 hash_type;
  u8 platform;
  u8 page_size_log2;
  ub32 spare2;
  ub32 scatter_offset;
  ub32 team_offset;
  ub32 spare3;
  ub64 code_limit_64;
  ub64 executable_segment_base;
  ub64 executable_segment_limit;
  ub64 executable_segment_flags;
};
static_assert(sizeof(CodeDirectory) == 88);

inline constexpr u32 kSignatureMagic = 0xfade0cc0;
inline constexpr u32 kCodeDirectoryMagic = 0xfade0c02;
inline constexpr u32 kCodeDirectoryVersion = 0x20400;  // the first one with the executable segment
inline constexpr u32 kSignatureAdhoc = 0x2;
inline constexpr u32 kSignatureLinkerSigned = 0x20000;
inline constexpr u8 kSignatureSha256 = 2;
inline constexpr u64 kSignatureMainBinary = 1;

}  // namespace hermit::exe

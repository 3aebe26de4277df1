// The native image: machine code of a whole program for one instruction set, used in place
// (docs/formats/native_image.md is the normative text). Written by compiler/image.cc, read by runtime/native_image.cc.
//
//   ImageHeader | ImageModule[modules] | text | meta | functions | pcmap | handlers | regions | clauses | names | data
//
// All numbers are little-endian, all offsets count from the start of the image. There are no relocations: code refers
// to code and constants by distance, to everything else through the instance.
#pragma once

#include "base/endian.h"

namespace hermit::abi {

inline constexpr u8 kImageMagic[8] = {'h', 'e', 'r', 'm', 'i', 't', 0, 'N'};
inline constexpr u32 kImageVersion = 5;  // of this file, calling_convention.h, exits.def and instance_layout.h

enum class Isa : u32 { X64 = 1, Arm64 = 2 };
// That of this program, and the other one.
#if defined(__aarch64__)
inline constexpr Isa kNativeIsa = Isa::Arm64;
inline constexpr Isa kForeignIsa = Isa::X64;
#else
inline constexpr Isa kNativeIsa = Isa::X64;
inline constexpr Isa kForeignIsa = Isa::Arm64;
#endif

inline constexpr u32 kFunctionAlignment = 16;
// Of the text in the image, and in memory: code of AArch64 counts in pages of 4 KiB.
constexpr u32 text_alignment(Isa isa) { return isa == Isa::Arm64 ? 4096 : 64; }
// Contents of data segments from kMappedSegment bytes on lie where their address in memory is, modulo this: their pages
// can be mapped into the memory.
inline constexpr u32 kDataAlignment = 65536;
inline constexpr u32 kMappedSegment = 256u << 10;

struct ImageSection {
  ul64 offset;
  ul64 size;
};

struct ImageHeader {
  u8 magic[8];
  ul32 version;
  ul32 isa;
  u8 engine[16];  // kEngineId of the compiler (abi/engine_id.h, generated): another build's image is refused
  ul64 cpu_features;  // bits that the machine must have beyond the baseline; none are defined yet
  ul32 modules;
  ul32 crc;  // CRC-32 of everything before the text, with this field zero
  ul64 size;  // of the whole image
  ul32 meta_crc;  // CRC-32 of the section meta
  ul32 reserved;
  ImageSection text, meta, functions, pcmap, handlers, regions, clauses, names, data;
  u8 sha256[32];  // of everything from the text on
};

// What the image was made from, and what it takes to instantiate that without the module. A difference in name, size
// or checksum means that the image belongs to another program.
struct ImageModule {
  ul64 size;
  ul32 crc32;
  ul32 first_function;  // in `functions`: of the module's first function that is not imported
  ul32 functions;
  ul32 reserved;
  u8 sha256[32];
  // In meta:
  ImageSection name;  // as LINK has it; empty for the program itself
  ImageSection outline;  // the module without bodies, contents of data segments and custom sections (wasm/outline.h)
  ImageSection entries;  // ImageEntry[]
  ImageSection segments;  // ImageSection[], for each data segment of the outline: its contents, in data
  // In names:
  ImageSection names;  // content of the module's name section
};

// A function that references, exports or the host can reach. Ascending by function.
struct ImageEntry {
  ul32 function;  // index in the module
  ul32 text;  // offset of its external entry in the text
};

// One function of the section `functions`, in the order of modules and indices; a last one marks the end of the text.
struct ImageFunction {
  ul32 text;  // offset in the text, a multiple of kFunctionAlignment
  ul32 pcmap;  // offset in the section of the sites of this function
};

// A call inside a try, by ascending `text`. When an exception comes out of it, the clauses of `region`, of its parent,
// and so on are compared in their order; if one takes it, the exception's function goes on at `landing`.
struct ImageHandler {
  ul32 text;  // offset of the place the call returns to
  ul32 landing;  // offset in the text
  ul32 region;  // in the section of regions
};
struct ImageRegion {
  ul32 parent;  // a smaller number, or kNoParent
  ul32 first_clause, clauses;  // of the section of clauses: tags of the module as ul32, or kAnyTag
};
inline constexpr u32 kNoParent = 0xffffffff;
inline constexpr u32 kAnyTag = 0xffffffff;

// A site in the pcmap: two unsigned LEB128 numbers, the distance in the text from the last site (at first: from the
// function's start) and the distance in the module from the last site's instruction (at first: from 0), the latter as
// 2n for n and -2n - 1 for a negative n. See CodeSite in compiler/code.h. A distance of 0 in the text, which none but
// the first can be, says that the site before is in code that was inlined: its place in the module is that of the call,
// the function called (imports not counted) follows, then the distance to the instruction in that function. Where that
// is a call whose function was inlined as well, another such entry follows.

static_assert(sizeof(ImageHandler) == 12 && sizeof(ImageRegion) == 12);
static_assert(sizeof(ImageHeader) == 240 && sizeof(ImageModule) == 136 && sizeof(ImageEntry) == 8 &&
              sizeof(ImageFunction) == 8);

}  // namespace hermit::abi

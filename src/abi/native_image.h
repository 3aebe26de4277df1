// The native image: machine code of a whole program for one instruction set, used in place
// (docs/formats/native_image.md is the normative text). Written by compiler/image.cc, read by runtime/native_image.cc.
//
//   ImageHeader | ImageModule[modules] | text | functions | pcmap | handlers | regions | clauses
//
// All numbers are little-endian, all offsets count from the start of the image. There are no relocations: code refers
// to code and constants by distance, to everything else through the instance.
#pragma once

#include "base/endian.h"

namespace hermit::abi {

inline constexpr u8 kImageMagic[8] = {'h', 'e', 'r', 'm', 'i', 't', 0, 'N'};
inline constexpr u32 kImageVersion = 2;  // of this file, calling_convention.h, exits.def and instance_layout.h

enum class Isa : u32 { X64 = 1, Arm64 = 2 };
// That of this program, and the other one.
#if defined(__aarch64__)
inline constexpr Isa kNativeIsa = Isa::Arm64;
inline constexpr Isa kForeignIsa = Isa::X64;
#else
inline constexpr Isa kNativeIsa = Isa::X64;
inline constexpr Isa kForeignIsa = Isa::Arm64;
#endif

inline constexpr u32 kImageAlignment = 65536;  // of the text in the image: it is mapped
inline constexpr u32 kFunctionAlignment = 16;

struct ImageSection {
  ul64 offset;
  ul64 size;
};

struct ImageHeader {
  u8 magic[8];
  ul32 version;
  ul32 isa;
  ul64 cpu_features;  // bits that the machine must have beyond the baseline; none are defined yet
  ul32 modules;
  ul32 crc;  // CRC-32 of everything before the text, with this field zero
  ImageSection text, functions, pcmap, handlers, regions, clauses;
};

// What the image was made from. A difference in size or SHA-256 means that it belongs to another program.
struct ImageModule {
  ul64 size;
  u8 sha256[32];
  ul32 first_function;  // in `functions`: of the module's first function that is not imported
  ul32 functions;
};

// One function of the section `functions`, in the order of modules and indices; a last one marks the end of the text.
struct ImageFunction {
  ul32 text;    // offset in the text, a multiple of kFunctionAlignment, plus 1 if an external entry begins there
  ul32 pcmap;   // offset in the section of the sites of this function
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
// 2n for n and -2n - 1 for a negative n. See CodeSite in compiler/code.h.

static_assert(sizeof(ImageHandler) == 12 && sizeof(ImageRegion) == 12);
static_assert(sizeof(ImageHeader) == 128 && sizeof(ImageModule) == 48 && sizeof(ImageFunction) == 8);

}  // namespace hermit::abi

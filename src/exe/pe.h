// Windows executables: takes one apart and lays it out again around a different front.
//
// The PE half of a polyglot is the launcher with its headers moved behind the start script; a single PE is the
// launcher in a normal form. Both carry the same sections, so either can be made from the other.
#pragma once

#include <span>
#include <vector>

#include "base/bytes.h"
#include "exe/pe_format.h"
#include "exe/target.h"

namespace hermit::exe {

struct PeSection {
  SectionHeader header;
  ByteView raw;  // size_of_raw_data bytes of the parsed file
};

// A PE32+ executable taken apart. Views into the parsed bytes.
struct PeImage {
  Target target;
  CoffHeader coff;
  OptionalHeader optional;
  std::vector<PeSection> sections;
};

// Accepts what the toolchain links (and what Hermit writes), refuses what a Windows loader would refuse.
// Bytes behind the last section are ignored. Errors: Malformed, Invalid, Unsupported; `where` is a file offset.
Result<PeImage> parse_pe(ByteView file);

// True if `file` starts with a DOS header that leads to a PE signature. Sets `target` if its machine is one of ours.
bool is_pe(ByteView file, Target& target);

// Size of the signature, headers and section table, from e_lfanew on.
u32 pe_headers_size(const PeImage& image);

// Appends headers and sections to `front`, which must hold a DOS header and end at the place of the PE signature: it sets
// e_lfanew, pads the headers to SizeOfHeaders, puts the sections behind them without gaps, and clears all that could
// differ between two builds or would no longer be true: time stamps and the checksum.
// Errors: Limit if the headers would reach the first section's address.
Result<void> append_pe(const PeImage& image, Bytes& front);

// The normal form: a DOS header and stub, then append_pe().
Result<Bytes> normal_pe(const PeImage& image);

}  // namespace hermit::exe

// Where in an executable file the zip archive must end.
//
// A zip reader looks for the end record from the end of the file. Two kinds of executable have bytes of their own
// there: a signed PE ends in its certificate table, and a Mach-O ends in __LINKEDIT, which holds the signature; its
// payload is a segment of its own. Everything else (ELF, polyglot, a plain zip) ends in the archive itself. Offsets
// inside the archive count from the start of the file in every case.
//
// docs/formats/executable.md is normative.
#pragma once

#include "base/bytes.h"
#include "base/launcher_protocol.h"

namespace hermit::zip {

struct PayloadRange {
  u64 begin;  // no byte of the archive lies before `begin`
  u64 end;  // the end record and its comment lie before `end`. Behind it a signed PE has up to 7 zero bytes inside the
            // range
};

// `head`: the first min(file_size, kExecutableHeadSize) bytes (base/launcher_protocol.h). Never fails: a file whose
// headers make no sense has the range [0, file_size), and the zip reader judges what is there. Always begin <= end <=
// file_size.
PayloadRange find_payload_range(ByteView head, u64 file_size);

// True if `head` starts a bare launcher: a Mach-O that has no payload segment, an ELF without the mark
// (base/launcher_protocol.h). For other formats the archive's end record decides, so this is false.
bool is_bare_launcher(ByteView head);

}  // namespace hermit::zip

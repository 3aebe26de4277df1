// Ad-hoc code signatures: the page hashes without which arm64 macOS kills a process.
#pragma once

#include "base/bytes.h"

namespace hermit::exe {

// The size of the signature of `code_size` bytes. Known before they are final, since load commands are hashed too.
u32 signature_size(u64 code_size);

// Appends the signature of all bytes in `file`. `text_size`: file size of the segment __TEXT, which starts at 0.
// Requires: file.size() is a multiple of 16 and below 4 GiB.
void append_signature(Bytes& file, u64 text_size);

}  // namespace hermit::exe

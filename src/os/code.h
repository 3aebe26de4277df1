// Executable pages. Nothing is ever writable and executable at once.
#pragma once

#include "base/bytes.h"

namespace hermit::os {

// Copies `code` into fresh pages and makes them readable and executable, then returns where they start; null if the
// system refuses. `code` is not empty. The caller owns them: release_code with the same size.
const u8* map_code(ByteView code);
void release_code(const u8* start, u64 size);

// Makes code executable where it lies: in a private, read-only mapping of a file. Whole pages are, so bytes around it
// as well. False, with nothing changed, if the system does not do that; then it takes a copy (map_code).
[[nodiscard]] bool allow_execution(ByteView code);

}  // namespace hermit::os

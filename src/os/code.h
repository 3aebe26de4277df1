// Pages of native images: executable ones, and data that guests may change. Nothing is ever writable and executable.
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

// Moves pages of a private file mapping to `to`, where they replace writable pages and can be written as those could;
// the file does not change. Nothing is left at `from`. False, with nothing changed, if the system does not do that.
// Requires: `from`, `to` and `size` are multiples of page_size(), and nobody reads [from, from + size) afterwards.
[[nodiscard]] bool move_file_pages(const u8* from, u64 size, u8* to);

}  // namespace hermit::os

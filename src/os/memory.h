// Pages of address space: reserve, commit, release.
//
// A reservation takes address space but no memory, and any access to it faults. Committed pages read as zero, can be
// written, and take memory once they are touched. Sizes and addresses are multiples of page_size(); the system may
// round up. Only this file's implementations (memory_posix.cc, memory_windows.cc) ask the system for pages.
#pragma once

#include "base/types.h"

namespace hermit::os {

// The unit of the functions below: 4 KiB to 64 KiB; a wasm page (64 KiB) is always a multiple of it.
size_t page_size();

// Reserves `size` bytes of inaccessible address space, aligned to page_size(). Returns null if the system refuses (for
// example under `ulimit -v`) or if size does not fit the address space. The caller owns it: release_pages.
u8* reserve_pages(u64 size);

// Makes [start, start + size) of a reservation readable and writable; new pages read as zero, committed ones keep their
// content. Returns false, with nothing changed that can be seen, if the system refuses the memory.
[[nodiscard]] bool commit_pages(u8* start, u64 size);

// Gives back a whole reservation. Requires: `start` and `size` are those of one reserve_pages call.
void release_pages(u8* start, u64 size);

}  // namespace hermit::os

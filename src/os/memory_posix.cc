// Pages on POSIX systems: a reservation is a private anonymous mapping without access, and mprotect commits it.
//
// MAP_NORESERVE keeps Linux from counting a large commit against its overcommit heuristics: a guest may declare 4 GiB
// and touch one page. Under vm.overcommit_memory=2 the kernel counts it all the same, and commit_pages reports that.
#include "os/memory.h"

#include <sys/mman.h>
#include <unistd.h>

#include "base/check.h"

namespace hermit::os {

#ifndef MAP_NORESERVE
#define MAP_NORESERVE 0
#endif

size_t page_size() { return static_cast<size_t>(sysconf(_SC_PAGESIZE)); }

u8* reserve_pages(u64 size) {
  if (size == 0 || size > SIZE_MAX) return nullptr;
  void* start = mmap(nullptr, static_cast<size_t>(size), PROT_NONE, MAP_PRIVATE | MAP_ANON | MAP_NORESERVE, -1, 0);
  return start == MAP_FAILED ? nullptr : static_cast<u8*>(start);
}

bool commit_pages(u8* start, u64 size) {
  if (size == 0) return true;
  return mprotect(start, static_cast<size_t>(size), PROT_READ | PROT_WRITE) == 0;
}

void release_pages(u8* start, u64 size) { CHECK(munmap(start, static_cast<size_t>(size)) == 0); }

}  // namespace hermit::os

// Pages on Windows: VirtualAlloc knows reservation and commitment as such. Committed pages count against the system's
// commit limit at once, though they take memory only when touched; a refusal is reported, never assumed away.
#include "os/memory.h"

#define WIN32_LEAN_AND_MEAN
#define NOMINMAX
#include <windows.h>

#include "base/check.h"

namespace hermit::os {

size_t page_size() {
  SYSTEM_INFO info;
  GetSystemInfo(&info);
  return info.dwPageSize;
}

u8* reserve_pages(u64 size) {
  if (size == 0 || size > SIZE_MAX) return nullptr;
  return static_cast<u8*>(VirtualAlloc(nullptr, static_cast<size_t>(size), MEM_RESERVE, PAGE_NOACCESS));
}

bool commit_pages(u8* start, u64 size) {
  if (size == 0) return true;
  return VirtualAlloc(start, static_cast<size_t>(size), MEM_COMMIT, PAGE_READWRITE) != nullptr;
}

void release_pages(u8* start, u64) { CHECK(VirtualFree(start, 0, MEM_RELEASE) != 0); }

}  // namespace hermit::os

// Written first, then made executable: no page is both at any time.
#include "os/code.h"

#define WIN32_LEAN_AND_MEAN
#define NOMINMAX
#include <windows.h>

#include <cstring>

#include "base/check.h"

namespace hermit::os {

const u8* map_code(ByteView code) {
  void* start = VirtualAlloc(nullptr, code.size(), MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
  if (start == nullptr) return nullptr;
  std::memcpy(start, code.data(), code.size());
  DWORD before;
  if (VirtualProtect(start, code.size(), PAGE_EXECUTE_READ, &before) == 0 ||
      FlushInstructionCache(GetCurrentProcess(), start, code.size()) == 0) {
    VirtualFree(start, 0, MEM_RELEASE);
    return nullptr;
  }
  return static_cast<const u8*>(start);
}

void release_code(const u8* start, u64) { CHECK(VirtualFree(const_cast<u8*>(start), 0, MEM_RELEASE) != 0); }

// Where the view was mapped for it (FileView::open, may_run).
bool allow_execution(ByteView code) {
  void* const start = const_cast<u8*>(code.data());
  DWORD before;
  return VirtualProtect(start, code.size(), PAGE_EXECUTE_READ, &before) != 0 &&
         FlushInstructionCache(GetCurrentProcess(), start, code.size()) != 0;
}

// Views are of files, memory is not.
bool move_file_pages(const u8*, u64, u8*) { return false; }

}  // namespace hermit::os

// Written first, then made executable (RW → RX): no page is both at any time.
#include "os/code.h"

#include <sys/mman.h>
#include <unistd.h>

#include <cstring>

#include "base/check.h"

namespace hermit::os {

const u8* map_code(ByteView code) {
  void* start = mmap(nullptr, code.size(), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANON, -1, 0);
  if (start == MAP_FAILED) return nullptr;
  std::memcpy(start, code.data(), code.size());
  if (mprotect(start, code.size(), PROT_READ | PROT_EXEC) != 0) {
    munmap(start, code.size());
    return nullptr;
  }
  __builtin___clear_cache(static_cast<char*>(start), static_cast<char*>(start) + code.size());
  return static_cast<const u8*>(start);
}

void release_code(const u8* start, u64 size) { CHECK(munmap(const_cast<u8*>(start), static_cast<size_t>(size)) == 0); }

}  // namespace hermit::os

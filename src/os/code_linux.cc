// A file's mapping becomes executable, or part of a memory, page by page: nothing is copied.
#include <sys/mman.h>
#include <unistd.h>

#include "base/check.h"
#include "os/code.h"

namespace hermit::os {

bool allow_execution(ByteView code) {
  const auto page = static_cast<u64>(sysconf(_SC_PAGESIZE));
  const u64 begin = reinterpret_cast<u64>(code.data()) / page * page;
  const u64 end = reinterpret_cast<u64>(code.data() + code.size());
  return mprotect(reinterpret_cast<void*>(begin), end - begin, PROT_READ | PROT_EXEC) == 0;
}

bool move_file_pages(const u8* from, u64 size, u8* to) {
  if (mprotect(const_cast<u8*>(from), size, PROT_READ | PROT_WRITE) != 0) return false;
  if (mremap(const_cast<u8*>(from), size, size, MREMAP_MAYMOVE | MREMAP_FIXED, to) == to) return true;
  // It may have taken away what was there.
  CHECK(mmap(to, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_NORESERVE, -1, 0) == to);
  return false;
}

}  // namespace hermit::os

// A file's mapping becomes executable page by page: nothing is copied, and no page is ever written to.
#include <sys/mman.h>
#include <unistd.h>

#include "os/code.h"

namespace hermit::os {

bool allow_execution(ByteView code) {
  const auto page = static_cast<u64>(sysconf(_SC_PAGESIZE));
  const u64 begin = reinterpret_cast<u64>(code.data()) / page * page;
  const u64 end = reinterpret_cast<u64>(code.data() + code.size());
  return mprotect(reinterpret_cast<void*>(begin), end - begin, PROT_READ | PROT_EXEC) == 0;
}

}  // namespace hermit::os

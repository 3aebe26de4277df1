// Written first, then made executable (RW → RX): no page is both at any time.
//
// On Apple silicon a process with the hardened runtime may not do that. If it has the entitlement for compilers, it
// gets memory (MAP_JIT) that a thread either writes or executes, as it says. Our own signature asks for no hardened
// runtime. https://developer.apple.com/documentation/apple-silicon/porting-just-in-time-compilers-to-apple-silicon
#include "os/code.h"

#if defined(__APPLE__)
#include <pthread.h>
#endif
#include <sys/mman.h>
#include <unistd.h>

#include <cstring>

#include "base/check.h"

namespace hermit::os {

namespace {

u8* map_pages(u64 size, int protection, int flags) {
  void* start = mmap(nullptr, size, protection, MAP_PRIVATE | MAP_ANON | flags, -1, 0);
  return start == MAP_FAILED ? nullptr : static_cast<u8*>(start);
}

const u8* write_then_protect(ByteView code) {
  u8* start = map_pages(code.size(), PROT_READ | PROT_WRITE, 0);
  if (start == nullptr) return nullptr;
  std::memcpy(start, code.data(), code.size());
  if (mprotect(start, code.size(), PROT_READ | PROT_EXEC) == 0) return start;
  munmap(start, code.size());
  return nullptr;
}

#if defined(__APPLE__) && defined(__aarch64__)
const u8* write_for_this_thread(ByteView code) {
  u8* start = map_pages(code.size(), PROT_READ | PROT_WRITE | PROT_EXEC, MAP_JIT);
  if (start == nullptr) return nullptr;
  pthread_jit_write_protect_np(0);
  std::memcpy(start, code.data(), code.size());
  pthread_jit_write_protect_np(1);
  return start;
}
#else
const u8* write_for_this_thread(ByteView) { return nullptr; }
#endif

}  // namespace

const u8* map_code(ByteView code) {
  const u8* start = write_then_protect(code);
  if (start == nullptr) start = write_for_this_thread(code);
  if (start == nullptr) return nullptr;
  auto* const first = reinterpret_cast<char*>(const_cast<u8*>(start));
  __builtin___clear_cache(first, first + code.size());
  return start;
}

void release_code(const u8* start, u64 size) { CHECK(munmap(const_cast<u8*>(start), static_cast<size_t>(size)) == 0); }

}  // namespace hermit::os

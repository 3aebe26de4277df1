// Random bytes on Windows: ProcessPrng, the generator behind BCryptGenRandom, or its older name. Neither is in
// kernel32, so the library is loaded when the first bytes are asked for. Both generators are documented never to fail.
#include "os/random.h"

#include <algorithm>

#include "os/nt_windows.h"
#include "os/once_windows.h"

namespace hermit::os {
namespace {

using ProcessPrng = BOOL(WINAPI*)(PBYTE, SIZE_T);
using GenRandom = BOOLEAN(NTAPI*)(PVOID, ULONG);

void* system_function(const wchar_t* library, const char* name) {
  const HMODULE module = LoadLibraryExW(library, nullptr, LOAD_LIBRARY_SEARCH_SYSTEM32);
  return module == nullptr ? nullptr : reinterpret_cast<void*>(GetProcAddress(module, name));
}

struct Generator {
  ProcessPrng prng = reinterpret_cast<ProcessPrng>(system_function(L"bcryptprimitives.dll", "ProcessPrng"));
  // RtlGenRandom: before Windows 10, and Wine.
  GenRandom old =
      prng != nullptr ? nullptr : reinterpret_cast<GenRandom>(system_function(L"advapi32.dll", "SystemFunction036"));
};

}  // namespace

SysResult<void> fill_random(std::span<u8> bytes) {
  const auto& generator = only<Generator>();
  while (!bytes.empty()) {
    const size_t size = std::min<size_t>(bytes.size(), 1u << 20);
    bool filled = false;
    if (generator.prng != nullptr) {
      filled = generator.prng(bytes.data(), size) != 0;
    } else if (generator.old != nullptr) {
      filled = generator.old(bytes.data(), static_cast<ULONG>(size)) != 0;
    }
    if (!filled) return fail(SysError::Io);
    bytes = bytes.subspan(size);
  }
  return {};
}

}  // namespace hermit::os

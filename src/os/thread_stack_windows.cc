// https://learn.microsoft.com/windows/win32/api/winternl/ns-winternl-teb: the block begins with an NT_TIB; what the
// reservation is, is not in public headers, and at the same place in every 64-bit Windows.
#include "os/thread_stack.h"

#define WIN32_LEAN_AND_MEAN
#define NOMINMAX
#include <windows.h>

#include <utility>

namespace hermit::os {

namespace {

constexpr size_t kDeallocationStack = 0x1478;
static_assert(sizeof(void*) == 8);

}  // namespace

ThreadStack swap_thread_stack(const ThreadStack& stack) {
  auto* const block = reinterpret_cast<u8*>(NtCurrentTeb());
  auto* const tib = reinterpret_cast<NT_TIB*>(block);
  auto* const reserved = reinterpret_cast<u8**>(block + kDeallocationStack);
  return {static_cast<u8*>(std::exchange(tib->StackBase, stack.end)),
          static_cast<u8*>(std::exchange(tib->StackLimit, stack.committed)), std::exchange(*reserved, stack.reserved)};
}

}  // namespace hermit::os

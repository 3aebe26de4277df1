// Slim locks and condition variables are a pointer each that begins as null and needs no end.
// https://learn.microsoft.com/windows/win32/sync/slim-reader-writer--srw--locks
#include "os/thread.h"

#define WIN32_LEAN_AND_MEAN
#define NOMINMAX
#include <windows.h>

#include <bit>
#include <memory>

namespace hermit::os {

namespace {

constexpr SIZE_T kStack = SIZE_T{8} << 20;

struct Start {
  void (*run)(void*);
  void* context;
};

DWORD WINAPI begin(void* parameter) {
  const std::unique_ptr<Start> start(static_cast<Start*>(parameter));
  start->run(start->context);
  return 0;
}

static_assert(sizeof(SRWLOCK) == sizeof(void*) && sizeof(CONDITION_VARIABLE) == sizeof(void*));

PSRWLOCK to_lock(void*& lock) { return reinterpret_cast<PSRWLOCK>(&lock); }
PCONDITION_VARIABLE to_condition(void*& condition) { return reinterpret_cast<PCONDITION_VARIABLE>(&condition); }

}  // namespace

// Of the processor group that the process is in: at most 64.
u32 processors() {
  DWORD_PTR own = 0, all = 0;
  if (GetProcessAffinityMask(GetCurrentProcess(), &own, &all) == 0 || own == 0) return 1;
  return static_cast<u32>(std::popcount(own));
}

bool start_thread(void (*run)(void*), void* context) {
  auto start = std::make_unique<Start>(Start{run, context});
  const HANDLE thread = CreateThread(nullptr, kStack, begin, start.get(), STACK_SIZE_PARAM_IS_A_RESERVATION, nullptr);
  if (thread == nullptr) return false;
  (void)start.release();
  CloseHandle(thread);
  return true;
}

void Monitor::lock() { AcquireSRWLockExclusive(to_lock(lock_)); }
void Monitor::unlock() { ReleaseSRWLockExclusive(to_lock(lock_)); }
void Monitor::wait() { SleepConditionVariableSRW(to_condition(condition_), to_lock(lock_), INFINITE, 0); }
void Monitor::wake() { WakeAllConditionVariable(to_condition(condition_)); }

}  // namespace hermit::os

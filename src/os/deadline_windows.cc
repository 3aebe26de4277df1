// A thread that sleeps. It ends the process without asking the other threads: ExitProcess would wait for locks that the
// guest's thread may hold.
#include "os/deadline.h"

#include <algorithm>
#include <memory>
#include <string>

#include "os/nt_windows.h"
#include "os/process.h"

namespace hermit::os {
namespace {

struct Deadline {
  u64 milliseconds;
  std::string message;
  int exit_code;
};

constexpr SIZE_T kStack = 256 * 1024;

HANDLE start_thread(LPTHREAD_START_ROUTINE routine, void* parameter) {
  return CreateThread(nullptr, kStack, routine, parameter, STACK_SIZE_PARAM_IS_A_RESERVATION, nullptr);
}

DWORD WINAPI report(void* deadline) {
  write_stderr(static_cast<const Deadline*>(deadline)->message);
  return 0;
}

DWORD WINAPI wait_and_end(void* parameter) {
  const std::unique_ptr<Deadline> deadline(static_cast<Deadline*>(parameter));
  constexpr u64 kLongestSleep = u64{1} << 30;  // INFINITE is 2^32 - 1
  for (u64 left = deadline->milliseconds; left != 0;) {
    const u64 part = std::min(left, kLongestSleep);
    Sleep(static_cast<DWORD>(part));
    left -= part;
  }
  // Nobody may read standard error: a full pipe takes the message from the reader, not the end from the limit.
  constexpr DWORD kPatience = 1000;
  if (const HANDLE writer = start_thread(report, deadline.get())) WaitForSingleObject(writer, kPatience);
  TerminateProcess(GetCurrentProcess(), static_cast<UINT>(deadline->exit_code));
  return 0;
}

}  // namespace

bool end_process_after(u64 milliseconds, std::string_view message, int exit_code) {
  auto deadline = std::make_unique<Deadline>(Deadline{milliseconds, std::string(message), exit_code});
  const HANDLE thread = start_thread(wait_and_end, deadline.get());
  if (thread == nullptr) return false;
  (void)deadline.release();
  CloseHandle(thread);
  return true;
}

}  // namespace hermit::os

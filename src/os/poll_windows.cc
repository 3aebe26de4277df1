// Waiting for several streams on Windows.
//
// There is no poll for everything: consoles can be waited for, pipes cannot, sockets only by another call. So the items
// are looked at one by one, and between two looks the thread sleeps: on the consoles if there are only consoles, else
// for a short time that grows from 1 to 8 ms (a pipe's data is seen that much late at most).
//
// A pipe always counts as writable. The system's figure for free space is 0 while a reader is waiting for more than the
// buffer holds, which is when a write would go through at once: who believes it waits for ever.
#include "os/poll.h"

#include <algorithm>

#include "os/console_windows.h"
#include "os/handle_windows.h"
#include "os/socket_windows.h"

#ifndef CREATE_WAITABLE_TIMER_HIGH_RESOLUTION
#define CREATE_WAITABLE_TIMER_HIGH_RESOLUTION 2
#endif

namespace hermit::os {
namespace {

constexpr u64 kNanosecondsPerSecond = 1'000'000'000;
constexpr u64 kFirstPause = 1'000'000;
constexpr u64 kLongestPause = 8'000'000;
constexpr u64 kLongestSleep = 3600 * kNanosecondsPerSecond;
constexpr DWORD kMaxConsoles = 8;  // more than three would be duplicates anyway

u64 now() {
  LARGE_INTEGER ticks;
  LARGE_INTEGER frequency;
  QueryPerformanceCounter(&ticks);
  QueryPerformanceFrequency(&frequency);
  const auto count = static_cast<u64>(ticks.QuadPart);
  const auto rate = static_cast<u64>(frequency.QuadPart);
  return count / rate * kNanosecondsPerSecond + count % rate * kNanosecondsPerSecond / rate;
}

void look_at_pipe(PollItem& item, HANDLE pipe) {
  DWORD available = 0;
  if (item.writing) {
    item.ready = true;
  } else if (PeekNamedPipe(pipe, nullptr, 0, nullptr, &available, nullptr) != 0) {
    item.ready = available != 0;
  } else {
    item.ready = true;  // the read will say why
    item.hangup = GetLastError() == ERROR_BROKEN_PIPE;
  }
}

void look_at(PollItem& item) {
  item.ready = item.hangup = item.invalid = false;
  if (item.handle == Handle::kNone) {
    item.ready = item.invalid = true;
    return;
  }
  OpenFile& file = open_file(item.handle);
  switch (file.kind) {
    case Kind::Console: item.ready = item.writing || file.console->pending() != 0 || file.console->has_key(); return;
    case Kind::Pipe: look_at_pipe(item, file.handle); return;
    case Kind::Socket: {
      const SocketReadiness seen = look_at_socket(file.handle, item.writing);
      item.ready = seen.ready;
      item.hangup = seen.hangup;
      item.invalid = seen.invalid;
      return;
    }
    default: item.ready = true; return;
  }
}

size_t look_at_all(std::span<PollItem> items) {
  size_t ready = 0;
  for (PollItem& item : items) {
    look_at(item);
    ready += item.ready ? 1 : 0;
  }
  return ready;
}

// Sleeps exactly (the plain Sleep is up to 15.6 ms late), or until one of the consoles has input.
class Sleeper {
 public:
  explicit Sleeper(std::span<const PollItem> items) {
    timer_ = CreateWaitableTimerExW(nullptr, nullptr, CREATE_WAITABLE_TIMER_HIGH_RESOLUTION, TIMER_ALL_ACCESS);
    if (timer_ == nullptr)
      timer_ = CreateWaitableTimerExW(nullptr, nullptr, 0, TIMER_ALL_ACCESS);  // before Windows 10 1803
    handles_[0] = timer_;
    for (const PollItem& item : items) {
      const OpenFile& file = open_file(item.handle);
      if (file.kind != Kind::Console) {
        only_consoles_ = false;
      } else if (count_ <= kMaxConsoles) {
        handles_[count_++] = file.handle;
      }
    }
  }
  Sleeper(const Sleeper&) = delete;
  Sleeper& operator=(const Sleeper&) = delete;
  ~Sleeper() {
    if (timer_ != nullptr) CloseHandle(timer_);
  }

  // Whether sleep() returns early for every item that becomes ready.
  [[nodiscard]] bool wakes_for_all() const { return only_consoles_; }

  void sleep(u64 nanoseconds) {
    LARGE_INTEGER due;
    due.QuadPart = -static_cast<i64>((nanoseconds + 99) / 100);  // negative: from now
    if (timer_ == nullptr || SetWaitableTimer(timer_, &due, 0, nullptr, nullptr, FALSE) == 0) {
      Sleep(static_cast<DWORD>(nanoseconds / 1'000'000 + 1));
      return;
    }
    WaitForMultipleObjects(count_, handles_, FALSE, INFINITE);
  }

 private:
  HANDLE timer_ = nullptr;
  HANDLE handles_[1 + kMaxConsoles];
  DWORD count_ = 1;
  bool only_consoles_ = true;
};

}  // namespace

SysResult<size_t> poll(std::span<PollItem> items, std::optional<u64> timeout) {
  const u64 start = timeout ? now() : 0;
  if (const size_t ready = look_at_all(items); ready != 0) return ready;
  if (timeout && *timeout == 0) return 0;
  Sleeper sleeper(items);
  for (u64 pause = kFirstPause;; pause = std::min(2 * pause, kLongestPause)) {
    u64 rest = sleeper.wakes_for_all() ? kLongestSleep : pause;
    if (timeout) {
      const u64 passed = now() - start;
      if (passed >= *timeout) return 0;
      rest = std::min(rest, *timeout - passed);
    }
    sleeper.sleep(rest);
    if (const size_t ready = look_at_all(items); ready != 0) return ready;
  }
}

u64 readable_bytes(Handle::Raw raw) {
  if (raw == Handle::kNone) return 0;
  const OpenFile& file = open_file(raw);
  DWORD available = 0;
  switch (file.kind) {
    case Kind::Console: return file.console->pending();
    case Kind::Pipe: return PeekNamedPipe(file.handle, nullptr, 0, nullptr, &available, nullptr) != 0 ? available : 0;
    case Kind::Socket: return socket_readable_bytes(file.handle);
    case Kind::File: {
      FILE_POSITION_INFORMATION position = {};
      FILE_STANDARD_INFORMATION standard = {};
      if (!NT_SUCCESS(nt::query(file.handle, FilePositionInformation, position))) return 0;
      if (!NT_SUCCESS(nt::query(file.handle, FileStandardInformation, standard))) return 0;
      const i64 rest = standard.EndOfFile.QuadPart - position.CurrentByteOffset.QuadPart;
      return rest > 0 ? static_cast<u64>(rest) : 0;
    }
    default: return 0;
  }
}

}  // namespace hermit::os

// poll(2) with deadlines that survive interruption, and nanosleep where there is nothing but time to wait for (poll
// counts in milliseconds).
#include "os/poll.h"

#include <algorithm>
#include <climits>
#include <poll.h>
#include <sys/ioctl.h>
#include <time.h>
#include <vector>

#include "os/clock.h"
#include "os/posix.h"

namespace hermit::os {
namespace {

constexpr u64 kNanosecondsPerMillisecond = 1'000'000;
constexpr u64 kNanosecondsPerSecond = 1'000'000'000;
constexpr u64 kForever = ~u64{0};

u64 now() { return clock_time(Clock::Monotonic).value_or(0); }

u64 deadline_after(std::optional<u64> timeout) {
  if (!timeout) return kForever;
  const u64 start = now();
  return *timeout > kForever - start ? kForever : start + *timeout;
}

u64 remaining(u64 deadline) {
  if (deadline == kForever) return kForever;
  const u64 time = now();
  return time >= deadline ? 0 : deadline - time;
}

void sleep_until(u64 deadline) {
  for (u64 rest = remaining(deadline); rest != 0; rest = remaining(deadline)) {
    // At most a day at a time: time_t may be small, and "for ever" is not a number of seconds.
    const u64 piece = std::min<u64>(rest, 86400 * kNanosecondsPerSecond);
    timespec time = {static_cast<time_t>(piece / kNanosecondsPerSecond),
                     static_cast<long>(piece % kNanosecondsPerSecond)};
    (void)::nanosleep(&time, nullptr);
  }
}

}  // namespace

SysResult<size_t> poll(std::span<PollItem> items, std::optional<u64> timeout) {
  const u64 deadline = deadline_after(timeout);
  if (items.empty()) {
    sleep_until(deadline);
    return 0;
  }
  std::vector<pollfd> fds;
  fds.reserve(items.size());
  for (const PollItem& item : items) {
    fds.push_back({static_cast<int>(item.handle), static_cast<short>(item.writing ? POLLOUT : POLLIN), 0});
  }
  while (true) {
    const u64 rest = remaining(deadline);
    const u64 milliseconds = rest / kNanosecondsPerMillisecond + (rest % kNanosecondsPerMillisecond != 0 ? 1 : 0);
    const int wait = rest == kForever ? -1 : static_cast<int>(std::min<u64>(milliseconds, INT_MAX));
    const int count = ::poll(fds.data(), static_cast<nfds_t>(fds.size()), wait);
    if (count == -1 && errno != EINTR) return last_error();
    if (count > 0) break;
    if (count == 0 && remaining(deadline) == 0) return 0;
  }
  size_t ready = 0;
  for (size_t i = 0; i < items.size(); ++i) {
    items[i].ready = fds[i].revents != 0;
    items[i].hangup = (fds[i].revents & POLLHUP) != 0;
    items[i].invalid = (fds[i].revents & POLLNVAL) != 0;
    if (items[i].ready) ++ready;
  }
  return ready;
}

u64 readable_bytes(Handle::Raw handle) {
  int count = 0;
  if (::ioctl(static_cast<int>(handle), FIONREAD, &count) == -1 || count < 0) return 0;
  return static_cast<u64>(count);
}

}  // namespace hermit::os

// The interval timer and its signal: no thread, and nothing of the guest needs to cooperate. The handler makes three
// system calls and does not return, so it does not matter what it interrupts or on which stack it runs.
#include "os/deadline.h"

#include <algorithm>
#include <csignal>
#include <cstring>
#include <poll.h>
#include <sys/time.h>
#include <unistd.h>

namespace hermit::os {
namespace {

// What the handler needs; written before the timer is armed and not changed afterwards.
constexpr size_t kMaxMessage = 512;
char g_message[kMaxMessage];
size_t g_message_size = 0;
int g_exit_code = 0;

void end_now(int) {
  // Nobody may read standard error: a full pipe takes the message from the reader, not the end from the limit.
  pollfd ready = {.fd = STDERR_FILENO, .events = POLLOUT, .revents = 0};
  if (::poll(&ready, 1, 0) == 1) {
    [[maybe_unused]] const ssize_t written = ::write(STDERR_FILENO, g_message, g_message_size);
  }
  ::_exit(g_exit_code);
}

}  // namespace

bool end_process_after(u64 milliseconds, std::string_view message, int exit_code) {
  constexpr u64 kLongest = u64{1} << 40;  // 34 years, far from what any system's clock type overflows at
  milliseconds = std::min(milliseconds, kLongest);
  g_message_size = std::min(message.size(), kMaxMessage);
  std::memcpy(g_message, message.data(), g_message_size);
  g_exit_code = exit_code;

  struct sigaction action = {};
  action.sa_handler = end_now;
  action.sa_flags = SA_ONSTACK;
  sigfillset(&action.sa_mask);
  // A process may be started with the signal blocked.
  sigset_t alarm;
  sigemptyset(&alarm);
  sigaddset(&alarm, SIGALRM);
  itimerval timer = {};
  timer.it_value.tv_sec = static_cast<time_t>(milliseconds / 1000);
  timer.it_value.tv_usec = static_cast<suseconds_t>(milliseconds % 1000 * 1000);
  return sigaction(SIGALRM, &action, nullptr) == 0 && sigprocmask(SIG_UNBLOCK, &alarm, nullptr) == 0 &&
         setitimer(ITIMER_REAL, &timer, nullptr) == 0;
}

}  // namespace hermit::os

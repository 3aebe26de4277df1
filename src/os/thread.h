// Threads and what they wait with, as far as workers need them (mailboxes.h). Not on WASI.
#pragma once

#include "base/types.h"

#ifndef _WIN32
#include <pthread.h>
#endif

namespace hermit::os {

// Processors that this process may run on; at least 1.
u32 processors();

// Runs run(context) on a thread of its own, which nobody waits for. False if the system refuses.
[[nodiscard]] bool start_thread(void (*run)(void*), void* context);

// A lock, and a way to wait for changes of what it guards.
class Monitor {
 public:
  Monitor() = default;
  Monitor(const Monitor&) = delete;
  Monitor& operator=(const Monitor&) = delete;

  void lock();
  void unlock();
  // Requires: locked. Unlocks while it waits for wake(); may also return without one.
  void wait();
  // Ends the waiting of all.
  void wake();

 private:
#ifdef _WIN32
  void* lock_ = nullptr;  // an SRWLOCK
  void* condition_ = nullptr;  // a CONDITION_VARIABLE
#else
  pthread_mutex_t lock_ = PTHREAD_MUTEX_INITIALIZER;
  pthread_cond_t condition_ = PTHREAD_COND_INITIALIZER;
#endif
};

class Locked {
 public:
  explicit Locked(Monitor& monitor) : monitor_(monitor) { monitor_.lock(); }
  ~Locked() { monitor_.unlock(); }
  Locked(const Locked&) = delete;
  Locked& operator=(const Locked&) = delete;

 private:
  Monitor& monitor_;
};

}  // namespace hermit::os

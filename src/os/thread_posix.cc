// pthreads. A thread's stack is address space of which only what is touched takes memory.
#include "os/thread.h"

#include <memory>
#if defined(__linux__)
#include <sched.h>
#else
#include <unistd.h>
#endif

namespace hermit::os {

namespace {

constexpr size_t kStack = size_t{8} << 20;

struct Start {
  void (*run)(void*);
  void* context;
};

void* begin(void* parameter) {
  const std::unique_ptr<Start> start(static_cast<Start*>(parameter));
  start->run(start->context);
  return nullptr;
}

}  // namespace

u32 processors() {
#if defined(__linux__)
  cpu_set_t set;
  const int count = ::sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 1;
#else
  const long count = ::sysconf(_SC_NPROCESSORS_ONLN);
#endif
  return count < 1 ? 1 : static_cast<u32>(count);
}

bool start_thread(void (*run)(void*), void* context) {
  auto start = std::make_unique<Start>(Start{run, context});
  pthread_attr_t attributes;
  if (::pthread_attr_init(&attributes) != 0) return false;
  pthread_t thread;
  const bool started = ::pthread_attr_setstacksize(&attributes, kStack) == 0 &&
                       ::pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED) == 0 &&
                       ::pthread_create(&thread, &attributes, begin, start.get()) == 0;
  ::pthread_attr_destroy(&attributes);
  if (started) (void)start.release();
  return started;
}

void Monitor::lock() { ::pthread_mutex_lock(&lock_); }
void Monitor::unlock() { ::pthread_mutex_unlock(&lock_); }
void Monitor::wait() { ::pthread_cond_wait(&condition_, &lock_); }
void Monitor::wake() { ::pthread_cond_broadcast(&condition_); }

}  // namespace hermit::os

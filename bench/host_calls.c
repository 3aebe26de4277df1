// What a call of the host costs: functions of WASI that do next to nothing, called in batches. Prints the nanoseconds
// of a call in the fastest batch.
#include <stdint.h>
#include <stdio.h>
#include <time.h>

#define WASI(function) __attribute__((import_module("wasi_snapshot_preview1"), import_name(#function)))

WASI(proc_raise) int32_t proc_raise(int32_t signal);  // refused at once: reads one argument, gives one result
WASI(args_sizes_get) int32_t args_sizes_get(uint32_t* count, uint32_t* bytes);  // writes two numbers to memory

enum { kBatches = 50, kCalls = 200000 };

static double seconds(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void print_fastest(const char* name, void (*batch)(void)) {
  double best = 1e9;
  for (int i = 0; i < kBatches; ++i) {
    const double start = seconds();
    batch();
    const double took = seconds() - start;
    if (took < best) best = took;
  }
  printf("  %-36s %8.2f\n", name, best / kCalls * 1e9);
}

static void raise_signals(void) {
  for (int i = 0; i < kCalls; ++i) proc_raise(255);
}
static void ask_for_sizes(void) {
  uint32_t count, bytes;
  for (int i = 0; i < kCalls; ++i) args_sizes_get(&count, &bytes);
}

int main(void) {
  print_fastest("proc_raise of no signal", raise_signals);
  print_fastest("args_sizes_get", ask_for_sizes);
  return 0;
}

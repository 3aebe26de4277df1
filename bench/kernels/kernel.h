// What every kernel does: compute a checksum, and print it with the seconds the computation took (start-up not
// counted).
#pragma once

#include <stdint.h>
#include <stdio.h>
#include <time.h>

static inline double seconds(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static uint64_t kernel(void);

int main(void) {
  double start = seconds();
  uint64_t checksum = kernel();
  double elapsed = seconds() - start;
  printf("%016llx %.6f\n", (unsigned long long)checksum, elapsed);
  return 0;
}

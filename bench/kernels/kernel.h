// What every kernel does: compute a checksum in units of some ten milliseconds of native time, and print it with the
// time of a unit.
//
// Units are computed until half a second has passed, and all have the same checksum. Printed are the checksum, the
// seconds of the fastest unit (what a busy machine disturbs least), the mean of all, and their number. Starting and
// compiling do not count.
#pragma once

#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

static inline double seconds(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

// Pseudo-random numbers: xorshift (Marsaglia 2003).
static inline uint32_t next_random(uint32_t* state) {
  *state ^= *state << 13;
  *state ^= *state >> 17;
  *state ^= *state << 5;
  return *state;
}

static uint64_t kernel(void);

int main(void) {  // NOLINT(misc-definitions-in-headers): a kernel is one file
  uint64_t (*volatile compute)(void) = kernel;  // a call that no compiler moves out of the loop
  uint64_t checksum = 0;
  double best = 1e9, total = 0;
  int units = 0;
  for (; total < 0.5; ++units) {
    double start = seconds();
    uint64_t result = compute();
    double elapsed = seconds() - start;
    if (units != 0 && result != checksum) {
      printf("unit %d computes %016llx, not %016llx\n", units, (unsigned long long)result,
             (unsigned long long)checksum);
      return 1;
    }
    checksum = result;
    total += elapsed;
    if (elapsed < best) best = elapsed;
  }
  printf("%016llx %.6f %.6f %d\n", (unsigned long long)checksum, best, total / units, units);
  return 0;
}

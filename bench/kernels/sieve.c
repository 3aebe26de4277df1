// Class: memory. The sieve of Eratosthenes over bytes, several times.
#include "kernel.h"

#define LIMIT 2000000
static unsigned char composite[LIMIT];

static uint64_t kernel(void) {
  uint64_t sum = 0;
  for (int round = 0; round < 5; ++round) {
    for (uint32_t i = 0; i < LIMIT; ++i) composite[i] = 0;
    for (uint32_t i = 2; i * i < LIMIT; ++i) {
      if (composite[i]) continue;
      for (uint32_t j = i * i; j < LIMIT; j += i) composite[j] = 1;
    }
    for (uint32_t i = 2; i < LIMIT; ++i) sum += composite[i] ? 0 : i;
  }
  return sum;
}

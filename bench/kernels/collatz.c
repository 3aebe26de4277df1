// Class: integer. 64-bit numbers: lengths of Collatz sequences, with division and remainder.
#include "kernel.h"

static uint64_t kernel(void) {
  uint64_t sum = 0;
  for (uint64_t start = 1; start < 100000; ++start) {
    uint64_t n = start, length = 0;
    while (n != 1) {
      n = n % 2 == 0 ? n / 2 : 3 * n + 1;
      ++length;
    }
    sum += length * (start % 7) + sum / 1000003;
  }
  return sum;
}

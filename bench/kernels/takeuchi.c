// Class: calls. Takeuchi's function, and Ackermann's: recursion with several arguments.
#include "kernel.h"

__attribute__((noinline)) static int32_t tak(int32_t x, int32_t y, int32_t z) {
  if (y >= x) return z;
  return tak(tak(x - 1, y, z), tak(y - 1, z, x), tak(z - 1, x, y));
}
__attribute__((noinline)) static uint32_t ackermann(uint32_t m, uint32_t n) {
  if (m == 0) return n + 1;
  if (n == 0) return ackermann(m - 1, 1);
  return ackermann(m - 1, ackermann(m, n - 1));
}

static uint64_t kernel(void) {
  volatile int32_t x = 18;
  volatile uint32_t n = 6;
  uint64_t sum = 0;
  for (int32_t z = 2; z < 5; ++z) sum = sum * 31 + (uint64_t)tak(x, 12, z);
  for (uint32_t m = 1; m < 4; ++m) sum = sum * 31 + ackermann(m, n + m);
  return sum;
}

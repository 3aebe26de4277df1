// Class: calls. The naive recursion.
#include "kernel.h"

__attribute__((noinline)) static uint32_t fib(uint32_t n) {
  if (n < 2) return n;
  return fib(n - 1) + fib(n - 2);
}

static uint64_t kernel(void) {
  volatile uint32_t n = 33;
  return fib(n);
}

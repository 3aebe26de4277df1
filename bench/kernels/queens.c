// Class: integer. N queens on bit sets: shifts, masks, counting trailing zeros.
#include "kernel.h"

static uint64_t visited;

static uint32_t place(uint32_t all, uint32_t columns, uint32_t left, uint32_t right) {
  if (columns == all) return 1;
  uint32_t found = 0;
  for (uint32_t free = all & ~(columns | left | right); free != 0; free &= free - 1) {
    uint32_t queen = free & (0 - free);
    visited += (uint64_t)__builtin_ctz(queen) + (uint64_t)__builtin_popcount(free);
    found += place(all, columns | queen, (left | queen) << 1, (right | queen) >> 1);
  }
  return found;
}

static uint64_t kernel(void) {
  visited = 0;
  uint64_t found = 0;
  for (uint32_t n = 4; n <= 12; ++n) found = found * 100000 + place((1u << n) - 1, 0, 0, 0);
  return found * 31 + visited;
}

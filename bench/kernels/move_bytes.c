// Class: memory. Blocks of all sizes moved, filled, compared, and searched for a byte.
#include "kernel.h"

#define SIZE (1 << 18)
static uint8_t buffer[2 * SIZE];

static uint64_t kernel(void) {
  for (size_t i = 0; i < sizeof buffer; ++i) buffer[i] = (uint8_t)(i * 7 >> 3);
  uint32_t state = 12;
  uint64_t sum = 0;
  for (int i = 0; i < 250000; ++i) {
    size_t size = next_random(&state) & (i % 16 == 0 ? 16383 : 255);
    size_t from = next_random(&state) % (SIZE - 16384), to = next_random(&state) % (SIZE - 16384);
    switch (i & 3) {
      case 0: memcpy(buffer + SIZE + to, buffer + from, size); break;
      case 1: memmove(buffer + from + 3, buffer + from, size); break;
      case 2: memset(buffer + to, i, size); break;
      default: {
        const uint8_t* found = (const uint8_t*)memchr(buffer + from, i & 255, SIZE);
        sum = sum * 31 + (found ? (size_t)(found - buffer) : 1) + (memcmp(buffer + from, buffer + to, size) > 0);
      }
    }
  }
  for (size_t i = 0; i < sizeof buffer; i += 13) sum = sum * 33 + buffer[i];
  return sum;
}

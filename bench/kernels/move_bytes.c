// Class: memory. Blocks of all sizes copied, moved and filled (memory.copy and memory.fill), and summed up by words.
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
      default:
        for (size_t at = 0; at + 8 <= size; at += 8) {
          uint64_t word;
          memcpy(&word, buffer + from + at, 8);
          sum = sum * 31 + word;
        }
    }
  }
  for (size_t i = 0; i < sizeof buffer; i += 13) sum = sum * 33 + buffer[i];
  return sum;
}

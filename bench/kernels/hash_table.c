// Class: memory. Open addressing: insert, count and look up words of 32 bits, most of them outside of the nearest
// cache.
#include "kernel.h"

#define COUNT 400000
#define BUCKETS 262144
static uint32_t keys[BUCKETS], counts[BUCKETS];

static uint64_t kernel(void) {
  memset(keys, 0, sizeof keys);
  memset(counts, 0, sizeof counts);
  uint64_t sum = 0;
  uint32_t state = 777;
  for (int i = 0; i < 2 * COUNT; ++i) {
    uint32_t key = next_random(&state) % 150000 + 1;
    uint32_t slot = key * 2654435761u >> 14;
    while (keys[slot] != 0 && keys[slot] != key) slot = (slot + 1) & (BUCKETS - 1);
    keys[slot] = key;
    sum += ++counts[slot];
  }
  for (uint32_t key = 1; key < 300000; ++key) {
    uint32_t slot = key * 2654435761u >> 14;
    while (keys[slot] != 0 && keys[slot] != key) slot = (slot + 1) & (BUCKETS - 1);
    if (keys[slot] == key) sum = sum * 31 + counts[slot];
  }
  return sum;
}

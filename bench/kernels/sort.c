// Integers and branches: quicksort of pseudo-random numbers, then a hash table of them.
#include "kernel.h"

#define COUNT 200000
#define BUCKETS 262144
static uint32_t values[COUNT], keys[BUCKETS], counts[BUCKETS];

static void quicksort(uint32_t* v, int low, int high) {
  while (low < high) {
    uint32_t pivot = v[(low + high) >> 1];
    int i = low, j = high;
    while (i <= j) {
      while (v[i] < pivot) ++i;
      while (v[j] > pivot) --j;
      if (i <= j) {
        uint32_t t = v[i];
        v[i++] = v[j];
        v[j--] = t;
      }
    }
    if (j - low < high - i) {
      quicksort(v, low, j);
      low = i;
    } else {
      quicksort(v, i, high);
      high = j;
    }
  }
}

static uint64_t kernel(void) {
  uint64_t sum = 0;
  uint32_t state = 12345;
  for (int round = 0; round < 3; ++round) {
    for (int i = 0; i < COUNT; ++i) {
      state ^= state << 13;
      state ^= state >> 17;
      state ^= state << 5;
      values[i] = state % 100000 + 1;
    }
    for (int i = 0; i < COUNT; ++i) {
      uint32_t slot = values[i] * 2654435761u >> 14;
      while (keys[slot] != 0 && keys[slot] != values[i]) slot = (slot + 1) & (BUCKETS - 1);
      keys[slot] = values[i];
      sum += ++counts[slot];
    }
    quicksort(values, 0, COUNT - 1);
    for (int i = 0; i < COUNT; i += 97) sum = sum * 31 + values[i];
  }
  return sum;
}

// Class: application. Quicksort of pseudo-random numbers.
#include "kernel.h"

#define COUNT 200000
static uint32_t values[COUNT];

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
  for (int i = 0; i < COUNT; ++i) values[i] = next_random(&state) % 100000 + 1;
  quicksort(values, 0, COUNT - 1);
  for (int i = 0; i < COUNT; i += 97) sum = sum * 31 + values[i];
  return sum;
}

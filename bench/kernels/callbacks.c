// Class: indirect. Heap sort and a reduction by functions that are handed over, as the C library's qsort takes them.
#include "kernel.h"

typedef struct {
  uint32_t key, value;
} Item;
typedef int (*Compare)(const Item*, const Item*);
typedef uint64_t (*Combine)(uint64_t, const Item*);

static int by_key(const Item* a, const Item* b) { return a->key < b->key ? -1 : a->key > b->key; }
static int by_value(const Item* a, const Item* b) { return a->value < b->value ? -1 : a->value > b->value; }
static int by_both(const Item* a, const Item* b) {
  uint32_t x = a->key ^ b->value, y = b->key ^ a->value;
  return x == y ? by_key(a, b) : by_key(a, b) | (x < y);
}
static uint64_t mix(uint64_t sum, const Item* i) { return sum * 31 + i->key; }
static uint64_t fold(uint64_t sum, const Item* i) { return (sum ^ i->value) * 33; }
static Compare volatile compares[] = {by_key, by_value, by_both};
static Combine volatile combines[] = {mix, fold};

#define COUNT 20000
static Item items[COUNT];

static void sift(size_t at, size_t size, Compare less) {
  Item moving = items[at];
  for (size_t child; (child = 2 * at + 1) < size; at = child) {
    if (child + 1 < size && less(&items[child], &items[child + 1]) < 0) ++child;
    if (less(&moving, &items[child]) >= 0) break;
    items[at] = items[child];
  }
  items[at] = moving;
}

static uint64_t kernel(void) {
  uint64_t sum = 0;
  uint32_t state = 21;
  for (int round = 0; round < 6; ++round) {
    for (size_t i = 0; i < COUNT; ++i) items[i] = (Item){next_random(&state), next_random(&state)};
    Compare less = compares[round % 3];
    for (size_t i = COUNT / 2; i-- > 0;) sift(i, COUNT, less);
    for (size_t i = COUNT; i-- > 1;) {
      Item t = items[0];
      items[0] = items[i];
      items[i] = t;
      sift(0, i, less);
    }
    Combine combine = combines[round & 1];
    for (size_t i = 0; i < COUNT; ++i) sum = combine(sum, &items[i]);
  }
  return sum;
}

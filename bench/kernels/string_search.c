// Class: application. Words looked for in a text: Horspool's skips for long ones, a comparison at each place for short
// ones.
#include "kernel.h"

#define SIZE 400000
static char text[SIZE];

static uint32_t count_naive(const char* word, size_t size) {
  uint32_t found = 0;
  for (size_t at = 0; at + size <= SIZE; ++at) {
    size_t i = 0;
    while (i < size && text[at + i] == word[i]) ++i;
    found += i == size;
  }
  return found;
}

static uint32_t count_skipping(const char* word, size_t size) {
  size_t skip[256];
  for (int i = 0; i < 256; ++i) skip[i] = size;
  for (size_t i = 0; i + 1 < size; ++i) skip[(uint8_t)word[i]] = size - 1 - i;
  uint32_t found = 0;
  for (size_t at = 0; at + size <= SIZE; at += skip[(uint8_t)text[at + size - 1]]) {
    size_t i = size;
    while (i != 0 && text[at + i - 1] == word[i - 1]) --i;
    found += i == 0;
  }
  return found;
}

static uint64_t kernel(void) {
  static const char* const words[] = {"or",     "tin",     "sand",     "error",
                                      "memory", "sandbox", "terminal", "nondeterministic"};
  uint32_t state = 55;
  for (size_t i = 0; i < SIZE; ++i) text[i] = "etaoinsrhldcumfpgwyb"[next_random(&state) % 20];
  for (int i = 0; i < 4000; ++i) {
    const char* word = words[i & 7];
    memcpy(text + next_random(&state) % (SIZE - 20), word, strlen(word));
  }
  uint64_t sum = 0;
  for (int i = 0; i < 8; ++i) {
    size_t size = strlen(words[i]);
    for (int round = 0; round < 3; ++round) sum = sum * 31 + count_skipping(words[i], size);
    sum = sum * 31 + count_naive(words[i], size);
  }
  return sum;
}

// Class: wide. Hashing by folding 128-bit products of 64-bit words, and random numbers in a range by their upper half.
#include "kernel.h"

static uint64_t words[4096 + 8];

static uint64_t fold(uint64_t a, uint64_t b) {
  unsigned __int128 product = (unsigned __int128)a * b;
  return (uint64_t)product ^ (uint64_t)(product >> 64);
}
static uint64_t hash(const uint64_t* p, size_t count, uint64_t seed) {
  uint64_t other = seed ^ UINT64_C(0x9e3779b97f4a7c15);
  for (; count >= 4; count -= 4, p += 4) {
    seed = fold(p[0] ^ UINT64_C(0xa0761d6478bd642f), p[1] ^ seed);
    other = fold(p[2] ^ UINT64_C(0xe7037ed1a0b428db), p[3] ^ other);
  }
  for (; count != 0; --count) seed = fold(*p++ ^ UINT64_C(0x8ebc6af09c88c6e3), seed);
  return fold(seed ^ other, UINT64_C(0x589965cc75374cc3));
}

static uint64_t kernel(void) {
  uint32_t state = 66;
  for (size_t i = 0; i < sizeof words / sizeof words[0]; ++i)
    words[i] = (uint64_t)next_random(&state) << 32 | next_random(&state);
  uint64_t sum = 1;
  for (uint32_t i = 0; i < 5000; ++i) sum = hash(words + (i & 7), 4096, sum);
  for (uint32_t i = 0; i < 100000; ++i) {
    size_t at = (size_t)((unsigned __int128)sum * 4096 >> 64);  // evenly among 4,096
    sum = hash(words + at, i & 7, sum);
  }
  return sum;
}

// Class: memory. Decompression of byte-oriented LZ77: runs of literals, and copies from close behind.
#include "kernel.h"

#define SIZE (1 << 20)
static uint8_t plain[SIZE + 64], packed[2 * SIZE];

// A made-up stream: a byte of two lengths, literals, distance.
static size_t make(void) {
  uint32_t state = 11;
  size_t at = 0, length = 0;
  while (length < SIZE - 64) {
    uint32_t bits = next_random(&state);
    uint32_t literals = bits & 7, copied = 4 + (bits >> 3 & 15);
    packed[at++] = (uint8_t)(literals << 4 | (copied - 4));
    for (uint32_t i = 0; i < literals; ++i) packed[at++] = (uint8_t)(next_random(&state) & 63);
    length += literals;
    uint32_t distance = length == 0 ? 0 : 1 + next_random(&state) % (length > 4000 ? 4000 : (uint32_t)length);
    packed[at++] = (uint8_t)distance;
    packed[at++] = (uint8_t)(distance >> 8);
    length += distance == 0 ? 0 : copied;
  }
  return at;
}

static size_t unpack(size_t size) {
  const uint8_t *p = packed, *end = packed + size;
  uint8_t* out = plain;
  while (p < end) {
    uint32_t literals = *p >> 4, copied = 4 + (*p & 15);
    ++p;
    for (; literals != 0; --literals) *out++ = *p++;
    uint32_t distance = (uint32_t)p[0] | (uint32_t)p[1] << 8;
    p += 2;
    if (distance == 0) continue;
    const uint8_t* from = out - distance;
    for (; copied != 0; --copied) *out++ = *from++;
  }
  return (size_t)(out - plain);
}

static uint64_t kernel(void) {
  uint64_t sum = 0;
  size_t size = make();
  for (int round = 0; round < 8; ++round) {
    packed[1] = (uint8_t)round;
    sum = sum * 31 + unpack(size);
    for (size_t i = 0; i < SIZE; i += 997) sum = sum * 33 + plain[i];
  }
  return sum;
}

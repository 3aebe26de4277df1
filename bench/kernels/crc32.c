// Class: integer. CRC-32 by four tables, four bytes a step.
#include "kernel.h"

static uint32_t table[4][256];
static uint8_t data[1 << 20];

static uint32_t crc(const uint8_t* p, size_t size) {
  uint32_t value = ~0u;
  for (; size >= 4; size -= 4, p += 4) {
    value ^= (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
    value = table[3][value & 255] ^ table[2][value >> 8 & 255] ^ table[1][value >> 16 & 255] ^ table[0][value >> 24];
  }
  while (size-- != 0) value = value >> 8 ^ table[0][(value ^ *p++) & 255];
  return ~value;
}

static uint64_t kernel(void) {
  for (uint32_t i = 0; i < 256; ++i) {
    uint32_t value = i;
    for (int bit = 0; bit < 8; ++bit) value = value >> 1 ^ (value & 1 ? 0xedb88320u : 0);
    table[0][i] = value;
  }
  for (int t = 1; t < 4; ++t) {
    for (int i = 0; i < 256; ++i) table[t][i] = table[t - 1][i] >> 8 ^ table[0][table[t - 1][i] & 255];
  }
  uint32_t state = 5;
  for (size_t i = 0; i < sizeof data; ++i) data[i] = (uint8_t)next_random(&state);
  uint64_t sum = 0;
  for (size_t from = 0; from < 12; ++from) sum = sum * 31 + crc(data + from, sizeof data - from);
  return sum;
}

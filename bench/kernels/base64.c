// Class: integer. Base64, there and back.
#include "kernel.h"

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
#define SIZE 600000
static uint8_t plain[SIZE], again[SIZE], value_of[256];
static char text[SIZE / 3 * 4];

static size_t encode(const uint8_t* from, size_t size, char* to) {
  char* const begin = to;
  for (size_t i = 0; i + 2 < size; i += 3) {
    uint32_t bits = (uint32_t)from[i] << 16 | (uint32_t)from[i + 1] << 8 | from[i + 2];
    *to++ = alphabet[bits >> 18];
    *to++ = alphabet[bits >> 12 & 63];
    *to++ = alphabet[bits >> 6 & 63];
    *to++ = alphabet[bits & 63];
  }
  return (size_t)(to - begin);
}

static size_t decode(const char* from, size_t size, uint8_t* to) {
  uint8_t* const begin = to;
  for (size_t i = 0; i + 3 < size; i += 4) {
    uint32_t bits = 0;
    for (size_t j = 0; j < 4; ++j) {
      uint8_t value = value_of[(uint8_t)from[i + j]];
      if (value == 255) return 0;
      bits = bits << 6 | value;
    }
    *to++ = (uint8_t)(bits >> 16);
    *to++ = (uint8_t)(bits >> 8);
    *to++ = (uint8_t)bits;
  }
  return (size_t)(to - begin);
}

static uint64_t kernel(void) {
  memset(value_of, 255, sizeof value_of);
  for (int i = 0; i < 64; ++i) value_of[(uint8_t)alphabet[i]] = (uint8_t)i;
  uint32_t state = 99;
  for (size_t i = 0; i < SIZE; ++i) plain[i] = (uint8_t)next_random(&state);
  uint64_t sum = 0;
  for (int round = 0; round < 12; ++round) {
    size_t length = encode(plain, SIZE, text);
    sum = sum * 31 + decode(text, length, again);
    for (size_t i = 0; i < SIZE; i += 1001) sum = sum * 33 + (uint8_t)text[i] + again[i];
    plain[round] ^= again[SIZE - 1 - round];
  }
  return sum;
}

// Class: simd. One image over another by its opacity, sixteen bytes at a time: widening, products, narrowing.
#include "kernel.h"

typedef uint8_t Bytes __attribute__((vector_size(16)));
typedef uint8_t HalfBytes __attribute__((vector_size(8)));
typedef uint16_t Words __attribute__((vector_size(16)));

#define COUNT 16384
static Bytes front[COUNT], back[COUNT], opacity[COUNT];

static Words low(Bytes b) {
  return __builtin_convertvector(__builtin_shufflevector(b, b, 0, 1, 2, 3, 4, 5, 6, 7), Words);
}
static Words high(Bytes b) {
  return __builtin_convertvector(__builtin_shufflevector(b, b, 8, 9, 10, 11, 12, 13, 14, 15), Words);
}
static HalfBytes mix(Words f, Words b, Words o) {
  Words sum = f * o + b * (255 - o) + 128;
  return __builtin_convertvector((sum + (sum >> 8)) >> 8, HalfBytes);
}

static uint64_t kernel(void) {
  uint32_t state = 6;
  for (size_t i = 0; i < sizeof front; ++i) {
    uint32_t bits = next_random(&state);
    ((uint8_t*)front)[i] = (uint8_t)bits;
    ((uint8_t*)back)[i] = (uint8_t)(bits >> 8);
    ((uint8_t*)opacity)[i] = (uint8_t)(bits >> 16);
  }
  for (int round = 0; round < 200; ++round) {
    for (size_t i = 0; i < COUNT; ++i) {
      Bytes f = front[i] + (uint8_t)round, b = back[i], o = opacity[i];
      HalfBytes x = mix(low(f), low(b), low(o)), y = mix(high(f), high(b), high(o));
      back[i] = __builtin_shufflevector(x, y, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
    }
  }
  uint64_t sum = 0;
  for (size_t i = 0; i < sizeof back; i += 7) sum = sum * 31 + ((uint8_t*)back)[i];
  return sum;
}

// Class: wide. Powers modulo a number of 2,048 bits by Montgomery's multiplication, as RSA does, in limbs of 64 bits.
#include "kernel.h"

#define LIMBS 32
typedef unsigned __int128 Wide;
static uint64_t modulus[LIMBS], inverse;

static void multiply(const uint64_t* a, const uint64_t* b, uint64_t* out) {
  uint64_t t[LIMBS + 2] = {0};
  for (int i = 0; i < LIMBS; ++i) {
    uint64_t carry = 0;
    for (int j = 0; j < LIMBS; ++j) {
      Wide sum = (Wide)a[j] * b[i] + t[j] + carry;
      t[j] = (uint64_t)sum;
      carry = (uint64_t)(sum >> 64);
    }
    Wide top = (Wide)t[LIMBS] + carry;
    t[LIMBS] = (uint64_t)top;
    t[LIMBS + 1] = (uint64_t)(top >> 64);
    const uint64_t m = t[0] * inverse;
    carry = (uint64_t)(((Wide)m * modulus[0] + t[0]) >> 64);
    for (int j = 1; j < LIMBS; ++j) {
      Wide sum = (Wide)m * modulus[j] + t[j] + carry;
      t[j - 1] = (uint64_t)sum;
      carry = (uint64_t)(sum >> 64);
    }
    top = (Wide)t[LIMBS] + carry;
    t[LIMBS - 1] = (uint64_t)top;
    t[LIMBS] = t[LIMBS + 1] + (uint64_t)(top >> 64);
  }
  uint64_t borrow = 0, less[LIMBS];
  for (int j = 0; j < LIMBS; ++j) {
    Wide difference = (Wide)t[j] - modulus[j] - borrow;
    less[j] = (uint64_t)difference;
    borrow = (uint64_t)(difference >> 64) & 1;
  }
  const int subtract = t[LIMBS] != 0 || borrow == 0;
  for (int j = 0; j < LIMBS; ++j) out[j] = subtract ? less[j] : t[j];
}

static uint64_t kernel(void) {
  uint32_t state = 70;
  uint64_t base[LIMBS], power[LIMBS];
  for (int i = 0; i < LIMBS; ++i) {
    modulus[i] = (uint64_t)next_random(&state) << 32 | next_random(&state);
    base[i] = (uint64_t)next_random(&state) << 32 | next_random(&state);
    power[i] = base[i];
  }
  modulus[0] |= 1;
  modulus[LIMBS - 1] |= UINT64_C(1) << 63;
  base[LIMBS - 1] >>= 1;
  inverse = 1;
  for (int i = 0; i < 6; ++i) inverse *= 2 - modulus[0] * inverse;
  inverse = 0 - inverse;
  for (int i = 0; i < 4000; ++i) {
    multiply(power, power, power);
    if (i % 3 == 0) multiply(power, base, power);
  }
  uint64_t sum = 0;
  for (int i = 0; i < LIMBS; ++i) sum = sum * 31 + power[i];
  return sum;
}

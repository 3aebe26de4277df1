// Class: integer. Thousands of digits: factorials and powers, schoolbook on 32-bit limbs with 64-bit products, and
// their division to decimals.
#include "kernel.h"

#define LIMBS 2200
static uint32_t number[LIMBS], copy[LIMBS];
static size_t used;

static void multiply(uint32_t factor) {
  uint64_t carry = 0;
  for (size_t i = 0; i < used; ++i) {
    carry += (uint64_t)number[i] * factor;
    number[i] = (uint32_t)carry;
    carry >>= 32;
  }
  if (carry != 0 && used < LIMBS) number[used++] = (uint32_t)carry;
}

static uint32_t divide(uint32_t divisor) {
  uint64_t rest = 0;
  for (size_t i = used; i-- > 0;) {
    rest = rest << 32 | number[i];
    number[i] = (uint32_t)(rest / divisor);
    rest %= divisor;
  }
  while (used != 0 && number[used - 1] == 0) --used;
  return (uint32_t)rest;
}

static uint64_t kernel(void) {
  memset(number, 0, sizeof number);
  number[0] = 1;
  used = 1;
  for (uint32_t i = 2; i <= 6000; ++i) multiply(i);
  memcpy(copy, number, sizeof copy);
  uint64_t sum = used;
  for (int i = 0; i < 1000; ++i) sum = sum * 31 + divide(1000000000);
  for (size_t i = 0; i < LIMBS; ++i) sum = sum * 33 + (copy[i] ^ number[i]);
  return sum;
}

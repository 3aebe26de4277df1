// Class: indirect. A small stack machine whose instructions are functions.
#include "kernel.h"

static uint32_t stack[64];
static int top;
typedef void (*Operation)(uint32_t);

static void op_push(uint32_t v) { stack[top++ & 63] = v; }
static void op_add(uint32_t v) {
  (void)v;
  --top;
  stack[(top - 1) & 63] += stack[top & 63];
}
static void op_mul(uint32_t v) {
  (void)v;
  --top;
  stack[(top - 1) & 63] *= stack[top & 63] | 1;
}
static void op_xor(uint32_t v) { stack[(top - 1) & 63] ^= v; }
static void op_shift(uint32_t v) {
  stack[(top - 1) & 63] = stack[(top - 1) & 63] >> (v & 15) | stack[(top - 1) & 63] << 7;
}
static void op_dup(uint32_t v) {
  (void)v;
  stack[top & 63] = stack[(top - 1) & 63];
  ++top;
}

static Operation volatile operations[] = {op_push, op_dup, op_mul, op_xor, op_push, op_add, op_shift};

static uint64_t kernel(void) {
  uint64_t sum = 0;
  for (uint32_t round = 0; round < 1000000; ++round) {
    for (uint32_t i = 0; i < 7; ++i) operations[i](round + i);
    sum = sum * 3 + stack[(top - 1) & 63];
    top = 0;
  }
  return sum;
}

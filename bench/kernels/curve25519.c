// Class: wide. Arithmetic modulo 2^255 - 19 in five limbs of 51 bits, products of 64 by 64 bits: a Montgomery ladder
// (RFC 7748).
#include "kernel.h"

typedef unsigned __int128 Wide;
typedef struct {
  uint64_t v[5];
} Field;
#define MASK ((UINT64_C(1) << 51) - 1)

static Field add(Field a, Field b) {
  for (int i = 0; i < 5; ++i) a.v[i] += b.v[i];
  return a;
}
// a + 4p - b, so that nothing becomes negative.
static Field sub(Field a, Field b) {
  a.v[0] += 4 * (MASK - 18);
  for (int i = 1; i < 5; ++i) a.v[i] += 4 * MASK;
  for (int i = 0; i < 5; ++i) a.v[i] -= b.v[i];
  return a;
}
static Field carry(Wide t0, Wide t1, Wide t2, Wide t3, Wide t4) {
  Field r;
  t1 += (uint64_t)(t0 >> 51), r.v[0] = (uint64_t)t0 & MASK;
  t2 += (uint64_t)(t1 >> 51), r.v[1] = (uint64_t)t1 & MASK;
  t3 += (uint64_t)(t2 >> 51), r.v[2] = (uint64_t)t2 & MASK;
  t4 += (uint64_t)(t3 >> 51), r.v[3] = (uint64_t)t3 & MASK;
  r.v[4] = (uint64_t)t4 & MASK;
  r.v[0] += 19 * (uint64_t)(t4 >> 51);
  r.v[1] += r.v[0] >> 51, r.v[0] &= MASK;
  return r;
}
static Field mul(Field x, Field y) {
  const uint64_t *a = x.v, *b = y.v;
  uint64_t b1 = 19 * b[1], b2 = 19 * b[2], b3 = 19 * b[3], b4 = 19 * b[4];
  return carry((Wide)a[0] * b[0] + (Wide)a[1] * b4 + (Wide)a[2] * b3 + (Wide)a[3] * b2 + (Wide)a[4] * b1,
               (Wide)a[0] * b[1] + (Wide)a[1] * b[0] + (Wide)a[2] * b4 + (Wide)a[3] * b3 + (Wide)a[4] * b2,
               (Wide)a[0] * b[2] + (Wide)a[1] * b[1] + (Wide)a[2] * b[0] + (Wide)a[3] * b4 + (Wide)a[4] * b3,
               (Wide)a[0] * b[3] + (Wide)a[1] * b[2] + (Wide)a[2] * b[1] + (Wide)a[3] * b[0] + (Wide)a[4] * b4,
               (Wide)a[0] * b[4] + (Wide)a[1] * b[3] + (Wide)a[2] * b[2] + (Wide)a[3] * b[1] + (Wide)a[4] * b[0]);
}
static Field small(Field x, uint64_t k) {
  return carry((Wide)x.v[0] * k, (Wide)x.v[1] * k, (Wide)x.v[2] * k, (Wide)x.v[3] * k, (Wide)x.v[4] * k);
}
static void swap(uint64_t bit, Field* a, Field* b) {
  for (int i = 0; i < 5; ++i) {
    uint64_t t = (0 - bit) & (a->v[i] ^ b->v[i]);
    a->v[i] ^= t, b->v[i] ^= t;
  }
}

static uint64_t kernel(void) {
  uint64_t sum = 0;
  for (uint32_t round = 0; round < 250; ++round) {
    uint32_t state = 1000 + round;
    uint8_t scalar[32];
    for (int i = 0; i < 32; ++i) scalar[i] = (uint8_t)next_random(&state);
    const Field x1 = {{9 + round}};
    Field x2 = {{1}}, z2 = {{0}}, x3 = x1, z3 = {{1}};
    uint64_t swapped = 0;
    for (int t = 254; t >= 0; --t) {
      uint64_t bit = scalar[t >> 3] >> (t & 7) & 1;
      swap(swapped ^ bit, &x2, &x3);
      swap(swapped ^ bit, &z2, &z3);
      swapped = bit;
      Field a = add(x2, z2), b = sub(x2, z2), c = add(x3, z3), d = sub(x3, z3);
      Field aa = mul(a, a), bb = mul(b, b), e = sub(aa, bb);
      Field da = mul(d, a), cb = mul(c, b);
      x3 = add(da, cb), x3 = mul(x3, x3);
      z3 = sub(da, cb), z3 = mul(x1, mul(z3, z3));
      x2 = mul(aa, bb);
      z2 = mul(e, add(aa, small(e, 121665)));
    }
    swap(swapped, &x2, &x3);
    for (int i = 0; i < 5; ++i) sum = sum * 31 + small(x2, 1).v[i] + small(z2, 1).v[i];
  }
  return sum;
}

// Class: float. The fast Fourier transform, radix 2 in place, forth and back.
#include "kernel.h"

#include <math.h>

#define BITS 14
#define N (1 << BITS)
static double re[N], im[N], cosines[N / 2], sines[N / 2];

static void transform(int back) {
  for (uint32_t i = 0, j = 0; i < N; ++i) {
    if (i < j) {
      double t = re[i];
      re[i] = re[j], re[j] = t;
      t = im[i];
      im[i] = im[j], im[j] = t;
    }
    uint32_t bit = N >> 1;
    for (; j & bit; bit >>= 1) j ^= bit;
    j |= bit;
  }
  for (uint32_t half = 1; half < N; half <<= 1) {
    uint32_t step = N / 2 / half;
    for (uint32_t start = 0; start < N; start += 2 * half) {
      for (uint32_t k = 0; k < half; ++k) {
        double c = cosines[k * step], s = back ? sines[k * step] : -sines[k * step];
        uint32_t a = start + k, b = a + half;
        double x = re[b] * c - im[b] * s, y = re[b] * s + im[b] * c;
        re[b] = re[a] - x;
        im[b] = im[a] - y;
        re[a] += x;
        im[a] += y;
      }
    }
  }
}

static uint64_t kernel(void) {
  // By rotation, not by the library's sine, so that the last bit is the same everywhere.
  double c = 1, s = 0;
  const double dc = 0.99999992646573298, ds = 0.00038349518757139556;  // 2 pi / N
  for (int i = 0; i < N / 2; ++i) {
    cosines[i] = c;
    sines[i] = s;
    double next = c * dc - s * ds;
    s = c * ds + s * dc;
    c = next;
  }
  uint32_t state = 8;
  for (int i = 0; i < N; ++i) {
    re[i] = (double)(next_random(&state) % 1000);
    im[i] = 0;
  }
  uint64_t sum = 0;
  for (int round = 0; round < 20; ++round) {
    transform(round & 1);
    for (int i = 0; i < N; ++i) re[i] *= round & 1 ? 1.0 / N : 1.0;
    for (int i = 0; i < N; ++i) im[i] *= round & 1 ? 1.0 / N : 1.0;
    sum = sum * 31 + (uint64_t)(int64_t)(re[round] * 16.0);
  }
  return sum;
}

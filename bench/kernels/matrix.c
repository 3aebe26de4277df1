// Class: float. A dense matrix product in single precision.
#include "kernel.h"

#define N 160
static float a[N][N], b[N][N], c[N][N];

static uint64_t kernel(void) {
  for (int i = 0; i < N; ++i) {
    for (int j = 0; j < N; ++j) {
      a[i][j] = (float)((i * 7 + j * 3) % 11) - 5.0f;
      b[i][j] = (float)((i * 5 + j * 13) % 17) * 0.25f;
    }
  }
  for (int round = 0; round < 3; ++round) {
    for (int i = 0; i < N; ++i) {
      for (int j = 0; j < N; ++j) {
        float sum = 0;
        for (int k = 0; k < N; ++k) sum += a[i][k] * b[k][j];
        c[i][j] = sum;
      }
    }
    a[round][round] += 1.0f;
  }
  uint64_t sum = 0;
  for (int i = 0; i < N; ++i) {
    for (int j = 0; j < N; ++j) sum = sum * 33 + (uint64_t)(int64_t)(c[i][j] * 4.0f);
  }
  return sum;
}

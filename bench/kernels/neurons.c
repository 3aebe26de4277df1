// Class: simd. Layers of a neural network: products of matrices and vectors, four floats at a time, and max(0, x).
#include "kernel.h"

typedef float Four __attribute__((vector_size(16)));

#define N 256
static Four weights[N][N / 4], values[N / 4], next[N / 4];

static uint64_t kernel(void) {
  uint32_t state = 17;
  for (int i = 0; i < N; ++i) {
    for (int j = 0; j < N; ++j) weights[i][j / 4][j % 4] = (float)(int)(next_random(&state) % 200 - 100) / 1024.0f;
    values[i / 4][i % 4] = (float)(i % 10);
  }
  for (int layer = 0; layer < 1500; ++layer) {
    for (int i = 0; i < N; ++i) {
      Four a = {0}, b = {0}, c = {0}, d = {0};
      for (int j = 0; j < N / 4; j += 4) {
        a += weights[i][j] * values[j];
        b += weights[i][j + 1] * values[j + 1];
        c += weights[i][j + 2] * values[j + 2];
        d += weights[i][j + 3] * values[j + 3];
      }
      Four sum = (a + b) + (c + d);
      float total = (sum[0] + sum[1]) + (sum[2] + sum[3]);
      next[i / 4][i % 4] = (total > 0 ? total : 0) + (float)((i + layer) % 7) / 8.0f;
    }
    for (int i = 0; i < N / 4; ++i) values[i] = next[i];
  }
  uint64_t sum = 0;
  for (int i = 0; i < N; ++i) sum = sum * 31 + (uint64_t)(int64_t)(values[i / 4][i % 4] * 1000.0f);
  return sum;
}

// Class: memory. The game of life on a torus, a byte a cell.
#include "kernel.h"

#define N 256
static uint8_t cells[2][N][N];

static uint64_t kernel(void) {
  uint32_t state = 2;
  for (int y = 0; y < N; ++y) {
    for (int x = 0; x < N; ++x) cells[0][y][x] = next_random(&state) % 3 == 0;
  }
  for (int turn = 0; turn < 60; ++turn) {
    uint8_t(*from)[N] = cells[turn & 1];
    uint8_t(*to)[N] = cells[~turn & 1];
    for (int y = 0; y < N; ++y) {
      const uint8_t *above = from[(y + N - 1) % N], *row = from[y], *below = from[(y + 1) % N];
      for (int x = 0; x < N; ++x) {
        int l = (x + N - 1) % N, r = (x + 1) % N;
        int near = above[l] + above[x] + above[r] + row[l] + row[r] + below[l] + below[x] + below[r];
        if (near == 3) {
          to[y][x] = 1;
        } else if (near != 2) {
          to[y][x] = 0;
        } else {
          to[y][x] = row[x];
        }
      }
    }
  }
  uint64_t sum = 0;
  for (int y = 0; y < N; ++y) {
    for (int x = 0; x < N; ++x) sum = sum * 3 + cells[0][y][x];
  }
  return sum;
}

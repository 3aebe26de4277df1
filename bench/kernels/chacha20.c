// Class: simd. ChaCha20 (RFC 8439), a row of its state in a vector of four words.
#include "kernel.h"

typedef uint32_t Row __attribute__((vector_size(16)));

static Row rotate(Row r, int by) { return r << by | r >> (32 - by); }

static void block(const Row* key, uint32_t counter, Row* out) {
  Row a = key[0], b = key[1], c = key[2], d = key[3];
  d[0] += counter;
  const Row last = d;
  for (int round = 0; round < 10; ++round) {
    for (int half = 0; half < 2; ++half) {
      a += b, d = rotate(d ^ a, 16);
      c += d, b = rotate(b ^ c, 12);
      a += b, d = rotate(d ^ a, 8);
      c += d, b = rotate(b ^ c, 7);
      if (half == 0) {
        b = __builtin_shufflevector(b, b, 1, 2, 3, 0);
        c = __builtin_shufflevector(c, c, 2, 3, 0, 1);
        d = __builtin_shufflevector(d, d, 3, 0, 1, 2);
      } else {
        b = __builtin_shufflevector(b, b, 3, 0, 1, 2);
        c = __builtin_shufflevector(c, c, 2, 3, 0, 1);
        d = __builtin_shufflevector(d, d, 1, 2, 3, 0);
      }
    }
  }
  out[0] = a + key[0], out[1] = b + key[1], out[2] = c + key[2], out[3] = d + last;
}

static Row data[1 << 14];

static uint64_t kernel(void) {
  Row key[4] = {{0x61707865, 0x3320646e, 0x79622d32, 0x6b206574}, {1, 2, 3, 4}, {5, 6, 7, 8}, {0, 9, 10, 11}};
  const size_t count = sizeof data / sizeof data[0];
  memset(data, 0, sizeof data);
  for (uint32_t round = 0; round < 20; ++round) {
    for (size_t i = 0; i < count; i += 4) {
      Row stream[4];
      block(key, round * 4096 + (uint32_t)i / 4, stream);
      for (size_t j = 0; j < 4; ++j) data[i + j] ^= stream[j];
    }
  }
  uint64_t sum = 0;
  for (size_t i = 0; i < count; ++i) sum = sum * 31 + data[i][i & 3];
  return sum;
}

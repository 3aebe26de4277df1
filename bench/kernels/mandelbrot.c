// Class: float. Escape times of the Mandelbrot set in double precision.
#include "kernel.h"

static uint64_t kernel(void) {
  uint64_t sum = 0;
  for (int y = 0; y < 300; ++y) {
    for (int x = 0; x < 300; ++x) {
      double cr = -2.0 + 3.0 * x / 300.0, ci = -1.5 + 3.0 * y / 300.0, zr = 0, zi = 0;
      int n = 0;
      while (n < 200 && zr * zr + zi * zi < 4.0) {
        double next = zr * zr - zi * zi + cr;
        zi = 2.0 * zr * zi + ci;
        zr = next;
        ++n;
      }
      sum = sum * 31 + (uint64_t)n;
    }
  }
  return sum;
}

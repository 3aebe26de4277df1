// Class: float. Five bodies and their gravity, in double precision: divisions and square roots.
#include "kernel.h"

#include <math.h>

#define BODIES 5
typedef struct {
  double x[3], v[3], mass;
} Body;

static uint64_t kernel(void) {
  Body bodies[BODIES];
  uint32_t state = 31;
  for (int i = 0; i < BODIES; ++i) {
    for (int d = 0; d < 3; ++d) {
      bodies[i].x[d] = (double)(next_random(&state) % 2000) / 100.0 - 10.0;
      bodies[i].v[d] = (double)(next_random(&state) % 2000) / 10000.0 - 0.1;
    }
    bodies[i].mass = 1.0 + (double)(next_random(&state) % 100) / 50.0;
  }
  const double dt = 0.001;
  for (int step = 0; step < 150000; ++step) {
    for (int i = 0; i < BODIES; ++i) {
      for (int j = i + 1; j < BODIES; ++j) {
        double dx = bodies[i].x[0] - bodies[j].x[0];
        double dy = bodies[i].x[1] - bodies[j].x[1];
        double dz = bodies[i].x[2] - bodies[j].x[2];
        double square = dx * dx + dy * dy + dz * dz + 0.01;
        double force = dt / (square * sqrt(square));
        double a = bodies[j].mass * force, b = bodies[i].mass * force;
        bodies[i].v[0] -= dx * a;
        bodies[i].v[1] -= dy * a;
        bodies[i].v[2] -= dz * a;
        bodies[j].v[0] += dx * b;
        bodies[j].v[1] += dy * b;
        bodies[j].v[2] += dz * b;
      }
    }
    for (int i = 0; i < BODIES; ++i) {
      for (int d = 0; d < 3; ++d) bodies[i].x[d] += dt * bodies[i].v[d];
    }
  }
  uint64_t sum = 0, bits;
  for (int i = 0; i < BODIES; ++i) {
    memcpy(&bits, &bodies[i].x[i % 3], sizeof bits);
    sum = sum * 31 + bits;
  }
  return sum;
}

// Class: float. Rays against spheres, with shadows and mirrors: branches between floating-point operations, and
// structures by value.
#include "kernel.h"

#include <math.h>

typedef struct {
  double x, y, z;
} Vector;
static Vector add(Vector a, Vector b) { return (Vector){a.x + b.x, a.y + b.y, a.z + b.z}; }
static Vector scale(Vector a, double f) { return (Vector){a.x * f, a.y * f, a.z * f}; }
static Vector minus(Vector a, Vector b) { return add(a, scale(b, -1)); }
static double dot(Vector a, Vector b) { return a.x * b.x + a.y * b.y + a.z * b.z; }
static Vector unit(Vector a) { return scale(a, 1 / sqrt(dot(a, a))); }

typedef struct {
  Vector center;
  double radius, color, mirror;
} Sphere;
#define SPHERES 12
static Sphere spheres[SPHERES];

static int nearest(Vector from, Vector direction, double* distance) {
  int found = -1;
  *distance = 1e30;
  for (int i = 0; i < SPHERES; ++i) {
    Vector to = minus(spheres[i].center, from);
    double along = dot(to, direction);
    double square = spheres[i].radius * spheres[i].radius - (dot(to, to) - along * along);
    if (square < 0) continue;
    double at = along - sqrt(square);
    if (at > 1e-6 && at < *distance) {
      *distance = at;
      found = i;
    }
  }
  return found;
}

static double trace(Vector from, Vector direction, int depth) {
  double distance;
  int hit = nearest(from, direction, &distance);
  if (hit < 0) return 0.2 + 0.2 * direction.y;
  Vector at = add(from, scale(direction, distance));
  Vector normal = unit(minus(at, spheres[hit].center));
  Vector light = unit((Vector){3, 8, -5});
  double shade = dot(normal, light);
  if (shade < 0 || nearest(at, light, &distance) >= 0) shade = 0;
  double color = spheres[hit].color * (0.1 + 0.9 * shade);
  if (depth == 0 || spheres[hit].mirror == 0) return color;
  Vector out = minus(direction, scale(normal, 2 * dot(direction, normal)));
  return color + spheres[hit].mirror * trace(at, out, depth - 1);
}

static uint64_t kernel(void) {
  uint32_t state = 4;
  for (int i = 0; i < SPHERES; ++i) {
    spheres[i].center.x = (double)(next_random(&state) % 800) / 100 - 4;
    spheres[i].center.y = (double)(next_random(&state) % 600) / 100 - 3;
    spheres[i].center.z = (double)(next_random(&state) % 600) / 100 + 4;
    spheres[i].radius = 0.5 + (double)(next_random(&state) % 100) / 100;
    spheres[i].color = 0.3 + (double)(next_random(&state) % 60) / 100;
    spheres[i].mirror = (double)(next_random(&state) % 2) * 0.5;
  }
  uint64_t sum = 0;
  for (int y = 0; y < 400; ++y) {
    for (int x = 0; x < 500; ++x) {
      Vector direction = unit((Vector){(x - 250) / 250.0, (200 - y) / 250.0, 1});
      sum = sum * 31 + (uint64_t)(trace((Vector){0, 0, -3}, direction, 4) * 255);
    }
  }
  return sum;
}

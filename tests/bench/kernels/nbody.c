// Five bodies that attract each other.
#include "kernel.h"

enum { kBodies = 5 };
typedef struct {
  double x, y, z, vx, vy, vz, mass;
} Body;
static Body bodies[kBodies];

static void advance(double step) {
  for (int i = 0; i < kBodies; ++i) {
    Body* one = &bodies[i];
    for (int j = i + 1; j < kBodies; ++j) {
      Body* other = &bodies[j];
      const double dx = one->x - other->x;
      const double dy = one->y - other->y;
      const double dz = one->z - other->z;
      const double square = dx * dx + dy * dy + dz * dz + 0.01;
      const double pull = step / (square * __builtin_sqrt(square));
      one->vx -= dx * other->mass * pull;
      one->vy -= dy * other->mass * pull;
      one->vz -= dz * other->mass * pull;
      other->vx += dx * one->mass * pull;
      other->vy += dy * one->mass * pull;
      other->vz += dz * one->mass * pull;
    }
  }
  for (int i = 0; i < kBodies; ++i) {
    bodies[i].x += step * bodies[i].vx;
    bodies[i].y += step * bodies[i].vy;
    bodies[i].z += step * bodies[i].vz;
  }
}

EXPORT_RUN int32_t run(int32_t n) {
  for (int i = 0; i < kBodies; ++i) {
    const double place = i + 1;
    bodies[i] = (Body){place, place * 0.5 - 1, 1 - place * 0.25, 0.1 * place,
                       0.3,   -0.05 * place,   1 / place};
  }
  for (int32_t step = 0; step < n * 1000; ++step)
    advance(0.001);
  double sum = 0;
  for (int i = 0; i < kBodies; ++i)
    sum += bodies[i].x + bodies[i].vy;
  return (int32_t)(int64_t)(sum * 1e3);
}

// How many points of a grid stay bounded.
#include "kernel.h"

enum { kSide = 200, kTurnsMax = 200 };

EXPORT_RUN int32_t run(int32_t n) {
  int32_t total = 0;
  for (int32_t round = 0; round < n; ++round) {
    for (int row = 0; row < kSide; ++row) {
      for (int column = 0; column < kSide; ++column) {
        const double cx = -2.0 + 3.0 * column / kSide + round * 1e-6;
        const double cy = -1.5 + 3.0 * row / kSide;
        double x = 0;
        double y = 0;
        int turns = 0;
        while (turns < kTurnsMax && x * x + y * y < 4.0) {
          const double moved = x * x - y * y + cx;
          y = 2 * x * y + cy;
          x = moved;
          ++turns;
        }
        total += turns;
      }
    }
  }
  return total;
}

// Product of two matrices of doubles.
#include "kernel.h"

enum { kSize = 160 };
static double a[kSize][kSize];
static double b[kSize][kSize];
static double c[kSize][kSize];

EXPORT_RUN int32_t run(int32_t n) {
  for (int i = 0; i < kSize; ++i) {
    for (int j = 0; j < kSize; ++j) {
      a[i][j] = i - j;
      b[i][j] = i + j;
      c[i][j] = 0;
    }
  }
  for (int32_t round = 0; round < n; ++round) {
    for (int i = 0; i < kSize; ++i) {
      for (int k = 0; k < kSize; ++k) {
        const double factor = a[i][k];
        for (int j = 0; j < kSize; ++j)
          c[i][j] += factor * b[k][j];
      }
    }
  }
  double sum = 0;
  for (int i = 0; i < kSize; ++i)
    sum += c[i][(i * 7) % kSize];
  return (int32_t)(int64_t)sum;
}

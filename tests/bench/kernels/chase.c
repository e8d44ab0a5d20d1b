// Follows a random cycle through 1 MB of indices: each load waits for the one before it.
#include "kernel.h"

enum { kCells = 1 << 18 };
static uint32_t next[kCells];

EXPORT_RUN int32_t run(int32_t n) {
  uint64_t random = 1;
  for (uint32_t i = 0; i < kCells; ++i)
    next[i] = i;
  // Sattolo's shuffle makes one cycle of all cells.
  for (uint32_t i = kCells - 1; i > 0; --i) {
    const uint32_t j = next_random(&random) % i;
    const uint32_t swapped = next[i];
    next[i] = next[j];
    next[j] = swapped;
  }
  uint32_t at = 0;
  uint32_t sum = 0;
  for (int64_t step = 0; step < (int64_t)n * 100000; ++step) {
    at = next[at];
    sum += at;
  }
  return (int32_t)sum;
}

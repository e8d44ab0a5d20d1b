// A chain of 64-bit multiplications.
#include "kernel.h"

EXPORT_RUN int32_t run(int32_t n) {
  uint64_t state = 1;
  uint32_t sum = 0;
  for (int64_t step = 0; step < (int64_t)n * 1000000; ++step)
    sum ^= next_random(&state);
  return (int32_t)sum;
}

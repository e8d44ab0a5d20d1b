// Bulk copies and fills of many sizes.
#include "kernel.h"

enum { kBytes = 1 << 20 };
static uint8_t from[kBytes];
static uint8_t to[kBytes];

EXPORT_RUN int32_t run(int32_t n) {
  uint64_t random = 1;
  uint32_t sum = 0;
  for (int32_t round = 0; round < n * 100; ++round) {
    const size_t size = (size_t)1 << (next_random(&random) % 18);
    const size_t place = next_random(&random) % (kBytes - size);
    __builtin_memset(from + place, round & 0xff, size);
    __builtin_memcpy(to + (kBytes - size - place), from + place, size);
    sum = sum * 31 + to[next_random(&random) % kBytes];
  }
  return (int32_t)sum;
}

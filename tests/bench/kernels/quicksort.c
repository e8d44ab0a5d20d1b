// Sorts random numbers by recursion.
#include "kernel.h"

enum { kItems = 100000 };
static int32_t items[kItems];

static void sort(int32_t low, int32_t high) {
  while (low < high) {
    const int32_t pivot = items[low + (high - low) / 2];
    int32_t i = low;
    int32_t j = high;
    while (i <= j) {
      while (items[i] < pivot)
        ++i;
      while (items[j] > pivot)
        --j;
      if (i <= j) {
        const int32_t swapped = items[i];
        items[i++] = items[j];
        items[j--] = swapped;
      }
    }
    if (j - low < high - i) {
      sort(low, j);
      low = i;
    } else {
      sort(i, high);
      high = j;
    }
  }
}

EXPORT_RUN int32_t run(int32_t n) {
  uint64_t random = 1;
  uint32_t sum = 0;
  for (int32_t round = 0; round < n; ++round) {
    for (int i = 0; i < kItems; ++i)
      items[i] = (int32_t)next_random(&random);
    sort(0, kItems - 1);
    for (int i = 0; i < kItems; i += 97)
      sum = sum * 31 + (uint32_t)items[i];
  }
  return (int32_t)sum;
}

// Sieve of Eratosthenes: how many primes are below a million.
#include "kernel.h"

enum { kEnd = 1000000 };
static uint8_t composite[kEnd];

EXPORT_RUN int32_t run(int32_t n) {
  int32_t total = 0;
  for (int32_t round = 0; round < n; ++round) {
    for (int i = 0; i < kEnd; ++i)
      composite[i] = 0;
    for (int i = 2; i * i < kEnd; ++i) {
      if (composite[i]) continue;
      for (int j = i * i; j < kEnd; j += i)
        composite[j] = 1;
    }
    for (int i = 2; i < kEnd; ++i)
      total += composite[i] == 0;
  }
  return total;
}

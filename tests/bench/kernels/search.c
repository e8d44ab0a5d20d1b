// Looks for words in a text, byte by byte.
#include "kernel.h"

enum { kText = 1 << 16, kWord = 7 };
static char text[kText];

static int32_t count(const char* word, int32_t length) {
  int32_t found = 0;
  for (int32_t i = 0; i + length <= kText; ++i) {
    int32_t same = 0;
    while (same < length && text[i + same] == word[same])
      ++same;
    found += same == length;
  }
  return found;
}

EXPORT_RUN int32_t run(int32_t n) {
  uint64_t random = 1;
  for (int i = 0; i < kText; ++i)
    text[i] = (char)('a' + next_random(&random) % 3);
  int32_t total = 0;
  char word[kWord];
  for (int32_t round = 0; round < n; ++round) {
    for (int i = 0; i < kWord; ++i)
      word[i] = (char)('a' + next_random(&random) % 3);
    total += count(word, kWord);
  }
  return total;
}

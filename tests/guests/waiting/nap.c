// Sleeps for as many milliseconds as standard input says, by the clock that it has.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static int64_t now_ns(void) {
  struct timespec now;
  if (clock_gettime(CLOCK_MONOTONIC, &now) != 0) abort();
  return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

int main(void) {
  int milliseconds = 0;
  if (scanf("%d", &milliseconds) != 1) return 2;
  const int64_t begin = now_ns();
  const struct timespec nap = {.tv_sec = milliseconds / 1000, .tv_nsec = milliseconds % 1000 * 1000000L};
  if (nanosleep(&nap, NULL) != 0) return 3;
  if (now_ns() - begin < milliseconds * INT64_C(1000000)) return 4;
  printf("slept for at least %d ms\n", milliseconds);
  return 0;
}

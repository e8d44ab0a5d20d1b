// Nanoseconds of system calls, as a guest sees them: `calls write16 N`, `calls clock N`, `calls
// read64k N FILE`. Prints one number on standard error. Compiles for WASI and natively.
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static double now_ns(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

static int write16(long count) {
  for (long i = 0; i < count; ++i)
    if (write(1, "0123456789abcde\n", 16) != 16) return 1;
  return 0;
}

static int read_clock(long count) {
  struct timespec time;
  for (long i = 0; i < count; ++i)
    if (clock_gettime(CLOCK_MONOTONIC, &time) != 0) return 1;
  return 0;
}

static int read64k(long count, const char* path) {
  static char bytes[65536];
  const int file = open(path, O_RDONLY);
  if (file < 0) return 1;
  for (long i = 0; i < count; ++i) {
    const ssize_t size = read(file, bytes, sizeof bytes);
    if (size < 0) return 1;
    if (size < (ssize_t)sizeof bytes) lseek(file, 0, SEEK_SET);
  }
  return close(file);
}

int main(int argc, char** argv) {
  if (argc < 3) return 2;
  const long count = atol(argv[2]);
  const double begin = now_ns();
  int failed = 2;
  if (strcmp(argv[1], "write16") == 0) failed = write16(count);
  if (strcmp(argv[1], "clock") == 0) failed = read_clock(count);
  if (strcmp(argv[1], "read64k") == 0 && argc == 4) failed = read64k(count, argv[3]);
  fprintf(stderr, "%.1f\n", (now_ns() - begin) / (double)count);
  return failed;
}

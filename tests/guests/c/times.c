// Times of files, exact to the nanosecond, and the clocks.
#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "check.h"

static long long ns(const struct timespec* time) {
  return time->tv_sec * 1000000000LL + time->tv_nsec;
}

int main(void) {
  const int file = open("file", O_WRONLY | O_CREAT, 0644);
  CHECK(file >= 0);
  const struct timespec wanted[2] = {{1000000001, 123456789}, {999999999, 987654321}};
  CHECK(futimens(file, wanted) == 0);
  struct stat status;
  CHECK(fstat(file, &status) == 0);
  CHECK(ns(&status.st_atim) == ns(&wanted[0]));
  CHECK(ns(&status.st_mtim) == ns(&wanted[1]));
  const struct timespec omitted[2] = {{0, UTIME_OMIT}, {5, 7}};
  CHECK(utimensat(AT_FDCWD, "file", omitted, 0) == 0);
  CHECK(stat("file", &status) == 0);
  CHECK(ns(&status.st_atim) == ns(&wanted[0]));
  CHECK(ns(&status.st_mtim) == 5000000007LL);

  struct timespec real;
  CHECK(clock_gettime(CLOCK_REALTIME, &real) == 0);
  CHECK(write(file, "a", 1) == 1);
  CHECK(fstat(file, &status) == 0);
  // The kernel stamps files with its last tick.
  CHECK(ns(&status.st_mtim) > ns(&real) - 1000000000LL);
  CHECK(ns(&status.st_ctim) == ns(&status.st_mtim));

  struct timespec before;
  struct timespec after;
  CHECK(clock_gettime(CLOCK_MONOTONIC, &before) == 0);
  const struct timespec nap = {0, 20000000};
  CHECK(nanosleep(&nap, NULL) == 0);
  CHECK(clock_gettime(CLOCK_MONOTONIC, &after) == 0);
  CHECK(ns(&after) - ns(&before) >= 20000000);
  CHECK(clock_getres(CLOCK_MONOTONIC, &before) == 0);
  CHECK(ns(&before) > 0);
  puts("ok");
  return 0;
}

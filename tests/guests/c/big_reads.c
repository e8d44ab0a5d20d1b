// Large transfers, and a file that is mostly a hole.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check.h"

enum { kSize = 8 * 1024 * 1024 };

int main(void) {
  unsigned char* const bytes = malloc(kSize);
  CHECK(bytes != NULL);
  for (int i = 0; i < kSize; ++i)
    bytes[i] = (unsigned char)(i * 31 + (i >> 8));
  const int file = open("big", O_RDWR | O_CREAT | O_TRUNC, 0644);
  CHECK(file >= 0);
  for (int done = 0; done < kSize;) {
    const ssize_t size = write(file, bytes + done, (size_t)(kSize - done));
    CHECK(size > 0);
    done += (int)size;
  }
  CHECK(lseek(file, 0, SEEK_SET) == 0);
  unsigned char* const copy = calloc(1, kSize);
  CHECK(copy != NULL);
  int done = 0;
  for (ssize_t size; (size = read(file, copy + done, 65536)) > 0;)
    done += (int)size;
  CHECK(done == kSize);
  CHECK(memcmp(bytes, copy, kSize) == 0);

  // Far beyond what 32 bits count.
  const off_t far = 5LL * 1024 * 1024 * 1024;
  CHECK(pwrite(file, "end", 3, far) == 3);
  struct stat status;
  CHECK(fstat(file, &status) == 0);
  CHECK(status.st_size == far + 3);
  char end[8];
  CHECK(pread(file, end, sizeof end, far) == 3);
  CHECK(lseek(file, 0, SEEK_END) == far + 3);
  CHECK(pread(file, end, sizeof end, far + 3) == 0);
  CHECK(pread(file, end, sizeof end, kSize + 4096) == (ssize_t)sizeof end);
  for (size_t i = 0; i < sizeof end; ++i)
    CHECK(end[i] == 0);
  CHECK(close(file) == 0);
  CHECK(unlink("big") == 0);
  puts("ok");
  return 0;
}

// Files: written, read, positioned, cut, appended to, and read at offsets.
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "check.h"

static void positions(void) {
  const int file = open("positions", O_RDWR | O_CREAT | O_EXCL, 0644);
  CHECK(file >= 3);
  CHECK(write(file, "0123456789", 10) == 10);
  CHECK(lseek(file, -4, SEEK_END) == 6);
  char bytes[16] = {0};
  CHECK(read(file, bytes, sizeof bytes) == 4);
  CHECK(memcmp(bytes, "6789", 4) == 0);
  CHECK(read(file, bytes, sizeof bytes) == 0);
  CHECK(lseek(file, 20, SEEK_SET) == 20);
  CHECK(write(file, "x", 1) == 1);
  struct stat status;
  CHECK(fstat(file, &status) == 0);
  CHECK(status.st_size == 21);
  CHECK(S_ISREG(status.st_mode));
  CHECK(pread(file, bytes, 11, 10) == 11);
  for (int i = 0; i < 10; ++i)
    CHECK(bytes[i] == 0);
  CHECK(lseek(file, 0, SEEK_CUR) == 21);
  CHECK_FAILS(lseek(file, -1, SEEK_SET), EINVAL);
  CHECK(ftruncate(file, 3) == 0);
  CHECK(pread(file, bytes, sizeof bytes, 0) == 3);
  CHECK(pwrite(file, "ab", 2, 1) == 2);
  CHECK(pread(file, bytes, sizeof bytes, 0) == 3);
  CHECK(memcmp(bytes, "0ab", 3) == 0);
  CHECK(close(file) == 0);
  CHECK_FAILS(close(file), EBADF);
  CHECK_FAILS(read(file, bytes, 1), EBADF);
}

static void vectors(void) {
  const int file = open("vectors", O_RDWR | O_CREAT | O_TRUNC, 0644);
  CHECK(file >= 0);
  struct iovec out[3] = {{"one", 3}, {"", 0}, {"two", 3}};
  CHECK(writev(file, out, 3) == 6);
  CHECK(lseek(file, 0, SEEK_SET) == 0);
  char first[4];
  char second[4];
  struct iovec in[2] = {{first, 4}, {second, 4}};
  CHECK(readv(file, in, 2) == 6);
  CHECK(memcmp(first, "onet", 4) == 0);
  CHECK(memcmp(second, "wo", 2) == 0);
  CHECK(close(file) == 0);
}

static void appending(void) {
  const int file = open("appending", O_RDWR | O_CREAT | O_APPEND, 0644);
  CHECK(file >= 0);
  CHECK(write(file, "a", 1) == 1);
  CHECK(lseek(file, 0, SEEK_SET) == 0);
  CHECK(write(file, "b", 1) == 1);
  char bytes[4];
  CHECK(pread(file, bytes, 4, 0) == 2);
  CHECK(memcmp(bytes, "ab", 2) == 0);
  CHECK(close(file) == 0);
}

static void opening(void) {
  CHECK_FAILS(open("nowhere", O_RDONLY), ENOENT);
  CHECK_FAILS(open("positions", O_RDWR | O_CREAT | O_EXCL, 0644), EEXIST);
  CHECK_FAILS(open("positions", O_RDONLY | O_DIRECTORY), ENOTDIR);
  CHECK_FAILS(open("positions/", O_RDONLY), ENOTDIR);
  CHECK_FAILS(open("positions/more", O_RDONLY), ENOTDIR);
  CHECK_FAILS(open(".", O_WRONLY), EISDIR);
  const int reading = open("positions", O_RDONLY);
  CHECK(reading >= 0);
  CHECK_FAILS(write(reading, "a", 1), EBADF);
  CHECK(close(reading) == 0);
  const int writing = open("positions", O_WRONLY | O_TRUNC);
  CHECK(writing >= 0);
  char byte;
  CHECK_FAILS(read(writing, &byte, 1), EBADF);
  struct stat status;
  CHECK(fstat(writing, &status) == 0);
  CHECK(status.st_size == 0);
  CHECK(close(writing) == 0);
}

int main(void) {
  positions();
  vectors();
  appending();
  opening();
  puts("ok");
  return 0;
}

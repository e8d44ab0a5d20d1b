// What the C library for WASI declares and does not have.
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

FILE* tmpfile(void) {
  errno = ENOTSUP;
  return NULL;
}

char* tmpnam(char* buffer) {
  (void)buffer;
  errno = ENOTSUP;
  return NULL;
}

int system(const char* command) {
  errno = ENOTSUP;
  return command == NULL ? 0 : -1;
}

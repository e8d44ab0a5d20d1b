// Arguments, environment and the standard streams; the exit code is 3.
#include <poll.h>
#include <unistd.h>

#include "check.h"

int main(int argc, char** argv) {
  CHECK(argc == 3);
  CHECK(strcmp(argv[1], "one") == 0);
  CHECK(strcmp(argv[2], "") == 0);
  CHECK(strcmp(getenv("NAME"), "a=b c") == 0);
  CHECK(getenv("HOME") == NULL);
  CHECK(isatty(0) == 0);
  struct pollfd input = {.fd = 0, .events = POLLIN};
  CHECK(poll(&input, 1, -1) == 1);
  CHECK(input.revents == POLLIN);
  struct pollfd output = {.fd = 1, .events = POLLOUT};
  CHECK(poll(&output, 1, 0) == 1);
  char line[64];
  while (fgets(line, sizeof line, stdin) != NULL) {
    printf("<%s>", line);
    fflush(stdout);
  }
  CHECK(feof(stdin));
  fputs("done\n", stderr);
  return 3;
}

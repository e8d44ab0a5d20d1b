// A server on the socket of `weft run --listen`, whose descriptor is its argument. It accepts
// without looking at the socket's flags, so accepting waits, and doubles what two clients send;
// then it polls for a third one, who says nothing.
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "check.h"

// Everything until the client says no more; returned twice.
static void serve(int connection) {
  static char bytes[1 << 20];
  size_t size = 0;
  for (;;) {
    const ssize_t got = recv(connection, bytes + size, sizeof bytes - size, 0);
    CHECK(got >= 0);
    if (got == 0) break;
    size += (size_t)got;
  }
  for (int i = 0; i < 2; ++i) {
    for (size_t sent = 0; sent < size;) {
      const ssize_t count = send(connection, bytes + sent, size - sent, 0);
      CHECK(count > 0);
      sent += (size_t)count;
    }
  }
  CHECK(shutdown(connection, SHUT_WR) == 0);
  CHECK(close(connection) == 0);
}

int main(int argc, char** argv) {
  CHECK(argc == 2);
  const int listener = atoi(argv[1]);
  for (int i = 0; i < 2; ++i) {
    const int connection = accept(listener, NULL, NULL);
    CHECK(connection >= 0);
    serve(connection);
  }

  struct pollfd waiting = {.fd = listener, .events = POLLIN};
  CHECK(poll(&waiting, 1, -1) == 1);
  CHECK((waiting.revents & POLLIN) != 0);
  const int connection = accept4(listener, NULL, NULL, SOCK_NONBLOCK);
  CHECK(connection >= 0);
  char byte;
  // It says nothing for now, and then goes.
  CHECK_FAILS((int)recv(connection, &byte, 1, 0), EAGAIN);
  CHECK(send(connection, "?", 1, 0) == 1);
  waiting.fd = connection;
  CHECK(poll(&waiting, 1, -1) == 1);
  CHECK(recv(connection, &byte, 1, 0) == 0);
  CHECK_FAILS((int)recv(1, &byte, 1, 0), ENOTSOCK);
  puts("served");
  return 0;
}

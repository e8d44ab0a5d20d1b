#include "net/client_watch.h"

#include <array>
#include <cerrno>
#include <string>

#include <doctest/doctest.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/unique_fd.h"
#include "net/response_writer.h"

namespace weft::net {
namespace {

// A client that has ended its own side and waits, and the server's socket.
struct Pair {
  UniqueFd client;
  UniqueFd server;

  Pair() {
    std::array<int, 2> ends{};
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) == 0);
    client = UniqueFd(ends[0]);
    server = UniqueFd(ends[1]);
    REQUIRE(::shutdown(client.get(), SHUT_WR) == 0);
  }
  // What the client has got, without waiting for more.
  std::string received() const {
    std::string bytes(1'000, '\0');
    const ssize_t got = ::recv(client.get(), bytes.data(), bytes.size(), MSG_DONTWAIT);
    bytes.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
    return bytes;
  }
};

TEST_CASE("a client that waits behind its own end is asked once, and counts as there") {
  const Pair pair;
  ClientWatch watch;
  int gone = 0;
  watch.start(true, [&gone] { ++gone; });
  for (int tick = 0; tick < 5; ++tick)
    watch.sweep(pair.server.get());
  CHECK(pair.received() == kContinue);
  CHECK(gone == 0);
}

TEST_CASE("a client that goes away while a part of the interim response is under way is gone") {
  const Pair pair;
  ClientWatch watch([](int descriptor, std::string_view bytes) {
    return ClientWatch::send_now(descriptor, bytes.substr(0, 7));
  });
  int gone = 0;
  watch.start(true, [&gone] { ++gone; });
  watch.sweep(pair.server.get());
  CHECK(gone == 0);
  watch.sweep(pair.server.get());
  CHECK(gone == 1);
  CHECK(pair.received() == kContinue.substr(0, 7));
  // Nothing can follow that the client would take for the rest.
  CHECK(ClientWatch::send_now(pair.server.get(), "x") == -1);
  CHECK(errno == EPIPE);
  watch.sweep(pair.server.get());
  watch.give_up();
  CHECK(gone == 1);
}

TEST_CASE("a client that takes nothing now is asked again at the next tick") {
  const Pair pair;
  static bool is_full = true;  // SendNow is a plain function.
  ClientWatch watch([](int descriptor, std::string_view bytes) -> ssize_t {
    if (!is_full) return ClientWatch::send_now(descriptor, bytes);
    errno = EAGAIN;
    return -1;
  });
  int gone = 0;
  watch.start(true, [&gone] { ++gone; });
  for (int tick = 0; tick < 3; ++tick)
    watch.sweep(pair.server.get());
  CHECK(pair.received().empty());
  is_full = false;
  watch.sweep(pair.server.get());
  CHECK(pair.received() == kContinue);
  CHECK(gone == 0);
}

}  // namespace
}  // namespace weft::net

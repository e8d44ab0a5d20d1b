#include "net/connection.h"

#include <doctest/doctest.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "net/testing.h"

namespace weft::net {
namespace {

TEST_CASE("a connection that is aborted with a request already read ends without serving it") {
  std::array<int, 2> ends{};
  REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends.data()) == 0);
  constexpr std::string_view kRequest = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
  REQUIRE(::send(ends[0], kRequest.data(), kRequest.size(), MSG_NOSIGNAL) ==
          static_cast<ssize_t>(kRequest.size()));

  const SystemClock clock;
  bool handled = false;
  std::optional<Responder> kept;
  testing::LambdaHandler handler([&](const HttpRequest&, Responder responder) {
    handled = true;
    kept.emplace(std::move(responder));
  });
  ConnectionContext context{.limits = {},
                            .handler = handler,
                            .count = {},
                            .bodies = ByteBudget(0),
                            .answers = ByteBudget(0)};
  const auto loop = std::make_shared<Loop>(clock, std::chrono::milliseconds(10));
  context.count.add();
  Accepted accepted(ends[1], false, context.count);
  loop->start(0, std::nullopt);
  loop->post([&] {
    std::make_shared<Connection>(loop, context, std::move(accepted),
                                 std::make_shared<const std::string>("test"), false)
        ->start();
    // The bytes are there, so that the read has ended; its continuation comes after this.
    loop->abort_all();
  });
  CHECK(context.count.wait_until_none(std::chrono::seconds(60)));
  loop->end();
  CHECK(!handled);
  ::close(ends[0]);
}

}  // namespace
}  // namespace weft::net

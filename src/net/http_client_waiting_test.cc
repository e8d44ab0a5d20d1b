// What the client does while a server lets it wait.
#include <atomic>

#include <doctest/doctest.h>

#include "net/http_client.h"
#include "net/testing.h"

namespace weft::net {
namespace {

using testing::TestServer;

TEST_CASE("a server that takes the request and then is silent is unavailable") {
  std::optional<Responder> kept;
  TestServer server(
      [&](const HttpRequest&, Responder responder) { kept.emplace(std::move(responder)); });
  HttpClient client = HttpClient::create().value();
  const auto result = client.send({.url = server.url("/"),
                                   .timeout = std::chrono::milliseconds(0),
                                   .silence_max = std::chrono::seconds(1)});
  REQUIRE(!result.has_value());
  CHECK(result.error().code() == ErrorCode::kUnavailable);
  CHECK(result.error().message().starts_with(server.url("/") + " has been silent for 1 s"));
  server->stop(std::chrono::milliseconds(0));
}

TEST_CASE("what was sent is told while the answer is waited for") {
  std::atomic<bool> seen = false;
  std::optional<Responder> kept;
  TestServer server(
      [&](const HttpRequest&, Responder responder) { kept.emplace(std::move(responder)); });
  HttpClient client = HttpClient::create().value();
  const std::string body(300'000, 'b');
  ClientRequest request{.method = "POST", .url = server.url("/"), .body = body};
  // The answer comes only after the client has told that everything is sent.
  request.on_progress = [&](const ClientProgress& progress) {
    if (progress.sent_bytes == body.size() && !seen.exchange(true)) server->stop({});
  };
  CHECK(!client.send(request).has_value());
  CHECK(seen);
}

}  // namespace
}  // namespace weft::net

#include "net/http_client.h"

#include <doctest/doctest.h>

#include "net/testing.h"

namespace weft::net {
namespace {

using testing::TestServer;

TEST_CASE("the client sends a request and reads the response") {
  TestServer server([](const HttpRequest& request, Responder responder) {
    std::string text = std::string(request.method()) + " " + std::string(request.target()) + " " +
                       std::string(request.header("X-Token").value_or("-")) + "/" +
                       std::string(request.header("X-Empty").value_or("-")) + " " + request.body();
    responder.send({201, {{"X-Reply", " yes "}}, Body(std::move(text))});
  });
  HttpClient client = HttpClient::create().value();
  for (const std::string method : {"POST", "PUT", "DELETE", "PATCH"}) {
    ClientRequest request{
        .method = method, .url = server.url("/a?b=c"), .headers = {}, .body = "body"};
    request.headers = {{"X-Token", "t"}, {"X-Empty", ""}};
    const ClientResponse response = client.send(request).value();
    CHECK(response.status == 201);
    CHECK(response.body == method + " /a?b=c t/ body");
    CHECK(response.header("x-reply").value() == "yes");
  }
  const ClientResponse get = client.send({.url = server.url("/")}).value();
  CHECK(get.body == "GET / -/- ");
  const ClientResponse head = client.send({.method = "HEAD", .url = server.url("/")}).value();
  CHECK(head.body.empty());
  CHECK(head.header("content-length").has_value());
}

TEST_CASE("the client sends bodies that expect 100") {
  TestServer server;
  HttpClient client = HttpClient::create().value();
  const std::string body(2'000'000, 'b');
  CHECK(client.send({.method = "POST", .url = server.url("/"), .body = body}).value().body ==
        "POST / " + body);
}

TEST_CASE("an error status is a response, not an error") {
  TestServer server([](const HttpRequest&, Responder responder) {
    responder.send({404, {}, Body("no such thing")});
  });
  HttpClient client = HttpClient::create().value();
  CHECK(client.send({.url = server.url("/")}).value().status == 404);
}

TEST_CASE("redirects are handed to the caller") {
  TestServer server([](const HttpRequest&, Responder responder) {
    responder.send({302, {{"Location", "file:///etc/passwd"}}, {}});
  });
  HttpClient client = HttpClient::create().value();
  CHECK(client.send({.url = server.url("/")}).value().status == 302);
}

TEST_CASE("a server that cannot be reached is unavailable and the message says what to do") {
  std::string url;
  {
    const TestServer server;
    url = server.url("/x");
  }
  HttpClient client = HttpClient::create().value();
  const auto result = client.send({.url = url});
  REQUIRE(!result.has_value());
  CHECK(result.error().code() == ErrorCode::kUnavailable);
  CHECK(result.error().message().find(url) != std::string::npos);
  CHECK(result.error().message().find("weft serve") != std::string::npos);
}

TEST_CASE("a server that does not answer in time ends with deadline_exceeded") {
  std::optional<Responder> kept;
  TestServer server(
      [&](const HttpRequest&, Responder responder) { kept.emplace(std::move(responder)); });
  HttpClient client = HttpClient::create().value();
  const auto result =
      client.send({.url = server.url("/"), .timeout = std::chrono::milliseconds(50)});
  REQUIRE(!result.has_value());
  CHECK(result.error().code() == ErrorCode::kDeadlineExceeded);
  server->stop(std::chrono::milliseconds(0));
}

TEST_CASE("a response longer than the limit is refused") {
  TestServer server([](const HttpRequest&, Responder responder) {
    responder.send({200, {}, Body(std::string(1001, 'x'))});
  });
  HttpClient client = HttpClient::create().value();
  const auto result = client.send({.url = server.url("/"), .response_bytes_max = 1000});
  REQUIRE(!result.has_value());
  CHECK(result.error().code() == ErrorCode::kTooLarge);
  CHECK(client.send({.url = server.url("/"), .response_bytes_max = 1001}).value().body.size() ==
        1001);
}

TEST_CASE("bad URLs, methods and headers are the caller's fault") {
  HttpClient client = HttpClient::create().value();
  for (const ClientRequest& request :
       {ClientRequest{.url = "file:///etc/passwd"}, ClientRequest{.url = ""},
        ClientRequest{.url = "http://"}, ClientRequest{.url = "gopher://127.0.0.1/"},
        ClientRequest{.method = "", .url = "http://127.0.0.1:1/"},
        ClientRequest{.method = "GET /", .url = "http://127.0.0.1:1/"},
        ClientRequest{.url = "http://127.0.0.1:1/", .headers = {{"a", "b\r\nc: d"}}}}) {
    CAPTURE(request.url);
    const auto result = client.send(request);
    REQUIRE(!result.has_value());
    CHECK(result.error().code() == ErrorCode::kInvalidArgument);
  }
}

}  // namespace
}  // namespace weft::net

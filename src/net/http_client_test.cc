#include "net/http_client.h"

#include <atomic>
#include <thread>

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

// Answers the first request of each connection, and closes at the next one.
class OneAnswer {
 public:
  OneAnswer() : listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    void* const any = &address;
    socklen_t size = sizeof(address);
    REQUIRE(::bind(listener_, static_cast<sockaddr*>(any), size) == 0);
    REQUIRE(::listen(listener_, 8) == 0);
    REQUIRE(::getsockname(listener_, static_cast<sockaddr*>(any), &size) == 0);
    port_ = ntohs(address.sin_port);
    thread_ = std::jthread([this] { serve(); });
  }
  OneAnswer(const OneAnswer&) = delete;
  OneAnswer& operator=(const OneAnswer&) = delete;
  ~OneAnswer() {
    ::shutdown(listener_, SHUT_RDWR);
    thread_.join();
    ::close(listener_);
  }
  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_) + "/"; }
  int posts() const { return posts_; }

 private:
  void serve() {
    int descriptor = 0;
    std::vector<std::jthread> connections;
    while ((descriptor = ::accept(listener_, nullptr, nullptr)) >= 0)
      connections.emplace_back([this, descriptor] { serve_one(descriptor); });
  }
  void serve_one(int descriptor) {
    std::array<char, 4096> bytes{};
    for (ssize_t size = 0; (size = ::recv(descriptor, bytes.data(), bytes.size(), 0)) > 0;) {
      if (std::string_view(bytes.data(), static_cast<std::size_t>(size)).starts_with("POST")) {
        ++posts_;
        break;
      }
      constexpr std::string_view kAnswer = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
      ::send(descriptor, kAnswer.data(), kAnswer.size(), MSG_NOSIGNAL);
    }
    ::close(descriptor);
  }

  int listener_;
  std::uint16_t port_ = 0;
  std::atomic<int> posts_ = 0;
  std::jthread thread_;
};

TEST_CASE("a call whose connection breaks is not sent again") {
  OneAnswer server;
  {
    HttpClient client = HttpClient::create().value();
    CHECK(client.send({.url = server.url()}).value().status == 200);
    const auto broken = client.send({.method = "POST", .url = server.url(), .body = "{}"});
    REQUIRE_FALSE(broken.has_value());
    CHECK(broken.error().code() == ErrorCode::kUnavailable);
    CHECK(server.posts() == 1);
  }
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

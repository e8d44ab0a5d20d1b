#include "system/outbound_http.h"

#include <array>
#include <atomic>
#include <map>
#include <mutex>
#include <thread>

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "net/testing.h"
#include "system/socket.h"
#include "system/testing.h"
#include "system/wait.h"

namespace weft::system {
namespace {

using net::testing::TestServer;
using Kind = OutboundFailure::Kind;

// What came of a request.
struct Seen {
  OutboundHead head;
  std::string body;
  std::optional<OutboundFailure> failure;
  std::optional<Errno> broken;  // why the body ended

  std::string header(std::string_view name) const {
    for (const auto& [known, value] : head.headers) {
      if (net::equals_ignoring_case(known, name)) return value;
    }
    return {};
  }
};

std::shared_ptr<const Network> allowing(const std::vector<std::string>& rules,
                                        const SocketPlaces& sockets = {}) {
  std::vector<NetworkRule> parsed;
  for (const std::string& rule : rules)
    parsed.push_back(parse_network_rule(rule).value());
  return std::make_shared<Network>(std::move(parsed), nullptr, sockets);
}

IpAddress address(std::string_view text) {
  return parse_ip_address(text).value();
}

class Fixture {
 public:
  // What names are, beside none.
  std::map<std::string, std::vector<IpAddress>> names;
  OutboundLimits limits;
  SystemClock clock;
  std::atomic<int> resolutions = 0;
  OutboundHttp http{{.resolve = [this](const std::string& name) { return resolve(name); }}, clock};

  OutboundCaller caller(std::shared_ptr<const Network> network) {
    return {http, std::move(network), limits};
  }
  Seen ask(const std::vector<std::string>& rules, OutboundRequest request) {
    OutboundCaller one = caller(allowing(rules));
    return what_comes_of(one, std::move(request));
  }
  Seen what_comes_of(OutboundCaller& one, OutboundRequest request) const {
    const auto exchange = one.begin(std::move(request));
    if (exchange) return read(**exchange);
    Seen seen;
    seen.failure = exchange.error();
    return seen;
  }
  Seen get(const std::vector<std::string>& rules, std::string url) {
    return ask(rules, {.method = "GET", .url = std::move(url)});
  }
  Kind refusal(const std::vector<std::string>& rules, std::string url) {
    const Seen seen = get(rules, std::move(url));
    REQUIRE(seen.failure.has_value());
    return seen.failure->kind;
  }

  Seen read(OutboundExchange& exchange) const {
    Seen seen;
    while (!exchange.has_news())
      block_until({exchange.wait()}, clock);
    auto head = exchange.take_head().value();
    if (!head) {
      seen.failure = head.error();
      return seen;
    }
    seen.head = *std::move(head);
    for (;;) {
      std::array<std::uint8_t, 50'000> bytes{};
      const Buffer buffer(bytes);
      const auto count = exchange.read({&buffer, 1});
      if (!count && count.error() == Errno::kAgain) {
        block_until({exchange.wait()}, clock);
        continue;
      }
      if (!count) seen.broken = count.error();
      if (count.value_or(0) == 0) return seen;
      seen.body.append(bytes.begin(), bytes.begin() + *count);
    }
  }

 private:
  Attempt<std::vector<IpAddress>> resolve(const std::string& name) {
    ++resolutions;
    const auto found = names.find(name);
    if (found == names.end()) return std::unexpected(Errno::kNoEntry);
    return found->second;
  }
};

std::string port_of(TestServer& server) {
  return std::to_string(server->port());
}
std::string rule_for(TestServer& server) {
  return "127.0.0.1:" + port_of(server);
}

// Answers each connection with the same bytes, whatever it is asked.
class RawServer {
 public:
  explicit RawServer(std::string answer)
      : answer_(std::move(answer)),
        listener_(Socket::listen_on({.address = address("127.0.0.1"), .port = 0}).value()),
        thread_([this](const std::stop_token& stop) { serve(stop); }) {}
  RawServer(const RawServer&) = delete;
  RawServer& operator=(const RawServer&) = delete;
  ~RawServer() {
    thread_.request_stop();
    net::testing::RawClient(port()).close();  // Wakes it.
  }

  std::uint16_t port() const { return listener_->local_address().value().port; }
  std::string url() const { return fmt::format("http://127.0.0.1:{}/", port()); }
  std::string rule() const { return fmt::format("127.0.0.1:{}", port()); }

 private:
  void serve(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      block_until({listener_->wait(Wait::For::kReading).value()}, clock_);
      const auto connection = listener_->accept({});
      if (connection && !stop.stop_requested()) answer(**connection);
    }
  }
  void answer(Socket& connection) const {
    std::string request;
    while (!request.contains("\r\n\r\n")) {
      std::string more(1'000, '\0');
      const Buffer buffer(reinterpret_cast<std::uint8_t*>(more.data()), more.size());
      const auto count = connection.read({&buffer, 1});
      if (!count) block_until({connection.wait(Wait::For::kReading).value()}, clock_);
      if (count && *count == 0) return;
      request.append(more, 0, count.value_or(0));
    }
    const ConstBuffer bytes = testing::bytes_of(answer_);
    std::size_t sent = 0;
    while (sent < bytes.size()) {
      const ConstBuffer rest = bytes.subspan(sent);
      const auto count = connection.write({&rest, 1});
      if (!count && count.error() != Errno::kAgain) return;
      if (!count) block_until({connection.wait(Wait::For::kWriting).value()}, clock_);
      sent += count.value_or(0);
    }
  }

  SystemClock clock_;
  const std::string answer_;
  std::shared_ptr<Socket> listener_;
  std::jthread thread_;
};

TEST_CASE("a request goes out as it is, and its response comes back") {
  std::string seen_headers;
  TestServer server([&](const net::HttpRequest& request, net::Responder responder) {
    for (std::size_t i = 0; i < request.header_count(); ++i) {
      const auto header = request.header_at(i);
      seen_headers += fmt::format("{}: {}\n", header.name, header.value);
    }
    responder.send(
        {201,
         {{"X-Reply", " yes "}, {"Location", "/elsewhere"}},
         net::Body(fmt::format("{} {} {}", request.method(), request.target(), request.body()))});
  });
  Fixture fixture;
  const Seen seen = fixture.ask({rule_for(server)}, {.method = "PATCH",
                                                     .url = server.url("/a/../b%20c?x=y#z"),
                                                     .headers = {{"X-Token", "t"},
                                                                 {"X-Empty", ""},
                                                                 {"Connection", "x"},
                                                                 {"Content-Length", "3"},
                                                                 {"Transfer-Encoding", "x"}},
                                                     .body = "some\0body"});
  CHECK(seen.head.status == 201);
  CHECK(seen.head.reason == "Created");
  CHECK(seen.header("x-reply") == "yes");
  CHECK(seen.body == "PATCH /a/../b%20c?x=y some");
  CHECK(seen_headers.contains("X-Token: t\n"));
  CHECK(seen_headers.contains("X-Empty: \n"));
  CHECK(seen_headers.contains("Content-Length: 4\n"));
  CHECK_FALSE(seen_headers.contains("Transfer-Encoding"));
  CHECK_FALSE(seen_headers.contains("Accept"));
  CHECK_FALSE(seen_headers.contains("Content-Type"));
}

TEST_CASE("redirects are told, not followed") {
  std::atomic<int> requests = 0;
  TestServer server([&](const net::HttpRequest&, net::Responder responder) {
    ++requests;
    responder.send({302, {{"Location", "/there"}}, net::Body("gone")});
  });
  Fixture fixture;
  const Seen seen = fixture.get({rule_for(server)}, server.url("/here"));
  CHECK(seen.head.status == 302);
  CHECK(seen.header("location") == "/there");
  CHECK(requests == 1);
}

TEST_CASE("what no rule allows is refused, with the rule that would") {
  TestServer server([](const net::HttpRequest&, const net::Responder&) { FAIL("it was asked"); });
  Fixture fixture;
  fixture.names["example.org"] = {address("127.0.0.1")};
  OutboundCaller nowhere = fixture.caller(nullptr);
  const Seen seen = fixture.what_comes_of(nowhere, {.method = "GET", .url = server.url("/")});
  REQUIRE(seen.failure.has_value());
  CHECK(seen.failure->kind == Kind::kRefused);
  CHECK(seen.failure->message.contains("--allow-net " + rule_for(server) + " does"));
  CHECK(fixture.get({"127.0.0.1:1"}, server.url("/")).failure->kind == Kind::kRefused);
  CHECK(fixture.get({"*"}, server.url("/")).failure->kind == Kind::kRefused);
  CHECK(fixture.get({"listen:127.0.0.1"}, server.url("/")).failure->kind == Kind::kRefused);
  CHECK(fixture.get({"example.com"}, "https://example.org/")
            .failure->message.contains("--allow-net example.org:443 does"));
  CHECK(fixture.refusal({"example.org:80"}, "https://example.org/") == Kind::kRefused);
  CHECK(fixture.resolutions == 0);
}

TEST_CASE("a name that leads into a private network is refused by its address") {
  TestServer server([](const net::HttpRequest&, const net::Responder&) { FAIL("it was asked"); });
  Fixture fixture;
  const std::string url = "http://example.org:" + port_of(server) + "/";
  for (const char* const inside : {"127.0.0.1", "10.0.0.5", "::1", "169.254.169.254"}) {
    CAPTURE(inside);
    fixture.names["example.org"] = {address(inside)};
    for (const char* const rule : {"example.org", "*.org", "*"}) {
      const Seen seen = fixture.get({rule}, url);
      REQUIRE(seen.failure.has_value());
      CHECK(seen.failure->kind == Kind::kRefused);
      CHECK(seen.failure->message.contains("no public address"));
      CHECK(seen.failure->message.contains(inside));
    }
  }
}

TEST_CASE("of a name's addresses those count that rules allow") {
  TestServer server([](const net::HttpRequest& request, net::Responder responder) {
    responder.send({200, {}, net::Body(std::string(request.header("Host").value_or("")))});
  });
  Fixture fixture;
  fixture.names["inside.example"] = {address("10.0.0.5"), address("127.0.0.1")};
  const std::string place = "inside.example:" + port_of(server);
  const Seen seen = fixture.get({"inside.example", rule_for(server)}, "http://" + place + "/");
  CHECK(seen.body == place);
  CHECK(fixture.resolutions == 1);
  // Each request asks again: an answer that was good once is not kept.
  fixture.names["inside.example"] = {address("10.0.0.5")};
  CHECK(fixture.refusal({"inside.example", rule_for(server)}, "http://" + place + "/") ==
        Kind::kRefused);
}

TEST_CASE("a host is what rules are asked about, however it is written") {
  TestServer server;
  Fixture fixture;
  const std::string port = port_of(server);
  const std::vector<std::string> rules = {rule_for(server)};
  for (const char* const same : {"127.1", "0x7f.0.0.1", "2130706433", "%31%32%37.0.0.1"}) {
    CAPTURE(same);
    CHECK(fixture.get(rules, fmt::format("http://{}:{}/", same, port)).head.status == 200);
    CHECK(fixture.refusal({"*"}, fmt::format("http://{}:{}/", same, port)) == Kind::kRefused);
  }
  CHECK(fixture.refusal(rules, "http://127.0.0.1:" + port + "@example.org/") == Kind::kRefused);
  for (const char* const wrong :
       {"", "x", "/", "http://", "file:///etc/passwd", "gopher://127.0.0.1/",
        "http://127.0.0.1:0x/", "http://[::1%25lo]/", "http://ex\xC3\xA4mple.org/", "http://a b/",
        "http://a_b-.c/", "http://example.org\r\nX: y/", "ftp://example.org/",
        "http://127.0.0.1:99999/"}) {
    CAPTURE(wrong);
    CHECK(fixture.refusal(rules, wrong) == Kind::kRequest);
  }
}

TEST_CASE("what is no request of HTTP is not sent") {
  TestServer server([](const net::HttpRequest&, const net::Responder&) { FAIL("it was asked"); });
  Fixture fixture;
  const auto kind = [&](OutboundRequest request) {
    request.url = server.url("/");
    if (request.method.empty()) request.method = "GET";
    return fixture.ask({rule_for(server)}, std::move(request)).failure.value().kind;
  };
  for (const char* const method : {"G T", "CONNECT", "GET /x HTTP/1.1\r\nA: b\r\n\r\nGET", "\xC3"})
    CHECK(kind({.method = method, .url = {}}) == Kind::kRequest);
  CHECK(kind({.method = "", .url = {}, .headers = {{"A b", ""}}}) == Kind::kRequest);
  CHECK(kind({.method = "", .url = {}, .headers = {{"A", "1\r\nB: 2"}}}) == Kind::kRequest);
  CHECK(kind({.method = "", .url = {}, .headers = {{"Host", "other.example"}}}) == Kind::kRequest);
  CHECK(kind({.method = "", .url = {}, .headers = {{"A", std::string(70'000, 'a')}}}) ==
        Kind::kLimit);
  CHECK(kind({.method = "", .url = {}, .headers = OutboundHeaders(201, {"a", "b"})}) ==
        Kind::kLimit);
  CHECK(fixture.get({"*"}, "http://a/" + std::string(20'000, 'a')).failure->kind == Kind::kLimit);
}

TEST_CASE("a body longer than what is held comes whole, and the server waits for its reader") {
  std::string body(3'000'000, 'x');
  for (std::size_t i = 0; i < body.size(); ++i)
    body[i] = static_cast<char>('a' + i % 23);
  TestServer server([&](const net::HttpRequest&, net::Responder responder) {
    responder.send({200, {}, net::Body(body)});
  });
  Fixture fixture;
  OutboundCaller caller = fixture.caller(allowing({rule_for(server)}));
  const auto exchange = caller.begin({.method = "GET", .url = server.url("/")}).value();
  while (exchange->readable_bytes().value_or(0) < OutboundExchange::kHeldBytesMax)
    std::this_thread::yield();
  CHECK(exchange->readable_bytes().value() < OutboundExchange::kHeldBytesMax + 100'000);
  const Seen seen = fixture.read(*exchange);
  CHECK((seen.body == body));
  CHECK_FALSE(seen.broken.has_value());
}

TEST_CASE("a caller has so many requests at the same time, and gets its places back") {
  std::mutex mutex;
  std::vector<net::Responder> kept;
  TestServer server([&](const net::HttpRequest&, net::Responder responder) {
    const std::scoped_lock lock(mutex);
    kept.push_back(std::move(responder));
  });
  Fixture fixture;
  fixture.limits = {.body_bytes = 10, .requests = 2};
  OutboundCaller caller = fixture.caller(allowing({rule_for(server)}));
  const auto begin = [&](std::string body) {
    return caller.begin({.method = "POST", .url = server.url("/"), .body = std::move(body)});
  };
  const auto first = begin("1234567").value();
  CHECK(begin("1234").error().kind == Kind::kLimit);  // too many bytes together
  const auto second = begin("123").value();
  CHECK(begin("").error().kind == Kind::kLimit);
  first->cancel();
  second->cancel();
  // Soon the places are free.
  auto again = begin("1234567890");
  while (!again)
    again = begin("1234567890");
  (*again)->cancel();
  server->stop(std::chrono::milliseconds(0));
}

TEST_CASE("requests are sockets of guests") {
  TestServer server;
  Fixture fixture;
  for (const std::uint32_t places : {0U, 1U}) {
    OutboundCaller caller = fixture.caller(allowing({rule_for(server)}, {.most = places}));
    CHECK(caller.begin({.method = "GET", .url = server.url("/")}).error().kind == Kind::kLimit);
  }
}

TEST_CASE("who cannot be reached, or says nonsense, is told so") {
  Fixture fixture;
  std::uint16_t nobody = 0;
  {
    const auto listener = Socket::listen_on({.address = address("127.0.0.1"), .port = 0}).value();
    nobody = listener->local_address().value().port;
  }
  CHECK(fixture.refusal({"127.0.0.1"}, fmt::format("http://127.0.0.1:{}/", nobody)) ==
        Kind::kConnection);
  CHECK(fixture.refusal({"nowhere.example"}, "http://nowhere.example/") == Kind::kName);
  const auto kind_of = [&](std::string answer) {
    const RawServer server(std::move(answer));
    return fixture.refusal({server.rule()}, server.url());
  };
  CHECK(kind_of("") == Kind::kConnection);
  CHECK(kind_of("hello\r\n\r\n") == Kind::kResponse);
  CHECK(kind_of("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n") ==
        Kind::kResponse);
  CHECK(kind_of("HTTP/1.1 200 OK\r\nA: " + std::string(70'000, 'a') + "\r\n\r\n") == Kind::kLimit);
  std::string many = "HTTP/1.1 200 OK\r\n";
  for (int i = 0; i < 300; ++i)
    many += "A: b\r\n";
  CHECK(kind_of(many + "\r\n") == Kind::kLimit);
  TestServer plain;
  CHECK(fixture.refusal({rule_for(plain)}, fmt::format("https://127.0.0.1:{}/", port_of(plain))) ==
        Kind::kTls);
}

TEST_CASE("what announces a response is none, and folded headers are one") {
  const RawServer server(
      "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 404 Not  Here\r\nA: 1\r\n  2\r\n"
      "B:\xFC\r\n\r\nbody");
  Fixture fixture;
  const Seen seen = fixture.get({server.rule()}, server.url());
  CHECK(seen.head.status == 404);
  CHECK(seen.head.reason == "Not  Here");
  CHECK(seen.header("link").empty());
  CHECK(seen.header("a") == "1 2");
  CHECK(seen.header("b") == "\xFC");
  CHECK(seen.body == "body");
}

TEST_CASE("a body that breaks off is an error behind what came of it") {
  const RawServer server("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n123");
  Fixture fixture;
  const Seen seen = fixture.get({server.rule()}, server.url());
  CHECK(seen.head.status == 200);
  CHECK(seen.body == "123");
  CHECK(seen.broken == Errno::kConnectionReset);
}

TEST_CASE("when the host ends, so do its requests") {
  std::optional<net::Responder> kept;
  TestServer server([&](const net::HttpRequest&, net::Responder responder) {
    kept.emplace(std::move(responder));
  });
  const SystemClock clock;
  auto http = std::make_unique<OutboundHttp>(OutboundHttp::Options{}, clock);
  OutboundCaller caller(*http, allowing({rule_for(server)}));
  const auto exchange = caller.begin({.method = "GET", .url = server.url("/")}).value();
  http.reset();
  REQUIRE(exchange->has_news());
  CHECK(exchange->take_head().value().error().kind == Kind::kConnection);
  exchange->cancel();
  server->stop(std::chrono::milliseconds(0));
}

}  // namespace
}  // namespace weft::system

#include "net/http_server.h"

#include <atomic>
#include <bit>
#include <future>
#include <optional>
#include <thread>
#include <vector>

#include <doctest/doctest.h>
#include <malloc.h>

#include "base/guarded.h"
#include "base/work_pool.h"
#include "net/testing.h"

#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#include <sanitizer/allocator_interface.h>
#endif

namespace weft::net {
namespace {

using testing::RawClient;
using testing::TestServer;

constexpr std::string_view kClosed = "Connection: close\r\n";

std::string talk(TestServer& server, std::string_view request) {
  RawClient client(server);
  client.send(request);
  client.end_writing();
  return client.read_all();
}

bool is_problem(std::string_view response, int status, std::string_view code) {
  return response.starts_with("HTTP/1.1 " + std::to_string(status) + " ") &&
         response.find(kClosed) != response.npos &&
         response.find("\r\n\r\n" + std::string(code)) != response.npos;
}

std::string body_of(std::string_view response) {
  const std::size_t end = response.find("\r\n\r\n");
  return end == response.npos ? std::string() : std::string(response.substr(end + 4));
}

std::size_t count(std::string_view text, std::string_view part) {
  std::size_t result = 0;
  for (std::size_t at = text.find(part); at != text.npos; at = text.find(part, at + 1))
    ++result;
  return result;
}

std::string bytes_of_a_file(std::size_t size) {
  return std::string(size, 'f');
}

// What this process has allocated and not given back.
std::size_t bytes_allocated() {
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
  return __sanitizer_get_current_allocated_bytes();
#else
  const auto heap = ::mallinfo2();
  return heap.uordblks + heap.hblkhd;
#endif
}

// Returns once the loop has done what it was doing and what was queued behind that.
void let_pass(Executor& loop) {
  for (int turn = 0; turn < 3; ++turn) {
    std::promise<void> passed;
    loop.post([&] { passed.set_value(); });
    passed.get_future().wait();
  }
}

ServerOptions with_limits(HttpLimits limits) {
  ServerOptions options;
  options.limits = limits;
  return options;
}

TEST_CASE("a request is answered and the connection stays open for the next") {
  TestServer server;
  RawClient client(server);
  for (int i = 0; i < 3; ++i) {
    client.send("POST /f/greet?x=1 HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nAda");
    const std::string response = client.read_response();
    CHECK(response.starts_with("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: "));
    CHECK(response.find("\r\nDate: ") != response.npos);
    CHECK(response.find("Connection:") == response.npos);
    CHECK(body_of(response) == "POST /f/greet?x=1 Ada");
  }
}

TEST_CASE("what could be framed in two ways is refused with 400") {
  TestServer server;
  const std::string_view probes[] = {
      ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: "
       "chunked\r\n\r\n0\r\n\r\n"),
      ("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: "
       "5\r\n\r\n0\r\n\r\n"),
      "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
      "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nab",
      "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2, 2\r\n\r\nab",
      "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: +2\r\n\r\nab",
      "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0x2\r\n\r\nab",
      "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n",
      "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: \r\n\r\n",
      "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999999999999999\r\n\r\n",
      "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
      "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: identity, chunked\r\n\r\n0\r\n\r\n",
      "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n0\r\n\r\n",
      "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: \"chunked\"\r\n\r\n0\r\n\r\n",
      ("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: "
       "chunked\r\n\r\n0\r\n\r\n"),
      ("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: "
       "x\r\n\r\n0\r\n\r\n"),
      "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
      "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n",
      "POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
      "GET / HTTP/1.1\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: a, b\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: user@a\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: a\r\nX: b\r\n c\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: a\r\nX:\r\n\tc\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: a\r\nX: b\r\n \r\n\r\n",
      "GET / HTTP/1.1\r\nHost: a\r\nX : b\r\n\r\n",
      "GET / HTTP/1.1\r\n Host: a\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: a\r\n: b\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: a\r\nX\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: a\r\nX: b\nY: c\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: a\r\nX: b\rc\r\n\r\n",
      "GET / HTTP/1.1\nHost: a\n\n",
      "GET  / HTTP/1.1\r\nHost: a\r\n\r\n",
      "GET / HTTP/1.1 \r\nHost: a\r\n\r\n",
      "GET /a b HTTP/1.1\r\nHost: a\r\n\r\n",
      "GET / HTTP/2.0\r\nHost: a\r\n\r\n",
      "GET / http/1.1\r\nHost: a\r\n\r\n",
      "GET /\r\n\r\n",
      "GET /a#b HTTP/1.1\r\nHost: a\r\n\r\n",
      "GET /%zz HTTP/1.1\r\nHost: a\r\n\r\n",
      "GET /%0 HTTP/1.1\r\nHost: a\r\n\r\n",
      "GET /%00 HTTP/1.1\r\nHost: a\r\n\r\n",
      "GET a HTTP/1.1\r\nHost: a\r\n\r\n",
      "GET * HTTP/1.1\r\nHost: a\r\n\r\n",
      "GET ftp://a/ HTTP/1.1\r\nHost: a\r\n\r\n",
      "GET http:/// HTTP/1.1\r\nHost: a\r\n\r\n",
      "CONNECT a:80 HTTP/1.1\r\nHost: a\r\n\r\n",
      "\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n",
      "\x16\x03\x01\x02",
      "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n\r\n",
      "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabcX\r\n0\r\n\r\n",
      "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\nabc\n0\n\n",
      "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n-3\r\nabc\r\n0\r\n\r\n",
      "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0x3\r\nabc\r\n0\r\n\r\n",
      "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n",
      ("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nContent-Length: "
       "3\r\n\r\n"),
  };
  for (const std::string_view probe : probes) {
    CAPTURE(std::string(probe));
    const std::string response = talk(server, probe);
    CAPTURE(response);
    CHECK(is_problem(response, 400, "invalid_argument"));
    CHECK(count(response, "Date: ") == 1);
  }
}

TEST_CASE("a NUL in a header or a target is refused with 400") {
  using std::string_view_literals::operator""sv;
  TestServer server;
  for (const std::string_view probe : {"GET / HTTP/1.1\r\nHost: a\r\nX: b\0c\r\n\r\n"sv,
                                       "GET /\0 HTTP/1.1\r\nHost: a\r\n\r\n"sv}) {
    CHECK(is_problem(talk(server, probe), 400, "invalid_argument"));
  }
}

TEST_CASE("nothing behind a refused request is taken for another request") {
  std::atomic<int> handled = 0;
  TestServer server([&](const HttpRequest& request, Responder responder) {
    ++handled;
    testing::echo(request, std::move(responder));
  });
  const std::string response = talk(server,
                                    "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: "
                                    "4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
                                    "GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n");
  CHECK(is_problem(response, 400, "invalid_argument"));
  CHECK(count(response, "HTTP/1.1") == 1);
  CHECK(handled == 0);
}

TEST_CASE("a request cut off within its head or body is refused with 400") {
  TestServer server;
  CHECK(is_problem(talk(server, "GET / HTT"), 400, "invalid_argument"));
  CHECK(is_problem(talk(server, "GET / HTTP/1.1\r\nHost: a\r\n"), 400, "invalid_argument"));
  CHECK(is_problem(talk(server, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nabc"), 400,
                   "invalid_argument"));
  CHECK(is_problem(
      talk(server, "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabc"), 400,
      "invalid_argument"));
}

TEST_CASE("a client that ends writing after its request still reads the answer") {
  TestServer server;
  const std::string response = talk(server, "GET /x HTTP/1.1\r\nHost: a\r\n\r\n");
  CHECK(body_of(response) == "GET /x ");
}

TEST_CASE("pipelined requests are answered in their order") {
  TestServer server;
  std::string requests;
  for (int i = 0; i < 200; ++i) {
    requests +=
        "POST /" + std::to_string(i) + " HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi";
  }
  RawClient client(server);
  client.send(requests);
  client.end_writing();
  for (int i = 0; i < 200; ++i) {
    CHECK(body_of(client.read_response()) == "POST /" + std::to_string(i) + " hi");
  }
  CHECK(client.is_closed_by_server());
}

TEST_CASE("a request may arrive byte by byte") {
  TestServer server;
  for (const std::string_view request :
       {std::string_view("POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nAda"),
        std::string_view("POST /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
                         "2;ext=\"q\"\r\nAd\r\n1\r\na\r\n0\r\nTrailer: dropped\r\n\r\n"),
        std::string_view("\r\nPOST /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: "
                         "Chunked\r\n\r\n3\r\nAda\r\n0\r\n\r\n")}) {
    RawClient client(server);
    for (const char byte : request)
      client.send({&byte, 1});
    CHECK(body_of(client.read_response()) == "POST /x Ada");
  }
}

TEST_CASE("an empty chunked body that arrives in odd pieces does no harm") {
  TestServer server;
  RawClient client(server);
  client.send("POST /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n");
  client.send("\r");
  client.send("\n");
  CHECK(body_of(client.read_response()) == "POST /x ");
}

TEST_CASE("HEAD is answered like GET without the body") {
  TestServer server;
  RawClient client(server);
  client.send("HEAD /abc HTTP/1.1\r\nHost: a\r\n\r\nGET /b HTTP/1.1\r\nHost: a\r\n\r\n");
  const std::string head = client.read_response(false);
  CHECK(head.find("Content-Length: 10\r\n") != head.npos);
  CHECK(body_of(client.read_response()) == "GET /b ");
}

TEST_CASE("statuses without a body send none") {
  TestServer server([](const HttpRequest& request, Responder responder) {
    responder.send({request.path() == "/204" ? 204 : 304, {}, Body("ignored")});
  });
  RawClient client(server);
  client.send("GET /204 HTTP/1.1\r\nHost: a\r\n\r\n");
  CHECK(client.read_response(false).find("Content-Length") == std::string::npos);
  client.send("GET /304 HTTP/1.1\r\nHost: a\r\n\r\n");
  CHECK(client.read_response(false).starts_with("HTTP/1.1 304 "));
  client.send("GET /204 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  CHECK(client.read_all().ends_with("\r\n\r\n"));
}

TEST_CASE("HTTP/1.0 closes after the answer unless it asks to stay") {
  TestServer server;
  RawClient closing(server);
  closing.send("GET / HTTP/1.0\r\n\r\n");
  CHECK(closing.read_all().find(kClosed) != std::string::npos);

  RawClient staying(server);
  for (int i = 0; i < 2; ++i) {
    staying.send("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    CHECK(staying.read_response().find("Connection: keep-alive\r\n") != std::string::npos);
  }
}

TEST_CASE("Connection: close ends the connection after the answer") {
  TestServer server;
  RawClient client(server);
  client.send("GET /x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  const std::string response = client.read_all();
  CHECK(response.find(kClosed) != response.npos);
  CHECK(body_of(response) == "GET /x ");
}

TEST_CASE("the authority of an absolute target wins over Host") {
  TestServer server([](const HttpRequest& request, Responder responder) {
    responder.send(
        {200, {}, Body(std::string(request.host()) + " " + std::string(request.path()))});
  });
  RawClient client(server);
  client.send("GET http://weft.example:81/a?b HTTP/1.1\r\nHost: other\r\n\r\n");
  CHECK(body_of(client.read_response()) == "weft.example:81 /a");
  client.send("GET HTTP://weft.example?b HTTP/1.1\r\nHost: other\r\n\r\n");
  CHECK(body_of(client.read_response()) == "weft.example /");
  client.send("GET /a HTTP/1.1\r\nHost: other\r\n\r\n");
  CHECK(body_of(client.read_response()) == "other /a");
  client.send("OPTIONS * HTTP/1.1\r\nHost: other\r\n\r\n");
  CHECK(body_of(client.read_response()) == "other *");
}

TEST_CASE("a client that expects 100 is told to continue") {
  TestServer server;
  RawClient client(server);
  client.send("POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n");
  CHECK(client.read_response() == "HTTP/1.1 100 Continue\r\n\r\n");
  client.send("Ada");
  CHECK(body_of(client.read_response()) == "POST / Ada");
}

TEST_CASE("a body that is too long is refused before the client is told to continue") {
  TestServer server;
  RawClient client(server);
  client.send(
      "POST /small HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n");
  CHECK(is_problem(client.read_all(), 413, "too_large"));
}

TEST_CASE("a request that is not admitted is answered before its body arrives") {
  std::atomic<int> handled = 0;
  TestServer server([&](const HttpRequest& request, Responder responder) {
    ++handled;
    testing::echo(request, std::move(responder));
  });
  const std::string start = "POST /closed HTTP/1.1\r\nHost: a\r\n";
  for (const std::string rest :
       {"Content-Length: 5000\r\n\r\n", "Transfer-Encoding: chunked\r\n\r\n",
        "Content-Length: 5000\r\nExpect: 100-continue\r\n\r\n", "Content-Length: 2\r\n\r\nhi",
        "Content-Length: 99999999999\r\n\r\nhi"}) {
    RawClient client(server);
    client.send(start + rest);
    CHECK(is_problem(client.read_all(), 403, "permission_denied"));
  }
  CHECK(handled == 0);
  CHECK(body_of(talk(server, start + "\r\n")) == "POST /closed ");
  CHECK(handled == 1);
}

TEST_CASE("an expectation other than 100-continue is refused with 417") {
  TestServer server;
  CHECK(is_problem(talk(server, "GET / HTTP/1.1\r\nHost: a\r\nExpect: tea\r\n\r\n"), 417,
                   "unsupported"));
}

TEST_CASE("heads over the limit are refused with 431, in one piece or in many") {
  HttpLimits limits;
  limits.header_bytes_max = 512;
  limits.header_count_max = 10;
  TestServer server(testing::echo, with_limits(limits));
  const std::string start = "GET / HTTP/1.1\r\nHost: a\r\n";
  CHECK(is_problem(talk(server, start + "X: " + std::string(600, 'x') + "\r\n\r\n"), 431,
                   "too_large"));
  CHECK(is_problem(talk(server, "GET /" + std::string(600, 'x')), 431, "too_large"));

  std::string many = start;
  for (int i = 0; i < 10; ++i)
    many += "A: b\r\n";
  CHECK(is_problem(talk(server, many + "\r\n"), 431, "too_large"));

  RawClient dripping(server);
  dripping.send(start);
  for (int i = 0; i < 9; ++i)
    dripping.send("X: " + std::string(60, 'x') + "\r\n");
  CHECK(is_problem(dripping.read_all(), 431, "too_large"));

  CHECK(body_of(talk(server, start + "X: " + std::string(400, 'x') + "\r\n\r\n")) == "GET / ");
}

TEST_CASE("bodies over the limit are refused with 413, sized or chunked") {
  TestServer server;
  const std::string start = "POST /small HTTP/1.1\r\nHost: a\r\n";
  CHECK(body_of(talk(server, start + "Content-Length: 4\r\n\r\nabcd")) == "POST /small abcd");
  CHECK(is_problem(talk(server, start + "Content-Length: 5\r\n\r\nabcde"), 413, "too_large"));
  const std::string chunked = start + "Transfer-Encoding: chunked\r\n\r\n";
  CHECK(body_of(talk(server, chunked + "2\r\nab\r\n2\r\ncd\r\n0\r\n\r\n")) == "POST /small abcd");
  CHECK(is_problem(talk(server, chunked + "2\r\nab\r\n3\r\ncde\r\n0\r\n\r\n"), 413, "too_large"));
  const std::string endless = chunked + "1;" + std::string(40'000, 'x');
  CHECK(is_problem(talk(server, endless), 400, "invalid_argument"));
}

// Keeps the requests for /held, and echoes the others.
struct Holding {
  explicit Holding(std::uint64_t bodies_bytes_max)
      : server(
            [this](const HttpRequest& request, Responder responder) {
              if (request.path() != "/held") return testing::echo(request, std::move(responder));
              held.emplace(std::move(responder));
              arrived.set_value();
            },
            with_limits({.bodies_bytes_max = bodies_bytes_max})) {}

  std::optional<Responder> held;
  std::promise<void> arrived;
  TestServer server;
};

TEST_CASE("bodies that find no room are refused with 429 until others have gone") {
  const std::string body(90'000, 'b');
  const std::string sized = " HTTP/1.1\r\nHost: a\r\nContent-Length: 90000\r\n\r\n" + body;
  const std::string chunked =
      " HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n15f90\r\n" + body +
      "\r\n0\r\n\r\n";
  for (const std::string& first : {sized, chunked}) {
    Holding holding(150'000);
    RawClient holder(holding.server);
    holder.send("POST /held" + first);
    holding.arrived.get_future().wait();
    for (const std::string& other : {sized, chunked}) {
      CHECK(is_problem(talk(holding.server, "POST /" + other), 429,
                       "resource_exhausted bodies_bytes:"));
    }
    CHECK(body_of(talk(holding.server, "GET / HTTP/1.1\r\nHost: a\r\n\r\n")) == "GET / ");
    const auto loop = holding.held->executor();
    loop->post([&] { holding.held->send({200, {}, Body("done")}); });
    CHECK(body_of(holder.read_response()) == "done");
    CHECK((body_of(talk(holding.server, "POST /" + sized)) == "POST / " + body));
    CHECK((body_of(talk(holding.server, "POST /" + chunked)) == "POST / " + body));
  }
}

TEST_CASE("a body that alone is more than all may be is refused with 413") {
  HttpLimits limits;
  limits.bodies_bytes_max = 50'000;
  TestServer server(testing::echo, with_limits(limits));
  const std::string start = "POST / HTTP/1.1\r\nHost: a\r\n";
  CHECK(is_problem(talk(server, start + "Content-Length: 90000\r\n\r\n" + std::string(90'000, 'b')),
                   413, "too_large bodies_bytes:"));
  CHECK(is_problem(talk(server, start + "Transfer-Encoding: chunked\r\n\r\n15f90\r\n" +
                                    std::string(90'000, 'b') + "\r\n0\r\n\r\n"),
                   413, "too_large bodies_bytes:"));
}

TEST_CASE("answers that nobody takes leave no room for others, but for what is lent") {
  // More than the system's buffers take.
  static const std::string kFile = bytes_of_a_file(24'000'000);
  HttpLimits limits;
  limits.bodies_bytes_max = 1'000'000;
  TestServer server(
      [](const HttpRequest& request, Responder responder) {
        if (request.path() == "/owned") return responder.send({200, {}, Body(kFile)});
        if (request.path() == "/lent") return responder.send({200, {}, Body::borrowed(kFile)});
        testing::echo(request, std::move(responder));
      },
      with_limits(limits));
  constexpr std::string_view kOwned = "GET /owned HTTP/1.1\r\nHost: a\r\n\r\n";
  RawClient lender(server);
  lender.send("GET /lent HTTP/1.1\r\nHost: a\r\n\r\n");
  REQUIRE(lender.receive(1));
  RawClient owner(server);
  owner.send(kOwned);
  REQUIRE(owner.receive(1));
  RawClient other(server);
  other.send(kOwned);
  const std::string refused = other.read_response();
  CHECK(refused.starts_with("HTTP/1.1 503 "));
  CHECK(body_of(refused).starts_with("unavailable"));
  // The connection lives, and what is small needs no room.
  other.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx");
  CHECK(body_of(other.read_response()) == "POST / x");
  CHECK(body_of(owner.read_response()).size() == kFile.size());
  // The owner's own next request shows that its answer is written.
  owner.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  CHECK(body_of(owner.read_response()) == "GET / ");
  other.send(kOwned);
  CHECK(body_of(other.read_response()).size() == kFile.size());
}

TEST_CASE("a responder may outlive its server, with the body that it was sent") {
  std::optional<Responder> kept;
  {
    Holding holding(1'000'000);
    RawClient client(holding.server);
    client.send("POST /held HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n" +
                std::string(100'000, 'b'));
    holding.arrived.get_future().wait();
    kept.emplace(std::move(*holding.held));
    holding.held.reset();
  }
  kept.reset();
}

TEST_CASE("a client that sends a long body before reading still reads the refusal") {
  TestServer server;
  RawClient client(server);
  client.send("POST /small HTTP/1.1\r\nHost: a\r\nContent-Length: 3000000\r\n\r\n");
  client.send(std::string(3'000'000, 'x'));
  client.end_writing();
  CHECK(is_problem(client.read_all(), 413, "too_large"));
}

TEST_CASE("long bodies pass in both directions") {
  std::string body(5'000'000, '\0');
  for (std::size_t i = 0; i < body.size(); ++i)
    body[i] = static_cast<char>('a' + i % 23);
  TestServer server([](HttpRequest request, Responder responder) {
    responder.send({200, {}, Body(request.take_body())});
  });
  RawClient client(server);
  client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::to_string(body.size()) +
              "\r\n\r\n" + body);
  CHECK(body_of(client.read_response()) == body);
  client.send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
  for (int i = 0; i < 5; ++i) {
    client.send("f4240\r\n" + body.substr(static_cast<std::size_t>(i) * 1'000'000, 1'000'000) +
                "\r\n");
  }
  client.send("0\r\n\r\n");
  CHECK(body_of(client.read_response()) == body);
}

TEST_CASE("a borrowed body is sent as it is") {
  static const std::string kFile = bytes_of_a_file(300'000);
  TestServer server([](const HttpRequest&, Responder responder) {
    responder.send({200, {}, Body::borrowed(kFile)});
  });
  RawClient client(server);
  client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  CHECK(body_of(client.read_response()) == kFile);
}

TEST_CASE("an idle connection does not keep the memory of its last answer") {
  constexpr std::size_t kSize = 64'000'000;
  TestServer server([](const HttpRequest& request, Responder responder) {
    const bool large = request.path() == "/large";
    responder.send({200, {}, Body(std::string(large ? kSize : 1, 'x'))});
  });
  RawClient client(server);
  client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  CHECK(body_of(client.read_response()) == "x");
  const std::size_t before = bytes_allocated();
  client.send("GET /large HTTP/1.1\r\nHost: a\r\n\r\n");
  CHECK(client.read_response().size() > kSize);
  let_pass(*server->executors()[0]);
  CHECK(bytes_allocated() < before + kSize / 2);
  client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  CHECK(body_of(client.read_response()) == "x");
}

// Only the limit under test is short: the others must not strike first on a busy machine.
constexpr std::chrono::milliseconds kShort{60};

HttpLimits patient_limits() {
  HttpLimits limits;
  limits.header_timeout = limits.body_timeout = limits.keep_alive_timeout = limits.write_timeout =
      std::chrono::minutes(10);
  return limits;
}

// What a client gets that sends this and no more. A machine that held the client up until the time
// was over closes the connection without a word; then the client comes again.
std::string answer_to_unfinished(TestServer& server, std::string_view start) {
  for (int attempt = 0; attempt < 100; ++attempt) {
    RawClient client(server);
    client.send(start);
    if (std::string answer = client.read_all(); !answer.empty()) return answer;
  }
  return {};
}

TEST_CASE("a connection that never sends anything is closed without a word") {
  HttpLimits limits = patient_limits();
  limits.header_timeout = kShort;
  TestServer server(testing::echo, with_limits(limits));
  RawClient silent(server);
  CHECK(silent.is_closed_by_server());
}

TEST_CASE("a head that does not come to its end is answered with 408") {
  HttpLimits limits = patient_limits();
  limits.header_timeout = kShort;
  TestServer server(testing::echo, with_limits(limits));
  CHECK(is_problem(answer_to_unfinished(server, "GET / HTTP/1.1\r\nHo"), 408, "deadline_exceeded"));
}

TEST_CASE("a body that does not come to its end is answered with 408") {
  HttpLimits limits = patient_limits();
  limits.body_timeout = kShort;
  TestServer server(testing::echo, with_limits(limits));
  for (const std::string_view framing :
       {"Content-Length: 5\r\n\r\nab", "Transfer-Encoding: chunked\r\n\r\n5\r\nab"}) {
    RawClient client(server);
    client.send("POST / HTTP/1.1\r\nHost: a\r\n");
    client.send(framing);
    CHECK(is_problem(client.read_all(), 408, "deadline_exceeded"));
  }
}

TEST_CASE("an idle connection is closed without a word") {
  HttpLimits limits = patient_limits();
  limits.keep_alive_timeout = kShort;
  TestServer server(testing::echo, with_limits(limits));
  RawClient idle(server);
  idle.send("GET /x HTTP/1.1\r\nHost: a\r\n\r\n");
  CHECK(body_of(idle.read_response()) == "GET /x ");
  CHECK(idle.is_closed_by_server());
}

// Sends the start and then one byte after the other until the server answers.
std::string answer_to_drips(TestServer& server, std::string_view start) {
  for (int attempt = 0; attempt < 100; ++attempt) {
    RawClient client(server);
    std::atomic<bool> stop = false;
    client.send(start);
    std::jthread dripping([&] {
      while (!stop)
        client.send("x");
    });
    std::string answer = client.read_response();
    stop = true;
    if (!answer.empty()) return answer;
  }
  return {};
}

TEST_CASE("a client that drips its head ends with 408 although it never pauses") {
  HttpLimits limits = patient_limits();
  limits.header_timeout = kShort;
  limits.header_bytes_max = 1u << 30;
  TestServer server(testing::echo, with_limits(limits));
  CHECK(is_problem(answer_to_drips(server, "GET / HTTP/1.1\r\nHost: a\r\nX: "), 408,
                   "deadline_exceeded"));
}

TEST_CASE("a client that drips its body ends with 408 although it never pauses") {
  HttpLimits limits = patient_limits();
  limits.body_timeout = kShort;
  limits.progress_bytes = 1u << 30;
  TestServer server(testing::echo, with_limits(limits));
  const std::string start = "POST / HTTP/1.1\r\nHost: a\r\n";
  CHECK(is_problem(answer_to_drips(server, start + "Content-Length: 1000000000\r\n\r\n"), 408,
                   "deadline_exceeded"));
  CHECK(
      is_problem(answer_to_drips(server, start + "Transfer-Encoding: chunked\r\n\r\n30000000\r\n"),
                 408, "deadline_exceeded"));
}

TEST_CASE("a client that takes its answer in drops is cut off although it never pauses") {
  HttpLimits limits = patient_limits();
  limits.write_timeout = kShort;
  limits.progress_bytes = 1u << 30;
  // More than the system's buffers take.
  static const std::string kFile = bytes_of_a_file(24'000'000);
  std::promise<void> asked;
  TestServer server(
      [&](const HttpRequest&, Responder responder) {
        responder.send({200, {}, Body::borrowed(kFile)});
        asked.set_value();
      },
      with_limits(limits));
  RawClient client(server);
  client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  asked.get_future().wait();
  std::atomic<bool> stop = false;
  std::jthread dripping([&] {
    while (!stop && client.receive(1)) {
    }
  });
  // Ends with the connection: cut off, or when everything is taken.
  server->stop(std::chrono::minutes(10));
  stop = true;
  dripping.join();
  CHECK(client.read_all().size() < kFile.size());
}

TEST_CASE("a client that takes nothing of its answer is cut off") {
  HttpLimits limits = patient_limits();
  limits.write_timeout = kShort;
  static const std::string kFile = bytes_of_a_file(64'000'000);
  std::promise<void> asked;
  TestServer server(
      [&](const HttpRequest&, Responder responder) {
        responder.send({200, {}, Body::borrowed(kFile)});
        asked.set_value();
      },
      with_limits(limits));
  RawClient client(server);
  client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  asked.get_future().wait();
  // Waits for the cut: a drain as long as this ends early only when the connection does.
  server->stop(std::chrono::seconds(60));
  CHECK(client.read_all().size() < kFile.size());
}

TEST_CASE("connections over the limit get 503 and are closed") {
  HttpLimits limits;
  limits.connections_max = 2;
  TestServer server(testing::echo, with_limits(limits));
  RawClient first(server);
  RawClient second(server);
  for (RawClient* client : {&first, &second}) {
    client->send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    CHECK(body_of(client->read_response()) == "GET / ");
  }
  RawClient third(server);
  CHECK(is_problem(third.read_all(), 503, "unavailable"));
  first.send("GET /x HTTP/1.1\r\nHost: a\r\n\r\n");
  CHECK(body_of(first.read_response()) == "GET /x ");
}

TEST_CASE("connections over the limit are in the log at once, then once a minute with their sum") {
  FakeClock clock;
  Guarded<std::vector<std::string>> lines;
  const Log log(clock, LogLevel::kWarning, [&](std::string_view line) {
    lines.with([&](auto& all) { all.emplace_back(line); });
  });
  testing::LambdaHandler handler(testing::echo);
  HttpLimits limits;
  limits.connections_max = 1;
  const auto server = HttpServer::create(with_limits(limits), handler, clock, log).value();
  RawClient first(server->port());
  first.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  CHECK(body_of(first.read_response()) == "GET / ");
  const auto be_refused = [&] { RawClient(server->port()).read_all(); };
  for (int i = 0; i < 4; ++i)
    be_refused();
  clock.advance(std::chrono::seconds(61));
  be_refused();
  be_refused();
  be_refused();
  server->stop(std::chrono::milliseconds(0));
  const auto written = lines.with([](auto& all) { return all; });
  REQUIRE(written.size() == 3);
  CHECK(written[0].ends_with("connections over the limit were refused count=1 limit=1"));
  CHECK(written[1].ends_with("connections over the limit were refused count=4 limit=1"));
  CHECK(written[2].ends_with("connections over the limit were refused count=2 limit=1"));
}

TEST_CASE("as many connections are possible as the descriptors allow, refused ones included") {
  CHECK(connections_possible(32, 2) == 12);
  CHECK(connections_possible(1000, 2) == 1000 - 8 - 64);
  CHECK(connections_possible(1000, 10) == 1000 - 32 - 64);
  CHECK(connections_possible(0, 1) == 1);
  CHECK(connections_possible(UINT64_MAX, 1) == UINT32_MAX);
}

TEST_CASE("a response may come from another thread, long after handle returned") {
  WorkPool pool("answers", 2, 1000);
  ServerOptions options;
  options.threads = 2;
  TestServer server(
      [&](HttpRequest request, Responder responder) {
        auto work = [request = std::move(request), responder = std::move(responder)]() mutable {
          testing::echo(request, std::move(responder));
        };
        CHECK(pool.run(std::move(work)).has_value());
      },
      options);
  std::vector<std::unique_ptr<RawClient>> clients;
  clients.reserve(8);
  for (int i = 0; i < 8; ++i)
    clients.push_back(std::make_unique<RawClient>(server));
  for (int round = 0; round < 20; ++round) {
    for (auto& client : clients)
      client->send("POST /y HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi");
    for (auto& client : clients)
      CHECK(body_of(client->read_response()) == "POST /y hi");
  }
}

TEST_CASE("a responder's executor runs work on the connection's loop, later and in order") {
  TestServer server([](const HttpRequest&, Responder responder) {
    const auto loop = std::this_thread::get_id();
    auto text = std::make_shared<std::string>("0");
    const auto executor = responder.executor();
    executor->post([text, loop] { *text += loop == std::this_thread::get_id() ? "1" : "x"; });
    executor->post([text, responder = std::move(responder)]() mutable {
      responder.send({200, {}, Body(*text + "2")});
    });
    *text += "-";
  });
  RawClient client(server);
  client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  CHECK(body_of(client.read_response()) == "0-12");
}

// A server that keeps each responder and says when its client has gone.
struct Watched {
  explicit Watched(const ServerOptions& options = quick_sweeps())
      : server([this](const HttpRequest&, Responder given) { keep(std::move(given)); }, options) {}

  static ServerOptions quick_sweeps() {
    // The sweep comes every quarter of the shortest time.
    HttpLimits limits;
    limits.write_timeout = std::chrono::milliseconds(100);
    return with_limits(limits);
  }
  void keep(Responder given) {
    responder.emplace(std::move(given));
    responder->on_gone([this] {
      is_gone = true;
      gone.set_value();
    });
    arrived.set_value();
  }
  // On the loop, as handlers do.
  void answer(std::string text) {
    responder->executor()->post(
        [this, text = std::move(text)] { responder->send({200, {}, Body(text)}); });
  }

  std::optional<Responder> responder;
  std::promise<void> arrived;
  std::promise<void> gone;
  std::atomic<bool> is_gone = false;
  TestServer server;
};

TEST_CASE("a handler is told of a client that closes or resets its connection") {
  for (const bool with_reset : {false, true}) {
    CAPTURE(with_reset);
    Watched watched;
    RawClient client(watched.server);
    client.send("GET /slow HTTP/1.1\r\nHost: a\r\n\r\n");
    watched.arrived.get_future().wait();
    CHECK(!watched.is_gone);
    with_reset ? client.reset() : client.close();
    watched.gone.get_future().wait();
    const auto loop = watched.responder->executor();
    watched.answer("to nobody");
    let_pass(*loop);
  }
}

TEST_CASE("a handler is told of a client that goes, whatever it sent behind its request") {
  for (const std::string_view behind : {"\r\n", "x", "GET /next HTTP/1.1\r\nHost: a\r\n\r\n"}) {
    for (const bool with_reset : {false, true}) {
      CAPTURE(behind);
      Watched watched;
      RawClient client(watched.server);
      client.send("GET /slow HTTP/1.1\r\nHost: a\r\n\r\n");
      watched.arrived.get_future().wait();
      client.send(behind);
      with_reset ? client.reset() : client.close();
      watched.gone.get_future().wait();
      const auto loop = watched.responder->executor();
      watched.answer("to nobody");
      let_pass(*loop);
    }
  }
}

TEST_CASE("a handler is told of a client that goes behind urgent data") {
  Watched watched;
  RawClient client(watched.server);
  client.send("GET /slow HTTP/1.1\r\nHost: a\r\n\r\n");
  watched.arrived.get_future().wait();
  client.send_urgent('!');
  client.close();
  watched.gone.get_future().wait();
  const auto loop = watched.responder->executor();
  watched.answer("to nobody");
  let_pass(*loop);
}

TEST_CASE("a client that ended only its own side is asked, and gets its answer") {
  Watched watched;
  RawClient client(watched.server);
  client.send("GET /slow HTTP/1.1\r\nHost: a\r\n\r\n");
  client.end_writing();
  watched.arrived.get_future().wait();
  CHECK(client.read_response() == "HTTP/1.1 100 Continue\r\n\r\n");
  watched.answer("here");
  CHECK(body_of(client.read_response()) == "here");
  CHECK(!watched.is_gone);
}

TEST_CASE("a client of HTTP/1.0 that ended its own side gets nothing but its answer") {
  HttpLimits limits;
  limits.header_timeout = kShort;
  Watched watched(with_limits(limits));
  RawClient client(watched.server);
  client.send("GET /slow HTTP/1.0\r\n\r\n");
  client.end_writing();
  watched.arrived.get_future().wait();
  // Another client's time runs out after several sweeps of the same loop.
  RawClient other(watched.server);
  CHECK(other.is_closed_by_server());
  watched.answer("here");
  const std::string response = client.read_all();
  CHECK(response.starts_with("HTTP/1.1 200 OK\r\n"));
  CHECK(body_of(response) == "here");
  CHECK(!watched.is_gone);
}

TEST_CASE("a watched connection serves the requests behind the one that was watched") {
  std::atomic<int> gone = 0;
  TestServer server([&](const HttpRequest& request, Responder given) {
    auto responder = std::make_shared<Responder>(std::move(given));
    responder->on_gone([&] { ++gone; });
    responder->executor()->post([responder, path = std::string(request.path())] {
      responder->send({200, {}, Body(path)});
    });
  });
  RawClient client(server);
  for (const std::string path : {"/a", "/b", "/c"})
    client.send("GET " + path + " HTTP/1.1\r\nHost: a\r\n\r\n");
  for (const std::string path : {"/a", "/b", "/c"})
    CHECK(body_of(client.read_response()) == path);
  client.send("GET /d HTTP/1.1\r\nHost: a\r\n\r\n");
  CHECK(body_of(client.read_response()) == "/d");
  CHECK(gone == 0);
}

TEST_CASE("stop without time to drain tells the handlers of the requests in flight") {
  Watched watched;
  RawClient client(watched.server);
  client.send("GET /slow HTTP/1.1\r\nHost: a\r\n\r\n");
  watched.arrived.get_future().wait();
  watched.server->stop(std::chrono::milliseconds(0));
  CHECK(watched.is_gone);
}

TEST_CASE("a request that ends when it is told that the drain is over is answered") {
  std::optional<Responder> responder;
  std::promise<void> arrived;
  TestServer server([&](const HttpRequest&, Responder given) {
    responder.emplace(std::move(given));
    responder->on_gone([&] { responder->send({200, {}, Body("cut short")}); });
    arrived.set_value();
  });
  RawClient client(server);
  client.send("GET /slow HTTP/1.1\r\nHost: a\r\n\r\n");
  arrived.get_future().wait();
  server->stop(std::chrono::milliseconds(0));
  const std::string response = client.read_all();
  CHECK(response.find(kClosed) != response.npos);
  CHECK(body_of(response) == "cut short");
}

TEST_CASE("a request that begins after the drain is told so at once") {
  std::promise<void> arrived;
  RawClient* client_in_body = nullptr;
  std::vector<Responder> responders;  // Confined to the only loop.
  TestServer server([&](const HttpRequest& request, Responder given) {
    const bool is_first = request.path() == "/first";
    responders.push_back(std::move(given));
    responders.back().on_gone([&, is_first] {
      // The drain is over, and only now the other body comes.
      if (is_first) return client_in_body->send("x");
      for (Responder& each : responders)
        each.send({200, {}, Body("cut short")});
    });
    if (is_first) arrived.set_value();
  });
  RawClient late(server);
  client_in_body = &late;
  late.send("POST /late HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\n");
  CHECK(late.read_response() == "HTTP/1.1 100 Continue\r\n\r\n");
  RawClient first(server);
  first.send("GET /first HTTP/1.1\r\nHost: a\r\n\r\n");
  arrived.get_future().wait();
  server->stop(std::chrono::milliseconds(0));
  CHECK(body_of(late.read_all()) == "cut short");
  CHECK(body_of(first.read_all()) == "cut short");
}

TEST_CASE("a responder dropped without an answer answers 500") {
  TestServer server([](const HttpRequest&, Responder) {});
  RawClient client(server);
  client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  const std::string response = client.read_response();
  CHECK(response.starts_with("HTTP/1.1 500 "));
  CHECK(response.find("internal :") != response.npos);
}

TEST_CASE("a response that would break the framing becomes 500") {
  TestServer server([](const HttpRequest& request, Responder responder) {
    if (request.path() == "/value") return responder.send({200, {{"X", "a\r\nSet-Cookie: b"}}, {}});
    if (request.path() == "/name") return responder.send({200, {{"X: y", "a"}}, {}});
    if (request.path() == "/length")
      return responder.send({200, {{"content-length", "99"}}, Body("ab")});
    responder.send({100, {}, {}});
  });
  RawClient client(server);
  for (const std::string path : {"/value", "/name", "/status"}) {
    client.send("GET " + path + " HTTP/1.1\r\nHost: a\r\n\r\n");
    const std::string response = client.read_response();
    CHECK(response.starts_with("HTTP/1.1 500 "));
    CHECK(response.find("Set-Cookie: b\r\n") == response.npos);
  }
  client.send("GET /length HTTP/1.1\r\nHost: a\r\n\r\n");
  const std::string response = client.read_response();
  CHECK(response.find("Content-Length: 2\r\n") != response.npos);
  CHECK(response.find("99") == response.npos);
}

TEST_CASE("a second server on the same port is refused with what to do") {
  TestServer server;
  ServerOptions options;
  options.listen.port = server->port();
  testing::LambdaHandler handler(testing::echo);
  const auto second = HttpServer::create(options, handler, server.clock(), server.log());
  REQUIRE(!second.has_value());
  CHECK(second.error().code() == ErrorCode::kFailedPrecondition);
  CHECK(second.error().message().find("--listen") != std::string::npos);
}

TEST_CASE("an address that is not of this machine is refused") {
  TestServer server;
  testing::LambdaHandler handler(testing::echo);
  ServerOptions options;
  options.listen.address = "192.0.2.1";
  const auto created = HttpServer::create(options, handler, server.clock(), server.log());
  REQUIRE(!created.has_value());
  CHECK(created.error().code() == ErrorCode::kInvalidArgument);
}

TEST_CASE("stop lets a request in flight finish and closes idle connections") {
  std::promise<Responder> arrived;
  TestServer server(
      [&](const HttpRequest&, Responder responder) { arrived.set_value(std::move(responder)); });
  RawClient idle(server);
  RawClient client(server);
  client.send("GET /x HTTP/1.1\r\nHost: a\r\n\r\n");
  Responder responder = arrived.get_future().get();
  std::jthread stopping([&] { server->stop(std::chrono::seconds(60)); });
  CHECK(idle.is_closed_by_server());  // So the server is stopping.
  responder.send({200, {}, Body("done")});
  const std::string response = client.read_all();
  CHECK(response.find(kClosed) != response.npos);
  CHECK(body_of(response) == "done");
}

TEST_CASE("stop without time to drain ends requests in flight; their late answers go nowhere") {
  std::promise<Responder> arrived;
  std::optional<Responder> responder;
  {
    TestServer server(
        [&](const HttpRequest&, Responder given) { arrived.set_value(std::move(given)); });
    RawClient client(server);
    client.send("GET /x HTTP/1.1\r\nHost: a\r\n\r\n");
    responder.emplace(arrived.get_future().get());
    server->stop(std::chrono::milliseconds(0));
    CHECK(client.read_all().empty());
  }
  responder->executor()->post([] { FAIL("a stopped loop ran work"); });
  responder->send({200, {}, Body("late")});
}

TEST_CASE("connections are shared out over all loops") {
  ServerOptions options;
  options.threads = 3;
  options.pin_threads = true;
  TestServer server(
      [](const HttpRequest&, Responder responder) {
        Executor* const loop = responder.executor().get();
        responder.send({200, {}, Body(std::to_string(std::bit_cast<std::uintptr_t>(loop)))});
      },
      options);
  CHECK(server->executors().size() == 3);
  std::vector<std::string> loops;
  for (int i = 0; i < 3; ++i) {
    RawClient client(server);
    client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    loops.push_back(body_of(client.read_response()));
  }
  CHECK(loops[0] != loops[1]);
  CHECK(loops[1] != loops[2]);
  CHECK(loops[0] != loops[2]);
}

TEST_CASE("the request says who sent it") {
  TestServer server([](const HttpRequest& request, Responder responder) {
    responder.send({200, {}, Body(std::string(request.remote()))});
  });
  RawClient client(server);
  client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  CHECK(body_of(client.read_response()).starts_with("127.0.0.1:"));
}

}  // namespace
}  // namespace weft::net

#include "abi/command/http.h"

#include <cstring>

#include <doctest/doctest.h>

#include "abi/command/testing.h"
#include "json/parse.h"

namespace weft::abi::command {
namespace {

using engine::Value;
using testing::Compiled;
using testing::Guest;

std::string request(std::string_view head, std::string_view body = "") {
  std::string bytes(4, '\0');
  const auto size = static_cast<std::uint32_t>(head.size());
  std::memcpy(bytes.data(), &size, sizeof(size));
  return bytes.append(head).append(body);
}

const Compiled& compiled() {
  static const Compiled the_guest(testing::guest_text(
      R"((import "weft" "http_start" (func $start (param i32 i32 i32) (result i32)))
         (memory (export "memory") 1))",
      R"((func (export "http_start") (param i32 i32 i32) (result i32)
           local.get 0 local.get 1 local.get 2 call $start))"));
  return the_guest;
}

// What a descriptor gives to its end.
std::string read_all(Guest& guest, std::uint32_t descriptor) {
  std::string all;
  guest.buffer(64, 0, 1024, 1000);
  for (;;) {
    const std::vector<Value> arguments = {static_cast<std::int32_t>(descriptor), 64, 1, 80};
    REQUIRE(guest.errno_of("fd_read", arguments) == Errno::kSuccess);
    const auto count = guest.load(80);
    if (count == 0) return all;
    all += guest.text(1024, count);
  }
}

std::string error_kind(std::string_view bytes) {
  std::uint32_t size = 0;
  std::memcpy(&size, bytes.data(), sizeof(size));
  REQUIRE(bytes.size() == 4 + size);
  const auto head = json::parse(bytes.substr(4)).value();
  return std::string(head.find("error")->find("kind")->as_string());
}

TEST_CASE("a request is its head as JSON and its body, headers as bytes") {
  const auto read =
      http::request_of(
          request(R"({"method":"PUT","url":"http://a/","headers":[["a","\u00fc"],["b","\u20ac"]]})",
                  std::string_view("\0body", 5)))
          .value();
  CHECK(read.method == "PUT");
  CHECK(read.url == "http://a/");
  CHECK(read.headers == system::OutboundHeaders{{"a", "\xFC"}, {"b", "\xE2\x82\xAC"}});
  CHECK(read.body == std::string_view("\0body", 5));
  CHECK(http::request_of(request("{}")).value().headers.empty());
  const std::string wrong[] = {"",
                               "\1\0",
                               std::string("\xFF\xFF\xFF\xFFx", 5),
                               request("["),
                               request("[]"),
                               request(R"({"headers":1})"),
                               request(R"({"headers":[1]})"),
                               request(R"({"headers":[["a"]]})"),
                               request(R"({"headers":[["a",1]]})")};
  for (const std::string& bytes : wrong)
    CHECK_FALSE(http::request_of(bytes).has_value());
}

TEST_CASE("a response's head is JSON, its bytes characters") {
  const std::string bytes = http::bytes_of(
      system::OutboundHead{.status = 204, .reason = "\xFC", .headers = {{"A", "\xFF"}}});
  CHECK(std::string_view(bytes).substr(4) ==
        "{\"status\":204,\"reason\":\"\xC3\xBC\",\"headers\":[[\"A\",\"\xC3\xBF\"]]}");
}

TEST_CASE("a program without a way to make requests is told so by what it reads") {
  Guest guest(compiled());
  const std::string bytes = request(R"({"method":"GET","url":"http://example.org/"})");
  guest.store(2000, bytes);
  CHECK(guest.errno_of("http_start", {2000, static_cast<std::int32_t>(bytes.size()), 100}) ==
        Errno::kSuccess);
  CHECK(error_kind(read_all(guest, guest.load(100))) == "refused");
  guest.store(2000, "\xFF\xFF\xFF\xFF");
  CHECK(guest.errno_of("http_start", {2000, 4, 100}) == Errno::kSuccess);
}

TEST_CASE("a program reads why its request was refused, and writes to no response") {
  const SystemClock clock;
  system::OutboundHttp http({}, clock);
  World world;
  world.http = std::make_shared<system::OutboundCaller>(http, nullptr);
  Guest guest(compiled(), "", std::move(world));
  const std::string bytes = request(R"({"method":"GET","url":"http://example.org/"})");
  guest.store(2000, bytes);
  CHECK(guest.errno_of("http_start", {2000, static_cast<std::int32_t>(bytes.size()), 100}) ==
        Errno::kSuccess);
  const std::uint32_t descriptor = guest.load(100);
  const std::string told = read_all(guest, descriptor);
  CHECK(error_kind(told) == "refused");
  CHECK(told.contains("--allow-net example.org:80"));
  const std::vector<Value> arguments = {static_cast<std::int32_t>(descriptor), 64, 1, 80};
  CHECK(guest.errno_of("fd_write", arguments) == Errno::kBadf);
  CHECK(guest.errno_of("fd_close", {static_cast<std::int32_t>(descriptor)}) == Errno::kSuccess);
  // A cut one, and no JSON.
  for (const std::int32_t size : {0, 3, 10}) {
    CHECK(guest.errno_of("http_start", {2000, size, 100}) == Errno::kSuccess);
    CHECK(error_kind(read_all(guest, guest.load(100))) == "request");
  }
}

TEST_CASE("pointers outside of the memory are refused, and descriptors end") {
  Guest guest(compiled(), "", {.descriptors_max = 4});
  CHECK(guest.errno_of("http_start", {65'530, 10, 100}) == Errno::kFault);
  CHECK(guest.errno_of("http_start", {-1, 1, 100}) == Errno::kFault);
  CHECK(guest.errno_of("http_start", {0, -1, 100}) == Errno::kFault);
  CHECK(guest.errno_of("http_start", {0, 4, 65'534}) == Errno::kFault);
  CHECK(guest.errno_of("http_start", {0, 4, 100}) == Errno::kSuccess);
  CHECK(guest.errno_of("http_start", {0, 4, 100}) == Errno::kMfile);
}

}  // namespace
}  // namespace weft::abi::command

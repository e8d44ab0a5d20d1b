#include "net/endpoint.h"

#include <doctest/doctest.h>

namespace weft::net {
namespace {

TEST_CASE("addresses to listen on are read") {
  CHECK(parse_listen_address("127.0.0.1:8080").value().text() == "127.0.0.1:8080");
  CHECK(parse_listen_address("[::1]:80").value().text() == "[::1]:80");
  CHECK(parse_listen_address("localhost:8080").value().text() == "127.0.0.1:8080");
  CHECK(parse_listen_address("8080").value().text() == "127.0.0.1:8080");
  CHECK(parse_listen_address(":8080").value().text() == "[::]:8080");
  CHECK(parse_listen_address("*:0").value().text() == "[::]:0");
}

TEST_CASE("anything else is refused with an example of what is right") {
  for (const std::string_view text :
       {"", ":", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:-1", "127.0.0.1:+1",
        "127.0.0.1:80a", "::1:80", "[::1]", "[::1:80", "[127.0.0.1]:80", "example.org:80",
        "127.1:80", "1.2.3.4.5:80", "-1", "65536", " 80"}) {
    CAPTURE(text);
    const auto result = parse_listen_address(text);
    REQUIRE(!result.has_value());
    CHECK(result.error().code() == ErrorCode::kInvalidArgument);
    CHECK(result.error().message().find("127.0.0.1:8080") != std::string::npos);
  }
  CHECK(!parse_listen_address(std::string_view("127.0.0.1\0:80", 13)).has_value());
}

TEST_CASE("loopback is told from what others can reach") {
  for (const auto* address : {"127.0.0.1", "127.8.9.1", "::1", "::ffff:127.0.0.1"}) {
    CHECK(Endpoint{address, 1}.is_loopback());
  }
  for (const auto* address : {"0.0.0.0", "::", "192.0.2.1", "::2", "::ffff:1.2.3.4", "nonsense"}) {
    CHECK(!Endpoint{address, 1}.is_loopback());
  }
}

}  // namespace
}  // namespace weft::net

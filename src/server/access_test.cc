#include "server/access.h"

#include <optional>
#include <string>
#include <vector>

#include <doctest/doctest.h>

namespace weft::server {
namespace {

// The code with which a request is refused; nothing when it is let in.
std::optional<ErrorCode> refusal(const Access& access, const net::HttpRequest& request,
                                 RouteId route = RouteId::kListModules) {
  const auto result = access.check(request, route);
  return result ? std::nullopt : std::optional(result.error().code());
}

Access loopback() {
  return Access({.listen = {.address = "127.0.0.1", .port = 8080}, .token = {}, .hosts = {}});
}

TEST_CASE("on a loopback address only the names of this machine are answered") {
  const Access access = loopback();
  for (const char* host :
       {"127.0.0.1:8080", "127.0.0.1", "localhost:8080", "LocalHost:5173", "[::1]:8080", "[::1]"}) {
    CAPTURE(host);
    CHECK_FALSE(refusal(access, {"GET", "/", {{"Host", host}}}));
  }
  for (const char* host :
       {"evil.example", "evil.example:8080", "localhost.evil.example:8080", "", "localhost:8080:1",
        "localhost:x", "[::1", "127.0.0.2", "localhost.", "user@localhost", "[::1]evil"}) {
    CAPTURE(host);
    CHECK(refusal(access, {"GET", "/", {{"Host", host}}}) == ErrorCode::kPermissionDenied);
  }
  CHECK(refusal(access, {"GET", "/", {}}) == ErrorCode::kPermissionDenied);
  // The authority of an absolute form is what counts.
  CHECK(refusal(access, {"GET", "http://evil.example/", {{"Host", "localhost"}}}) ==
        ErrorCode::kPermissionDenied);
}

TEST_CASE("a refused host is told the option that would allow it") {
  const auto result =
      loopback().check({"GET", "/", {{"Host", "a.example"}}}, RouteId::kListModules);
  REQUIRE(!result.has_value());
  CHECK(result.error().message().find("--hosts") != std::string::npos);
}

TEST_CASE("the listen address and allowed hosts are names of the server") {
  const Access access({.listen = {.address = "::ffff:127.0.0.9", .port = 80},
                       .token = {},
                       .hosts = {"weft.example"}});
  CHECK_FALSE(refusal(access, {"GET", "/", {{"Host", "[::ffff:127.0.0.9]:80"}}}));
  CHECK_FALSE(refusal(access, {"GET", "/", {{"Host", "WEFT.example:443"}}}));
  CHECK(refusal(access, {"GET", "/", {{"Host", "other.example"}}}) == ErrorCode::kPermissionDenied);
}

TEST_CASE("on another address every host is answered unless some are named") {
  Access open({.listen = {.address = "0.0.0.0", .port = 80}, .token = "secret", .hosts = {}});
  const std::vector<net::Header> headers = {{"Host", "weft.example"},
                                            {"Authorization", "Bearer secret"}};
  CHECK_FALSE(refusal(open, {"GET", "/", headers}));
  Access named({.listen = {.address = "0.0.0.0", .port = 80}, .token = "secret", .hosts = {"a"}});
  CHECK(refusal(named, {"GET", "/", headers}) == ErrorCode::kPermissionDenied);
}

TEST_CASE("a page of another origin is refused") {
  struct Case {
    const char* host;
    const char* origin;
    bool allowed;
  };
  constexpr Case kCases[] = {
      {"localhost:8080", "http://localhost:8080", true},
      {"localhost:8080", "HTTP://LOCALHOST:8080", true},
      {"localhost:8080", "https://localhost:8080", true},
      {"localhost", "http://localhost", true},
      {"localhost", "http://localhost:80", true},
      {"localhost:80", "http://localhost", true},
      {"localhost", "https://localhost:443", true},
      {"localhost:8080", "http://localhost:3000", false},
      {"localhost:8080", "http://localhost", false},
      {"localhost:8080", "http://127.0.0.1:8080", false},
      {"localhost:8080", "http://evil.example", false},
      {"localhost:8080", "null", false},
      {"localhost:8080", "", false},
      {"localhost:8080", "file://localhost:8080", false},
      {"localhost:8080", "http://localhost:8080.evil.example", false},
  };
  for (const Case& expected : kCases) {
    CAPTURE(expected.host);
    CAPTURE(expected.origin);
    for (const char* method : {"GET", "POST"}) {
      const auto refused = refusal(
          loopback(), {method, "/", {{"Host", expected.host}, {"Origin", expected.origin}}});
      CHECK(refused.has_value() == !expected.allowed);
    }
  }
}

TEST_CASE("Sec-Fetch-Site keeps other sites from changing things and from calling functions") {
  const auto refused = [](const char* site, const char* method, RouteId route) {
    return refusal(loopback(), {method, "/", {{"Host", "localhost"}, {"Sec-Fetch-Site", site}}},
                   route)
        .has_value();
  };
  for (const char* site : {"cross-site", "same-site"}) {
    CHECK(refused(site, "POST", RouteId::kInvoke));
    CHECK(refused(site, "DELETE", RouteId::kRemoveFunction));
    CHECK(refused(site, "GET", RouteId::kEndpoint));
    CHECK_FALSE(refused(site, "GET", RouteId::kPage));
  }
  for (const char* site : {"same-origin", "none"}) {
    CHECK_FALSE(refused(site, "POST", RouteId::kInvoke));
    CHECK_FALSE(refused(site, "GET", RouteId::kEndpoint));
  }
}

TEST_CASE("with a token everything but the health check and the web pages needs it") {
  const Access access({.listen = {}, .token = "s3cret", .hosts = {}});
  const auto with = [&](std::optional<std::string> authorization, RouteId route) {
    std::vector<net::Header> headers = {{"Host", "localhost"}};
    if (authorization) headers.push_back({"Authorization", *authorization});
    return refusal(access, {"GET", "/", headers}, route);
  };
  for (const RouteId route : {RouteId::kInvoke, RouteId::kEndpoint, RouteId::kOpenApi,
                              RouteId::kMetrics, RouteId::kReadiness, RouteId::kNone}) {
    CHECK_FALSE(with("Bearer s3cret", route));
    CHECK_FALSE(with("bearer  s3cret", route));
    CHECK(with(std::nullopt, route) == ErrorCode::kUnauthenticated);
    for (const char* wrong : {"", "Bearer", "Bearer ", "Bearer s3cre", "Bearer s3cret2",
                              "Bearer S3CRET", "Basic s3cret", "s3cret"}) {
      CAPTURE(wrong);
      CHECK(with(wrong, route) == ErrorCode::kUnauthenticated);
    }
  }
  for (const RouteId open : {RouteId::kHealth, RouteId::kPage}) {
    CHECK_FALSE(with(std::nullopt, open));
    CHECK_FALSE(with("Bearer wrong", open));
  }
}

TEST_CASE("the web pages are free of the token, not of the rules for hosts and origins") {
  const Access access({.listen = {.address = "127.0.0.1", .port = 80}, .token = "t", .hosts = {}});
  CHECK(refusal(access, {"GET", "/", {{"Host", "evil.example"}}}, RouteId::kPage) ==
        ErrorCode::kPermissionDenied);
  CHECK(refusal(access, {"GET", "/", {{"Host", "localhost"}, {"Origin", "http://evil.example"}}},
                RouteId::kPage) == ErrorCode::kPermissionDenied);
}

}  // namespace
}  // namespace weft::server

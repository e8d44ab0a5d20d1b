#include "server/render.h"

#include <optional>
#include <string>

#include <doctest/doctest.h>

#include "json/parse.h"

namespace weft::server {
namespace {

json::Value body_of(const net::HttpResponse& response) {
  auto value = json::parse(response.body.view());
  REQUIRE(value.has_value());
  return *value;
}

std::optional<std::string> header(const net::HttpResponse& response, std::string_view name) {
  for (const net::Header& header : response.headers) {
    if (header.name == name) return header.value;
  }
  return std::nullopt;
}

TEST_CASE("every error has its status, and those that pass say when to come again") {
  for (const ErrorCodeInfo& about : error_codes()) {
    CAPTURE(about.name);
    const auto response = problem(Error(about.code, "what happened"));
    CHECK(response.status == about.http_status);
    CHECK(body_of(response).find("code")->as_string() == about.name);
    CHECK(header(response, "Retry-After").has_value() == about.retryable);
    CHECK(header(response, "WWW-Authenticate").has_value() ==
          (about.code == ErrorCode::kUnauthenticated));
    CHECK(header(response, "Cache-Control") == "no-store");
  }
}

TEST_CASE("a problem carries all that is known of it") {
  const auto response = problem(
      Error(ErrorCode::kGuestTrap, "unreachable")
          .with_position({.line = 1, .column = 2, .offset = 3})
          .with_limit("deadline_ms", 10)
          .with_backtrace(
              {{.function = "f", .module_offset = 65, .file = "a.c", .line = 4, .column = 5}}),
      "01ARZ3NDEKTSV4RRFFQ69G5FAV");
  CHECK(body_of(response) ==
        json::parse(R"({"type":"about:blank","code":"guest_trap","title":"The guest trapped",
          "status":502,"detail":"unreachable","invocation":"01ARZ3NDEKTSV4RRFFQ69G5FAV",
          "backtrace":[{"function":"f","module_offset":65,"file":"a.c","line":4,"column":5}],
          "position":{"line":1,"column":2,"offset":3},
          "limit":{"name":"deadline_ms","value":10},"retryable":false})")
            .value());
}

TEST_CASE("what the server's own parts say is not for clients") {
  for (const ErrorCode code :
       {ErrorCode::kInternal, ErrorCode::kDataLoss, ErrorCode::kUnavailable}) {
    const Error error(code, "cannot write /somewhere/weft.db");
    CHECK(is_internal(error));
    CHECK(problem(error).body.view().find("/somewhere") == std::string_view::npos);
  }
  CHECK_FALSE(is_internal(Error(ErrorCode::kNotFound, "")));
}

TEST_CASE("a client is told what it may know of an error inside") {
  const auto error = Error(ErrorCode::kUnavailable, "cannot write /somewhere/weft.db")
                         .telling_clients("The disk is full.");
  CHECK(body_of(problem(error)).find("detail")->as_string() == "The disk is full.");
  CHECK(problem(error).body.view().find("/somewhere") == std::string_view::npos);
}

TEST_CASE("a record's error that is no JSON is left out") {
  store::InvocationRecord record{.id = "x", .error = "{broken"};
  CHECK(body_of(json_response(200, record)).find("error") == nullptr);
  record.error = R"({"code":"internal"})";
  CHECK(body_of(json_response(200, record)).find("error")->is_object());
}

}  // namespace
}  // namespace weft::server

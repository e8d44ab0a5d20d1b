#include "base/result.h"

#include <set>
#include <string>

#include <doctest/doctest.h>

namespace weft {
namespace {

Result<int> halve(int number) {
  if (number % 2 != 0) return fail(ErrorCode::kInvalidArgument, "odd");
  return number / 2;
}

Result<int> quarter(int number) {
  const int half = TRY(halve(number));
  return halve(half);
}

Result<> check(int number) {
  TRY(halve(number));
  return {};
}

TEST_CASE("TRY hands on values and errors") {
  CHECK(quarter(8).value() == 2);
  REQUIRE_FALSE(quarter(6).has_value());
  CHECK(quarter(6).error().message() == "odd");
  CHECK(check(2).has_value());
  CHECK_FALSE(check(3).has_value());
}

TEST_CASE("error codes match the published table") {
  struct Row {
    const char* name;
    int http;
    int exit;
    bool retryable;
  };
  const Row rows[] = {
      {"invalid_argument", 400, 2, false},
      {"unauthenticated", 401, 4, false},
      {"permission_denied", 403, 4, false},
      {"not_found", 404, 3, false},
      {"already_exists", 409, 5, false},
      {"failed_precondition", 409, 5, false},
      {"too_large", 413, 6, false},
      {"unsupported", 422, 1, false},
      {"resource_exhausted", 429, 6, true},
      {"cancelled", 499, 130, false},
      {"internal", 500, 1, false},
      {"data_loss", 500, 1, false},
      {"guest_error", 502, 1, false},
      {"guest_trap", 502, 134, false},
      {"guest_limit", 502, 6, false},
      {"unavailable", 503, 7, true},
      {"deadline_exceeded", 504, 124, false},
  };
  const auto codes = error_codes();
  REQUIRE(codes.size() == std::size(rows));
  for (std::size_t i = 0; i < codes.size(); ++i) {
    CHECK(codes[i].name == rows[i].name);
    CHECK(codes[i].http_status == rows[i].http);
    CHECK(codes[i].exit_code == rows[i].exit);
    CHECK(codes[i].retryable == rows[i].retryable);
    CHECK(info(codes[i].code).name == rows[i].name);
    CHECK(error_code_named(rows[i].name) == codes[i].code);
  }
  CHECK_FALSE(error_code_named("nonsense").has_value());
}

TEST_CASE("an error carries context, position, backtrace and limit") {
  const auto error = Error(ErrorCode::kTooLarge, "2 MB is too much")
                         .with_context("upload")
                         .with_position({.line = 3, .column = 4, .offset = std::nullopt})
                         .with_limit("module_bytes", 1024);
  CHECK(error.message() == "upload: 2 MB is too much");
  CHECK(error.position()->line == 3);
  CHECK(error.limit()->name == "module_bytes");
  CHECK(error.backtrace().empty());
}

TEST_CASE("a copy of an error keeps its details when the other changes") {
  const Error first = Error(ErrorCode::kGuestTrap, "boom").with_limit("fuel", 1);
  const Error second = Error(first).with_limit("fuel", 2).telling_clients("told");
  CHECK_FALSE(first.told_clients().has_value());
  CHECK(second.told_clients() == "told");
  CHECK(first.limit()->value == 1);
  CHECK(second.limit()->value == 2);
}

}  // namespace
}  // namespace weft

#include "cli/reconnection.h"

#include <doctest/doctest.h>

#include "cli/testing.h"

namespace weft::cli {
namespace {

Result<> away() {
  return fail(ErrorCode::kUnavailable, "Cannot reach http://x.");
}

TEST_CASE("a server that goes away for a while is said to be lost once, and to be back") {
  TestConsole test;
  Reconnection reconnection(test.console(), "http://x", false);
  CHECK(reconnection.after({}).has_value());
  CHECK(test.errors().empty());
  CHECK(reconnection.after(away()).has_value());
  test.clock().advance(Reconnection::kAwayMax / 2);
  CHECK(reconnection.after(away()).has_value());
  CHECK(test.errors() == "lost http://x: trying to reach it again for 60 s\n");
  CHECK(reconnection.after({}).has_value());
  CHECK(test.errors() ==
        "lost http://x: trying to reach it again for 60 s\nhttp://x answers again\n");
  // The time counts anew.
  test.clock().advance(Reconnection::kAwayMax);
  CHECK(reconnection.after(away()).has_value());
}

TEST_CASE("a server that stays away is given up") {
  TestConsole test;
  Reconnection reconnection(test.console(), "http://x", false);
  CHECK(reconnection.after(away()).has_value());
  test.clock().advance(Reconnection::kAwayMax);
  const auto outcome = reconnection.after(away());
  CHECK(outcome.error().code() == ErrorCode::kUnavailable);
  CHECK(outcome.error().message() == "gave up after 60 s: Cannot reach http://x.");
}

TEST_CASE("other errors end at once") {
  TestConsole test;
  Reconnection reconnection(test.console(), "http://x", false);
  const auto outcome = reconnection.after(fail(ErrorCode::kUnauthenticated, "token"));
  CHECK(outcome.error().message() == "token");
  CHECK(test.errors().empty());
}

TEST_CASE("for programs, what happens to the server is told in JSON") {
  TestConsole test;
  Reconnection reconnection(test.console(), "http://x", true);
  CHECK(reconnection.after(fail(ErrorCode::kUnavailable, "gone")).has_value());
  CHECK(test.errors() == "{\"hint\":\"lost http://x: trying to reach it again for 60 s\"}\n");
}

}  // namespace
}  // namespace weft::cli

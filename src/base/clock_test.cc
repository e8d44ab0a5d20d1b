#include "base/clock.h"

#include <doctest/doctest.h>

namespace weft {
namespace {

TEST_CASE("wall times are written as RFC 3339 with microseconds and read back") {
  const WallTime time(std::chrono::microseconds(1'700'000'000'000'042));
  CHECK(to_rfc3339(time) == "2023-11-14T22:13:20.000042Z");
  CHECK(from_rfc3339("2023-11-14T22:13:20.000042Z") == time);
}

TEST_CASE("other forms of time are refused") {
  for (const char* text : {"", "2023-11-14", "2023-11-14T22:13:20Z", "2023-13-14T22:13:20.000042Z",
                           "2023-02-30T22:13:20.000042Z", "2023-11-14T24:13:20.000042Z",
                           "2023-11-14T22:13:20.00004-Z", "2023-11-14T-2:13:20.000042Z"}) {
    CAPTURE(text);
    CHECK_FALSE(from_rfc3339(text).has_value());
  }
}

TEST_CASE("the exact time of the system has nanoseconds, of a fake clock those of its time") {
  const SystemClock clock;
  bool has_nanoseconds = false;
  for (int i = 0; i < 1000; ++i) {
    const WallTime before = clock.wall();
    const ExactWallTime exact = clock.exact_wall();
    CHECK(before <= exact);
    CHECK(std::chrono::floor<std::chrono::microseconds>(exact) <= clock.wall());
    has_nanoseconds = has_nanoseconds || exact.time_since_epoch().count() % 1000 != 0;
  }
  CHECK(has_nanoseconds);
  const FakeClock fake;
  CHECK(fake.exact_wall() == fake.wall());
}

TEST_CASE("a fake clock moves only when told") {
  FakeClock clock;
  const auto wall = clock.wall();
  const auto monotonic = clock.monotonic();
  CHECK(clock.wall() == wall);
  clock.advance(std::chrono::milliseconds(5));
  CHECK(clock.wall() - wall == std::chrono::milliseconds(5));
  CHECK(clock.monotonic() - monotonic == std::chrono::milliseconds(5));
}

}  // namespace
}  // namespace weft

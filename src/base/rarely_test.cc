#include "base/rarely.h"

#include <doctest/doctest.h>

namespace weft {
namespace {

using std::chrono::seconds;

TEST_CASE("what happens often is reported at once, then once a minute with the sum") {
  FakeClock clock;
  Rarely rarely;
  CHECK(rarely.due(0, clock.monotonic()) == 0);
  CHECK(rarely.due(3, clock.monotonic()) == 3);
  for (int i = 0; i < 59; ++i) {
    clock.advance(seconds(1));
    CHECK(rarely.due(2, clock.monotonic()) == 0);
  }
  clock.advance(seconds(1));
  CHECK(rarely.due(0, clock.monotonic()) == 118);
  CHECK(rarely.due(0, clock.monotonic()) == 0);
  CHECK(rarely.due(5, clock.monotonic()) == 0);
  CHECK(rarely.rest() == 5);
  CHECK(rarely.rest() == 0);
}

TEST_CASE("what happens again after a quiet time is reported at once") {
  FakeClock clock;
  Rarely rarely;
  CHECK(rarely.due(1, clock.monotonic()) == 1);
  clock.advance(seconds(61));
  CHECK(rarely.due(1, clock.monotonic()) == 1);
}

}  // namespace
}  // namespace weft

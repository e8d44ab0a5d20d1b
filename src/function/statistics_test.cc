#include "function/statistics.h"

#include <numeric>

#include <doctest/doctest.h>
#include <fmt/format.h>

namespace weft::function {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

std::uint64_t sum_of(const Activity& activity) {
  return std::accumulate(activity.calls_per_minute.begin(), activity.calls_per_minute.end(),
                         std::uint64_t{0});
}

TEST_CASE("a function that was never called has nothing to tell") {
  const FakeClock clock;
  const Activity activity = Statistics().activity(clock.wall());
  CHECK(activity.calls == 0);
  CHECK(activity.errors == 0);
  CHECK_FALSE(activity.p50_us.has_value());
  CHECK_FALSE(activity.last_called.has_value());
  CHECK(sum_of(activity) == 0);
}

TEST_CASE("calls and errors count in the minute in which they began") {
  FakeClock clock;
  Statistics statistics;
  statistics.record(clock.wall(), 10, false);
  statistics.record(clock.wall(), 10, true);
  clock.advance(minutes(1));
  statistics.record(clock.wall(), 10, false);
  const Activity activity = statistics.activity(clock.wall());
  CHECK(activity.calls == 3);
  CHECK(activity.errors == 1);
  CHECK(activity.calls_per_minute[58] == 2);
  CHECK(activity.calls_per_minute[59] == 1);
  CHECK(activity.last_called == clock.wall());
}

TEST_CASE("what is older than an hour is forgotten, minute by minute") {
  FakeClock clock;
  Statistics statistics;
  const WallTime last = clock.wall() + minutes(89);
  for (int minute = 0; minute < 90; ++minute) {
    for (int call = 0; call <= minute; ++call)
      statistics.record(clock.wall(), 10, minute % 2 == 0);
    if (minute < 89) clock.advance(minutes(1));
  }
  Activity activity = statistics.activity(clock.wall());
  for (std::size_t i = 0; i < 60; ++i)
    CHECK(activity.calls_per_minute.at(i) == 31 + i);
  CHECK(activity.calls == sum_of(activity));
  clock.advance(minutes(30));
  activity = statistics.activity(clock.wall());
  CHECK(activity.calls_per_minute[29] == 90);
  CHECK(activity.calls_per_minute[30] == 0);
  clock.advance(minutes(30));
  activity = statistics.activity(clock.wall());
  CHECK(activity.calls == 0);
  CHECK(activity.errors == 0);
  CHECK_FALSE(activity.p50_us.has_value());
  CHECK(activity.last_called == last);
}

TEST_CASE("a clock that was set back counts no call of the future") {
  FakeClock clock;
  clock.advance(minutes(30));
  Statistics statistics;
  statistics.record(clock.wall(), 10, false);
  CHECK(statistics.activity(clock.wall() - minutes(10)).calls == 0);
  CHECK(statistics.activity(clock.wall()).calls == 1);
}

TEST_CASE("the median is right within an eighth, over twelve orders of magnitude") {
  const FakeClock clock;
  for (std::uint64_t duration = 0; duration < (std::uint64_t{1} << 40U);
       duration += 1 + duration / 7) {
    Statistics statistics;
    for (int call = 0; call < 3; ++call)
      statistics.record(clock.wall(), duration, false);
    const auto median = static_cast<double>(statistics.activity(clock.wall()).p50_us.value());
    CAPTURE(duration);
    CHECK(median >= static_cast<double>(duration) * 0.875);
    CHECK(median <= static_cast<double>(duration) * 1.125);
  }
}

TEST_CASE("the median stands in the middle of what was measured, in any order") {
  const FakeClock clock;
  Statistics statistics;
  for (const std::uint64_t duration : {1'000'000U, 10U, 100U, 20U, 2'000'000U})
    statistics.record(clock.wall(), duration, false);
  const auto median = statistics.activity(clock.wall()).p50_us.value();
  CHECK(median >= 88);
  CHECK(median <= 112);
}

TEST_CASE("a duration of any size is counted") {
  const FakeClock clock;
  Statistics statistics;
  statistics.record(clock.wall(), UINT64_MAX, false);
  CHECK(statistics.activity(clock.wall()).p50_us.value() > (std::uint64_t{1} << 40U));
}

TEST_CASE("what was known before counts on, and ages") {
  FakeClock clock;
  Activity before{.calls = 30, .errors = 4, .p50_us = 1'000, .last_called = clock.wall()};
  before.calls_per_minute[0] = 10;
  before.calls_per_minute[59] = 20;
  Statistics statistics;
  statistics.seed(before, clock.wall());
  statistics.record(clock.wall(), 8, false);
  Activity activity = statistics.activity(clock.wall());
  CHECK(activity.calls == 31);
  CHECK(activity.errors == 4);
  CHECK(activity.calls_per_minute[0] == 10);
  CHECK(activity.calls_per_minute[59] == 21);
  CHECK(activity.p50_us.value() >= 875);
  CHECK(activity.p50_us.value() <= 1'125);
  clock.advance(minutes(1));
  activity = statistics.activity(clock.wall());
  CHECK(activity.calls == 21);
  CHECK(activity.calls_per_minute[58] == 21);
}

TEST_CASE("a function that slept for long remembers only when it was called") {
  FakeClock clock;
  const WallTime called = clock.wall();
  clock.advance(std::chrono::hours(48));
  Statistics statistics;
  Activity before;
  before.last_called = called;
  statistics.seed(before, clock.wall());
  const Activity activity = statistics.activity(clock.wall());
  CHECK(activity.calls == 0);
  CHECK_FALSE(activity.p50_us.has_value());
  CHECK(activity.last_called == called);
}

}  // namespace
}  // namespace weft::function

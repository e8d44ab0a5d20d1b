#include "function/pace.h"

#include <doctest/doctest.h>

namespace weft::function {
namespace {

using std::chrono::microseconds;

int calls_until_short(Pace& pace, microseconds each) {
  int calls = 0;
  while (!pace.is_short()) {
    pace.learn(each);
    ++calls;
  }
  return calls;
}

TEST_CASE("a function is not short before a call has shown it") {
  Pace pace;
  CHECK_FALSE(pace.is_short());
  pace.learn(microseconds(5));
  CHECK(pace.is_short());
}

TEST_CASE("a function is as short as its calls are on average") {
  Pace pace;
  pace.learn(microseconds(900));
  CHECK_FALSE(pace.is_short());
  for (int i = 0; i < 1'000; ++i)
    pace.learn(microseconds(i % 2 == 0 ? 100 : 280));
  CHECK(pace.is_short());
  for (int i = 0; i < 1'000; ++i)
    pace.learn(microseconds(i % 2 == 0 ? 100 : 320));
  CHECK_FALSE(pace.is_short());
}

TEST_CASE("an overrun is remembered for a while, however short the calls before were") {
  Pace pace;
  for (int i = 0; i < 1'000; ++i)
    pace.learn(microseconds(1));
  pace.overran();
  CHECK_FALSE(pace.is_short());
  const int calls = calls_until_short(pace, microseconds(1));
  CHECK(calls > 30);
  CHECK(calls < 100);
}

TEST_CASE("one call of minutes does not make a function long for ever") {
  Pace pace;
  pace.learn(std::chrono::minutes(10));
  const int calls = calls_until_short(pace, microseconds(1));
  CHECK(calls > 100);
  CHECK(calls < 200);
}

TEST_CASE("a thread that had to wait once does not make a short function long") {
  Pace pace;
  for (int i = 0; i < 100; ++i)
    pace.learn(microseconds(10));
  for (int i = 0; i < 3; ++i)
    pace.learn(Pace::kSliceMax);
  CHECK(pace.is_short());
}

}  // namespace
}  // namespace weft::function

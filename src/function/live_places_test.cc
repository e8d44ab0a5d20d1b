#include "function/live_places.h"

#include <optional>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "function/cancellation.h"

namespace weft::function {
namespace {

struct Fixture {
  LivePlaces places{1};
  std::optional<LivePlaces::Place> held;
  std::vector<std::string> told;

  LivePlaces::Waiter wait(std::string name) {
    return places.wait([this, name = std::move(name)](Result<LivePlaces::Place> place) {
      told.push_back(place ? name : name + ": " + std::string(place.error().message()));
      if (place) held.emplace(std::move(*place));
    });
  }
  void give_back() {
    // It takes the next one while it ends.
    const auto before = std::exchange(held, std::nullopt);
  }
};

TEST_CASE_FIXTURE(Fixture, "a place goes to whoever has waited for longest") {
  wait("a");
  CHECK(told == std::vector<std::string>{"a"});
  CHECK_FALSE(places.has_waiting());
  wait("b");
  wait("c");
  CHECK(places.has_waiting());
  CHECK(told.size() == 1);
  give_back();
  CHECK(told == std::vector<std::string>{"a", "b"});
  // It was not free for a moment.
  wait("d");
  give_back();
  give_back();
  CHECK(told == std::vector<std::string>{"a", "b", "c", "d"});
  give_back();
  wait("e");
  CHECK(told.back() == "e");
}

TEST_CASE_FIXTURE(Fixture, "whoever leaves is told why, once, and the others move up") {
  const auto first = wait("a");
  const auto second = wait("b");
  wait("c");
  places.leave(second, Error(ErrorCode::kCancelled, "gone"));
  places.leave(second, Error(ErrorCode::kCancelled, "gone"));
  places.leave(first, Error(ErrorCode::kCancelled, "gone"));
  CHECK(told == std::vector<std::string>{"a", "b: gone"});
  give_back();
  CHECK(told.back() == "c");
}

TEST_CASE_FIXTURE(Fixture, "nobody gets a place of those that are closed") {
  wait("a");
  wait("b");
  places.close();
  CHECK_FALSE(places.has_waiting());
  give_back();
  wait("c");
  CHECK(told == std::vector<std::string>{"a"});
}

TEST_CASE("whoever waits for a cancellation learns of it once, also afterwards") {
  Cancellation cancellation;
  int first = 0;
  int second = 0;
  cancellation.on_cancel([&] { ++first; });
  cancellation.on_cancel([&] { ++second; });
  CHECK_FALSE(cancellation.is_cancelled());
  cancellation.cancel();
  cancellation.cancel();
  CHECK(cancellation.is_cancelled());
  CHECK(first == 0);
  CHECK(second == 1);
  cancellation.on_cancel([&] { ++first; });
  CHECK(first == 1);
}

}  // namespace
}  // namespace weft::function

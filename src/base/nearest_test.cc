#include "base/nearest.h"

#include <array>
#include <string>

#include <doctest/doctest.h>

namespace weft {
namespace {

TEST_CASE("the nearest word is found only when it is near") {
  constexpr std::array<std::string_view, 4> kNames = {"run", "rollback", "remove", "inspect"};
  CHECK(nearest("rn", kNames) == "run");
  CHECK(nearest("roll", kNames) == "rollback");
  CHECK(nearest("inspetc", kNames) == "inspect");
  CHECK_FALSE(nearest("banana", kNames).has_value());
  CHECK_FALSE(nearest(std::string(10'000, 'r'), kNames).has_value());
  CHECK_FALSE(nearest("", kNames).has_value());
}

}  // namespace
}  // namespace weft

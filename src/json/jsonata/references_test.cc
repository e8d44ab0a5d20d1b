#include "json/jsonata/references.h"

#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

namespace weft::json::jsonata {
namespace {

TEST_CASE("names that an expression looks for in its document are found, and no others") {
  struct Case {
    std::string_view expression;
    std::vector<std::string> names;
  };
  const std::vector<Case> cases = {
      {"$states.input.a", {}},
      {"phone", {"phone"}},
      {"a.b.c", {"a"}},
      {"a[b > 1]", {"a"}},
      {"a^(b)", {"a"}},
      {"a{b: c}", {"a"}},
      {"$x[value > 3].name", {}},
      {"b + a + b", {"b", "a"}},
      {"$sum(a.b)", {"a"}},
      {"$map($x, function($y) { b })", {"b"}},
      {"$map($x, function($y) { $y.b })", {}},
      {"{\"k\": v, n: 1}", {"v", "n"}},
      {"[a, -b, c ? d : e]", {"a", "b", "c", "d", "e"}},
      {"($v := a; $v)", {"a"}},
      {"(a).b", {"a"}},
      {"a ~> $f", {"a"}},
      {"$x ~> |a|{\"b\": c}|", {}},
      {"$", {"$"}},
      {"$.a", {"$"}},
      {"$x.($ + 1)", {}},
      {"$$", {"$$"}},
      {"$$.a", {"$$"}},
      {"`strange name`", {"strange name"}},
      {"\"text\" & 1 & true", {}},
  };
  for (const auto& [expression, names] : cases) {
    CAPTURE(expression);
    const auto found = references_of(expression, "states");
    REQUIRE(found.has_value());
    CHECK(found->document == names);
  }
}

TEST_CASE("members of a variable are found wherever it stands") {
  struct Case {
    std::string_view expression;
    std::vector<std::string> names;
  };
  const std::vector<Case> cases = {
      {"$states.b.c + $states.a + $states.b", {"b", "a"}},
      {"$x[$states.a = 1]^($states.b){c: $states.d}", {"a", "b", "d"}},
      {"function($y) { $y.z + $states.a }", {"a"}},
      {"$states[0].a", {"a"}},
      {"$states", {}},
      {"$other.states.a", {}},
  };
  for (const auto& [expression, names] : cases) {
    CAPTURE(expression);
    const auto found = references_of(expression, "states");
    REQUIRE(found.has_value());
    CHECK(found->variable == names);
  }
}

TEST_CASE("what cannot be read has no names") {
  const auto found = references_of("1 +", "states");
  REQUIRE_FALSE(found.has_value());
  CHECK(found.error().code == "S0207");
}

}  // namespace
}  // namespace weft::json::jsonata

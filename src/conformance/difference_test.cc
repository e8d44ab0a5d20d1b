#include "conformance/difference.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "json/parse.h"

namespace weft::conformance {
namespace {

std::string difference(std::string_view expected, std::string_view found) {
  const auto result = first_difference(json::parse(expected).value(), json::parse(found).value());
  if (!result) return "none";
  return fmt::format("{}: {} | {}", result->where, result->expected, result->found);
}

TEST_CASE("equal documents have no difference") {
  CHECK(difference("[1, {\"a\": null, \"b\": [2.0]}]", "[1.0, {\"b\": [2], \"a\": null}]") ==
        "none");
}

TEST_CASE("a difference is told as deep inside as it is") {
  CHECK(difference("1", "\"1\"") == "$: 1 | \"1\"");
  CHECK(difference("[]", "{}") == "$: [] | {}");
  CHECK(difference("[1, 2, 3]", "[1, 4, 5]") == "$[1]: 2 | 4");
  CHECK(difference("{\"a\": {\"b\": [0, {\"it's\": 1}]}}",
                   "{\"a\": {\"b\": [0, {\"it's\": 2}]}}") == "$['a']['b'][1]['it\\'s']: 1 | 2");
}

TEST_CASE("what only one document has is a difference") {
  CHECK(difference("[1, 2]", "[1]") == "$[1]: 2 | nothing");
  CHECK(difference("[1]", "[1, [2]]") == "$[1]: nothing | [2]");
  CHECK(difference("{\"a\": 1, \"b\": null}", "{\"a\": 1}") == "$['b']: null | nothing");
  CHECK(difference("{\"a\": 1}", "{\"b\": 2, \"a\": 1}") == "$['b']: nothing | 2");
}

}  // namespace
}  // namespace weft::conformance

#include "conformance/jsonpath_cases.h"

#include <vector>

#include <doctest/doctest.h>

#include "conformance/corpora.h"
#include "json/parse.h"

namespace weft::conformance {
namespace {

// Nothing when the test could not be run.
std::optional<bool> is_exact(std::string_view test) {
  const auto comparison = run_jsonpath_case(json::parse(test).value());
  if (!comparison) return std::nullopt;
  return comparison->expected == comparison->found;
}

TEST_CASE("a selector has to give the values and paths of its test in their order") {
  CHECK(is_exact(R"({"selector": "$[*]", "document": [1, 2], "result": [1, 2]})") == true);
  CHECK(is_exact(R"({"selector": "$[*]", "document": [1, 2], "result": [2, 1]})") == false);
  CHECK(is_exact(R"({"selector": "$[*]", "document": [1, 2], "result": [1, 2],
                     "result_paths": ["$[0]", "$[1]"]})") == true);
  CHECK(is_exact(R"({"selector": "$[*]", "document": [1, 1], "result": [1, 1],
                     "result_paths": ["$[1]", "$[0]"]})") == false);
}

TEST_CASE("where several results are right, it has to give one of them") {
  const std::string_view end = R"(, "document": {"a": 1, "b": 2}, "results": [[2, 1], [1, 2]],
      "results_paths": [["$['b']", "$['a']"], ["$['a']", "$['b']"]]})";
  CHECK(is_exact(R"({"selector": "$[*]")" + std::string(end)) == true);
  CHECK(is_exact(R"({"selector": "$['b', 'a']")" + std::string(end)) == true);
  CHECK(is_exact(R"({"selector": "$.a")" + std::string(end)) == false);
}

TEST_CASE("an invalid selector has to be refused, and only such a one") {
  CHECK(is_exact(R"({"selector": "$[", "invalid_selector": true})") == true);
  CHECK(is_exact(R"({"selector": "$", "invalid_selector": true})") == false);
  CHECK(is_exact(R"({"selector": "$[", "document": 1, "result": []})") == false);
}

TEST_CASE("what has not the form of a test is not run") {
  for (const std::string_view test :
       {"[]", "{}", R"({"selector": "$"})", R"({"selector": 1, "result": []})",
        R"({"selector": "$", "document": 1, "results": 1})"}) {
    CAPTURE(test);
    CHECK(is_exact(test) == std::nullopt);
  }
}

TEST_CASE("the corpus of the JSONPath Compliance Test Suite is exact") {
  const auto directory = corpora();
  if (!directory) {
    MESSAGE("there is no corpus: WEFT_CORPORA names the directory");
    return;
  }
  const std::vector files = {*directory / "jsonpath" / "jsonpath_cts.jsonl"};
  std::string printed;
  const auto tally = run_corpora(files, run_jsonpath_case,
                                 {.print = [&printed](std::string_view text) { printed += text; }});
  INFO(printed);
  REQUIRE(tally.has_value());
  CHECK(tally->is_all_exact());
}

}  // namespace
}  // namespace weft::conformance

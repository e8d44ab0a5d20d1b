#include "conformance/jsonata_cases.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

#include "conformance/corpora.h"
#include "json/parse.h"

namespace weft::conformance {
namespace {

// Nothing when the test could not be run.
std::optional<bool> is_exact(std::string_view test) {
  const auto comparison = run_jsonata_case(json::parse(test).value());
  if (!comparison) return std::nullopt;
  return comparison->expected == comparison->found;
}

TEST_CASE("an expression has to give the result of its test") {
  CHECK(is_exact(R"({"expr": "a + $b", "data": {"a": 1}, "bindings": {"b": 2}, "result": 3})") ==
        true);
  CHECK(is_exact(R"({"expr": "a", "data": {"a": 1}, "result": 2})") == false);
  CHECK(is_exact(R"({"expr": "[2, 1]", "result": [1, 2]})") == false);
  CHECK(is_exact(R"({"expr": "[2, 1]", "result": [1, 2], "unordered": true})") == true);
  CHECK(is_exact(R"({"expr": "[2, 1]", "result": [1, 3], "unordered": true})") == false);
  CHECK(is_exact(R"({"expr": "1", "result": {"code": "S0201"}})") == false);
}

TEST_CASE("no value is not null") {
  CHECK(is_exact(R"({"expr": "a", "data": {}, "undefinedResult": true})") == true);
  CHECK(is_exact(R"({"expr": "null", "undefinedResult": true})") == false);
  CHECK(is_exact(R"({"expr": "a", "result": null})") == false);
  CHECK(is_exact(R"({"expr": "$", "data": null, "result": null})") == true);
}

TEST_CASE("a failure has to have its code, and its message where the test has one") {
  CHECK(is_exact(R"({"expr": "1 + 'a'", "code": "T2002"})") == true);
  CHECK(is_exact(R"({"expr": "1 + 'a'", "code": "T2001"})") == false);
  CHECK(is_exact(R"({"expr": "1 +", "code": "S0207"})") == true);
  CHECK(is_exact(R"({"expr": "1", "code": "S0207"})") == false);
  CHECK(is_exact(R"({"expr": "1 +", "result": 1})") == false);
  CHECK(is_exact(R"({"expr": "$error('a') ", "error": {"code": "D3137", "message": "a"}
})") == true);
  CHECK(is_exact(R"({"expr": "$error('a') ", "error": {"code": "D3137", "message": "b"}
})") == false);
}

TEST_CASE("what has not the form of a test of JSONata is not run") {
  for (const std::string_view test :
       {"[]", "{}", R"({"expr": 1, "result": 1})", R"({"expr": "1"})"}) {
    CAPTURE(test);
    CHECK(is_exact(test) == std::nullopt);
  }
}

TEST_CASE("the corpus of JSONata is exact but for two tests") {
  const auto directory = corpora();
  if (!directory) {
    MESSAGE("there is no corpus: WEFT_CORPORA names the directory");
    return;
  }
  const std::vector files = {*directory / "jsonata" / "jsonata.jsonl"};
  std::string printed;
  const auto tally = run_corpora(files, run_jsonata_case,
                                 {.print = [&printed](std::string_view text) { printed += text; }});
  INFO(printed);
  REQUIRE(tally.has_value());
  // docs/conformance.md says which, and why.
  CHECK(printed.ends_with("\nexact 827 differing 2 failing 0\n"));
}

}  // namespace
}  // namespace weft::conformance

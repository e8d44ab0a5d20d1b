#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "json/parse.h"
#include "json/print.h"
#include "workflow/expressions.h"
#include "workflow/fake_inputs.h"

namespace weft::workflow {
namespace {

struct Evaluated {
  std::string value;
  StateError error;
};

Evaluated evaluate(std::string_view text, std::string_view input) {
  const auto made = PathTemplate::parse(*json::parse(text));
  REQUIRE_MESSAGE(made.has_value(), made.error().message());
  FakeInputs inputs;
  const json::Value document = *json::parse(input);
  const json::Value context = *json::parse("{}");
  const Variables variables;
  const auto value = made->evaluate(
      {.input = document, .context = context, .variables = variables, .inputs = inputs},
      "Parameters");
  if (!value.has_value()) return {.value = "", .error = value.error()};
  return {.value = json::to_string(*value), .error = {}};
}

TEST_CASE("members that end in .$ are evaluated, at any depth, and nothing else is") {
  struct Case {
    std::string text;
    std::string value;
  };
  for (const auto& [text, value] : {
           Case{R"({"a.$": "$.x", "b": "$.x"})", R"({"a":1,"b":"$.x"})"},
           Case{R"({"a": {"b": [{"c.$": "$.y[0]"}, 2]}})", R"({"a":{"b":[{"c":2},2]}})"},
           Case{R"~({"a.$": "States.Array($.x)"})~", R"({"a":[1]})"},
           Case{R"({"a.$": "$"})", R"({"a":{"x":1,"y":[2]}})"},
           Case{R"({".$": "$.x"})", R"({"":1})"},
           Case{R"({"a$": "$.x", "$": "$.x"})", R"({"a$":"$.x","$":"$.x"})"},
           Case{R"(["$.x", {"a.$": "$.x"}])", R"(["$.x",{"a":1}])"},
           Case{R"("$.x")", R"("$.x")"},
           Case{"{}", "{}"},
           Case{"[1, {}, null]", "[1,{},null]"},
       }) {
    CAPTURE(text);
    CHECK(evaluate(text, R"({"x": 1, "y": [2]})").value == value);
  }
}

TEST_CASE("an error names the member as the template has it") {
  const Evaluated result = evaluate(R"({"a": {"b.$": "$.no"}})", R"({"x":1})");
  CHECK(result.error.error == "States.Runtime");
  CHECK(
      result.error.cause ==
      R"(The JSONPath '$.no' specified for the field 'b.$' could not be found in the input '{"x":1}')");
  CHECK(result.error.location.empty());
}

TEST_CASE("what is wrong in a template is told with its place") {
  const auto problem = [](std::string_view text) {
    const auto made = PathTemplate::parse(*json::parse(text));
    REQUIRE(!made.has_value());
    CHECK(made.error().code() == ErrorCode::kInvalidArgument);
    return made.error().message();
  };
  CHECK(problem(R"({"a": [{"b/c.$": "x"}]})").starts_with("/a/0/b~1c.$: "));
  CHECK(problem(R"({"a.$": 1})").starts_with("/a.$: the value of a member whose name ends in .$"));
  std::string deep;
  for (int i = 0; i < 120; ++i)
    deep += "[";
  CHECK(PathTemplate::parse(*json::parse(deep + std::string(120, ']'))).has_value());
  json::Value deeper;
  for (int i = 0; i < 100'000; ++i)
    deeper = json::Value::array({deeper});
  CHECK(!PathTemplate::parse(deeper).has_value());
}

TEST_CASE("the variables of a template are known, sorted and once each") {
  const auto made = PathTemplate::parse(
      *json::parse(R"~({"a.$": "$y", "b": [{"c.$": "States.Array($x, $y)"}]})~"));
  REQUIRE(made.has_value());
  CHECK(made->variables() == std::vector<std::string>{"x", "y"});
}

}  // namespace
}  // namespace weft::workflow

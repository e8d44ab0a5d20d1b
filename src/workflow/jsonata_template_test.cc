#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "json/parse.h"
#include "json/print.h"
#include "workflow/expressions.h"
#include "workflow/fake_inputs.h"

namespace weft::workflow {
namespace {

JsonataTemplate parsed(std::string_view text) {
  auto made = JsonataTemplate::parse(*json::parse(text));
  REQUIRE_MESSAGE(made.has_value(), made.error().message());
  return *std::move(made);
}

Outcome<json::Value> evaluate(std::string_view text, bool has_result = false) {
  const json::Value input = *json::parse(R"({"a": 1, "big": 12345678901234567890, "n": null})");
  const json::Value context = *json::parse(R"({"State": {"Name": "S"}})");
  const json::Value result = *json::parse(R"({"r": [1, 2]})");
  const json::Value error = *json::parse(R"({"Error": "E"})");
  const Variables variables = Variables()
                                  .with({{"outer", json::Value(1)}, {"list", *json::parse("[1]")}})
                                  .inside()
                                  .with({{"list", *json::parse("[3, 4]")}});
  FakeInputs inputs({0.0, 0.5});
  return parsed(text).evaluate({.input = input,
                                .context = context,
                                .variables = variables,
                                .inputs = inputs,
                                .result = has_result ? &result : nullptr,
                                .error_output = has_result ? nullptr : &error},
                               "Output");
}

std::string value_of(std::string_view text, bool has_result = false) {
  const auto value = evaluate(text, has_result);
  REQUIRE_MESSAGE(value.has_value(), value.error().cause);
  return json::to_string(*value);
}

StateError error_of(std::string_view text) {
  const auto value = evaluate(text);
  REQUIRE(!value.has_value());
  CHECK(value.error().error == "States.QueryEvaluationError");
  return value.error();
}

TEST_CASE("a text is JSONata from {% to %}, without anything around it") {
  CHECK(is_jsonata("{% 1 %}"));
  CHECK(is_jsonata("{%1%}"));
  CHECK(is_jsonata("{%%}"));
  for (const std::string text : {"", "1", "{%", "{%}", " {% 1 %}", "{% 1 %} ", "{% 1 }"}) {
    CAPTURE(text);
    CHECK(!is_jsonata(text));
  }
}

TEST_CASE("strings in {% %} are evaluated, at any depth, and nothing else is") {
  struct Case {
    std::string text;
    std::string value;
  };
  for (const auto& [text, value] : {
           Case{R"("{% 1 + 1 %}")", "2"},
           Case{
               R"({"a": "{% $states.input.a %}", "b.$": "$.a", "c": [" {% 1 %}", {"d": "{%2%}"}]})",
               R"({"a":1,"b.$":"$.a","c":[" {% 1 %}",{"d":2}]})"},
           Case{R"(["{% [] %}", "{% {} %}", "{% null %}", "{% $states.input.n %}"])",
                "[[],{},null,null]"},
           Case{R"({"{% 1 %}": 2})", R"({"{% 1 %}":2})"},
           Case{R"({"a": 1.50})", R"({"a":1.50})"},
       }) {
    CAPTURE(text);
    CHECK(value_of(text) == value);
  }
}

TEST_CASE("an expression sees $states and the variables") {
  CHECK(value_of(R"("{% $states.input.big %}")") == "12345678901234567890");
  CHECK(value_of(R"("{% $states.context.State.Name %}")") == R"("S")");
  CHECK(value_of(R"("{% $states.result.r[1] %}")", true) == "2");
  CHECK(value_of(R"("{% $states.errorOutput.Error %}")") == R"("E")");
  CHECK(value_of(R"("{% $exists($states.result) or $exists($states.no) %}")") == "false");
  CHECK(value_of(R"("{% $exists($states.errorOutput) %}")", true) == "false");
  CHECK(value_of(R"("{% $sum($list) + $outer %}")") == "8");
  CHECK(value_of(R"("{% ($list := 5; $list) %}")") == "5");
  CHECK(value_of(R"("{% $exists($) %}")") == "false");
}

TEST_CASE("the functions that AWS adds are there") {
  CHECK(value_of(R"("{% $partition([1, 2, 3], 2) %}")") == "[[1,2],[3]]");
  CHECK(value_of(R"("{% $range(0, 6, 2) %}")") == "[0,2,4,6]");
  CHECK(value_of(R"("{% $hash('input', 'SHA-1') %}")") ==
        R"("140f86aae51ab9e1cda9b4254fe98a74eb54c1a1")");
  CHECK(value_of(R"("{% $parse('{\"a\": 1}').a %}")") == "1");
  CHECK(value_of(R"("{% $random(42) %}")") == "0.7275636800328681");
  CHECK(value_of(R"("{% $random() %}")") == "0");
  CHECK(value_of(R"("{% $uuid() %}")") == R"("00800080-0080-4080-8080-008000800080")");
  CHECK(error_of(R"("{% $eval('1') %}")")
            .cause.starts_with("The JSONata expression '$eval('1')' specified for the field "
                               "'Output' threw an error during "
                               "evaluation. T1006: "));
}

TEST_CASE("what is divided by zero is the text that AWS gives, and not null") {
  CHECK(value_of(R"({"r": "{% 1/0 %}"})") == R"({"r":"Infinity"})");
}

TEST_CASE("what has no value is an error that names the expression and its place") {
  struct Case {
    std::string text;
    std::string location;
    std::string cause;
  };
  for (const auto& [text, location, cause] : {
           Case{R"({"result": "{% $doesNotExist %}"})", "Output/result",
                "The JSONata expression '$doesNotExist' specified for the field 'Output/result' "
                "returned nothing (undefined)."},
           Case{R"("{%  $states.input.no  %}")", "Output",
                "The JSONata expression '$states.input.no' specified for the field 'Output' "
                "returned nothing (undefined)."},
           Case{R"({"a": [1, {"b": "{% $x %}"}]})", "Output/a[1]/b",
                "The JSONata expression '$x' specified for the field 'Output/a[1]/b' returned "
                "nothing (undefined)."},
           Case{R"("{% $fn := function($x){$x} %}")", "Output",
                "The JSONata expression '$fn := function($x){$x}' specified for the field 'Output' "
                "returned an unsupported result type."},
       }) {
    CAPTURE(text);
    const StateError error = error_of(text);
    CHECK(error.location == location);
    CHECK(error.cause == cause);
  }
}

TEST_CASE("an evaluation that fails tells the code, or what it took too much of") {
  CHECK(error_of(R"("{% 1 + 'a' %}")")
            .cause.starts_with("The JSONata expression '1 + 'a'' specified for the field 'Output' "
                               "threw an error during "
                               "evaluation. T2002: "));
  CHECK(error_of(R"("{% ($f := function($n) { 1 + $f($n) }; $f(1)) %}")")
            .cause.ends_with("threw an error during evaluation: Stack overflow error: Check for "
                             "non-terminating recursive "
                             "function. Consider rewriting as tail-recursive."));
  // Its calls are in each other's places, so that memory is what they take.
  CHECK(error_of(R"("{% ($f := function($n) { $f($n + 1) }; $f(1)) %}")")
            .cause.ends_with(
                "threw an error during evaluation: Expression evaluation memory limit exceeded: "
                "Check for excessive memory usage"));
  CHECK(error_of(R"("{% $partition([1], -1) %}")")
            .cause.starts_with("The JSONata expression '$partition([1], -1)' specified for the "
                               "field 'Output' threw an "
                               "error during evaluation: "));
}

TEST_CASE("an evaluation that has to end says so") {
  class Expired final : public FakeInputs {
   public:
    bool has_expired() override { return true; }
  };
  Expired inputs;
  const json::Value nothing = json::Value();
  const Variables variables;
  const auto value =
      parsed(R"("{% $sum([1..100000].($ * 2)) %}")")
          .evaluate(
              {.input = nothing, .context = nothing, .variables = variables, .inputs = inputs},
              "Output");
  REQUIRE(!value.has_value());
  CHECK(value.error().cause.ends_with(
      "threw an error during evaluation: Expression evaluation timeout: Check for infinite loop"));
}

TEST_CASE("what is no expression is refused with its place") {
  const auto made = JsonataTemplate::parse(*json::parse(R"({"a": ["{% 1 %}", "{% 1 + %}"]})"));
  REQUIRE(!made.has_value());
  CHECK(made.error().code() == ErrorCode::kInvalidArgument);
  CHECK(made.error().message().starts_with("/a/1: S0207: "));
  CHECK(!JsonataTemplate::parse(json::Value("{% %}")).has_value());
}

TEST_CASE("an expression alone is told from a template, and can name a value it should not have") {
  CHECK(parsed(R"("{% $a %}")").expression() == "$a");
  CHECK(parsed(R"(["{% $a %}"])").expression().empty());
  CHECK(parsed(R"("a")").expression().empty());
  const StateError error =
      unexpected_type(parsed(R"("{% 1 %}")"), "Items", json::Value(1), "array");
  CHECK(error.error == "States.QueryEvaluationError");
  CHECK(error.location == "Items");
  CHECK(error.cause ==
        "The JSONata expression '1' specified for the field 'Items' returned an unexpected result "
        "type. Expected 'array', but was 'number' for value: 1");
}

TEST_CASE("the variables of a template are known, sorted and once each") {
  CHECK(parsed(R"({"a": "{% $b + $a %}", "c": ["{% $map($b, function($x) { $x }) %}", "$d"]})")
            .variables() == std::vector<std::string>{"a", "b"});
}

}  // namespace
}  // namespace weft::workflow

#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "json/parse.h"
#include "json/print.h"
#include "workflow/expressions.h"
#include "workflow/fake_inputs.h"

namespace weft::workflow {
namespace {

using Allow = PathExpression::Allow;

struct World {
  json::Value input = *json::parse(R"({ "a": {"b": [1, 2]}, "n": null, "i": 5 })");
  json::Value context = *json::parse(R"({"State": {"Name": "S"}})");
  Variables variables = Variables().with({{"v", *json::parse(R"({"x": "y"})")}});
  FakeInputs inputs;

  Scope scope() {
    return {.input = input, .context = context, .variables = variables, .inputs = inputs};
  }
};

PathExpression parsed(std::string_view text, Allow allow = Allow::kPathOrIntrinsic) {
  auto expression = PathExpression::parse(text, allow);
  REQUIRE_MESSAGE(expression.has_value(), expression.error().message());
  return *std::move(expression);
}

TEST_CASE("paths start at the input, the context object or a variable") {
  World world;
  struct Case {
    std::string path;
    std::string value;
  };
  for (const auto& [path, value] : {
           Case{"$", R"({"a":{"b":[1,2]},"n":null,"i":5})"},
           Case{"$.a.b[1]", "2"},
           Case{"$['a']['b']", "[1,2]"},
           Case{"$.n", "null"},
           Case{"$.a.b[*]", "[1,2]"},
           Case{"$..no", "[]"},
           Case{"$$", R"({"State":{"Name":"S"}})"},
           Case{"$$.State.Name", R"("S")"},
           Case{"$v", R"({"x":"y"})"},
           Case{"$v.x", R"("y")"},
           Case{"$v['x']", R"("y")"},
           Case{"States.Format('{}', $v.x)", R"("y")"},
       }) {
    CAPTURE(path);
    const auto found = parsed(path).evaluate(world.scope(), "a.$");
    REQUIRE_MESSAGE(found.has_value(), found.error().cause);
    CHECK(json::to_string(*found) == value);
  }
}

TEST_CASE("a path that leads nowhere is an error that names the field, or says why") {
  World world;
  struct Case {
    std::string path;
    std::string field;
    std::string cause;
  };
  for (const auto& [path, field, cause] : {
           Case{"$.no", "CausePath",
                "The JSONPath '$.no' specified for the field 'CausePath' could not be found in the "
                "input '{ \"a\": {\"b\": [1, 2]}, \"n\": null, \"i\": 5 }'"},
           Case{"$$.no.way", "x.$",
                "The JSONPath '$$.no.way' specified for the field 'x.$' could not be found in the "
                "input '{\"State\": {\"Name\": \"S\"}}'"},
           Case{"$.no", "OutputPath", "Invalid path '$.no' : No results for path: $['no']"},
           Case{"$.no.way", "ItemsPath",
                "Invalid path '$.no.way' : Missing property in path $['no']"},
           Case{"$w", "InputPath", "Invalid path '$w' : there is no variable $w"},
           Case{"$w.a", "x.$",
                "The JSONPath '$w.a' specified for the field 'x.$' could not be found: there is no "
                "variable $w"},
           Case{"$v.no", "x.$",
                "The JSONPath '$v.no' specified for the field 'x.$' could not be found in the "
                "variable $v: No results for path: $['no']"},
       }) {
    CAPTURE(path);
    const auto found = parsed(path).evaluate(world.scope(), field);
    REQUIRE(!found.has_value());
    CHECK(found.error() == StateError{.error = "States.Runtime", .cause = cause});
  }
}

TEST_CASE("a part of a document is quoted without white space") {
  World world;
  world.input = *world.input.find("a");
  const auto found = parsed("$.no").evaluate(world.scope(), "ErrorPath");
  REQUIRE(!found.has_value());
  CHECK(found.error().cause.ends_with(R"(could not be found in the input '{"b":[1,2]}')"));
}

TEST_CASE("an item behind an array's end is null in templates and an error elsewhere") {
  World world;
  CHECK(parsed("$.a.b[5]").evaluate(world.scope(), "x.$")->is_null());
  CHECK(!parsed("$.a.b[5]").evaluate(world.scope(), "OutputPath").has_value());
  CHECK(!parsed("$.i[5]").evaluate(world.scope(), "x.$").has_value());
  CHECK(!parsed("$.a.c[5]").evaluate(world.scope(), "x.$").has_value());
}

TEST_CASE("find() takes nothing for nothing") {
  World world;
  CHECK(*parsed("$.no").find(world.scope(), "Variable") == std::nullopt);
  CHECK(*parsed("$w").find(world.scope(), "Variable") == std::nullopt);
  CHECK(parsed("$.n").find(world.scope(), "Variable")->value().is_null());
  CHECK(*parsed("States.Array()").find(world.scope(), "x.$") == json::Value::array({}));
  CHECK(!parsed("States.Array($.no)").find(world.scope(), "x.$").has_value());
}

TEST_CASE("what is no expression is refused") {
  for (const std::string text : {"", "a", "$.", "$[", "$$a", "$v.", "States.No()", " $.a"}) {
    CAPTURE(text);
    CHECK(!PathExpression::parse(text, Allow::kPathOrIntrinsic).has_value());
  }
  CHECK(!PathExpression::parse("States.UUID()", Allow::kPath).has_value());
  CHECK(parsed("States.UUID()").is_intrinsic());
  CHECK(!parsed("$.a").is_intrinsic());
  CHECK(parsed("$.a").text() == "$.a");
}

TEST_CASE("the variables of an expression are known, sorted and once each") {
  CHECK(parsed("$.a").variables().empty());
  CHECK(parsed("$$.a").variables().empty());
  CHECK(parsed("$v.x[0]").variables() == std::vector<std::string>{"v"});
  CHECK(parsed("States.Array($b, $a, $b.c)").variables() == std::vector<std::string>{"a", "b"});
}

}  // namespace
}  // namespace weft::workflow

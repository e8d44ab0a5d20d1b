#include "json/jsonpath/states_path.h"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "json/parse.h"
#include "json/print.h"

namespace weft::json::jsonpath {
namespace {

// The value as JSON, or why there is none.
std::string selected(std::string_view path, const Value& root) {
  const auto selection = StatesPath::parse(path).value().select(root).value();
  CHECK(selection.why.empty() == selection.value.has_value());
  return selection.value ? to_string(*selection.value) : selection.why;
}

struct Row {
  std::string_view path;
  std::string_view expected;
};

void check_values(std::string_view document, const std::vector<Row>& rows) {
  const Value root = parse(document).value();
  for (const Row& row : rows) {
    CAPTURE(row.path);
    CHECK(selected(row.path, root) == row.expected);
  }
}

constexpr std::string_view kOrder = R"({"id": 7, "a-b": {"c:d": 1}, "none": null, "items": [
    {"sku": "x1", "price": 5, "tags": ["new"]}, {"sku": "x2", "price": "5"}, {"sku": "x3"}]})";

TEST_CASE("a definite path gives its one value") {
  check_values(kOrder, {{"$.id", "7"},
                        {"$['id']", "7"},
                        {"$.none", "null"},
                        {"$.a-b.c:d", "1"},
                        {"$.items[0].sku", R"("x1")"},
                        {"$.items[-1].sku", R"("x3")"},
                        {"$.items[0]['tags'][0]", R"("new")"},
                        {"$.['items'].[1].['sku']", R"("x2")"},
                        {"$.items[0].tags", R"(["new"])"}});
  CHECK(selected("$", Value(5)) == "5");
}

TEST_CASE("an indefinite path gives an array of what it selects") {
  check_values(kOrder, {{"$.items[*].sku", R"(["x1","x2","x3"])"},
                        {"$.items.*.price", R"([5,"5"])"},
                        {"$..sku", R"(["x1","x2","x3"])"},
                        {"$..[0]", R"([{"sku":"x1","price":5,"tags":["new"]},"new"])"},
                        {"$.items[0,2].sku", R"(["x1","x3"])"},
                        {"$.items[1:].sku", R"(["x2","x3"])"},
                        {"$.items[:-1].sku", R"(["x1","x2"])"},
                        {"$.items[?(@.price)].sku", R"(["x1","x2"])"},
                        {"$..tags", R"([["new"]])"},
                        {"$.items[0:1]", R"([{"sku":"x1","price":5,"tags":["new"]}])"}});
}

TEST_CASE("an indefinite path that leads nowhere gives an empty array") {
  check_values(kOrder, {{"$.items[*].nothing", "[]"},
                        {"$.nothing[*]", "[]"},
                        {"$.nothing[1:]", "[]"},
                        {"$.no.thing[0:1].x", "[]"},
                        {"$.id[*]", "[]"},
                        {"$.id[?(@.a)]", "[]"},
                        {"$..nothing", "[]"},
                        {"$.items[7:]", "[]"},
                        {"$.items[8,9]", "[]"}});
}

TEST_CASE("a definite path that leads nowhere says why") {
  check_values(kOrder, {{"$.total", "No results for path: $['total']"},
                        {"$.items[3]", "No results for path: $['items'][3]"},
                        {"$.items[-4].sku", "No results for path: $['items'][-4]['sku']"},
                        {"$.items[0].x", "No results for path: $['items'][0]['x']"},
                        {"$.total.net.sum", "Missing property in path $['total']"},
                        {"$.id.x", "No results for path: $['id']['x']"},
                        {"$.id[0]", "No results for path: $['id'][0]"},
                        {"$.id['a','b']", "No results for path: $['id']['a','b']"}});
}

TEST_CASE("names in one pair of brackets at the end give one object") {
  check_values(kOrder, {{"$['id', \"none\"]", R"({"id":7,"none":null})"},
                        {"$['none','id','x']", R"({"none":null,"id":7})"},
                        {"$.items[*]['sku','price']",
                         R"([{"sku":"x1","price":5},{"sku":"x2","price":"5"},{"sku":"x3"}])"},
                        {"$['id','a-b'].c:d", "[1]"}});
}

TEST_CASE("a path says by its form whether it is definite") {
  const std::vector<std::pair<std::string_view, bool>> rows = {
      {"$", true},          {"$.a", true},           {"$.a[0]['b'][-1]", true},
      {"$['a','b']", true}, {"$['a','b'].c", false}, {"$[0,1]", false},
      {"$.*", false},       {"$[*]", false},         {"$..a", false},
      {"$[0:1]", false},    {"$[?(@.a)]", false},
  };
  for (const auto& [path, is_definite] : rows) {
    CAPTURE(path);
    CHECK(StatesPath::parse(path).value().is_definite() == is_definite);
  }
}

TEST_CASE("a filter tests the objects of an array, or an object itself") {
  check_values(
      R"({"n": 3, "key": "x2", "list": [{"k": "x1", "n": 1}, {"k": "x2", "n": 3}, {"m": {"n": 4}}, {}, 5, "k"],
                   "one": {"k": "x1", "inner": {"n": 9}}})",
      {{"$.list[?(@.n >= 3)].k", R"(["x2"])"},
       {"$.list[?(@.k == 'x1')].n", "[1]"},
       {"$.list[?(@.k == x1)].n", "[1]"},
       {"$.list[?(@.k==$.key)].n", "[3]"},
       {"$.list[?(@.k == 'x1' || @.m.n > 3)]", R"([{"k":"x1","n":1},{"m":{"n":4}}])"},
       {"$.list[?(@.k && !(@.n == 1))].k", R"(["x2"])"},
       {"$.list[?(!@.k)]", R"([{"m":{"n":4}},{}])"},
       {"$.list[?((@.k))].n", "[1,3]"},
       {"$.list[?(@ == 5)]", "[]"},
       {"$.one[?(@.k == 'x1')].inner.n", "[9]"},
       {"$.one[?(@.k == 'x2')]", "[]"},
       {"$.[?(@.n > 2)].n", "[3]"},
       {"$.n[?(@.x)]", "[]"},
       {"$..[?(@.n > 2)].n", "[3,3,4,9]"}});
  check_values(
      R"({"a": {}, "b": [{}, 1, []]})",
      {{"$..[?(!@.x)]", R"([{"a":{},"b":[{},1,[]]},{},{}])"}, {"$.b[?(!@.x)]", "[{},[]]"}});
}

TEST_CASE("a filter compares as Jayway does") {
  const Value root =
      parse(R"([{"n": 5, "s": "5", "t": "b", "u": true, "z": null, "l": [1]}])").value();
  const std::vector<std::pair<std::string_view, bool>> rows = {
      {"@.n == 5.0", true},     {"@.n == '5'", true},   {"@.s == 5", true},
      {"@.s == 5.5", false},    {"@.t == 5", false},    {"@.n != '5'", false},
      {"@.n < '6'", false},     {"@.s < '6'", true},    {"@.t < 'c'", true},
      {"@.t >= 'b'", true},     {"@.n <= 5", true},     {"@.u == true", true},
      {"@.u == 'true'", false}, {"@.u <= true", false}, {"@.z == null", true},
      {"@.z >= null", false},   {"@.z", true},          {"@.x", false},
      {"@.x == 5", false},      {"@.x != 5", true},     {"@.x == @.y", false},
      {"@.x != @.y", true},     {"@.x <= 5", false},    {"@.l == @.l", true},
      {"@.l[0] == 1", true},    {"@['n'] == 5", true},  {"@.t == b", true},
      {"@.t == \"b\"", true},
  };
  for (const auto& [condition, expected] : rows) {
    CAPTURE(condition);
    const std::string path = "$[?(" + std::string(condition) + ")]";
    CHECK((selected(path, root) != "[]") == expected);
  }
}

TEST_CASE("names without quotes take all but what ends them, and backslashes") {
  check_values(
      R"({"a b": 1, "store.book": 2, "foo@bar": 3, "&Ж中𐍆": 4, "${x}": 5, "*": 6, "*a": 7, "a\\b": 8, "store": {"book": 9}})",
      {{"$['a b']", "1"},
       {"$.store\\.book", "2"},
       {"$.store.book", "9"},
       {"$.\\stor\\e.boo\\k", "9"},
       {"$.foo@bar", "3"},
       {"$.foo\\@bar", "3"},
       {"$.&Ж中.\\uD800\\uDF46", "Missing property in path $['&Ж中']"},
       {"$.&Ж中\\uD800\\uDF46", "4"},
       {"$.${x}", "5"},
       {"$.\\*", "6"},
       {"$.*a", "7"},
       {"$.a\\\\b", "8"}});
}

TEST_CASE("the root is what the caller takes for it, whatever its name") {
  const Value root = parse(R"({"Execution": {"Id": "e1"}, "list": [{"k": 1}], "want": 1})").value();
  const auto id = StatesPath::parse("$$.Execution.Id", {.root_bytes = 2}).value();
  CHECK(id.select(root).value().value == Value("e1"));
  const auto filtered =
      StatesPath::parse("$variable.list[?(@.k == $.want)].k", {.root_bytes = 9}).value();
  CHECK(to_string(*filtered.select(root).value().value) == "[1]");
  const auto whole = StatesPath::parse("$variable", {.root_bytes = 9}).value();
  CHECK(whole.select(root).value().value == root);
  const auto wrong = StatesPath::parse("$variable.list[?(", {.root_bytes = 9});
  CHECK(wrong.error().position()->column == 18);
}

TEST_CASE("what Step Functions does not have is refused with its place") {
  const std::vector<std::pair<std::string_view, std::uint64_t>> rows = {
      {"", 1},
      {".a", 1},
      {"a", 1},
      {"()", 1},
      {"$a", 2},
      {"$.", 3},
      {"$...", 4},
      {"$ .a", 2},
      {"$.a ", 4},
      {"$.a b", 4},
      {"$.a.length()", 11},
      {"$.a[(@.length-1)]", 5},
      {"$.a[0:4:2]", 8},
      {"$.a['b',0]", 4},
      {"$.a[0:1,2:3]", 4},
      {"$.a[*,*]", 4},
      {"$.a[?@.b]", 6},
      {"$.a[?(@.b =~ /x/)]", 11},
      {"$.a[?(@.b in ['x'])]", 11},
      {"$.a[?(@.* == 1)]", 7},
      {"$.a[?(length(@.b) == 1)]", 13},
      {"$.a[?(@.b == )]", 14},
      {"$.a['b", 5},
      {"$.a[0", 4},
      {"$.a\\", 4},
      {"$.a\\ud800", 4},
  };
  for (const auto& [path, column] : rows) {
    CAPTURE(path);
    const auto parsed = StatesPath::parse(path);
    REQUIRE_FALSE(parsed.has_value());
    CHECK(parsed.error().code() == ErrorCode::kInvalidArgument);
    CHECK(parsed.error().position()->column == column);
  }
}

TEST_CASE("what an evaluation may cost is limited") {
  const Value root = parse(kOrder).value();
  const StatesPath path = StatesPath::parse("$..*").value();
  CHECK(path.select(root, {.nodes_max = 3}).error().limit()->name == "jsonpath_nodes");
  CHECK(path.select(root, {.steps_max = 10}).error().limit()->name == "jsonpath_steps");
  const auto parsed = StatesPath::parse("$.aaaa", {.limits = {.bytes_max = 5}});
  CHECK(parsed.error().limit()->name == "jsonpath_bytes");
}

TEST_CASE("a Reference Path leads to one place") {
  const Value root = parse(R"({"foo": 123, "bar": ["a", "b"], "car": {"cdr": null}})").value();
  const auto got = [&](std::string_view path) -> std::string {
    const auto value = ReferencePath::parse(path).value().get(root);
    return value ? to_string(*value) : "nothing";
  };
  CHECK(got("$") == to_string(root));
  CHECK(got("$.foo") == "123");
  CHECK(got("$.bar[1]") == R"("b")");
  CHECK(got("$['car'].cdr") == "null");
  CHECK(got("$.bar[2]") == "nothing");
  CHECK(got("$.foo.x") == "nothing");
  CHECK(got("$.bar.x") == "nothing");
  CHECK(got("$.car[0]") == "nothing");
  CHECK(ReferencePath::parse("$.a[0]['b\\'c']").value().normalized() == "$['a'][0]['b\\'c']");
  CHECK(ReferencePath::parse("$x.a", {.root_bytes = 2}).value().normalized() == "$['a']");
  CHECK(ReferencePath::parse("$.a[0]").value().steps() ==
        std::vector<ReferencePath::Step>{std::string("a"), std::size_t{0}});
  for (const std::string_view path : {"$.*", "$[*]", "$..a", "$[0,1]", "$['a','b']", "$[0:1]",
                                      "$[-1]", "$[?(@.a)]", "$.a.length()", "a", ""}) {
    CAPTURE(path);
    const auto parsed = ReferencePath::parse(path);
    REQUIRE_FALSE(parsed.has_value());
    CHECK(parsed.error().code() == ErrorCode::kInvalidArgument);
  }
  CHECK(ReferencePath::parse("$.a.b[*].c").error().position()->column == 6);
}

TEST_CASE("setting replaces what is there and makes the objects that are missing") {
  const std::string_view document =
      R"({"title": "sum", "numbers": {"x": 3}, "list": [1, {"a": 2}]})";
  const Value root = parse(document).value();
  const std::vector<Row> rows = {
      {"$", "7"},
      {"$.sum", R"({"title":"sum","numbers":{"x":3},"list":[1,{"a":2}],"sum":7})"},
      {"$.title", R"({"title":7,"numbers":{"x":3},"list":[1,{"a":2}]})"},
      {"$.numbers.y", R"({"title":"sum","numbers":{"x":3,"y":7},"list":[1,{"a":2}]})"},
      {"$.new.deep['er']",
       R"({"title":"sum","numbers":{"x":3},"list":[1,{"a":2}],"new":{"deep":{"er":7}}})"},
      {"$.list[0]", R"({"title":"sum","numbers":{"x":3},"list":[7,{"a":2}]})"},
      {"$.list[1].b", R"({"title":"sum","numbers":{"x":3},"list":[1,{"a":2,"b":7}]})"},
      {"$.list", R"({"title":"sum","numbers":{"x":3},"list":7})"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.path);
    const ReferencePath path = ReferencePath::parse(row.path).value();
    const Value after = path.set(root, 7).value();
    CHECK(to_string(after) == row.expected);
    CHECK(path.get(after) == Value(7));
  }
  CHECK(root == parse(document).value());
}

TEST_CASE("setting fails where something else is in the way") {
  const Value root = parse(R"({"text": "a", "none": null, "list": [1], "object": {}})").value();
  const std::vector<Row> rows = {
      {"$.text.x", "$['text']['x'] cannot be set: $['text'] is a string, not an object"},
      {"$.none.x", "$['none']['x'] cannot be set: $['none'] is null, not an object"},
      {"$.list.x.y", "$['list']['x']['y'] cannot be set: $['list'] is an array, not an object"},
      {"$.list[1]", "$['list'][1] cannot be set: there is no $['list'][1]"},
      {"$.object[0]", "$['object'][0] cannot be set: there is no $['object'][0]"},
      {"$.new[0].x", "$['new'][0]['x'] cannot be set: there is no $['new'][0]"},
      {"$[0]", "$[0] cannot be set: there is no $[0]"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.path);
    const auto result = ReferencePath::parse(row.path).value().set(root, 7);
    REQUIRE_FALSE(result.has_value());
    CHECK(result.error().code() == ErrorCode::kFailedPrecondition);
    CHECK(result.error().message() == row.expected);
  }
}

}  // namespace
}  // namespace weft::json::jsonpath

#include "json/jsonpath/path.h"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "json/parse.h"
#include "json/print.h"

namespace weft::json::jsonpath {
namespace {

// The values as a JSON array.
std::string selected(std::string_view path, const Value& document) {
  return to_string(Value(Array(Path::parse(path).value().values(document).value())));
}

// The paths, with spaces between them.
std::string places(std::string_view path, const Value& document) {
  std::string out;
  for (const Node& node : Path::parse(path).value().nodes(document).value())
    out += (out.empty() ? "" : " ") + node.path;
  return out;
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

// RFC 9535, figure 1.
constexpr std::string_view kStore = R"({"store": {
  "book": [
    {"category": "reference", "author": "Nigel Rees", "title": "Sayings of the Century", "price": 8.95},
    {"category": "fiction", "author": "Evelyn Waugh", "title": "Sword of Honour", "price": 12.99},
    {"category": "fiction", "author": "Herman Melville", "title": "Moby Dick", "isbn": "0-553-21311-3", "price": 8.99},
    {"category": "fiction", "author": "J. R. R. Tolkien", "title": "The Lord of the Rings", "isbn": "0-395-19395-8", "price": 22.99}],
  "bicycle": {"color": "red", "price": 399}}})";

TEST_CASE("the examples of the specification's overview") {
  check_values(kStore, {{"$.store.book[*].author",
                         R"(["Nigel Rees","Evelyn Waugh","Herman Melville","J. R. R. Tolkien"])"},
                        {"$..author",
                         R"(["Nigel Rees","Evelyn Waugh","Herman Melville","J. R. R. Tolkien"])"},
                        {"$.store..price", "[8.95,12.99,8.99,22.99,399]"},
                        {"$..book[2].author", R"(["Herman Melville"])"},
                        {"$..book[2].publisher", "[]"},
                        {"$..book[-1].title", R"(["The Lord of the Rings"])"},
                        {"$..book[0,1].price", "[8.95,12.99]"},
                        {"$..book[:2].price", "[8.95,12.99]"},
                        {"$..book[?@.isbn].title", R"(["Moby Dick","The Lord of the Rings"])"},
                        {"$..book[?@.price<10].title", R"(["Sayings of the Century","Moby Dick"])"},
                        {"$.store.bicycle", R"([{"color":"red","price":399}])"}});
  const Value store = parse(kStore).value();
  CHECK(selected("$", store) == "[" + to_string(store) + "]");
  CHECK(Path::parse("$..*").value().values(store).value().size() == 27);
}

TEST_CASE("segments and their selectors") {
  const std::string_view document = R"({"a": [5, 3, [{"j": 4}, {"k": 6}]], "o": {"j": 1, "k": 2}})";
  check_values(document, {{"$['a'][1]", "[3]"},
                          {"$[\"o\"]['j']", "[1]"},
                          {"$.o.*", "[1,2]"},
                          {"$.o[*, *]", "[1,2,1,2]"},
                          {"$.a[0, 0, 1]", "[5,5,3]"},
                          {"$.a['j', -1][1].k", "[6]"},
                          {"$.a[3]", "[]"},
                          {"$.a[-4]", "[]"},
                          {"$.a['0']", "[]"},
                          {"$.o[0]", "[]"},
                          {"$.a.length", "[]"},
                          {"$.a[0].x", "[]"},
                          {"$..j", "[4,1]"},
                          {"$..[0]", R"([5,{"j":4}])"},
                          {"$..*", R"([[5,3,[{"j":4},{"k":6}]],{"j":1,"k":2},5,3,)"
                                   R"([{"j":4},{"k":6}],{"j":4},{"k":6},4,6,1,2])"},
                          {"$.o..[*, *]", "[1,2,1,2]"},
                          {"$.a..[0, 1]", R"([5,3,{"j":4},{"k":6}])"},
                          {"$ .a\n[ 1 ]", "[3]"},
                          {"$[ 'a' , \"o\" ] [\t0\r]", "[5]"}});
}

TEST_CASE("slices") {
  check_values(R"(["a", "b", "c", "d", "e", "f", "g"])",
               {{"$[1:3]", R"(["b","c"])"},
                {"$[5:]", R"(["f","g"])"},
                {"$[:2]", R"(["a","b"])"},
                {"$[1:5:2]", R"(["b","d"])"},
                {"$[5:1:-2]", R"(["f","d"])"},
                {"$[::-1]", R"(["g","f","e","d","c","b","a"])"},
                {"$[-2:]", R"(["f","g"])"},
                {"$[:-5]", R"(["a","b"])"},
                {"$[-3:-1]", R"(["e","f"])"},
                {"$[-1:-3:-1]", R"(["g","f"])"},
                {"$[::0]", "[]"},
                {"$[3:1]", "[]"},
                {"$[1:3:-1]", "[]"},
                {"$[:]", R"(["a","b","c","d","e","f","g"])"},
                {"$[::9007199254740991]", R"(["a"])"},
                {"$[::-9007199254740991]", R"(["g"])"},
                {"$[-9007199254740991:9007199254740991]", R"(["a","b","c","d","e","f","g"])"},
                {"$[9007199254740991:-9007199254740991:-3]", R"(["g","d","a"])"},
                {"$[ 1 : 5 : 2 ]", R"(["b","d"])"}});
  check_values(R"({"a": 1})", {{"$[0:1]", "[]"}, {"$.a[:]", "[]"}});
  check_values("[]", {{"$[:]", "[]"}, {"$[::-1]", "[]"}});
}

TEST_CASE("names stand in quotes with the escapes of JSON") {
  check_values(R"({"\"": 1, "'": 2, "\\": 3, "/": 4, "\n\t": 5, "ü😀": 6, "": 7, "a b": 8})",
               {{R"($['"'])", "[1]"},
                {R"($["\""])", "[1]"},
                {R"($["'"])", "[2]"},
                {R"($['\''])", "[2]"},
                {R"($['\\'])", "[3]"},
                {R"($['\/', '/'])", "[4,4]"},
                {R"($['\n\t', "\u000a\u0009"])", "[5,5]"},
                {R"($['\u00FC\uD83D\uDE00', "ü😀"])", "[6,6]"},
                {"$.ü😀", "[6]"},
                {"$['']", "[7]"},
                {"$['a b']", "[8]"}});
}

TEST_CASE("normalized paths name each place in one way") {
  const Value root =
      parse(R"({"a": [0, {"b": 1}], "it's": {"\\": 2, "\"": 3, "\b\u000b\u007f": 4, "/ü": 5}})")
          .value();
  CHECK(places("$", root) == "$");
  CHECK(places("$.a[*]", root) == "$['a'][0] $['a'][1]");
  CHECK(places("$.a[-1].b", root) == "$['a'][1]['b']");
  CHECK(places("$..b", root) == "$['a'][1]['b']");
  CHECK(places("$['it\\'s'][*]", root) ==
        "$['it\\'s']['\\\\'] $['it\\'s']['\"'] $['it\\'s']['\\b\\u000b\x7f'] $['it\\'s']['/ü']");
  CHECK(places("$.a[?@.b]", root) == "$['a'][1]");
  CHECK(places("$[?@..b, ?@]", parse("[[1]]").value()) == "$[0]");
}

TEST_CASE("a filter tests whether something is there") {
  const std::string_view document =
      R"([{"a": null}, {"a": {"b": 1}}, {"c": 2}, [1], [], "a", 5, null])";
  check_values(document, {{"$[?@.a]", R"([{"a":null},{"a":{"b":1}}])"},
                          {"$[?@.a.b]", R"([{"a":{"b":1}}])"},
                          {"$[?@['a','c']]", R"([{"a":null},{"a":{"b":1}},{"c":2}])"},
                          {"$[?@[0]]", "[[1]]"},
                          {"$[?@.*]", R"([{"a":null},{"a":{"b":1}},{"c":2},[1]])"},
                          {"$[?@..b]", R"([{"a":{"b":1}}])"},
                          {"$[?!@.*]", R"([[],"a",5,null])"},
                          {"$[?$[2].c][0]", "[1]"},
                          {"$[?$.x]", "[]"},
                          {"$[?@[?@.b]]", R"([{"a":{"b":1}}])"},
                          {"$[1][?@.b]", R"([{"b":1}])"}});
}

TEST_CASE("a filter compares as the table of the specification does") {
  const std::string_view document = R"({"obj": {"x": "y"}, "arr": [2, 3]})";
  const Value root = parse(document).value();
  const std::vector<std::pair<std::string_view, bool>> rows = {
      {"$.absent1 == $.absent2", true},
      {"$.absent1 <= $.absent2", true},
      {"$.absent == 'g'", false},
      {"$.absent1 != $.absent2", false},
      {"$.absent != 'g'", true},
      {"$.absent < 1", false},
      {"$.absent > 1", false},
      {"1 <= 2", true},
      {"1 > 2", false},
      {"13 == '13'", false},
      {"'a' <= 'b'", true},
      {"'a' > 'b'", false},
      {"'a' < 'ab'", true},
      {"'Z' < 'a'", true},
      {"'é' < '😀'", true},
      {"$.obj == $.arr", false},
      {"$.obj != $.arr", true},
      {"$.obj == $.obj", true},
      {"$.obj != $.obj", false},
      {"$.arr == $.arr", true},
      {"$.arr != $.arr", false},
      {"$.obj == 17", false},
      {"$.obj != 17", true},
      {"$.obj <= $.arr", false},
      {"$.obj < $.arr", false},
      {"$.obj <= $.obj", true},
      {"$.arr <= $.arr", true},
      {"1 <= $.arr", false},
      {"1 >= $.arr", false},
      {"1 > $.arr", false},
      {"1 < $.arr", false},
      {"true <= true", true},
      {"true > true", false},
      {"false < true", false},
      {"null == null", true},
      {"null <= null", true},
      {"null < 1", false},
      {"null == false", false},
      {"1 == 1.0", true},
      {"100 == 1e2", true},
      {"-0 == 0", true},
      {"0.1 < 0.11", true},
      {"9007199254740993 > 9007199254740992", true},
      {"1e400 > 1e300", true},
      {"$.arr[0] < $.arr[1]", true},
      {"'x' != 'x'", false},
      {"$.obj.x == \"y\"", true},
      {"'a\\u0062' == 'ab'", true},
  };
  for (const auto& [condition, expected] : rows) {
    CAPTURE(condition);
    const bool is_so =
        !Path::parse("$[?" + std::string(condition) + "]").value().values(root).value().empty();
    CHECK(is_so == expected);
  }
}

TEST_CASE("deep equality looks at members in any order and at items in theirs") {
  check_values(R"([{"a": {"x": 1, "y": [1, {"z": null}]}, "b": {"y": [1.0, {"z": null}], "x": 1}},
                   {"a": [1, 2], "b": [2, 1]}, {"a": {"x": 1}, "b": {"x": 1, "y": 2}},
                   {"a": {"x": 1}, "b": {"y": 1}}])",
               {{"$[?@.a == @.b].a.x", "[1]"}, {"$[?@.a != @.b].b[0]", "[2]"}});
}

TEST_CASE("and binds more tightly than or, and not more tightly than and") {
  check_values(R"([{"a": 1}, {"b": 1}, {"a": 1, "c": 1}, {"b": 1, "c": 1}, {"c": 1}])",
               {{"$[?@.a || @.b && @.c]", R"([{"a":1},{"a":1,"c":1},{"b":1,"c":1}])"},
                {"$[?(@.a || @.b) && @.c]", R"([{"a":1,"c":1},{"b":1,"c":1}])"},
                {"$[?@.a && @.c || @.b]", R"([{"b":1},{"a":1,"c":1},{"b":1,"c":1}])"},
                {"$[?!@.a && @.c]", R"([{"b":1,"c":1},{"c":1}])"},
                {"$[?!(@.a && @.c) && !@.b]", R"([{"a":1},{"c":1}])"},
                {"$[?! (!(@.a))]", R"([{"a":1},{"a":1,"c":1}])"},
                {"$[? ( @.a )\n&&\t! @.c ]", R"([{"a":1}])"}});
}

TEST_CASE("functions") {
  check_values(R"({"list": ["abc", "äö", "", [1, 2], {"a": 1}, 5, null], "size": 3,
                   "words": [{"w": "bab", "re": "b.b"}, {"w": "xbabx", "re": "b.b"},
                             {"w": "b\nb", "re": "b.b"}, {"w": "a", "re": "("}, {"w": "a", "re": 1},
                             {"w": 1, "re": "1"}, {"re": ""}, {"w": "c", "re": "c"}, {"w": "c", "re": "d"}]})",
               {{"$.list[?length(@) == 2]", R"(["äö",[1,2]])"},
                {"$.list[?length(@) == $.size]", R"(["abc"])"},
                {"$.list[?length(@) == length(@.x)]", "[5,null]"},
                {"$.list[?length('ab') == length(@)]", R"(["äö",[1,2]])"},
                {"$.list[?count(@.*) == 1]", R"([{"a":1}])"},
                {"$.list[?count(@..*) >= 1]", R"([[1,2],{"a":1}])"},
                {"$[?count($.list) == 1].w", "[]"},
                {"$.list[?value(@.*) == 1]", R"([{"a":1}])"},
                {"$.list[?value(@[0, 0]) == 1]", "[]"},
                {"$.list[?length(value($.list[0, 9])) == length(@)]", R"(["abc"])"},
                {"$.words[?match(@.w, 'b.b')].w", R"(["bab"])"},
                {"$.words[?search(@.w, 'b.b')].w", R"(["bab","xbabx"])"},
                {"$.words[?match(@.w, @.re)].w", R"(["bab","c"])"},
                {"$.words[?search(@.w, @.re)].w", R"(["bab","xbabx","c"])"},
                {"$.words[?!match(@.w, @.re)][?@ == 'a']", R"(["a","a"])"},
                {"$.words[?match(@.w, '(')]", "[]"},
                {"$.words[?match(@.w, value($.words[0].re))].w", R"(["bab"])"},
                {"$.words[?match( @.w , '\\\\P{L}.*' )].w", "[]"},
                {"$.words[?match(@.w, '[ab]+')].w", R"(["bab","a","a"])"}});
}

TEST_CASE("what is not a path is refused with its place") {
  const std::vector<std::pair<std::string_view, std::uint64_t>> rows = {
      {"", 1},
      {"a", 1},
      {"@", 1},
      {" $", 1},
      {"$ ", 2},
      {"$.", 3},
      {"$..", 4},
      {"$...a", 4},
      {"$.a.", 5},
      {"$a", 2},
      {"$. a", 3},
      {"$.. a", 4},
      {"$.1", 3},
      {"$.a-b", 4},
      {"$.'a'", 3},
      {"$.[0]", 3},
      {"$.a()", 4},
      {"$[", 3},
      {"$[]", 3},
      {"$[0", 2},
      {"$[0,]", 5},
      {"$[,0]", 3},
      {"$[0 1]", 5},
      {"$[a]", 3},
      {"$['a]", 3},
      {"$['a\"]", 3},
      {"$['\\a']", 4},
      {"$[\"\\'\"]", 4},
      {"$['\t']", 4},
      {"$['\\u12']", 4},
      {"$['\\ud800']", 4},
      {"$['\\udc00']", 4},
      {"$['\\ud800\\u0041']", 4},
      {"$['\\u00g0']", 4},
      {"$[-]", 3},
      {"$[-0]", 3},
      {"$[01]", 3},
      {"$[1.0]", 4},
      {"$[1e0]", 4},
      {"$[9007199254740992]", 3},
      {"$[-9007199254740992]", 3},
      {"$[99999999999999999999]", 3},
      {"$[1:2:3:4]", 8},
      {"$[1:01]", 5},
      {"$[::-0]", 5},
      {"$[+1]", 3},
      {"$[@.a]", 3},
      {"$[$.a]", 3},
      {"$[(@.a)]", 3},
      {"$[?]", 4},
      {"$[?1]", 4},
      {"$[?'a']", 4},
      {"$[?true]", 4},
      {"$[?@.a=1]", 7},
      {"$[?@.a===1]", 9},
      {"$[?@.a==]", 9},
      {"$[?@.a==b]", 9},
      {"$[?@.a==TRUE]", 9},
      {"$[?@.a==01]", 9},
      {"$[?@.a==1.]", 9},
      {"$[?@.a==.1]", 9},
      {"$[?@.a==+1]", 9},
      {"$[?@.a==1e]", 9},
      {"$[?@.a==[1]]", 9},
      {"$[?@.a=={}]", 9},
      {"$[?@.a&@.b]", 7},
      {"$[?@.a|@.b]", 7},
      {"$[?@.a and @.b]", 8},
      {"$[?@.a&&]", 9},
      {"$[?(@.a]", 8},
      {"$[?(@.a", 4},
      {"$[?@.a)]", 7},
      {"$[?!@.a==1]", 8},
      {"$[?(@.a)==1]", 9},
      {"$[?!!@.a]", 5},
      {"$[?@.*==1]", 4},
      {"$[?@..a==1]", 4},
      {"$[?1==@[0,1]]", 7},
      {"$[?@[0:1]==1]", 4},
      {"$[?@[?@.a]==1]", 4},
      {"$[?@ .a =='b'", 2},
      {"$[?length(@.a)]", 4},
      {"$[?count(@.*)]", 4},
      {"$[?value(@.a)]", 4},
      {"$[?length(@.*)>1]", 11},
      {"$[?length()==1]", 4},
      {"$[?length(@,@)==1]", 4},
      {"$[?length(@,)==1]", 13},
      {"$[?length (@)==1]", 4},
      {"$[?count(1)==1]", 10},
      {"$[?count(value(@.a))==1]", 10},
      {"$[?match(@.a)]", 4},
      {"$[?match(@.a,'b')==true]", 4},
      {"$[?match(@.*,'b')]", 10},
      {"$[?match(match(@,'a'),'b')]", 10},
      {"$[?foo(@)]", 4},
      {"$[?Length(@)==1]", 4},
      {"$[?length(@==1]", 12},
      {"$.a\xff", 4},
  };
  for (const auto& [path, column] : rows) {
    CAPTURE(path);
    const auto parsed = Path::parse(path);
    REQUIRE_FALSE(parsed.has_value());
    CHECK(parsed.error().code() == ErrorCode::kInvalidArgument);
    CHECK(parsed.error().position()->column == column);
  }
}

std::string repeated(std::string_view text, std::size_t times) {
  std::string out;
  for (std::size_t i = 0; i < times; ++i)
    out += text;
  return out;
}

TEST_CASE("how deep and how long a path may be is limited") {
  const auto limit_of = [](const std::string& path) -> std::string {
    const auto parsed = Path::parse(path);
    if (parsed) return "none";
    CHECK(parsed.error().code() == ErrorCode::kTooLarge);
    return parsed.error().limit()->name;
  };
  CHECK(limit_of("$[?" + repeated("(", 30) + "@.a" + repeated(")", 30) + "]") == "none");
  CHECK(limit_of("$[?" + repeated("(", 31) + "@.a" + repeated(")", 31) + "]") == "jsonpath_depth");
  CHECK(limit_of("$" + repeated("[?@", 16) + repeated("]", 16)) == "none");
  CHECK(limit_of("$" + repeated("[?@", 17) + repeated("]", 17)) == "jsonpath_depth");
  CHECK(limit_of("$[?" + repeated("length(value(", 16) + "@") == "jsonpath_depth");
  CHECK(limit_of("$" + repeated(".a", 30'000)) == "none");
  CHECK(limit_of("$" + repeated(".a", 33'000)) == "jsonpath_bytes");
  CHECK(limit_of("$[?match(@, 'a{99999}')]") == "regexp_instructions");
}

std::string limit_of(std::string_view path, const Value& root, const EvaluationLimits& limits) {
  const auto values = Path::parse(path).value().values(root, limits);
  const auto nodes = Path::parse(path).value().nodes(root, limits);
  const auto name = [](const auto& result) -> std::string {
    if (result) return "none";
    CHECK(result.error().code() == ErrorCode::kTooLarge);
    return result.error().limit()->name;
  };
  CHECK(name(values) == name(nodes));
  return name(values);
}

TEST_CASE("how much an evaluation gives and takes is limited") {
  const Value list = parse("[" + repeated("[1,2,3,4,5,6,7,8,9,0],", 10) + "1]").value();
  CHECK(limit_of("$..*", list, {.nodes_max = 1000}) == "none");
  CHECK(limit_of("$[*]", list, {.nodes_max = 5}) == "jsonpath_nodes");
  // Each of these segments multiplies what there is.
  const std::string path = "$" + repeated("[0,0,0,0,0,0,0,0]", 20);
  Value nested = 1;
  for (int i = 0; i < 20; ++i)
    nested = Value::array({nested});
  CHECK(limit_of(path, nested, {}) == "jsonpath_nodes");
  CHECK(limit_of("$" + repeated("..[*]", 20), nested, {.nodes_max = 10'000}) == "jsonpath_nodes");
  CHECK(limit_of("$[?@[?@ != 1 && $..*]]", list, {.steps_max = 1000}) == "jsonpath_steps");
  CHECK(limit_of("$[?$ != $ || @ == 7]", list, {.steps_max = 1000}) == "jsonpath_steps");
  CHECK(limit_of("$[?count($..*) > 5]", list, {.nodes_max = 50}) == "jsonpath_nodes");
  const Value text = parse("[\"" + repeated("a", 10'000) + "\"]").value();
  CHECK(limit_of("$[?match(@, '(a*)*b')]", text, {.steps_max = 1000}) == "jsonpath_steps");
  CHECK(limit_of("$[?match(@, '(a*)*b')]", text, {}) == "none");
}

TEST_CASE("what normalized paths take is limited") {
  Value nested = 1;
  for (int i = 0; i < 1000; ++i)
    nested = Value::array({nested});
  const Path all = Path::parse("$..*").value();
  CHECK(all.nodes(nested).value().size() == 1000);
  const auto nodes = all.nodes(nested, {.path_bytes_max = 100'000});
  REQUIRE_FALSE(nodes.has_value());
  CHECK(nodes.error().limit()->name == "jsonpath_path_bytes");
  CHECK(all.values(nested, {.path_bytes_max = 100'000}).has_value());
}

TEST_CASE("values outlive the document and the path") {
  std::vector<Value> values;
  {
    const Value root =
        parse(R"({"a": ["a long text that is not kept inside of its value"]})").value();
    values = Path::parse("$.a[0]").value().values(root).value();
  }
  REQUIRE(values.size() == 1);
  CHECK(values[0].as_string().starts_with("a long text"));
  CHECK(values[0].position().line == 1);
}

}  // namespace
}  // namespace weft::json::jsonpath

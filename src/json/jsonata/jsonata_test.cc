#include "json/jsonata/jsonata.h"

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "json/jsonata/test_inputs.h"
#include "json/print.h"

namespace weft::json::jsonata {
namespace {

constexpr std::string_view kShop = R"({
  "shop": "North",
  "orders": [
    {"id": "o1", "items": [{"sku": "a", "price": 2, "count": 3}, {"sku": "b", "price": 10, "count": 1}]},
    {"id": "o2", "items": [{"sku": "c", "price": 0.5, "count": 8}]}
  ],
  "tags": ["x", "y"],
  "one": [7],
  "deep": [[1, 2], [3, [4]]]
})";

struct Row {
  std::string_view expression;
  std::string_view value;
};

void check(std::initializer_list<Row> rows, const TestContext& context = {.input = kShop}) {
  for (const Row& row : rows) {
    CAPTURE(row.expression);
    CHECK(evaluated(row.expression, context) == row.value);
  }
}

TEST_CASE("paths go through arrays, and one value stands for itself") {
  check({{"shop", R"("North")"},
         {"orders.id", R"(["o1","o2"])"},
         {"orders.items.price", "[2,10,0.5]"},
         {"orders[0].items[1].sku", R"("b")"},
         {"orders[-1].id", R"("o2")"},
         {"orders.items[0].sku", R"(["a","c"])"},
         {"(orders.items)[0].sku", R"("a")"},
         {"orders[id='o2'].items.sku", R"("c")"},
         {"orders[id='o2'].items.sku[]", R"(["c"])"},
         {"one", "[7]"},
         {"one.$string()", R"("7")"},
         {"missing.more", "undefined"},
         {"`shop`", R"("North")"},
         {"orders.items.**.price", "[2,10,0.5]"},
         {"orders[0].*",
          R"(["o1",{"sku":"a","price":2,"count":3},{"sku":"b","price":10,"count":1}])"},
         {"deep", "[[1,2],[3,[4]]]"},
         {"deep.$", "[1,2,3,[4]]"}});
}

TEST_CASE("objects and arrays are made of what is found") {
  check({{"orders.{'id': id, 'n': $count(items)}", R"([{"id":"o1","n":2},{"id":"o2","n":1}])"},
         {"orders.items{sku: price}", R"({"a":2,"b":10,"c":0.5})"},
         {"orders.items{$string(price > 1): $sum(count)}", R"({"true":4,"false":8})"},
         {"[orders.items.price, 1]", "[2,10,0.5,1]"},
         {"orders.[id]", R"([["o1"],["o2"]])"},
         {"[1..3, 7]", "[1,2,3,7]"},
         {"{'a': missing}", "{}"},
         {"{1: 2}", "T1003 at 1"},
         {"{'a': 1, 'a': 2}", "D1009 at 1"}});
}

TEST_CASE("items are sorted by terms, stably") {
  check({{"orders.items^(price).sku", R"(["c","a","b"])"},
         {"orders.items^(>price).sku", R"(["b","a","c"])"},
         {"orders.items^($string(price > 1), >sku).sku", R"(["c","b","a"])"},
         {"$sort([3,1,2])", "[1,2,3]"},
         {"$sort(['b','a','B'])", R"(["B","a","b"])"},
         {"$sort([3,1,2], function($l,$r){$l<$r})", "[3,2,1]"},
         {"$sort([{}, {}])", "D3070 at 6"},
         {"orders^(items)", "T2008 at 7"}});
}

TEST_CASE("% is what a step came from, @ and # bind the context and the position") {
  check({{"orders.items.{'o': %.id, 's': sku}[s='b'].o", R"("o1")"},
         {"orders.items.sku.%.%.id", R"(["o1","o1","o2"])"},
         {"orders@$o.items.($o.id & sku)", "undefined"},
         {"orders@$o.($o.items).($o.id & sku)", R"(["o1a","o1b","o2c"])"},
         {"orders#$i.{'i': $i, 'id': id}", R"([{"i":0,"id":"o1"},{"i":1,"id":"o2"}])"},
         {"orders.items#$i[$i=1].sku", R"("b")"},
         {"orders@$o.tags@$t.($o.id & $t)", R"(["o1x","o1y","o2x","o2y"])"},
         {"%", "S0217 at 1"}});
}

TEST_CASE("operators take what they are for, and name the side that is wrong") {
  check({{"1 + 2 * 3 - 4 / 2", "5"},
         {"7 % 4", "3"},
         {"-(2)", "-2"},
         {"1 & true & null", R"("1truenull")"},
         {"0.1 + 0.2", "0.30000000000000004"},
         {"$string(0.1 + 0.2)", R"("0.3")"},
         {"missing + 1", "undefined"},
         {"'a' + 1", "T2001 at 5"},
         {"1 + 'a'", "T2002 at 3"},
         {"1 < 'a'", "T2009 at 3"},
         {"true < 1", "T2010 at 6"},
         {"1 < missing", "undefined"},
         {"[1,{'a':2}] = [1,{'a':2}]", "true"},
         {"missing = missing", "false"},
         {"'x' in tags", "true"},
         {"tags[0] in 'x'", "true"},
         {"true and ''", "false"},
         {"false or [0,1]", "true"},
         {"false and 1 + 'a'", "false"},
         {"[1..1.5]", "T2004 at 4"},
         {"[1..20000000]", "D2014 at 4"},
         {"missing ?? 'default'", R"("default")"},
         {"0 ?? 1", "0"},
         {"0 ?: 1", "1"},
         {"shop = 'North' ? 'n' : 's'", R"("n")"},
         {"false ? 1", "undefined"},
         {"1e308 * 10 + 1", "D1001 at 12"}});
}

TEST_CASE("functions are values") {
  check({{"($f := function($x){$x * 2}; $f(4))", "8"},
         {"($add := function($a, $b){$a + $b}; $add3 := $add(?, 3); $add3(4))", "7"},
         {"($up := $substring(?, 0, 2); $up('hello'))", R"("he")"},
         {"'a,b' ~> $split(',')", R"(["a","b"])"},
         {"($f := $trim ~> $uppercase; $f(' a '))", R"("A")"},
         {"[1,2,3] ~> $map(function($v, $i, $a){$v * $i + $count($a)})", "[3,5,9]"},
         {"$map([1,2], $string)", R"(["1","2"])"},
         {"$filter([1,2,3], function($v){$v > 1})", "[2,3]"},
         {"$reduce([1,2,3], function($a, $b){$a + $b}, 10)", "16"},
         {"$reduce([1,2], function($a){$a})", "D3050 at 8"},
         {"$single([1,2,3], function($v){$v = 2})", "2"},
         {"$single([1,1], function($v){$v = 1})", "D3138 at 8"},
         {"$single([], function($v){true})", "D3139 at 8"},
         {"$sift({'a':1,'b':2}, function($v, $k){$k = 'b'})", R"({"b":2})"},
         {"$each({'a':1}, function($v, $k){$k & $v})", R"("a1")"},
         {"($x := 1; ($x := 2); $x)", "1"},
         {"sum([1])", "T1005 at 4"},
         {"missing()", "T1006 at 8"},
         {"1 ~> 2", "T2006 at 4"},
         {"missing(?)", "T1008 at 8"},
         {"$sum", "U1002 at 0"},
         {"{'f': $sum}", R"({"f":""})"}});
}

TEST_CASE("a call that is a function's last act needs no stack") {
  check({{"($f := function($n, $a){$n = 0 ? $a : $f($n - 1, $a + $n)}; $f(20000, 0))", "200010000"},
         {"($even := function($n){$n = 0 ? true : $odd($n-1)};"
          " $odd := function($n){$n = 0 ? false : $even($n-1)}; $even(5001))",
          "false"}});
}

TEST_CASE("signatures check and complete arguments") {
  check({{"($f := function($x, $y)<n-n:n>{$x + $y}; (5).$f(2))", "7"},
         {"($f := function($x)<a<n>:n>{$sum($x)}; $f(4))", "4"},
         {"($f := function($x)<a<n>:n>{$sum($x)}; $f(['a']))", "T0412 at 42"},
         {"($f := function($x)<s:s>{$x}; $f(1))", "T0410 at 33"},
         {"($f := function($x, $y)<s-n:s>{$x}; (5).$f(1))", "T0411 at 43"},
         {"function($x, $y)<n?n>{[$x, $y]}(1)", "[1]"},
         {"function($x, $y, $z)<s?nn>{[$x, $y, $z]}(1, 2)", "[1,2]"},
         {"function($x)<n<n>:n>{$x}", "S0401 at 15"},
         {"$length(1)", "T0410 at 8"},
         {"$sum(['a'])", "T0412 at 5"},
         {"shop.$length()", "5"}});
}

TEST_CASE("a transformation changes a copy") {
  check({{"($ ~> |orders.items|{'total': price * count}, 'count'|).orders.items",
          R"([{"sku":"a","price":2,"total":6},{"sku":"b","price":10,"total":10},)"
          R"({"sku":"c","price":0.5,"total":4}])"},
         {"($copy := $ ~> |$|{'shop': 'South'}|; shop & $copy.shop)", R"("NorthSouth")"},
         {"$ ~> |orders|5|", "T2011 at 14"},
         {"$ ~> |orders|{},1|", "T2012 at 17"}});
}

TEST_CASE("expressions that are wrong say where") {
  check({{"", "S0207 at 0"},        {"1 +", "S0207 at 3"},
         {"(1", "S0203 at 2"},      {"[1,2)", "S0202 at 5"},
         {"'abc", "S0101 at 4"},    {"'\\q'", "S0103 at 2"},
         {"'\\u12'", "S0104 at 2"}, {"`abc", "S0105 at 4"},
         {"/* abc", "S0106 at 0"},  {"1e999", "S0102 at 0"},
         {"1 2", "S0201 at 3"},     {"a ! b", "S0204 at 3"},
         {"* + * )", "S0201 at 7"}, {")", "S0211 at 1"},
         {"1 := 2", "S0212 at 1"},  {"a.1", "S0213 at 3"},
         {"a@1", "S0214 at 3"},     {"//", "S0301 at 1"},
         {"/a", "S0302 at 2"},      {"/(/", "S0302 at 3"},
         {"/a**/", "S0303 at 5"},   {"function(1){2}", "S0208 at 10"}});
}

TEST_CASE("messages are those of the reference implementation") {
  const auto message = [](std::string_view text) {
    FakeInputs inputs;
    const auto expression = Expression::compile(text);
    if (!expression.has_value()) return expression.error().message;
    return expression->evaluate(nullptr, {.inputs = inputs}).error().message;
  };
  CHECK(message("$sum(['a'])") == R"(Argument 1 of function "sum" must be an array of "numbers")");
  CHECK(message("[1,2)") == R"-(Expected "]", got ")")-");
  CHECK(message("1 < 'a'") ==
        R"(The values 1 and "a" either side of operator "<" must be of the same data type)");
  CHECK(message("sum(1)") == "Attempted to invoke a non-function. Did you mean $sum?");
  CHECK(message("$number('x')") == R"(Unable to cast value to a number: "x")");
  CHECK(message("$error('mine')") == "mine");
  CHECK(message("$eval('1 +')") ==
        R"(Syntax error in expression passed to function eval: "Unexpected end of expression")");
}

TEST_CASE("a number that no document can hold is no null") {
  CHECK(evaluated("1/0") == "D1001 at 0");
  CHECK(evaluated(R"({"k": [-1/0]})") == "D1001 at 0");
  CHECK(evaluated("0/0") == "D1001 at 0");
  CHECK(evaluated("1/0 > 5") == "true");
  // What came in and was not computed with goes out as it was.
  CHECK(evaluated("a", {.input = R"({"a":1e400})"}) == "1e400");
  // AWS gives texts.
  const auto in_workflow = [](std::string_view text) {
    return evaluated(text, {.workflow_functions = true});
  };
  CHECK(in_workflow("1/0") == R"("Infinity")");
  CHECK(in_workflow(R"({"k": [-1/0]})") == R"({"k":["-Infinity"]})");
  CHECK(in_workflow("0/0") == R"("NaN")");
  CHECK(in_workflow("1/0 + 1").starts_with("D1001"));
}

TEST_CASE("variables come from outside") {
  const std::vector<Binding> bindings = {
      {.name = "states", .value = Value::object({{"input", Value::object({{"n", 4}})}})}};
  check({{"$states.input.n + 1", "5"}, {"$states.input", R"({"n":4})"}, {"$other", "undefined"}},
        {.bindings = bindings});
}

TEST_CASE("numbers that nobody computes with keep their digits") {
  const TestContext context{.input = R"({"id": 12345678901234567890, "m": 1.50, "z": -0})"};
  check({{"id", "12345678901234567890"},
         {"[m, id]", "[1.50,12345678901234567890]"},
         {"$", R"({"id":12345678901234567890,"m":1.50,"z":-0})"},
         {"id + 0", "12345678901234567000"},
         {"m * 1", "1.5"},
         {"z", "0"},
         {"$string(m)", R"("1.5")"},
         {"id = 12345678901234567891", "true"}},
        context);
}

TEST_CASE("an input that is an array is one value to the first step") {
  const TestContext context{.input = R"([{"a": 1}, {"a": 2}])"};
  check({{"a", "[1,2]"}, {"$", R"([{"a":1},{"a":2}])"}, {"$[0].a", "1"}, {"$count($)", "2"}},
        context);
}

TEST_CASE("without a document there is none, and null is one") {
  check({{"$", "undefined"}, {"a", "undefined"}, {"1", "1"}}, {});
  check({{"$", "null"}, {"a", "undefined"}, {"$type($)", R"("null")"}}, {.input = "null"});
}

TEST_CASE("evaluation ends at its limits") {
  const auto limited = [](std::string_view expression, Limits limits) {
    return evaluated(expression, {.limits = limits}).substr(0, 5);
  };
  CHECK(limited("($f := function(){$f()}; $f())", {.steps_max = 10'000}) == "D1012");
  CHECK(limited("$count([1..10000000].($ + 1))", {.steps_max = 10'000}) == "D1012");
  CHECK(limited("($f := function($n){1 + $f($n)}; $f(1))", {}) == "U1001");
  CHECK(limited("($f := function($n){1 + $f($n)}; $f(1))",
                {.depth_max = 1'000'000, .stack_bytes_max = 100'000}) == "U1001");
  CHECK(limited("($next := function($f, $i){$i = 1 ? $sum ~> $sum : $f ~> $sum};"
                " $chain := $reduce([1..5000], $next, 1); $chain(1))",
                {}) == "U1001");
  CHECK(limited("$string($reduce([1..5000], function($a, $b){[[$a]]}, 1))", {}) == "U1001");
  CHECK(limited("$reduce([1..5000], function($a, $b){[[$a]]}, 1)", {}) == "U1001");
  CHECK(limited("$map([1..100000], function($i){[$i]})", {.memory_bytes_max = 1 << 20}) == "D2015");
  CHECK(limited("$pad('', 100000000)", {.memory_bytes_max = 1 << 20}) == "D2015");
  CHECK(limited("$reduce([1..100], function($a, $b){$a & $a}, 'ab')",
                {.memory_bytes_max = 1 << 20}) == "D2015");
  CHECK(limited("($a := $pad('', 10000); [1..1000].$a)", {.memory_bytes_max = 1 << 20}) == "D2015");
  CHECK(limited("$match($pad('', 60, 'a') & 'b', /^(a+)+$/)", {}) == "D1012");
  CHECK(limited("[1..10000000] ~> $count()", {.memory_bytes_max = 1 << 20}) == "10000");
}

TEST_CASE("what a call of a function made is given back when a number is all that is left") {
  CHECK(evaluated("$sum($map([1..20000], function($i){$count([$i, {'a': $i}])}))",
                  {.limits = {.memory_bytes_max = 2 << 20}}) == "40000");
}

TEST_CASE("the caller can end an evaluation") {
  FakeInputs inputs;
  inputs.expired = true;
  const auto expression = Expression::compile("($f := function(){$f()}; $f())");
  const auto value = expression->evaluate(nullptr, {.inputs = inputs});
  REQUIRE_FALSE(value.has_value());
  CHECK(value.error().code == "D1012");
  CHECK(inputs.looks == 1);
}

TEST_CASE("compilation ends at its limits") {
  const auto code = [](const std::string& text, CompileLimits limits = {}) {
    const auto expression = Expression::compile(text, limits);
    return expression.has_value() ? "" : expression.error().code;
  };
  const auto repeated = [](std::string_view text, int count) {
    std::string out;
    for (int i = 0; i < count; i++) {
      out += text;
    }
    return out;
  };
  CHECK(code(repeated("(", 100'000)) == "S0500");
  CHECK(code("1" + repeated("+1", 100'000)) == "S0500");
  CHECK(code("a" + repeated(".a", 100'000)) == "S0500");
  CHECK(code(repeated("-", 100'000) + "1") == "S0500");
  CHECK(code(repeated("a ?: ", 30) + "a", {.nodes_max = 1000}) == "");
  CHECK(code("(" + repeated("(a ?: ", 40) + "1" + repeated(") ?: 1", 40) + ")") == "S0500");
  CHECK(code("1 + 1", {.bytes_max = 4}) == "S0500");
  CHECK(code("[1,1,1,1]", {.nodes_max = 4}) == "S0500");
  CHECK(code("function($x)<" + repeated("n", 100) + ">{1}") == "S0500");
}

}  // namespace
}  // namespace weft::json::jsonata

#include "workflow/jsonata_names.h"

#include <string>
#include <vector>

#include <doctest/doctest.h>

namespace weft::workflow {
namespace {

using Names = std::vector<std::string>;

TEST_CASE("a JSONata expression's variables of the workflow are found") {
  struct Case {
    std::string expression;
    Names names;
  };
  for (const auto& [expression, names] : {
           Case{"$a", {"a"}},
           Case{"$b.c + $a[$i]", {"a", "b", "i"}},
           Case{"$states.input.x", {}},
           Case{"$sum($list)", {"list"}},
           Case{"$", {}},
           Case{"$$.a", {}},
           Case{R"("$a" & '$b' & `$c` & "\"$d")", {}},
           Case{"/* $a */ $b", {"b"}},
           Case{R"($match($a, /"$b/) ~> $count)", {"a", "count"}},
           Case{"a / $b / \"c\"", {"b"}},
           Case{"($x := $y; $x * 2)", {"y"}},
           Case{"$map($items, function($v, $k) { $v + $base })", {"base", "items"}},
           Case{"$filter($items, λ($v) { $v > $min })", {"items", "min"}},
           Case{"Account@$a.Order#$i[$a.x = $key]", {"key"}},
           Case{"a and /$b/ in $c", {"c"}},
       }) {
    CAPTURE(expression);
    CHECK(names_read(expression) == names);
  }
}

TEST_CASE("every name is mentioned, wherever it stands") {
  CHECK(names_mentioned("'$a' & $b($states.c) /* $d */ $$ $") == Names{"a", "b", "d", "states"});
  CHECK(names_mentioned("1").empty());
}

TEST_CASE("texts that are no expressions have names, too") {
  for (const std::string text : {"\"", "'$a", "/", "/*", "$a /", "function(", "$", "`", "\\"})
    CHECK(names_read(text).size() <= 1);
}

}  // namespace
}  // namespace weft::workflow

// The built-in functions, each at its edges.
#include <initializer_list>
#include <string>
#include <string_view>

#include <doctest/doctest.h>

#include "json/jsonata/digest.h"
#include "json/jsonata/test_inputs.h"

namespace weft::json::jsonata {
namespace {

struct Row {
  std::string_view expression;
  std::string_view value;
};

void check(std::initializer_list<Row> rows, const TestContext& context = {}) {
  for (const Row& row : rows) {
    CAPTURE(row.expression);
    CHECK(evaluated(row.expression, context) == row.value);
  }
}

TEST_CASE("texts are cut, padded and joined by characters") {
  check({{"$substring('häuser', 1, 3)", R"("äus")"},
         {"$substring('hello', -3)", R"("llo")"},
         {"$substring('hello', -30, 2)", R"("he")"},
         {"$substring('hello', 3, 0)", R"("")"},
         {"$substring('😀b', 1)", R"("b")"},
         {"$substringBefore('a-b-c', '-')", R"("a")"},
         {"$substringAfter('a-b-c', '-')", R"("b-c")"},
         {"$substringAfter('abc', '-')", R"("abc")"},
         {"$length('😀ä')", "2"},
         {"$uppercase('straße ä')", R"("STRASSE Ä")"},
         {"$lowercase('ABC Ä')", R"("abc ä")"},
         {"$trim('  a \n b ')", R"("a b")"},
         {"$pad('ab', 4) & '|'", R"("ab  |")"},
         {"$pad('ab', -5, 'äö')", R"("äöäab")"},
         {"$pad('abc', 2)", R"("abc")"},
         {"$join(['a','b'], ', ')", R"("a, b")"},
         {"$join([])", R"("")"},
         {"$join([1])", "T0412 at 6"}});
}

TEST_CASE("texts are encoded and decoded") {
  check({{"$base64encode('hello')", R"("aGVsbG8=")"},
         {"$base64encode('')", R"("")"},
         {"$base64encode('ab')", R"("YWI=")"},
         {"$base64decode('aGVsbG8=')", R"("hello")"},
         {"$base64decode('6Q==')", R"("é")"},
         {"$encodeUrlComponent('?x=ä b')", R"("%3Fx%3D%C3%A4%20b")"},
         {"$encodeUrl('https://a/b?x=ä b')", R"("https://a/b?x=%C3%A4%20b")"},
         {"$decodeUrlComponent('%3Fx%3D%C3%A4')", R"("?x=ä")"},
         {"$decodeUrl('%3Fx=%C3%A4')", R"("%3Fx=ä")"},
         {"$decodeUrl('%C3')", "D3140 at 11"},
         {"$decodeUrl('%4')", "D3140 at 11"},
         {"$decodeUrlComponent('%C3%28')", "D3140 at 20"}});
}

TEST_CASE("values become texts as JSON, with 15 digits") {
  check({{"$string([1, 'a', {'b': null}])", R"("[1,\"a\",{\"b\":null}]")"},
         {"$string({'a': [1, {}]}, true)", R"("{\n  \"a\": [\n    1,\n    {}\n  ]\n}")"},
         {"$string([0.1 + 0.2, 1e21, 22/7])", R"("[0.3,1e+21,3.14285714285714]")"},
         {"$string($sum)", R"("")"},
         {"$string(1/0)", "D3001 at 8"},
         {"$string([1/0])", "D1001 at 8"}});
}

TEST_CASE("numbers are read, rounded and written") {
  check({{"$number('-1.5e2')", "-150"},
         {"$number('007')", "7"},
         {"$number('0x1F')", "31"},
         {"$number('0b11') + $number('0o17')", "18"},
         {"$number(true)", "1"},
         {"$number('1e999')", "D3030 at 8"},
         {"$number('--1')", "D3030 at 8"},
         {"$number(' 1')", "D3030 at 8"},
         {"$number('0x1G')", "D3030 at 8"},
         {"$round(2.5)", "2"},
         {"$round(3.5)", "4"},
         {"$round(-2.5)", "-2"},
         {"$round(1.005, 2)", "1"},
         {"$round(4.525, 2)", "4.52"},
         {"$round(12345, -2)", "12300"},
         {"$round(1778025600000, 2)", "1778025600000"},
         {"$round(1778025649999.125, -2)", "1778025650000"},
         {"$round(-0.1)", "0"},
         {"$power(2, 10)", "1024"},
         {"$power(10, 400)", "D3061 at 7"},
         {"$sqrt(-1)", "D3060 at 6"},
         {"$formatBase(255, 16)", R"("ff")"},
         {"$formatBase(-5, 2)", R"("-101")"},
         {"$formatBase(1, 37)", "D3100 at 12"},
         {"$sum([])", "0"},
         {"$max([])", "undefined"},
         {"$min([3, 1, 2])", "1"},
         {"$average([1, 2])", "1.5"}});
}

TEST_CASE("numbers and times have pictures") {
  check({{"$formatNumber(1234.5, '#,##0.00')", R"("1,234.50")"},
         {"$formatNumber(1.5, '#0,0', {'decimal-separator': ',', 'grouping-separator': '.'})",
          R"("1,5")"},
         {"$formatNumber(1, '.')", "D3085 at 14"},
         {"$formatInteger(12, 'w')", R"("twelve")"},
         {"$parseInteger('twelve', 'w')", "12"},
         {"$fromMillis(0)", R"("1970-01-01T00:00:00.000Z")"},
         {"$fromMillis(0, '[H01]:[m01]', '+0130')", R"("01:30")"},
         {"$toMillis('1970-01-01T00:00:01Z')", "1000"},
         {"$toMillis('x')", "D3110 at 10"},
         {"$now()", R"("2026-01-01T00:00:00.000Z")"},
         {"$now('[Y]')", R"("2026")"},
         {"$millis()", "1767225600000"}});
}

TEST_CASE("arrays are put together, turned and thinned out") {
  check({{"$append([1], 2)", "[1,2]"},
         {"$append(missing, 1)", "1"},
         {"$count(missing)", "0"},
         {"$count(5)", "1"},
         {"$reverse([1,2,3])", "[3,2,1]"},
         {"$distinct([1, '1', 1, [1], [1], {'a':1}, {'a':1}])", R"([1,"1",[1],{"a":1}])"},
         {"$distinct([{'a':1},{'b':2},{'c':3}].c[true])", "[null,3]"},
         {"$zip([1,2,3], ['a','b'])", R"([[1,"a"],[2,"b"]])"},
         {"$count($shuffle([1..10])) = 10 and $sum($shuffle([1..10])) = 55", "true"},
         {"$spread({'a':1,'b':2})", R"([{"a":1},{"b":2}])"},
         {"$merge([{'a':1},{'b':2,'a':3}])", R"({"a":3,"b":2})"},
         {"$keys([{'a':1},{'b':2}])", R"(["a","b"])"},
         {"$lookup([{'a':1},{'a':2}], 'a')", "[1,2]"}});
}

TEST_CASE("values tell what they are") {
  check({{"$type([])", R"("array")"},
         {"$type($sum)", R"("function")"},
         {"$type(missing)", "undefined"},
         {"$exists(missing)", "false"},
         {"$boolean([0, [0]])", "false"},
         {"$boolean([0, 1])", "true"},
         {"$boolean({})", "false"},
         {"$boolean($sum)", "false"},
         {"$not(missing)", "undefined"},
         {"$not('')", "true"},
         {"$assert(false, 'no')", "D3141 at 8"},
         {"$error('no')", "D3137 at 7"},
         {"$eval('[1, $x]')", "[1]"},
         {"($x := 2; $eval('1 + $x'))", "3"},
         {"$eval('a', {'a': 4})", "4"},
         {"$eval('1 + ')", "D3120 at 6"},
         {"$eval('1 + \"a\"')", "D3121 at 6"},
         {"$eval('($f := function(){1 + $f()}; $f())')", "U1001 at 6"}});
}

TEST_CASE("regular expressions match, replace and split") {
  check({{"$match('ab12cd3', /[a-z]+(\\d)/).groups", R"(["1","3"])"},
         {"$match('aä😀bab', /b/).index", "[4,6]"},
         {"$match('abab', /b/, 1).index", "1"},
         {"$match('aab', /a?/, 2)", "D1004 at 18"},
         {"$match('ab', /a/, 0)", "undefined"},
         {"$contains('abc', /B/i)", "true"},
         {"$replace('John Smith', /(\\w+)\\s(\\w+)/, '$2, $1')", R"("Smith, John")"},
         {"$replace('abc', /b/, '[$0|$$|$9]')", R"("a[b|$|]c")"},
         {"$replace('a1b2', /\\d/, function($m){'<' & $m.match & '>'})", R"("a<1>b<2>")"},
         {"$replace('aaa', 'a', 'b', 2)", R"("bba")"},
         {"$replace('aaa', /a/, 'b', 2)", R"("bba")"},
         {"$replace('a', '', 'b')", "D3010 at 9"},
         {"$replace('a', /a/, function($m){1})", "D3012 at 9"},
         {"$replace('abc', /x*/, '-')", "D1004 at 20"},
         {"$split('a1b22c', /\\d+/)", R"(["a","b","c"])"},
         {"$split('a, b', ', ', 1)", R"(["a"])"},
         {"$split('a😀', '')", R"(["a","😀"])"},
         {"$split('a', 'b', -1)", "D3020 at 7"},
         {"/b/('abc').start", "1"},
         {"($m := /b/; $n := $m('abab').next; $n().start)", "3"},
         {"$contains('x', function($s){{'match': 'x'}})", "T1010 at 10"}});
}

TEST_CASE("workflows have functions of their own, and no $eval") {
  const TestContext context{.workflow_functions = true};
  check({{"$partition([1,2,3,4,5], 2)", "[[1,2],[3,4],[5]]"},
         {"$partition([1,2], 5)", "[[1,2]]"},
         {"$partition([1], 0)", " at 11"},
         {"$range(0, 9, 3)", "[0,3,6,9]"},
         {"$range(0, 10, 3)", "[0,3,6,9]"},
         {"$range(3, 0, -1)", "[3,2,1,0]"},
         {"$range(1, 9, 9)", "1"},
         {"$range(0, 1, 0)", " at 7"},
         {"$range(0, 1e9, 1)", " at 7"},
         {"$hash('input', 'SHA-1')", R"("140f86aae51ab9e1cda9b4254fe98a74eb54c1a1")"},
         {"$hash('input', 'CRC')", " at 6"},
         {"$random(42)", "0.7275636800328681"},
         {"$random(42) = $random(42)", "true"},
         {"$random() < 1", "true"},
         {"$contains($uuid(), "
          "/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)",
          "true"},
         {"$parse('{\"a\": [1, 1.50]}').a", "[1,1.50]"},
         {"$parse('{')", " at 7"},
         {"$eval('1')", "T1006 at 6"},
         {"$sum([1, 2])", "3"}},
        context);
  check({{"$partition([1], 1)", "T1006 at 11"}, {"$random(42)", "T0410 at 8"}});
}

TEST_CASE("digests are those of the standards") {
  CHECK(digest_of("abc", "MD5") == "900150983cd24fb0d6963f7d28e17f72");
  CHECK(digest_of("", "MD5") == "d41d8cd98f00b204e9800998ecf8427e");
  CHECK(digest_of("abc", "SHA-1") == "a9993e364706816aba3e25717850c26c9cd0d89d");
  CHECK(digest_of("abc", "SHA-256") ==
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK(digest_of(std::string(119, 'a'), "SHA-256") ==
        "31eba51c313a5c08226adf18d4a359cfdfd8d2e816b13f4af952f7ea6584dcfb");
  CHECK(digest_of("abc", "SHA-384") ==
        "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed"
        "8086072ba1e7cc2358baeca134c825a7");
  CHECK(digest_of("abc", "SHA-512") ==
        "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
        "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f");
  CHECK(digest_of("abc", "sha-256") == std::nullopt);
}

}  // namespace
}  // namespace weft::json::jsonata

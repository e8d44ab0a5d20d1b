#include "workflow/intrinsic.h"

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

#include "json/parse.h"
#include "json/print.h"
#include "workflow/fake_inputs.h"

namespace weft::workflow {
namespace {

struct Case {
  std::string call;
  std::string input;
  std::string expected;  // JSON, or the end of the cause
};

Outcome<json::Value> evaluate(const std::string& call, const std::string& input,
                              FakeInputs inputs = FakeInputs()) {
  const json::Value document = *json::parse(input);
  const json::Value context = *json::parse(R"({"Execution": {"Name": "run", "Input": {"n": 7}}})");
  const Variables variables =
      Variables().with({{"list", *json::parse("[1, 2]")}, {"name", json::Value("x")}});
  const auto intrinsic = Intrinsic::parse(call);
  REQUIRE(intrinsic.has_value());
  return intrinsic->evaluate(
      {.input = document, .context = context, .variables = variables, .inputs = inputs});
}

void check_values(const std::vector<Case>& cases) {
  for (const auto& [call, input, expected] : cases) {
    CAPTURE(call);
    CAPTURE(input);
    const auto value = evaluate(call, input);
    REQUIRE_MESSAGE(value.has_value(), value.error().cause);
    CHECK(json::to_string(*value) == expected);
  }
}

void check_refusals(const std::vector<Case>& cases) {
  for (const auto& [call, input, expected] : cases) {
    CAPTURE(call);
    CAPTURE(input);
    const auto value = evaluate(call, input);
    REQUIRE(!value.has_value());
    CHECK(value.error().error == "States.Runtime");
    const std::string start = "The function '" + call + "' had the following error: ";
    CHECK(value.error().cause.starts_with(start + expected));
  }
}

TEST_CASE("arguments are texts, numbers, words, paths and calls, with spaces between them") {
  check_values({
      {"States.Array()", "{}", "[]"},
      {"States.Array( )", "{}", "[]"},
      {"States.Array('a')", "{}", R"(["a"])"},
      {"States.Array(1, -2.5, 1e3, 0)", "{}", "[1,-2.5,1e3,0]"},
      {"States.Array(true,false,null)", "{}", "[true,false,null]"},
      {"States.Array( $.a , $.b )", R"({"a": 1, "b": 2})", "[1,2]"},
      {"States.Array($, $$.Execution.Input.n, $name, $list[1])", "{}", R"([{},7,"x",2])"},
      {"States.Array(States.Array(1), States.Array())", "{}", "[[1],[]]"},
      {R"(States.Array('it\'s', '\{\}', 'a\\b', '', 'a,(b)'))", "{}",
       R"~(["it's","{}","a\\b","","a,(b)"])~"},
      {R"(States.Array($['a,)'], $.b[?(@.c == 'x,)\'')].d))",
       R"~({"a,)": 1, "b": [{"c": "x,)'", "d": 2}]})~", "[1,[2]]"},
      {"States.Array('\xc3\xa4\n')", "{}", "[\"\xc3\xa4\\n\"]"},
  });
}

TEST_CASE("what is no call is refused where it is wrong") {
  struct Wrong {
    std::string text;
    std::uint64_t offset;
  };
  for (const auto& [text, offset] : {
           Wrong{"", 0},
           Wrong{"States.Array", 0},
           Wrong{"States.Nothing()", 0},
           Wrong{"states.Array()", 0},
           Wrong{"States.Array(", 13},
           Wrong{"States.Array(1", 14},
           Wrong{"States.Array(1,)", 15},
           Wrong{"States.Array(,1)", 13},
           Wrong{"States.Array(1) more", 16},
           Wrong{"States.Array(1.)", 13},
           Wrong{"States.Array(.5)", 13},
           Wrong{"States.Array([1])", 13},
           Wrong{"States.Array(\"a\")", 13},
           Wrong{"States.Array('a)", 16},
           Wrong{R"(States.Array('a\n'))", 16},
           Wrong{"States.Array($.)", 13},
           Wrong{"States.Array(True)", 13},
       }) {
    CAPTURE(text);
    const auto intrinsic = Intrinsic::parse(text);
    REQUIRE(!intrinsic.has_value());
    CHECK(intrinsic.error().code() == ErrorCode::kInvalidArgument);
    REQUIRE(intrinsic.error().position().has_value());
    CHECK(intrinsic.error().position()->offset == offset);
  }
}

TEST_CASE("calls are nested ten deep at most") {
  const auto nested = [](std::size_t depth) {
    std::string text;
    for (std::size_t i = 0; i < depth; ++i)
      text += "States.Array(";
    return text + std::string(depth, ')');
  };
  CHECK(Intrinsic::parse(nested(10)).has_value());
  const auto deeper = Intrinsic::parse(nested(11));
  REQUIRE(!deeper.has_value());
  CHECK(deeper.error().code() == ErrorCode::kTooLarge);
  CHECK(deeper.error().limit()->name == "intrinsic_depth");
  const auto longer = Intrinsic::parse("States.Array('" + std::string(300'000, 'a') + "')");
  REQUIRE(!longer.has_value());
  CHECK(longer.error().limit()->name == "intrinsic_bytes");
}

TEST_CASE("a path that leads nowhere is told with the whole call and the input as it was written") {
  check_refusals({
      {"States.Format('{}',$.no)", R"({ "a": 1 })",
       R"(The JsonPath argument for the field '$.no' could not be found in the input '{ "a": 1 }')"},
      {"States.Array(1, States.Array($.a.b))", R"({"c":1})",
       R"(The JsonPath argument for the field '$.a.b' could not be found in the input '{"c":1}')"},
      {"States.Array($.a[5])", R"({"a":[1]})",
       R"(The JsonPath argument for the field '$.a[5]' could not be found in the input)"},
      {"States.Array($$.No)", "{}",
       "The JsonPath argument for the field '$.No' could not be found in the input '{}'"},
      {"States.Array($no)", "{}",
       "The JsonPath argument '$no' could not be found: there is no variable $no"},
      {"States.Array($name.first)", "{}",
       "The JsonPath argument '$name.first' could not be found in the variable $name: No "
       "results for path: $['first']"},
  });
}

TEST_CASE("the number of arguments is checked when the function is called") {
  for (const std::string call :
       {"States.ArrayLength()", "States.ArrayLength($.a, $.a)", "States.UUID(1)",
        "States.MathRandom(1)", "States.MathRandom(1, 2, 3, 4)", "States.Format()",
        "States.JsonMerge($, $)", "States.Base64Encode()", "States.StringToJson('1', '2')"}) {
    const std::string name = call.substr(0, call.find('('));
    check_refusals({{call, R"({"a": []})", "Invalid arguments in " + name}});
  }
}

TEST_CASE("what is wrong with an argument is told: which one it is, what it must be, what it is") {
  const std::string of = "Invalid arguments in States.";
  check_refusals({
      {"States.MathAdd(1, $.a)", R"({"a":"two"})",
       of + "MathAdd: argument 2 must be a number from -2147483648 to 2147483647, and is the text "
            "'two'"},
      {"States.MathAdd(2147483647, 1)", "{}",
       of + "MathAdd: the sum must be a number from -2147483648 to 2147483647, and is 2147483648"},
      {"States.ArrayLength($)", R"({"a":1})",
       of + "ArrayLength: argument 1 must be an array, and is an object"},
      {"States.ArrayPartition($, 0)", "[1]",
       of +
           "ArrayPartition: argument 2 must be a number from 1 to 2147483647, and is the number 0"},
      {"States.ArrayGetItem($, 3)", "[1, 2, 3]",
       of + "ArrayGetItem: there is no item 3 in an array of 3"},
      {"States.ArrayRange(1, 5, 0)", "{}",
       of + "ArrayRange: argument 3 must be a whole number other than 0, and is the number 0"},
      {"States.ArrayRange(1, 1001, 1)", "{}",
       of + "ArrayRange: a range has 1000 items at most, and this one has 1001"},
      {"States.MathRandom(5, 1)", "{}",
       of + "MathRandom: argument 2 must be a whole number greater than 5, and is the number 1"},
      {"States.JsonMerge($, null, false)", "{}",
       of + "JsonMerge: argument 2 must be an object, and is null"},
      {"States.JsonMerge($, $, true)", "{}",
       of + "JsonMerge: argument 3 must be false, and is true"},
      {"States.StringSplit($, ',')", "[1,2]",
       of + "StringSplit: argument 1 must be a text, and is an array of 2"},
      {"States.Hash('a', 'md5')", "{}",
       of +
           "Hash: argument 2 must be 'MD5', 'SHA-1', 'SHA-256', 'SHA-384' or 'SHA-512', and is the "
           "text 'md5'"},
      {"States.Base64Encode($)", "\"" + std::string(10'001, 'x') + "\"",
       of +
           "Base64Encode: argument 1 must be a text of 10000 characters at most, and is the text "
           "'" +
           std::string(40, 'x') + "…'"},
      {"States.StringToJson('[1')", "{}", of + "StringToJson: the text '[1' is no JSON: "},
      {"States.UUID(1)", "{}", of + "UUID: it takes no arguments, and got 1"},
      {"States.ArrayLength()", "{}", of + "ArrayLength: it takes 1 argument, and got 0"},
      {"States.Hash('a')", "{}", of + "Hash: it takes 2 arguments, and got 1"},
      {"States.MathRandom(1)", "{}", of + "MathRandom: it takes 2 or 3 arguments, and got 1"},
      {"States.Format()", "{}", of + "Format: it takes 1 or more arguments, and got 0"},
  });
}

TEST_CASE("States.Format puts values into a text as Java prints them") {
  check_values({
      {"States.Format('none')", "{}", R"("none")"},
      {"States.Format('{} and {}', $.a, 2)", R"({"a": "x"})", R"("x and 2")"},
      {"States.Format('{}{}', 'a', '')", "{}", R"("a")"},
      {"States.Format($.t, 1)", R"({"t": "<{}>"})", R"("<1>")"},
      {"States.Format('{}|{}|{}|{}', null, true, -1, 3.5)", "{}", R"("null|true|-1|3.5")"},
      {"States.Format('{}', $)", R"({"a": 1, "b": ["x", null], "c": {}})",
       R"("{a=1, b=[x, null], c={}}")"},
      {"States.Format('{} {} {}', 1.0, 1e10, 0.0001)", "{}", R"("1.0 1.0E10 1.0E-4")"},
      {R"(States.Format('\{"k":"{}"\}', 'v'))", "{}", R"("{\"k\":\"v\"}")"},
      {R"(States.Format('it\'s \\ {}', 1))", "{}", R"("it's \\ 1")"},
      {"States.Format($.t, 1)", R"({"t": "\\{{}\\} \\n"})", R"("{1} \\n")"},
      {"States.Format('{}', '{}')", "{}", R"("{}")"},
  });
  check_refusals({
      {"States.Format('{}')", "{}",
       "Invalid arguments in States.Format: number of arguments do not match the occurrences of "
       "{}."},
      {"States.Format('{}', 1, 2)", "{}",
       "Invalid arguments in States.Format: number of arguments do not match"},
      {"States.Format(1)", "{}", "Invalid arguments in States.Format"},
      {"States.Format('{')", "{}",
       "Invalid template in States.Format: matching '}' not found for '{'."},
      {"States.Format('{{}}', 1)", "{}",
       "Invalid template in States.Format: matching '}' not found for '{'."},
      {"States.Format('}')", "{}",
       "Invalid template in States.Format: matching '{' not found for '}'."},
  });
}

TEST_CASE("States.StringToJson and States.JsonToString are each other's inverse") {
  check_values({
      {"States.StringToJson($)", R"(" {\"a\": [1, 2.50]} ")", R"({"a":[1,2.50]})"},
      {"States.StringToJson('')", "{}", "null"},
      {"States.StringToJson(' ')", "{}", "null"},
      {"States.StringToJson('\"a\"')", "{}", R"("a")"},
      {"States.JsonToString($)", R"({ "a": [1, null, "é"] })",
       "\"{\\\"a\\\":[1,null,\\\"\xc3\xa9\\\"]}\""},
      {"States.JsonToString('a')", "{}", R"("\"a\"")"},
      {"States.StringToJson(States.JsonToString($))", R"({"a": 12345678901234567890})",
       R"({"a":12345678901234567890})"},
  });
  check_refusals({
      {"States.StringToJson('{bad}')", "{}", "Invalid arguments in States.StringToJson"},
      {"States.StringToJson(1)", "{}", "Invalid arguments in States.StringToJson"},
  });
}

TEST_CASE("States.ArrayPartition cuts an array into parts") {
  check_values({
      {"States.ArrayPartition($, 4)", "[1,2,3,4,5,6,7,8,9]", "[[1,2,3,4],[5,6,7,8],[9]]"},
      {"States.ArrayPartition($, 1)", "[]", "[]"},
      {"States.ArrayPartition($, 2.9)", "[1,2,3]", "[[1,2],[3]]"},
      {"States.ArrayPartition($, 2147483647)", "[1,2]", "[[1,2]]"},
  });
  check_refusals({
      {"States.ArrayPartition($, 0)", "[1]", "Invalid arguments in States.ArrayPartition"},
      {"States.ArrayPartition($, 0.6)", "[1]", "Invalid arguments in States.ArrayPartition"},
      {"States.ArrayPartition($, -1)", "[1]", "Invalid arguments in States.ArrayPartition"},
      {"States.ArrayPartition($, 3000000000)", "[1]", "Invalid arguments in States.ArrayPartition"},
      {"States.ArrayPartition($, '1')", "[1]", "Invalid arguments in States.ArrayPartition"},
      {"States.ArrayPartition($, 1)", "{}", "Invalid arguments in States.ArrayPartition"},
  });
}

TEST_CASE("States.ArrayContains compares as AWS does: by text") {
  check_values({
      {"States.ArrayContains($, 5)", "[1, 5]", "true"},
      {"States.ArrayContains($, 5)", "[1, 50]", "false"},
      {"States.ArrayContains($, null)", "[null]", "true"},
      {"States.ArrayContains($, 1)", "[]", "false"},
      {"States.ArrayContains($.a, $.b)", R"({"a": [{"x": [1]}], "b": {"x": [1]}})", "true"},
      {"States.ArrayContains($.a, $.b)", R"({"a": [[1, 2]], "b": [2, 1]})", "false"},
      {"States.ArrayContains($, true)", R"(["true"])", "true"},
      {"States.ArrayContains($, false)", "[0]", "false"},
      {"States.ArrayContains($.a, $.b)", R"({"a": [{"x": 1, "y": 2}], "b": {"y": 2, "x": 1}})",
       "false"},
  });
  check_refusals(
      {{"States.ArrayContains('a', 'a')", "{}", "Invalid arguments in States.ArrayContains"}});
}

TEST_CASE("States.ArrayRange counts in both directions, up to 1000 items") {
  check_values({
      {"States.ArrayRange(1, 9, 2)", "{}", "[1,3,5,7,9]"},
      {"States.ArrayRange(0, 10, 3)", "{}", "[0,3,6,9]"},
      {"States.ArrayRange(5, 1, -2)", "{}", "[5,3,1]"},
      {"States.ArrayRange(3, 3, -1)", "{}", "[3]"},
      {"States.ArrayRange(5, 1, 1)", "{}", "[]"},
      {"States.ArrayRange(1, 5, -1)", "{}", "[]"},
      {"States.ArrayRange(5.4, -0.6, -2.4)", "{}", "[5,3,1]"},
      {"States.ArrayRange(1.6, 1.4, 1)", "{}", "[1]"},
      {"States.ArrayRange(-2147483648, 2147483647, 2147483647)", "{}",
       "[-2147483648,-1,2147483646]"},
      {"States.ArrayLength(States.ArrayRange(1000, 1, -1))", "{}", "1000"},
  });
  check_refusals({
      {"States.ArrayRange(1, 1001, 1)", "{}", "Invalid arguments in States.ArrayRange"},
      {"States.ArrayRange(1, 5, 0)", "{}", "Invalid arguments in States.ArrayRange"},
      {"States.ArrayRange(1, 5, 0.9)", "{}", "Invalid arguments in States.ArrayRange"},
      {"States.ArrayRange('1', 5, 1)", "{}", "Invalid arguments in States.ArrayRange"},
      {"States.ArrayRange(-2147483648, 2147483647, 1)", "{}",
       "Invalid arguments in States.ArrayRange"},
  });
}

TEST_CASE("States.ArrayGetItem and States.ArrayLength look into an array") {
  check_values({
      {"States.ArrayGetItem($, 1)", "[1, 2, 3]", "2"},
      {"States.ArrayGetItem($, 1.9)", "[1, 2, 3]", "2"},
      {"States.ArrayGetItem($, 3)", "[]", "null"},
      {"States.ArrayLength($)", "[1, [2, 3]]", "2"},
      {"States.ArrayLength($[*].no)", "[1]", "0"},
  });
  check_refusals({
      {"States.ArrayGetItem($, 3)", "[1, 2, 3]", "Invalid arguments in States.ArrayGetItem"},
      {"States.ArrayGetItem($, -1)", "[1]", "Invalid arguments in States.ArrayGetItem"},
      {"States.ArrayGetItem($, '0')", "[1]", "Invalid arguments in States.ArrayGetItem"},
      {"States.ArrayGetItem($, 0)", "{}", "Invalid arguments in States.ArrayGetItem"},
      {"States.ArrayLength('abc')", "{}", "Invalid arguments in States.ArrayLength"},
  });
}

TEST_CASE("States.ArrayUnique keeps the first of equal items") {
  check_values({
      {"States.ArrayUnique($)", "[1,2,3,3,3,3,3,3,4]", "[1,2,3,4]"},
      {"States.ArrayUnique($)", R"(["b","a","b",null,null,1,"1",[1],[1],{}])",
       R"(["b","a",null,1,"1",[1],{}])"},
      {"States.ArrayUnique($)", R"([{"a":1,"b":2},{"b":2,"a":1},{"a":1}])",
       R"([{"a":1,"b":2},{"a":1}])"},
      {"States.ArrayUnique($)", "[]", "[]"},
  });
  check_refusals({{"States.ArrayUnique($)", "{}", "Invalid arguments in States.ArrayUnique"}});
}

TEST_CASE("States.Base64Encode and States.Base64Decode take 10000 characters") {
  check_values({
      {"States.Base64Encode('Data to encode')", "{}", R"("RGF0YSB0byBlbmNvZGU=")"},
      {"States.Base64Encode($)", R"("")", R"("")"},
      {"States.Base64Decode('RGF0YSB0byBkZWNvZGU=')", "{}", R"("Data to decode")"},
      {"States.Base64Decode(' YWJj!ZA ')", "{}", R"("abcd")"},
      {"States.Base64Decode('/w==')", "{}", "\"\xef\xbf\xbd\""},
      {"States.Base64Decode(States.Base64Encode($))", R"("é😀")", "\"\xc3\xa9\xf0\x9f\x98\x80\""},
  });
  std::string text;
  for (int i = 0; i < 5000; ++i)
    text += "\xf0\x9f\x98\x80";  // two characters of UTF-16
  check_values(
      {{"States.ArrayLength(States.Array(States.Base64Encode($)))", "\"" + text + "\"", "1"}});
  check_refusals({
      {"States.Base64Encode($)", "\"" + text + "a\"", "Invalid arguments in States.Base64Encode"},
      {"States.Base64Decode($)", "\"" + std::string(10001, 'A') + "\"",
       "Invalid arguments in States.Base64Decode"},
      {"States.Base64Encode(1)", "{}", "Invalid arguments in States.Base64Encode"},
      {"States.Base64Decode($)", "{}", "Invalid arguments in States.Base64Decode"},
  });
}

TEST_CASE("States.Hash knows five algorithms, by their names") {
  check_values({
      {"States.Hash('hello', 'MD5')", "{}", R"("5d41402abc4b2a76b9719d911017c592")"},
      {"States.Hash('hello', 'SHA-1')", "{}", R"("aaf4c61ddcc5e8a2dabede0f3b482cd9aea9434d")"},
      {"States.Hash($, 'SHA-256')", R"("✓")",
       R"("1dabba21cdad44541f6b15796f8d22978fc7ea10c46aeceeeeb66c23b3ac7604")"},
      {"States.Hash('', 'SHA-384')", "{}",
       R"("38b060a751ac96384cd9327eb1b1e36a21fdb71114be07434c0cc7bf63f6e1da274edebfe76f65fbd51ad2f14898b95b")"},
      {"States.Hash(123, 'MD5')", "{}", R"("202cb962ac59075b964b07152d234b70")"},
      {"States.ArrayLength(States.Array(States.Hash($, 'SHA-512')))",
       "\"" + std::string(10'000, 'a') + "\"", "1"},
  });
  check_refusals({
      {"States.Hash('a', 'sha-256')", "{}", "Invalid arguments in States.Hash"},
      {"States.Hash('a', 'SHA256')", "{}", "Invalid arguments in States.Hash"},
      {"States.Hash('a', 1)", "{}", "Invalid arguments in States.Hash"},
      {"States.Hash($, 'MD5')", "\"" + std::string(10'001, 'a') + "\"",
       "Invalid arguments in States.Hash"},
  });
}

TEST_CASE("States.JsonMerge is shallow") {
  check_values({
      {"States.JsonMerge($.a, $.b, false)",
       R"({"a": {"x": {"p": 1}, "y": 2}, "b": {"z": 3, "x": {"q": 4}}})",
       R"({"x":{"q":4},"y":2,"z":3})"},
      {"States.JsonMerge($.a, $.a, 'false')", R"({"a": {}})", "{}"},
  });
  check_refusals({
      {"States.JsonMerge($, $, true)", "{}", "Invalid arguments in States.JsonMerge"},
      {"States.JsonMerge($, null, false)", "{}", "Invalid arguments in States.JsonMerge"},
      {"States.JsonMerge($, $, false)", "[]", "Invalid arguments in States.JsonMerge"},
  });
}

TEST_CASE("States.MathAdd rounds halves up and stays in 32 bits") {
  check_values({
      {"States.MathAdd(111, -1)", "{}", "110"},
      {"States.MathAdd(-1.5, 0)", "{}", "-1"},
      {"States.MathAdd(2.5, 0)", "{}", "3"},
      {"States.MathAdd(-2.6, 0)", "{}", "-3"},
      {"States.MathAdd(0.49999999999999994, 0)", "{}", "0"},
      {"States.MathAdd(2147483646, 1)", "{}", "2147483647"},
  });
  check_refusals({
      {"States.MathAdd(2147483647, 1)", "{}", "Invalid arguments in States.MathAdd"},
      {"States.MathAdd(-2147483648, -1)", "{}", "Invalid arguments in States.MathAdd"},
      {"States.MathAdd(3000000000, 1)", "{}", "Invalid arguments in States.MathAdd"},
      {"States.MathAdd(1e400, 1)", "{}", "Invalid arguments in States.MathAdd"},
      {"States.MathAdd('1', 1)", "{}", "Invalid arguments in States.MathAdd"},
      {"States.MathAdd(null, 1)", "{}", "Invalid arguments in States.MathAdd"},
  });
}

TEST_CASE("States.MathRandom stays below its end, and a seed decides it") {
  CHECK(*evaluate("States.MathRandom(1, 999)", "{}", FakeInputs({0.0})) == json::Value(1));
  CHECK(*evaluate("States.MathRandom(1, 999)", "{}", FakeInputs({0.9999999})) == json::Value(998));
  CHECK(*evaluate("States.MathRandom(-2147483648, 2147483647)", "{}", FakeInputs({0.5})) ==
        json::Value(-1));
  // What new java.util.Random(42).nextInt(10) and nextInt(16) give.
  CHECK(*evaluate("States.MathRandom(0, 10, 42)", "{}") == json::Value(0));
  CHECK(*evaluate("States.MathRandom(0, 16, 42)", "{}") == json::Value(11));
  for (int seed = -20; seed < 20; ++seed) {
    const std::string call = "States.MathRandom(3, 5, " + std::to_string(seed) + ")";
    const auto value = evaluate(call, "{}");
    CHECK((*value == json::Value(3) || *value == json::Value(4)));
    CHECK(*evaluate(call, "{}") == *value);
  }
  check_refusals({
      {"States.MathRandom(1, 1)", "{}", "Invalid arguments in States.MathRandom"},
      {"States.MathRandom(1.4, 1.6)", "{}", "Invalid arguments in States.MathRandom"},
      {"States.MathRandom(5, 1)", "{}", "Invalid arguments in States.MathRandom"},
      {"States.MathRandom(1, 2, null)", "{}", "Invalid arguments in States.MathRandom"},
  });
}

TEST_CASE("States.StringSplit takes each character of its second text as an end") {
  check_values({
      {"States.StringSplit('1,2,3', ',')", "{}", R"(["1","2","3"])"},
      {"States.StringSplit('This.is+a,test=string', '.+,=')", "{}",
       R"(["This","is","a","test","string"])"},
      {"States.StringSplit(',a,,b,', ',')", "{}", R"(["a","b"])"},
      {"States.StringSplit('', ',')", "{}", "[]"},
      {"States.StringSplit(',', ',')", "{}", "[]"},
      {"States.StringSplit('abc', '')", "{}", R"(["abc"])"},
      {"States.StringSplit('aéb', 'é')", "{}", R"(["a","b"])"},
  });
  check_refusals({
      {"States.StringSplit(1, ',')", "{}", "Invalid arguments in States.StringSplit"},
      {"States.StringSplit('a', null)", "{}", "Invalid arguments in States.StringSplit"},
  });
}

TEST_CASE("States.UUID makes what version 4 looks like of the randomness it gets") {
  CHECK(*evaluate("States.UUID()", "{}", FakeInputs({0.0})) ==
        json::Value("00000000-0000-4000-8000-000000000000"));
  CHECK(*evaluate("States.UUID()", "{}", FakeInputs({0.999999})) ==
        json::Value("ffffffff-ffff-4fff-bfff-ffffffffffff"));
}

TEST_CASE("a call never makes more than it may, however often it names a big input") {
  const std::string input = "\"" + std::string(200'000, 'a') + "\"";
  std::string all = "$";
  for (int i = 0; i < 99; ++i)
    all += ", $";
  std::string places;
  for (int i = 0; i < 100; ++i)
    places += "{}";
  check_refusals({
      {"States.Format('" + places + "', " + all + ")", input, "Invalid arguments in States.Format"},
      {"States.JsonToString(States.Array(" + all + "))", input,
       "Invalid arguments in States.JsonToString"},
      {"States.ArrayUnique(States.Array(" + all + "))", input,
       "Invalid arguments in States.ArrayUnique"},
      {"States.ArrayContains(States.Array(" + all + "), 1)", input,
       "Invalid arguments in States.ArrayContains"},
  });
}

TEST_CASE("the variables of a call are known") {
  const auto intrinsic = Intrinsic::parse("States.Array($b, States.Array($a.x, $$.c, $.d), '$e')");
  REQUIRE(intrinsic.has_value());
  CHECK(intrinsic->variables() == std::vector<std::string>{"b", "a"});
}

}  // namespace
}  // namespace weft::workflow

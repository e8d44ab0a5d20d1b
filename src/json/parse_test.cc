#include "json/parse.h"

#include <cstdlib>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "json/print.h"

namespace weft::json {
namespace {

using std::string_literals::operator""s;

Error error_of(std::string_view text, const ParseLimits& limits = {}) {
  auto value = parse(text, limits);
  REQUIRE_MESSAGE(!value.has_value(), text);
  return value.error();
}

// "line:column message"
std::string complaint(std::string_view text) {
  const Error error = error_of(text);
  CHECK(error.code() == ErrorCode::kInvalidArgument);
  REQUIRE(error.position().has_value());
  const std::string place = "line " + std::to_string(*error.position()->line) + ", column " +
                            std::to_string(*error.position()->column);
  const std::string prefix = "invalid JSON at " + place + ": ";
  REQUIRE_MESSAGE(error.message().starts_with(prefix), error.message());
  return std::to_string(*error.position()->line) + ":" + std::to_string(*error.position()->column) +
         " " + error.message().substr(prefix.size());
}

TEST_CASE("valid texts are taken") {
  struct Case {
    std::string text;
    std::string compact;  // How it is printed; empty: as it is.
  };
  const std::vector<Case> cases = {
      {"null", ""},
      {"true", ""},
      {"false", ""},
      {"0", ""},
      {"-0", ""},
      {"-0.0", ""},
      {"\"\"", ""},
      {"[]", ""},
      {"{}", ""},
      {" \t\r\n1 \t\r\n", "1"},
      {"\n[\n]\n", "[]"},
      {"[ { } , [ ] ]", "[{},[]]"},
      {"[[[[[[]]]]]]", ""},
      {R"({"a":{"a":{"a":{}}}})", ""},
      {R"({"":0})", ""},
      {R"({"a":1,"A":2,"a ":3})", ""},
      {R"({"\u0000":1})", ""},
      {R"(["\"\\\/\b\f\n\r\t"])", R"(["\"\\/\b\f\n\r\t"])"},
      {R"(["\u0041\u00e9\u20AC\uD83D\uDE00"])", "[\"A\u00E9\u20AC\U0001F600\"]"},
      {R"(["\uDBFF\uDFFF"])", "[\"\U0010FFFF\"]"},
      {R"(["\uFFFF\uFDD0"])", "[\"\uFFFF\uFDD0\"]"},
      {"[\"\u00E9\u20AC\U0001F600\u2028\u2029\x7F\"]", ""},
      {R"(["\\u0041","\\\\","\\\""])", ""},
      {R"(["// no comment","/* none */","[{,:}]"])", ""},
      {"[1,-1,0.5,1e5,1E+5,1e-5,0e0,0.0e-0,123.456e-78]", ""},
      {"[12345678901234567890,1e400,-1e-400,0.1,1.0,1.00]", ""},
      {"[0.000000000000000000000000000000000000000000000000000000000000000000000001]", ""},
      {"[" + std::string(400, '9') + "]", ""},
      {"\"" + std::string(1000, 'x') + "\"", ""},
      {"\"" + std::string(1000, ' ') + "\"", ""},
      {std::string(200, ' ') + "true" + std::string(200, '\n'), "true"},
      {"[true,false,null,\"a\",1]", ""},
  };
  for (const Case& test : cases) {
    CAPTURE(test.text);
    const auto value = parse(test.text);
    REQUIRE(value.has_value());
    CHECK(to_string(*value) == (test.compact.empty() ? test.text : test.compact));
  }
}

TEST_CASE("invalid texts are refused") {
  const std::vector<std::string> cases = {
      // Structure
      "[",
      "]",
      "{",
      "}",
      "[}",
      "{]",
      "[[]",
      "[]]",
      "{}}",
      "[1",
      "[1,",
      "[1,]",
      "[,1]",
      "[,]",
      "[1,,2]",
      "[1 2]",
      "[1:2]",
      "[\"a\":1]",
      "[\"a\" \"b\"]",
      "[1]]",
      "[][]",
      "{}{}",
      "1 2",
      "true false",
      "[]x",
      "[],",
      "{\"a\"",
      "{\"a\":",
      "{\"a\":1",
      "{\"a\":1,",
      "{\"a\":1,}",
      "{,\"a\":1}",
      "{\"a\" 1}",
      "{\"a\",1}",
      "{\"a\"::1}",
      "{:1}",
      "{1:1}",
      "{a:1}",
      "{'a':1}",
      "{null:1}",
      "{[]:1}",
      "{\"a\":1 \"b\":2}",
      "{\"a\":1,,\"b\":2}",
      "{\"a\":1;\"b\":2}",
      ",",
      ":",
      "{{}}",
      "{[1]}",
      "[{\"a\"}]",
      "{\"a\":[}",
      "[{]}",
      "{\"a\"}",
      "[\"a\",\n4\n,1,",
      // Words
      "nul",
      "nulll",
      "tru",
      "truee",
      "fals",
      "True",
      "NULL",
      "nan",
      "NaN",
      "Infinity",
      "-Infinity",
      "undefined",
      "[nul]",
      "[true1]",
      "[truefalse]",
      "[null\"\"]",
      "tr ue",
      "n",
      "t",
      "f",
      "null\x01",
      "*",
      "a",
      // Numbers
      "+1",
      "01",
      "-01",
      "00",
      "1.",
      ".1",
      "-.1",
      "-",
      "--1",
      "1e",
      "1e+",
      "1e-",
      "1E",
      "1.e1",
      "1.2.3",
      "1e1.5",
      "1ee1",
      "0x1",
      "1_000",
      "1,",
      "[1-2]",
      "[1+2]",
      "[- 1]",
      "[1e 1]",
      "1a",
      "1\"\"",
      "[0\"\"]",
      "\uFF11",
      "1/2",
      "[1\x0B]",
      // Strings
      "\"",
      "\"a",
      "a\"",
      "\"\\\"",
      "\"\\\\\\\"",
      "'a'",
      "\"\\x41\"",
      "\"\\a\"",
      "\"\\'\"",
      "\"\\\n\"",
      "\"\\u\"",
      "\"\\u1\"",
      "\"\\u12\"",
      "\"\\u123\"",
      "\"\\u123g\"",
      "\"\\u 123\"",
      "\"\\U0041\"",
      "\"\\u+123\"",
      "\"\\u{41}\"",
      "\"\n\"",
      "\"\t\"",
      "\"\r\"",
      "\"\x1F\"",
      "\"a\"b",
      "\"a\"\"b\"",
      "[\"\\",
      "[\"\\\"]",
      "\\\"a\"",
      "[\\u0020\"a\"]",
      "\"\\\xC3\xA9\"",
      // Surrogates
      R"("\uD800")",
      R"("\uDC00")",
      R"("\uD800x")",
      R"("\uD800\u0041")",
      R"("\uD800\uD800")",
      R"("\uDC00\uD800")",
      R"("\uD800\n")",
      R"("\uD800\uDC0")",
      R"("\ud800\)",
      R"({"\uDFFF":1})",
      // UTF-8
      "\"\xFF\"",
      "\"\x80\"",
      "\"\xC3\"",
      "\"\xC0\xAF\"",
      "\"\xE0\x80\xAF\"",
      "\"\xED\xA0\x80\"",
      "\"\xF4\x90\x80\x80\"",
      "\"\xF0\x9F\x98\"",
      "\"a\xE9\"",
      "[\xFF]",
      "\xFF",
      "\"\xF8\x88\x80\x80\x80\"",
      "[\"a\"\xC3\xA9]",
      "\xC3\xA9",
      // Nothing, other white space, comments, marks
      "",
      " ",
      "\n\t\r ",
      "\x0C[]",
      "[]\x0C",
      "\x0B",
      "\u00A0[]",
      "[]\u2060",
      "\u2028[]",
      "//x\n[]",
      "[]//x",
      "/**/[]",
      "[/**/]",
      "#\n1",
      "\xEF\xBB\xBF{}",
      "\xEF\xBB\xBF",
      "\xFE\xFF\0{"s,
      "{}\xEF\xBB\xBF",
      "\0"s,
      "[]\0"s,
      "[\0]"s,
      "\"\0\""s,
      "1\0"s,
      "\0[]"s,
      "[1,\0 2]"s,
      // Duplicates
      R"({"a":1,"a":1})",
      R"({"a":1,"\u0061":2})",
      R"([{"x":{"b":0,"a":1,"b":2}}])",
      R"({"":1,"":1})",
  };
  for (const std::string& text : cases) {
    CAPTURE(text);
    const auto value = parse(text);
    REQUIRE_FALSE(value.has_value());
    CHECK(value.error().code() == ErrorCode::kInvalidArgument);
    CHECK(value.error().position().has_value());
  }
}

TEST_CASE("errors say where and what") {
  CHECK(complaint("") == "1:1 the text is empty, expected a value");
  CHECK(complaint(" \n ") == "2:2 the text is only white space, expected a value");
  CHECK(complaint("\xEF\xBB\xBF{}") == "1:1 a byte order mark: save the text as UTF-8 without it");
  CHECK(complaint("{\n  \"a\": 1\n  \"b\": 2\n}") ==
        "3:3 expected ',' or '}' after a member, found a string");
  CHECK(complaint("[1, 2") == "1:6 expected ',' or ']' after an item, found the end of the text");
  CHECK(complaint("[1, 2,\n]") == "1:6 a comma with nothing behind it: take it out");
  CHECK(complaint("[\"\u00E9\u00E9\", x]") == "1:8 expected a value, found 'x'");
  CHECK(complaint("{'a': 1}") ==
        "1:2 expected a key in double quotes, found 'a': strings take double quotes");
  CHECK(complaint("{a: 1}") == "1:2 expected a key in double quotes, found 'a'");
  CHECK(complaint("{\"a\" 1}") == "1:6 expected ':' after the key, found '1'");
  CHECK(complaint("[1] 2") == "1:5 expected the end of the text after the value, found '2'");
  CHECK(complaint("[}") == "1:2 expected a value, found '}'");
  CHECK(complaint("[\x01]") == "1:2 expected a value, found the control character U+0001");
  CHECK(complaint("[1, // one\n 2]") == "1:5 expected a value, found '//': JSON has no comments");
  CHECK(complaint("[NaN]") == "1:2 expected a value, found 'NaN': JSON has no such number");
  CHECK(complaint("[ 007 ]") ==
        "1:3 expected a number like -12.5e3 (no leading zeros, digits on both sides of the point), "
        "found '007'");
  CHECK(complaint("[\"abc\n\"]") == "1:6 a control character in a string: write it as \\u000a");
  CHECK(complaint("[\"a\", \"bc]") == "1:7 this string has no closing quote");
  CHECK(complaint("[\"a\xFF\"]") ==
        "1:4 the byte 0xFF is not valid UTF-8 here: save the text as UTF-8");
  CHECK(complaint("[\"a\\x\"]") ==
        "1:4 unknown escape: JSON has \\\" \\\\ \\/ \\b \\f \\n \\r \\t and \\uXXXX");
  CHECK(complaint("[\"a\\u12\"]") == "1:4 \\u needs four hexadecimal digits");
  CHECK(complaint("[\"\\ud83d!\"]") ==
        "1:3 half of a surrogate pair: \\ud800 to \\udbff must be followed by \\udc00 to \\udfff");
  CHECK(complaint("{\"a\": 1,\n \"b\": 2,\n \"\\u0061\": 3}") ==
        "3:2 the key \"\\u0061\" comes twice in this object");
}

TEST_CASE("messages stay short whatever the text") {
  const std::string key = "\"" + std::string(100'000, 'k') + "\"";
  CHECK(error_of("{" + key + ":1," + key + ":2}").message().size() < 300);
  CHECK(error_of("[" + std::string(100'000, 'k') + "]").message().size() < 300);
}

TEST_CASE("a document that is cut anywhere is refused") {
  const std::string text =
      "{\"name\": \"caf\u00E9 \\u00e9 \\\\ \\\" \U0001F600\", \"list\": [1, -2.5e+10, true, false, "
      "null, [], {}],\n"
      " \"deep\": {\"a\": [{\"b\": [[\"x\"]]}]}, \"end\": \"\\uD83D\\uDE00\"}";
  REQUIRE(parse(text).has_value());
  for (std::size_t size = 0; size < text.size(); ++size) {
    CAPTURE(size);
    // An own allocation of that size: the sanitizer sees a read behind it.
    const std::vector<char> cut(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(size));
    const auto value = parse(std::string_view(cut.data(), cut.size()));
    REQUIRE_FALSE(value.has_value());
    CHECK(value.error().code() == ErrorCode::kInvalidArgument);
    REQUIRE(value.error().position().has_value());
    CHECK(*value.error().position()->offset <= size);
  }
}

TEST_CASE("a document with one byte changed is refused or is another document") {
  const std::string text = R"({"a":[1,-2.5e3,"x\n\u0041",true,null],"b":{"c":"d"}})";
  for (std::size_t at = 0; at < text.size(); ++at) {
    for (int code = 0; code <= 0xFF; ++code) {
      std::string changed = text;
      changed[at] = static_cast<char>(code);
      const auto value = parse(changed);
      if (!value.has_value()) continue;
      const auto again = parse(to_string(*value));
      REQUIRE(again.has_value());
      REQUIRE(*again == *value);
    }
  }
}

TEST_CASE("lone surrogates are kept on request") {
  const auto value = parse(R"(["\ud800","\uDFFFx","\ud83d\ude00","\ud800\ud83d\ude00"])",
                           {.lone_surrogates = true});
  REQUIRE(value.has_value());
  CHECK(value->as_array()[0].as_string() == "\xED\xA0\x80");
  CHECK(value->as_array()[1].as_string() == "\xED\xBF\xBFx");
  CHECK(value->as_array()[2].as_string() == "\U0001F600");
  CHECK(value->as_array()[3].as_string() == "\xED\xA0\x80\U0001F600");
  CHECK(parse(to_string(*value)).has_value());
}

TEST_CASE("limits are named and enforced") {
  const auto limit_of = [](std::string_view text, const ParseLimits& limits) {
    const Error error = error_of(text, limits);
    CHECK(error.code() == ErrorCode::kTooLarge);
    REQUIRE(error.limit().has_value());
    return error.limit()->name + "=" + std::to_string(error.limit()->value);
  };
  CHECK(parse("[1234]", {.bytes_max = 6}).has_value());
  CHECK(limit_of("[12345]", {.bytes_max = 6}) == "json_bytes=6");
  CHECK(parse("[[],{\"a\":[]}]", {.depth_max = 3}).has_value());
  CHECK(limit_of("[[],{\"a\":[[]]}]", {.depth_max = 3}) == "json_depth=3");
  CHECK(limit_of("[]", {.depth_max = 0}) == "json_depth=0");
  CHECK(parse("1", {.depth_max = 0}).has_value());
  CHECK(parse("[1,{\"a\":2},\"x\"]", {.nodes_max = 5}).has_value());
  CHECK(limit_of("[1,{\"a\":2},\"x\"]", {.nodes_max = 4}) == "json_values=4");
  CHECK(limit_of("[1,{\"a\":2},\"x\"", {.nodes_max = 2}) == "json_values=2");
  CHECK(limit_of(std::string(1 << 20, '['), {}) == "json_depth=128");
  CHECK(limit_of(std::string(1 << 20, ','), {.nodes_max = 1000}) == "json_values=1000");
  CHECK(error_of("[[[[1]]]]", {.depth_max = 3}).position()->column == 4u);
}

TEST_CASE("nesting up to the limit is taken") {
  const ParseLimits limits;
  const auto nested = [](std::size_t depth) {
    return std::string(depth, '[') + std::string(depth, ']');
  };
  CHECK(parse(nested(limits.depth_max)).has_value());
  CHECK_FALSE(parse(nested(limits.depth_max + 1)).has_value());
}

TEST_CASE("a big document keeps every value, number and order") {
  std::string text = "[";
  constexpr std::size_t kCount = 100'000;
  for (std::size_t index = 0; index < kCount; ++index) {
    if (index != 0) text += ",";
    text += "{\"id\":" + std::to_string(index) + ",\"n\":" + std::to_string(index) +
            ".50,\"s\":\"\\u0041\\n" + std::to_string(index) + "\",\"t\":[true,null,[]]}";
  }
  text += "]";
  const auto value = parse(text);
  REQUIRE(value.has_value());
  REQUIRE(value->size() == kCount);
  const Value& last = value->as_array()[kCount - 1];
  CHECK(last.find("id")->as_number().to_int64() == kCount - 1);
  CHECK(last.find("n")->as_number().lexeme() == "99999.50");
  CHECK(last.find("s")->as_string() == "A\n99999");
  const auto again = parse(to_string(*value));
  REQUIRE(again.has_value());
  CHECK(*again == *value);
}

TEST_CASE("objects of every size around the search limit find their members and their duplicates") {
  for (const std::size_t count : {1u, 2u, 15u, 16u, 17u, 18u, 40u, 3000u}) {
    CAPTURE(count);
    std::string text = "{";
    for (std::size_t index = 0; index < count; ++index) {
      // The same first bytes, and keys that are prefixes of others.
      text += (index == 0 ? "" : ",") + ("\"prefix__"s + std::string(index % 7, 'z') +
                                         std::to_string(index) + "\":" + std::to_string(index));
    }
    const auto value = parse(text + "}");
    REQUIRE(value.has_value());
    for (std::size_t index = 0; index < count; ++index) {
      const Value* const found =
          value->find("prefix__" + std::string(index % 7, 'z') + std::to_string(index));
      REQUIRE(found != nullptr);
      REQUIRE(found->as_number().to_uint64() == index);
    }
    CHECK(value->find("prefix__") == nullptr);
    const std::string twice = text + ",\"prefix__0\":null,\"prefix__0\":null}";
    CHECK(error_of(twice).position()->offset == text.size() + 1);
  }
}

TEST_CASE("documents are parsed at every alignment and size around the blocks of the tokenizer") {
  for (std::size_t pad = 0; pad < 140; ++pad) {
    CAPTURE(pad);
    const std::string string(pad, 's');
    const std::string text = std::string(pad, ' ') + "[\"" + string + "\",\"\\\\\",{\"k\":1}]";
    const auto value = parse(text);
    REQUIRE(value.has_value());
    REQUIRE(value->as_array()[0].as_string() == string);
    REQUIRE(value->as_array()[1].as_string() == "\\");
  }
}

}  // namespace
}  // namespace weft::json

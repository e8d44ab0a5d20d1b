#include "json/print.h"

#include <limits>
#include <string>

#include <doctest/doctest.h>

#include "json/parse.h"

namespace weft::json {
namespace {

std::string quoted(std::string_view text) {
  std::string out;
  append_string(out, text);
  return out;
}

TEST_CASE("documents are printed compactly, numbers as they were written") {
  const auto value =
      parse(" { \"z\" : [ 1.50 , -0 , 1E400 , 12345678901234567890 ] , \"a\" : { } , \"e\":[ ] } ");
  REQUIRE(value.has_value());
  CHECK(to_string(*value) == R"({"z":[1.50,-0,1E400,12345678901234567890],"a":{},"e":[]})");
}

TEST_CASE("pretty documents have two spaces per level") {
  const Value value = Value::object({{"a", Value::array({1, Value::object({{"b", nullptr}})})},
                                     {"empty", Value::array({Array(), Object()})}});
  CHECK(to_pretty_string(value) == R"({
  "a": [
    1,
    {
      "b": null
    }
  ],
  "empty": [
    [],
    {}
  ]
})");
  CHECK(to_pretty_string("x") == "\"x\"");
}

TEST_CASE("strings are escaped as little as JSON allows") {
  CHECK(quoted("plain text, more than eight bytes of it") ==
        "\"plain text, more than eight bytes of it\"");
  CHECK(quoted("a\"b\\c/d") == R"("a\"b\\c/d")");
  CHECK(quoted("\b\f\n\r\t") == R"("\b\f\n\r\t")");
  CHECK(quoted(std::string_view("\0\x01\x0B\x1F\x7F", 5)) ==
        "\"\\u0000\\u0001\\u000b\\u001f\x7F\"");
  CHECK(quoted("\u00E9\u2028\U0001F600") == "\"\u00E9\u2028\U0001F600\"");
}

TEST_CASE("every byte at every place of a word is treated alike") {
  for (int code = 0; code < 0x80; ++code) {
    for (std::size_t place = 0; place < 20; ++place) {
      std::string text(20, 'x');
      text[place] = static_cast<char>(code);
      const auto value = parse(quoted(text));
      REQUIRE(value.has_value());
      REQUIRE(value->as_string() == text);
    }
  }
}

TEST_CASE("bytes that are not UTF-8 become replacement characters") {
  CHECK(quoted("a\xFFz") == "\"a\uFFFDz\"");
  CHECK(quoted("\xED\xA0\x80") == "\"\uFFFD\uFFFD\uFFFD\"");
  CHECK(quoted("12345678\xE2\x82") == "\"12345678\uFFFD\"");
  for (int first = 0x80; first <= 0xFF; ++first) {
    for (int second = 0; second <= 0xFF; ++second) {
      const std::string text{static_cast<char>(first), static_cast<char>(second), 'x'};
      REQUIRE(parse(to_string(Value::object({{text, text}}))).has_value());
    }
  }
}

TEST_CASE("the writer puts commas where they belong") {
  std::string out = "data: ";
  Writer writer(out);
  writer.begin_object()
      .key("string")
      .value("x\n")
      .key("int")
      .value(-7)
      .key("unsigned")
      .value(std::numeric_limits<std::uint64_t>::max())
      .key("double")
      .value(0.5)
      .key("nan")
      .value(std::numeric_limits<double>::quiet_NaN())
      .key("bool")
      .value(true)
      .key("null")
      .value(nullptr)
      .key("document")
      .value(Value::array({1, "y"}))
      .key("raw")
      .raw("{\"a\" : 1}")
      .key("list")
      .begin_array()
      .value(std::string("a"))
      .begin_array()
      .end_array()
      .begin_object()
      .end_object()
      .end_array()
      .key("k\"")
      .begin_object()
      .key("n")
      .value(1)
      .end_object();
  CHECK_FALSE(writer.complete());
  writer.end_object();
  CHECK(writer.complete());
  CHECK(
      out ==
      R"(data: {"string":"x\n","int":-7,"unsigned":18446744073709551615,"double":0.5,"nan":null,"bool":true,"null":null,)"
      R"("document":[1,"y"],"raw":{"a" : 1},"list":["a",[],{}],"k\"":{"n":1}})");
}

TEST_CASE("the writer takes a lone value") {
  std::string out;
  Writer(out).value("x");
  Writer(out).begin_array().value(1).value(2).end_array();
  CHECK(out == "\"x\"[1,2]");
}

TEST_CASE("escapes are made wherever they stand in a string") {
  constexpr std::size_t kSizes[] = {0, 1, 3, 4, 7, 8, 9, 15, 16, 40, 503, 511, 512, 520, 1030};
  for (const std::string_view special :
       {"\"", "\\", "\n", "\x1F", "\x7F", "\u00FC", "\U0001F600"}) {
    for (const std::size_t size : kSizes) {
      for (std::size_t at = 0; at <= size; at += size > 100 ? 61 : 1) {
        std::string text(size, 'a');
        text.insert(at, special).append(special);
        const auto read = parse(quoted(text));
        REQUIRE(read.has_value());
        REQUIRE(read->as_string() == text);
      }
    }
  }
  const std::string controls(600, '\x01');
  CHECK(parse(quoted(controls)).value().as_string() == controls);
}

TEST_CASE("bytes that are not UTF-8 are replaced beside escapes") {
  CHECK(quoted("\"\u00FC\xFFplain\xC3\n") == "\"\\\"\u00FC\uFFFDplain\uFFFD\\n\"");
}

}  // namespace
}  // namespace weft::json

#include "workflow/value_text.h"

#include <string>

#include <doctest/doctest.h>

#include "json/parse.h"

namespace weft::workflow {
namespace {

TEST_CASE("Java's texts of numbers") {
  struct Case {
    std::string json;
    std::string text;
  };
  // As Double.toString and Integer.toString give them.
  for (const auto& [json, text] : {
           Case{"0", "0"},
           Case{"-0", "0"},
           Case{"12345678901234567890", "12345678901234567890"},
           Case{"0.0", "0.0"},
           Case{"-0.0", "-0.0"},
           Case{"1.10", "1.1"},
           Case{"100.5", "100.5"},
           Case{"1e2", "100.0"},
           Case{"9999999.0", "9999999.0"},
           Case{"1e7", "1.0E7"},
           Case{"12345678.5", "1.23456785E7"},
           Case{"0.001", "0.001"},
           Case{"0.00099", "9.9E-4"},
           Case{"-1.5e-9", "-1.5E-9"},
           Case{"1e400", "Infinity"},
       }) {
    CAPTURE(json);
    CHECK(java_text(*json::parse(json)) == text);
  }
}

TEST_CASE("texts do not recurse") {
  json::Value value(1);
  for (int i = 0; i < 200'000; ++i)
    value = json::Value::array({value});
  CHECK(java_text(value).size() == 400'001);
  CHECK(canonical_text(value) == java_text(value));
  CHECK(!is_larger_than(value, 1 << 20));
}

TEST_CASE("equal values have one canonical text") {
  const auto text = [](const std::string& json) { return canonical_text(*json::parse(json)); };
  CHECK(text(R"({"a":1,"b":[{"d":2,"c":"x"}]})") == text(R"({"b":[{"c":"x","d":2}],"a":1})"));
  CHECK(text("1.0") == text("10e-1"));
  CHECK(text("1.0") != text("1"));
  CHECK(text(R"(["a","b"])") != text(R"(["a,b"])"));
  CHECK(text(R"(["1"])") != text("[1]"));
  CHECK(text(R"("null")") != text("null"));
}

TEST_CASE("what is shared counts each time it is printed") {
  json::Value value("0123456789");
  for (int i = 0; i < 30; ++i)
    value = json::Value::array({value, value});
  CHECK(is_larger_than(value, 16 << 20));
  CHECK(is_larger_than(json::Value("abc"), 3));
  CHECK(!is_larger_than(json::Value("abc"), 100));
}

}  // namespace
}  // namespace weft::workflow

#include "json/value.h"

#include <atomic>
#include <limits>
#include <string>

#include <doctest/doctest.h>

#include "base/work_pool.h"
#include "json/parse.h"
#include "json/print.h"

namespace weft::json {
namespace {

Value parsed(std::string_view text) {
  auto value = parse(text);
  REQUIRE_MESSAGE(value.has_value(), text);
  return *value;
}

const std::string kLong(100, 'x');

TEST_CASE("values say what they are and what they hold") {
  CHECK(Value().is_null());
  CHECK(Value(nullptr).kind() == Kind::kNull);
  CHECK(Value(true).as_bool());
  CHECK_FALSE(Value(false).as_bool());
  CHECK(Value(7).as_number().lexeme() == "7");
  CHECK(Value(std::numeric_limits<std::int64_t>::min()).as_number().lexeme() ==
        "-9223372036854775808");
  CHECK(Value(std::numeric_limits<std::uint64_t>::max()).as_number().lexeme() ==
        "18446744073709551615");
  CHECK(Value(std::size_t{3}).as_number().to_uint64() == 3u);
  CHECK(Value(0.25).as_number().lexeme() == "0.25");
  CHECK(Value(1.7976931348623157e308).as_number().lexeme() == "1.7976931348623157e+308");
  CHECK(Value(std::numeric_limits<double>::quiet_NaN()).is_null());
  CHECK(Value(-std::numeric_limits<double>::infinity()).is_null());
  CHECK(Value("text").as_string() == "text");
  CHECK(Value("").as_string().empty());
  CHECK(Value(kLong).as_string() == kLong);
  CHECK(Value(std::string_view("a\0b", 3)).as_string().size() == 3);
  CHECK(Value(Array()).is_array());
  CHECK(Value(Object()).is_object());
  CHECK(Value(Object()).as_object().empty());
  CHECK(name(Value("x").kind()) == "string");
}

TEST_CASE("arrays and objects are built in order") {
  const Value value = Value::object({{"b", 1}, {"a", Value::array({1, "two", nullptr, true})}});
  CHECK(value.size() == 2);
  std::string keys;
  for (const auto& [key, member] : value.as_object())
    keys += key;
  CHECK(keys == "ba");
  REQUIRE(value.find("a") != nullptr);
  CHECK(value.find("a")->as_array()[1].as_string() == "two");
  CHECK(value.find("c") == nullptr);
  CHECK(Value(1).find("a") == nullptr);
  CHECK(Value("ab").size() == 0);

  Array array;
  array.push_back(value);
  array.push_back("x");
  CHECK(array.size() == 2);
  CHECK(to_string(std::move(array)) == R"([{"b":1,"a":[1,"two",null,true]},"x"])");
}

TEST_CASE("texts are found by the name of their member") {
  const Value object = parsed(R"({"text": "here", "empty": "", "number": 1, "none": null})");
  CHECK(object.find_string("text") == "here");
  CHECK(object.find_string("empty") == "");
  CHECK_FALSE(object.find_string("number").has_value());
  CHECK_FALSE(object.find_string("none").has_value());
  CHECK_FALSE(object.find_string("else").has_value());
  CHECK_FALSE(parsed(R"(["text"])").find_string("text").has_value());
}

TEST_CASE("setting a member again keeps its place") {
  Object object;
  object.set("a", 1);
  object.set("b", 2);
  object.set("a", 3);
  CHECK(object.size() == 2);
  CHECK(object.find("a")->as_number().to_int64() == 3);
  CHECK(object.erase("a"));
  CHECK_FALSE(object.erase("a"));
  object.set("a", 4);
  CHECK(to_string(object) == R"({"b":2,"a":4})");
}

TEST_CASE("big objects find every member, keep the order and can be changed") {
  constexpr int kCount = 1000;
  Object object;
  for (int index = kCount; index > 0; --index)
    object.set("key" + std::to_string(index), index);
  object.set("", "empty");
  object.set(std::string_view("\0", 1), "zero");
  object.set("key7", "seven");
  const Value value = object;
  CHECK(value.size() == kCount + 2);
  CHECK(value.as_object()[0].key() == "key1000");
  CHECK(value.find("key7")->as_string() == "seven");
  CHECK(value.find("")->as_string() == "empty");
  CHECK(value.find(std::string_view("\0", 1))->as_string() == "zero");
  CHECK(value.find("key1001") == nullptr);
  CHECK(value.find("ke") == nullptr);
  const Value again = parsed(to_string(value));
  CHECK(again == value);
  for (const auto& [key, member] : value.as_object()) {
    REQUIRE(again.find(key) != nullptr);
    REQUIRE(*again.find(key) == member);
  }

  Object changed(again.as_object());
  CHECK(changed.erase("key1000"));
  changed.set("key1", nullptr);
  CHECK(changed.size() == kCount + 1);
  CHECK(Value(changed).find("key1000") == nullptr);
  CHECK(Value(changed).find("key999")->as_number().to_int64() == 999);
}

TEST_CASE("copies and parts outlive what they came from") {
  Value part;
  {
    const Value document =
        parsed(R"({"a":[1,"a string that is longer than sixteen bytes",{"b":null}]})");
    part = *document.find("a");
  }
  CHECK(part.as_array()[1].as_string() == "a string that is longer than sixteen bytes");
  part = part.as_array()[2];  // Assigned from its own content.
  CHECK(part.find("b")->is_null());
  Value& same = part;
  part = same;
  CHECK(part.is_object());
  const Value moved = std::move(part);
  CHECK(moved.is_object());
  // NOLINTNEXTLINE(bugprone-use-after-move,clang-analyzer-cplusplus.Move): what the test is about.
  CHECK(part.is_null());
}

TEST_CASE("parsed values know where they stood") {
  const Value value = parsed("{\n  \"a\": [1.50, \"\\u0041\"],\n  \"b\": true}\n");
  CHECK(value.span() == Span{0, 39});
  const Value& array = *value.find("a");
  CHECK(array.source() == "[1.50, \"\\u0041\"]");
  CHECK(array.as_array()[0].source() == "1.50");
  CHECK(array.as_array()[1].source() == "\"\\u0041\"");
  CHECK(array.as_array()[1].as_string() == "A");
  CHECK(array.position() == Position{.line = 2, .column = 8, .offset = 9});
  CHECK(value.as_object()[1].key_value().position().line == 3u);
  CHECK(value.as_object()[1].key_value().source() == "\"b\"");
  CHECK(value.find("b")->source() == "true");

  CHECK_FALSE(Value(1).span().has_value());
  CHECK(Value("x").source().empty());
  CHECK(Value::array({1}).position() == Position());
}

TEST_CASE("a detached value is equal and has no source") {
  const Value value = parsed(R"([{"a":[],"b":{"c":[1e400,"x",null,true,false]}},"y",[[]]])");
  const Value copy = value.detached();
  CHECK(copy == value);
  CHECK(to_string(copy) == to_string(value));
  CHECK_FALSE(copy.span().has_value());
  CHECK(copy.as_array()[0].find("b")->source().empty());
  CHECK(parsed("12").detached().source().empty());
}

TEST_CASE("equality looks at the content only") {
  CHECK(parsed(R"({"a":1,"b":[2,{}]})") == parsed(R"( {"b":[2.0, {}], "a":1e0} )"));
  CHECK(Value("x") == parsed("\"\\u0078\""));
  CHECK_FALSE(parsed(R"({"a":1})") == parsed(R"({"b":1})"));
  CHECK_FALSE(parsed(R"({"a":1})") == parsed(R"({"a":1,"b":1})"));
  CHECK_FALSE(parsed("[1,2]") == parsed("[2,1]"));
  CHECK_FALSE(parsed("[1]") == parsed("[[1]]"));
  CHECK_FALSE(Value("1") == Value(1));
  CHECK_FALSE(Value() == Value(false));
  CHECK_FALSE(Value(true) == Value(false));
  CHECK_FALSE(Value(Array()) == Value(Object()));
}

TEST_CASE("nesting far deeper than the stack is built, copied, compared, printed and freed") {
  constexpr int kDepth = 300'000;
  const auto nested = [] {
    Value value = 1;
    for (int depth = 0; depth < kDepth; ++depth) {
      value = depth % 2 == 0 ? Value::array({value}) : Value::object({{"k", value}});
    }
    return value;
  };
  const Value value = nested();
  CHECK(value == nested());
  const std::string text = to_string(value);
  auto again = parse(text, {.depth_max = kDepth});
  REQUIRE(again.has_value());
  CHECK(*again == value);
  CHECK(again->detached() == value);
}

TEST_CASE("threads share one document") {
  const Value document =
      parsed(R"({"items":["a string that is longer than sixteen bytes",[1,2,3]]})");
  std::atomic<int> wrong = 0;
  const auto look = [document, &wrong] {
    for (int round = 0; round < 2000; ++round) {
      const Value items = *document.find("items");
      const Value built = Value::array({items, items.as_array()[1]});
      if (built.as_array()[1].size() != 3) ++wrong;
    }
  };
  {
    constexpr std::size_t kThreads = 4;
    WorkPool pool("json-test", kThreads, kThreads);
    for (std::size_t thread = 0; thread < kThreads; ++thread) {
      REQUIRE(pool.run(look).has_value());
    }
    pool.finish();
  }
  CHECK(wrong == 0);
  CHECK(document.find("items")->size() == 2);
}

}  // namespace
}  // namespace weft::json

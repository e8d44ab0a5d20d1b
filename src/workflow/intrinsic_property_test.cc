// Properties of the intrinsic functions over generated values.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include "json/print.h"
#include "json/unicode.h"
#include "workflow/fake_inputs.h"
#include "workflow/intrinsic.h"

namespace weft::workflow {
namespace {

rc::Gen<std::string> text() {
  const auto point = rc::gen::oneOf(
      rc::gen::inRange<char32_t>(0, 0x80), rc::gen::elementOf(std::u32string(U"'{}\\,() \"")),
      rc::gen::inRange<char32_t>(0x80, 0xD800), rc::gen::inRange<char32_t>(0xE000, 0x110000));
  return rc::gen::map(rc::gen::container<std::u32string>(point), [](const std::u32string& points) {
    std::string out;
    for (const char32_t point : points)
      json::append_utf8(out, point);
    return out;
  });
}

rc::Gen<json::Value> document(int depth);

rc::Gen<std::vector<json::Value>> documents(int depth) {
  return rc::gen::resize(6, rc::gen::container<std::vector<json::Value>>(document(depth)));
}

rc::Gen<json::Value> object(int depth) {
  return rc::gen::map(documents(depth), [](const std::vector<json::Value>& values) {
    json::Object members;
    for (const json::Value& value : values)
      members.set(json::to_string(value), value);
    return json::Value(std::move(members));
  });
}

rc::Gen<json::Value> document(int depth) {
  auto scalar = rc::gen::oneOf(rc::gen::just(json::Value()),
                               rc::gen::construct<json::Value>(rc::gen::arbitrary<bool>()),
                               rc::gen::construct<json::Value>(rc::gen::arbitrary<std::int64_t>()),
                               rc::gen::construct<json::Value>(text()));
  if (depth == 0) return scalar;
  const auto array = rc::gen::map(documents(depth - 1), [](const std::vector<json::Value>& values) {
    return json::Value(json::Array(values));
  });
  return rc::gen::oneOf(scalar, array, object(depth - 1));
}

json::Value call(const std::string& text, const json::Value& input) {
  FakeInputs inputs;
  const Variables variables;
  const json::Value context = json::Value();
  const auto value = Intrinsic::parse(text)->evaluate(
      {.input = input, .context = context, .variables = variables, .inputs = inputs});
  if (!value.has_value()) RC_FAIL(value.error().cause);
  return *value;
}

std::string quoted(std::string_view text) {
  std::string out = "'";
  for (const char character : text) {
    if (std::string_view("'{}\\").contains(character)) out += '\\';
    out += character;
  }
  return out + "'";
}

TEST_CASE("any text can be written in quotes, alone and in a format") {
  CHECK(rc::check([] {
    const std::string any = *text();
    RC_ASSERT(call("States.Array(" + quoted(any) + ")", {}) == json::Value::array({any}));
    RC_ASSERT(call("States.Format(" + quoted(any) + ")", {}) == json::Value(any));
    RC_ASSERT(call("States.Format('{}|{}', $, $)", json::Value(any)) ==
              json::Value(any + "|" + any));
  }));
}

TEST_CASE("what encodes and what decodes are inverse") {
  CHECK(rc::check([] {
    const std::string any = *text();
    RC_ASSERT(call("States.Base64Decode(States.Base64Encode($))", json::Value(any)) ==
              json::Value(any));
    const json::Value value = *document(3);
    RC_ASSERT(call("States.StringToJson(States.JsonToString($))", value) == value);
  }));
}

TEST_CASE("the parts of an array are all of it, in its order") {
  CHECK(rc::check([] {
    const json::Array items(*rc::gen::container<std::vector<json::Value>>(document(1)));
    const auto size = *rc::gen::inRange<std::size_t>(1, 20);
    const json::Value array(items);
    const json::Value parts = call("States.ArrayPartition($, " + std::to_string(size) + ")", array);
    json::Array joined;
    for (const json::Value& part : parts.as_array()) {
      RC_ASSERT(part.size() == size || joined.size() + part.size() == items.size());
      for (const json::Value& item : part.as_array())
        joined.push_back(item);
    }
    RC_ASSERT(json::Value(joined) == array);
  }));
}

TEST_CASE("unique items are contained, each once") {
  CHECK(rc::check([] {
    const auto items = *rc::gen::container<std::vector<json::Value>>(document(1));
    const json::Value array = json::Value(json::Array(items));
    const json::Value unique = call("States.ArrayUnique($)", array);
    for (const json::Value& item : items) {
      std::size_t count = 0;
      for (const json::Value& other : unique.as_array())
        count += item == other ? 1 : 0;
      RC_ASSERT(count == 1U);
      RC_ASSERT(call("States.ArrayContains($[0], $[1])", json::Value::array({array, item})) ==
                json::Value(true));
    }
  }));
}

TEST_CASE("a merged object has what its right side has, else its left side") {
  CHECK(rc::check([] {
    const json::Value left = *object(0);
    const json::Value right = *object(0);
    const json::Value merged =
        call("States.JsonMerge($[0], $[1], false)", json::Value::array({left, right}));
    for (const auto& [name, value] : merged.as_object()) {
      const json::Value* const from =
          right.find(name) != nullptr ? right.find(name) : left.find(name);
      RC_ASSERT(from != nullptr);
      RC_ASSERT(value == *from);
    }
    for (const json::Value* const side : {&left, &right}) {
      for (const auto& [name, value] : side->as_object())
        RC_ASSERT(merged.find(name) != nullptr);
    }
  }));
}

TEST_CASE("a random number is in its range, with and without a seed") {
  CHECK(rc::check([] {
    const auto start = *rc::gen::arbitrary<std::int32_t>();
    const auto end = *rc::gen::arbitrary<std::int32_t>();
    RC_PRE(start < end);
    const auto seed = *rc::gen::arbitrary<std::int32_t>();
    const std::string bounds = std::to_string(start) + ", " + std::to_string(end);
    for (const std::string& arguments : {bounds, bounds + ", " + std::to_string(seed)}) {
      const auto number = call("States.MathRandom(" + arguments + ")", {}).as_number().to_int64();
      RC_ASSERT(number.has_value() && *number >= start && *number < end);
    }
  }));
}

}  // namespace
}  // namespace weft::workflow

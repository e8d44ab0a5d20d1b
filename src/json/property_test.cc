// Properties over generated documents.
#include <cstdint>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include "json/parse.h"
#include "json/print.h"

namespace weft::json {
namespace {

rc::Gen<char32_t> scalar_value() {
  return rc::gen::oneOf(rc::gen::inRange<char32_t>(0, 0x80),
                        rc::gen::inRange<char32_t>(0x80, 0xD800),
                        rc::gen::inRange<char32_t>(0xE000, 0x110000));
}

rc::Gen<std::string> text() {
  return rc::gen::map(rc::gen::container<std::vector<char32_t>>(scalar_value()),
                      [](const std::vector<char32_t>& points) {
                        std::string out;
                        for (const char32_t point : points)
                          append_utf8(out, point);
                        return out;
                      });
}

rc::Gen<Value> number() {
  const auto decimal = rc::gen::map(
      rc::gen::pair(rc::gen::arbitrary<std::int64_t>(), rc::gen::arbitrary<std::int16_t>()),
      [](const std::pair<std::int64_t, std::int16_t>& parts) {
        const std::string lexeme =
            std::to_string(parts.first) + ".50e" + std::to_string(parts.second);
        return Value(*Number::from_lexeme(lexeme));
      });
  return rc::gen::oneOf(decimal, rc::gen::construct<Value>(rc::gen::arbitrary<std::int64_t>()),
                        rc::gen::construct<Value>(rc::gen::arbitrary<std::uint64_t>()),
                        rc::gen::construct<Value>(rc::gen::arbitrary<double>()));
}

rc::Gen<Value> document(int depth) {
  auto scalar =
      rc::gen::oneOf(rc::gen::just(Value()), rc::gen::construct<Value>(rc::gen::arbitrary<bool>()),
                     number(), rc::gen::construct<Value>(text()));
  if (depth == 0) return scalar;
  const auto inner =
      rc::gen::resize(6, rc::gen::container<std::vector<Value>>(document(depth - 1)));
  const auto array =
      rc::gen::map(inner, [](const std::vector<Value>& items) { return Value(Array(items)); });
  const auto object =
      rc::gen::map(rc::gen::pair(inner, rc::gen::container<std::vector<std::string>>(text())),
                   [](const std::pair<std::vector<Value>, std::vector<std::string>>& parts) {
                     Object result;
                     for (std::size_t index = 0; index < parts.second.size(); ++index) {
                       const bool has_value = index < parts.first.size();
                       result.set(parts.second[index], has_value ? parts.first[index] : Value());
                     }
                     return Value(result);
                   });
  return rc::gen::oneOf(scalar, array, object);
}

TEST_CASE("what is printed reads back equal, compact and pretty") {
  CHECK(rc::check("parse(to_string(v)) == v", [] {
    const Value value = *document(4);
    const std::string compact = to_string(value);
    const auto again = parse(compact);
    RC_ASSERT(again.has_value());
    RC_ASSERT(*again == value);
    RC_ASSERT(to_string(*again) == compact);
    RC_ASSERT(again->source() == compact);
    RC_ASSERT(again->detached() == value);
    const auto pretty = parse(to_pretty_string(value));
    RC_ASSERT(pretty.has_value());
    RC_ASSERT(*pretty == value);
    RC_ASSERT(to_string(*pretty) == compact);
  }));
}

TEST_CASE("any bytes in a string make valid JSON") {
  CHECK(rc::check("parse(append_string(bytes))", [](const std::vector<std::uint8_t>& bytes) {
    std::string out;
    append_string(out, std::string(bytes.begin(), bytes.end()));
    const auto value = parse(out);
    RC_ASSERT(value.has_value());
    RC_ASSERT(value->is_string());
  }));
}

TEST_CASE("integers come back exactly") {
  CHECK(rc::check("int64", [](std::int64_t integer) {
    RC_ASSERT(Value(integer).as_number().to_int64() == integer);
    RC_ASSERT(parse(to_string(integer))->as_number().to_int64() == integer);
  }));
  CHECK(rc::check("uint64", [](std::uint64_t integer) {
    RC_ASSERT(Value(integer).as_number().to_uint64() == integer);
  }));
}

}  // namespace
}  // namespace weft::json

// Generators of documents for the property tests of this module.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <rapidcheck.h>

#include "json/unicode.h"
#include "json/value.h"

namespace weft::json {

inline rc::Gen<char32_t> scalar_value() {
  return rc::gen::oneOf(rc::gen::inRange<char32_t>(0, 0x80),
                        rc::gen::inRange<char32_t>(0x80, 0xD800),
                        rc::gen::inRange<char32_t>(0xE000, 0x110000));
}

inline rc::Gen<std::string> text() {
  return rc::gen::map(rc::gen::container<std::vector<char32_t>>(scalar_value()),
                      [](const std::vector<char32_t>& points) {
                        std::string out;
                        for (const char32_t point : points)
                          append_utf8(out, point);
                        return out;
                      });
}

inline rc::Gen<Value> number() {
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

// Arrays and objects at most `depth` deep.
// NOLINTNEXTLINE(misc-no-recursion): as deep as the test says.
inline rc::Gen<Value> document(int depth) {
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

}  // namespace weft::json

// Values as texts, where the States Language wants one and JSON's is not it. Nothing here recurses.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "json/value.h"

namespace weft::workflow {

// As AWS, which is written in Java, puts a value into a text: strings without quotes, objects as
// "{a=1, b=[x, y]}", numbers with a point or an exponent as doubles ("1.5", "1.0E10").
std::string java_text(const json::Value& value);

// A text that two values have in common exactly when they are equal: JSON with its members in
// order. Numbers are equal as in Java, where 1 and 1.0 are not.
std::string canonical_text(const json::Value& value);

// Whether a value's texts, or its JSON, may be larger than that. What is shared counts each time,
// as it is printed each time: a small definition can name a big input very often.
bool is_larger_than(const json::Value& value, std::size_t bytes);

// The value as it is when it was stored and read again: in texts that an expression made, what has
// no form in UTF-8 (a lone surrogate) is U+FFFD. Nothing where two names of an object are the same
// then. Costs nothing for what was parsed.
std::optional<json::Value> as_stored(json::Value value);

}  // namespace weft::workflow

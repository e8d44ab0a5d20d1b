// Where two JSON documents differ.
#pragma once

#include <optional>
#include <string>

#include "json/value.h"

namespace weft::conformance {

struct Difference {
  std::string where;     // a normalized JSONPath: "$['a'][0]"
  std::string expected;  // JSON, or "nothing"
  std::string found;
};

// The first one in the order of `expected`, members that only `found` has last; nothing when they
// are equal. Numbers are compared by value, members in any order.
std::optional<Difference> first_difference(const json::Value& expected, const json::Value& found);

}  // namespace weft::conformance

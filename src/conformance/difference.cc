#include "conformance/difference.h"

#include <algorithm>

#include "json/jsonpath/path.h"
#include "json/print.h"

namespace weft::conformance {
namespace {

// Two parts of the documents in the same place; null where there is none.
struct Parts {
  const json::Value* expected = nullptr;
  const json::Value* found = nullptr;
  std::string step;  // of a normalized path, that led there

  bool differ() const {
    if (expected == nullptr || found == nullptr) return true;
    return !(*expected == *found);
  }
};

Parts member(const json::Value& expected, const json::Value& found, std::string_view key) {
  Parts parts{.expected = expected.find(key), .found = found.find(key), .step = {}};
  json::jsonpath::append_step(parts.step, key);
  return parts;
}

std::optional<Parts> first_member(const json::Value& expected, const json::Value& found) {
  for (const json::Value& object : {expected, found}) {
    for (const auto& [key, value] : object.as_object()) {
      Parts parts = member(expected, found, key);
      if (parts.differ()) return parts;
    }
  }
  return std::nullopt;
}

std::optional<Parts> first_item(const json::Value& expected, const json::Value& found) {
  for (std::size_t i = 0; i < std::max(expected.size(), found.size()); ++i) {
    Parts parts{.expected = i < expected.size() ? &expected.as_array()[i] : nullptr,
                .found = i < found.size() ? &found.as_array()[i] : nullptr,
                .step = {}};
    if (!parts.differ()) continue;
    json::jsonpath::append_step(parts.step, i);
    return parts;
  }
  return std::nullopt;
}

// What differs in them; nothing when it is they themselves that do.
std::optional<Parts> first_inside(const Parts& parts) {
  if (parts.expected == nullptr || parts.found == nullptr) return std::nullopt;
  const json::Value& expected = *parts.expected;
  const json::Value& found = *parts.found;
  if (expected.is_object() && found.is_object()) return first_member(expected, found);
  if (expected.is_array() && found.is_array()) return first_item(expected, found);
  return std::nullopt;
}

std::string text_of(const json::Value* value) {
  return value == nullptr ? "nothing" : json::to_string(*value);
}

}  // namespace

std::optional<Difference> first_difference(const json::Value& expected, const json::Value& found) {
  Parts at{.expected = &expected, .found = &found, .step = {}};
  if (!at.differ()) return std::nullopt;
  std::string where = "$";
  while (auto inside = first_inside(at)) {
    at = *std::move(inside);
    where += at.step;
  }
  return Difference{.where = where, .expected = text_of(at.expected), .found = text_of(at.found)};
}

}  // namespace weft::conformance

// What a function or reactor that is there keeps when it is given new settings.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "json/value.h"

namespace weft::cli {

// Adds the members of `from` that `to` lacks and `keeps` is true of; how many `counts` is true of.
template <class Keeps, class Counts>
std::size_t keep_members(const json::Value* from, json::Object& to, const Keeps& keeps,
                         const Counts& counts) {
  std::size_t counted = 0;
  if (from == nullptr || !from->is_object()) return counted;
  for (const auto& [name, value] : from->as_object()) {
    if (to.find(name) != nullptr || !keeps(name)) continue;
    to.set(name, value);
    if (counts(name, value)) ++counted;
  }
  return counted;
}

// Adds the limits of the document that `limits` lacks; how many of them are not the default.
std::size_t keep_limits(const json::Value& document, json::Object& limits);

// "2 limits", "1 limit".
std::string counted(std::size_t count, std::string_view what);

// "a, b and c"; of one at least.
std::string enumeration(std::span<const std::string> items);

}  // namespace weft::cli

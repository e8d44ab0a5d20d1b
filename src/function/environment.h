// Environment variables of guests, as users set them.
#pragma once

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "json/value.h"

namespace weft::function {

inline constexpr std::size_t kEnvironmentBytesMax = 64ULL * 1024;  // names and values together
inline constexpr std::size_t kEnvironmentNameBytesMax = 128;

using Environment = std::vector<std::pair<std::string, std::string>>;

// From an object of strings. kInvalidArgument, with the place, for what is no name or no value;
// kTooLarge (environment_bytes).
Result<Environment> environment_of(const json::Value& object);

// The inverse.
json::Value to_json(const Environment& environment);

}  // namespace weft::function

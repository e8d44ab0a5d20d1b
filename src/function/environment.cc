#include "function/environment.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/log.h"

namespace weft::function {
namespace {

constexpr std::size_t kShownBytesMax = 100;

std::unexpected<Error> invalid(const json::Value& where, std::string message) {
  return fail(
      Error(ErrorCode::kInvalidArgument, std::move(message)).with_position(where.position()));
}

bool is_environment_name(std::string_view name) {
  const auto is_letter = [](char c) {
    return c == '_' || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
  };
  const auto is_part = [&](char c) { return is_letter(c) || (c >= '0' && c <= '9'); };
  return !name.empty() && name.size() <= kEnvironmentNameBytesMax && is_letter(name.front()) &&
         std::ranges::all_of(name, is_part);
}

}  // namespace

Result<Environment> environment_of(const json::Value& object) {
  Environment environment;
  std::size_t bytes = 0;
  for (const json::Member& member : object.as_object()) {
    const auto& [name, value] = member;
    if (!is_environment_name(name)) {
      return invalid(
          member.key_value(),
          fmt::format("\"{}\" is no name for an environment variable: letters, digits and _, "
                      "no digit first, at most {}.",
                      shown(name, kShownBytesMax), kEnvironmentNameBytesMax));
    }
    if (!value.is_string() || value.as_string().find('\0') != std::string_view::npos) {
      return invalid(value, fmt::format("The environment variable \"{}\" must be a string without "
                                        "U+0000.",
                                        shown(name, kShownBytesMax)));
    }
    bytes += name.size() + value.as_string().size();
    environment.emplace_back(name, value.as_string());
  }
  if (bytes > kEnvironmentBytesMax) {
    return fail(Error(ErrorCode::kTooLarge,
                      fmt::format("The environment has {} bytes; at most {} are allowed.", bytes,
                                  kEnvironmentBytesMax))
                    .with_limit("environment_bytes", kEnvironmentBytesMax));
  }
  return environment;
}

json::Value to_json(const Environment& environment) {
  json::Object object;
  for (const auto& [name, value] : environment)
    object.set(name, value);
  return object;
}

}  // namespace weft::function

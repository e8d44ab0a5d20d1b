// weft.toml as texts by name.
#include <algorithm>

#include <fmt/format.h>

#include "base/nearest.h"
#include "cli/settings.h"
#include "cli/toml.h"

namespace weft::cli {
namespace {

Error error_at(std::string_view file, const toml::source_position& place, std::string_view what) {
  return Error(ErrorCode::kInvalidArgument,
               fmt::format("{}: line {}, column {}: {}", printable(file), place.line, place.column,
                           what))
      .with_position({.line = place.line, .column = place.column, .offset = std::nullopt});
}

std::string unknown(std::string_view name) {
  std::vector<std::string_view> names;
  names.reserve(kSettings.size());
  for (const Setting& setting : kSettings)
    names.push_back(setting.name);
  const auto meant = nearest(name, names);
  return fmt::format("there is no setting {}{}", printable(name),
                     meant ? fmt::format("; did you mean {}?", *meant) : std::string());
}

}  // namespace

Result<SettingTexts> parse_settings_file(std::string_view text, std::string_view file) {
  const auto parsed = parse_toml(text);
  if (!parsed) {
    const TomlProblem& problem = parsed.error();
    return fail(error_at(file, {problem.line, problem.column}, printable(problem.what)));
  }
  SettingTexts texts;
  for (const auto& [key, value] : *parsed) {
    const std::string_view name = key.str();
    const toml::source_position place = key.source().begin;
    if (std::ranges::find(kSettings, name, &Setting::name) == kSettings.end())
      return fail(error_at(file, place, unknown(name)));
    if (const auto string = value.value_exact<std::string_view>()) {
      texts.emplace(name, *string);
    } else if (const auto number = value.value_exact<std::int64_t>()) {
      texts.emplace(name, fmt::format("{}", *number));
    } else {
      return fail(error_at(file, place,
                           fmt::format("{} must be a string or a whole number", printable(name))));
    }
  }
  return texts;
}

}  // namespace weft::cli

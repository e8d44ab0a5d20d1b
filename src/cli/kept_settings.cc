#include "cli/kept_settings.h"

#include <fmt/format.h>

#include "function/limits.h"
#include "json/print.h"

namespace weft::cli {

std::size_t keep_limits(const json::Value& document, json::Object& limits) {
  const json::Value defaults = function::to_json(function::FunctionLimits());
  return keep_members(
      document.find("limits"), limits, [](std::string_view) { return true; },
      [&](std::string_view name, const json::Value& value) {
        const json::Value* const normal = defaults.find(name);
        return normal == nullptr || json::to_string(*normal) != json::to_string(value);
      });
}

std::string counted(std::size_t count, std::string_view what) {
  return fmt::format("{} {}{}", count, what, count == 1 ? "" : "s");
}

std::string enumeration(std::span<const std::string> items) {
  std::string text = items.front();
  for (std::size_t i = 1; i < items.size(); ++i)
    text += (i + 1 < items.size() ? ", " : " and ") + items[i];
  return text;
}

}  // namespace weft::cli

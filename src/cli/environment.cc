#include "cli/environment.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/log.h"

namespace weft::cli {

Result<std::vector<std::pair<std::string, std::string>>> guest_environment(
    const std::vector<std::string_view>& options, const Console& console) {
  std::vector<std::pair<std::string, std::string>> variables;
  for (const std::string_view option : options) {
    const std::size_t equals = option.find('=');
    const std::string name(option.substr(0, equals));
    if (name.empty() || option.find('\0') != std::string_view::npos) {
      return fail(ErrorCode::kInvalidArgument,
                  fmt::format("--env {}: write NAME=VALUE", printable(option)));
    }
    std::optional<std::string> value;
    if (equals == std::string_view::npos) {
      value = console.variable(name.c_str());
      if (!value) {
        return fail(ErrorCode::kInvalidArgument,
                    fmt::format("--env {}: no such variable is set; write {}=VALUE",
                                printable(name), printable(name)));
      }
    } else {
      value = option.substr(equals + 1);
    }
    std::erase_if(variables, [&](const auto& variable) { return variable.first == name; });
    variables.emplace_back(name, *std::move(value));
  }
  return variables;
}

}  // namespace weft::cli

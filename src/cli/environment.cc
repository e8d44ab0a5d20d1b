#include "cli/environment.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/log.h"
#include "cli/input_file.h"

namespace weft::cli {
namespace {

using Variables = GuestEnvironment;

// `where`: of what the error speaks, "--env A" or "--env-file F, line 3".
Result<> add(Variables& variables, std::string_view text, std::string_view where,
             const Console& console) {
  const std::size_t equals = text.find('=');
  const std::string name(text.substr(0, equals));
  if (name.empty() || text.find('\0') != std::string_view::npos)
    return fail(ErrorCode::kInvalidArgument, fmt::format("{}: write NAME=VALUE", where));
  std::optional<std::string> value;
  if (equals == std::string_view::npos) {
    value = console.variable(name.c_str());
    if (!value) {
      return fail(
          ErrorCode::kInvalidArgument,
          fmt::format("{}: no such variable is set; write {}=VALUE", where, printable(name)));
    }
  } else {
    value = text.substr(equals + 1);
  }
  std::erase_if(variables, [&](const auto& variable) { return variable.first == name; });
  variables.emplace_back(name, *std::move(value));
  return {};
}

Result<> add_file(Variables& variables, std::string_view file, Console& console) {
  const std::string text = TRY(read_input(file, console));
  std::string_view rest = text;
  for (std::size_t number = 1; !rest.empty(); ++number) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    std::string_view line = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (line.ends_with('\r')) line.remove_suffix(1);
    const std::size_t first = std::min(line.find_first_not_of(" \t"), line.size());
    if (line.substr(first).empty() || line[first] == '#') continue;
    TRY(add(variables, line, fmt::format("--env-file {}, line {}", printable(file), number),
            console));
  }
  return {};
}

}  // namespace

Result<Variables> guest_environment(const std::vector<std::string_view>& files,
                                    const std::vector<std::string_view>& options,
                                    Console& console) {
  Variables variables;
  for (const std::string_view file : files)
    TRY(add_file(variables, file, console));
  for (const std::string_view option : options)
    TRY(add(variables, option, fmt::format("--env {}", printable(option)), console));
  return variables;
}

}  // namespace weft::cli

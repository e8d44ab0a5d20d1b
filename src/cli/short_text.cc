#include "cli/short_text.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/log.h"

namespace weft::cli {

std::string first_lines(const std::vector<std::string>& lines, std::string_view command) {
  std::string text;
  const std::size_t count = std::min(lines.size(), kLinesShownMax);
  for (std::size_t i = 0; i < count; ++i)
    text += lines[i] + "\n";
  if (count < lines.size())
    text += fmt::format("  … and {} more: see `{}`\n", lines.size() - count, command);
  return text;
}

std::string short_name(std::string_view name) {
  return shown(name, kNameBytesShownMax);
}

}  // namespace weft::cli

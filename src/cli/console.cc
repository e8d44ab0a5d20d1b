#include "cli/console.h"

#include <cstdint>
#include <span>

namespace weft::cli {
namespace {

std::span<const std::uint8_t> bytes_of(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

}  // namespace

void Console::print(std::string_view text) {
  if (output_failure_) return;
  if (auto written = parts_.output.write(bytes_of(text)); !written) {
    output_failure_ = std::move(written).error();
  }
}

void Console::note(std::string_view text) {
  static_cast<void>(parts_.errors.write(bytes_of(text)));
}

std::optional<std::string> Console::variable(const char* name) const {
  auto value = parts_.environment(name);
  if (value && value->empty()) return std::nullopt;
  return value;
}

std::string Console::styled(std::string_view code, std::string_view text) const {
  if (!parts_.colours) return std::string(text);
  std::string all = "\x1b[";
  return all.append(code).append("m").append(text).append("\x1b[0m");
}

}  // namespace weft::cli

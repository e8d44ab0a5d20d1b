#include "base/log.h"

#include <array>
#include <cstdio>
#include <utility>

#include <fmt/format.h>

namespace weft {
namespace {

constexpr std::array<std::string_view, 4> kLevelNames = {"debug", "info", "warning", "error"};

void write_to_stderr(std::string_view line) {
  const std::string whole = std::string(line) + "\n";
  std::fwrite(whole.data(), 1, whole.size(), stderr);
}

bool needs_quotes(std::string_view value) {
  return value.empty() || value.find_first_of(" \"=\\") != std::string_view::npos;
}

std::string quoted(std::string_view value) {
  std::string text = "\"";
  for (const char c : value) {
    if (c == '"' || c == '\\') text += '\\';
    text += c;
  }
  return text + '"';
}

}  // namespace

Log::Log(const Clock& clock, LogLevel least) : Log(clock, least, write_to_stderr) {}

Log::Log(const Clock& clock, LogLevel least, Sink sink)
    : clock_(clock), least_(least), sink_(std::move(sink)) {}

void Log::debug(std::string_view what, std::initializer_list<LogField> fields) const {
  write(LogLevel::kDebug, what, fields);
}
void Log::info(std::string_view what, std::initializer_list<LogField> fields) const {
  write(LogLevel::kInfo, what, fields);
}
void Log::warning(std::string_view what, std::initializer_list<LogField> fields) const {
  write(LogLevel::kWarning, what, fields);
}
void Log::error(std::string_view what, std::initializer_list<LogField> fields) const {
  write(LogLevel::kError, what, fields);
}

void Log::write(LogLevel level, std::string_view what,
                std::initializer_list<LogField> fields) const {
  if (level < least_) return;
  std::string line = fmt::format("{} {} {}", to_rfc3339(clock_.wall()),
                                 kLevelNames.at(static_cast<std::size_t>(level)), printable(what));
  for (const auto& field : fields) {
    const std::string value = printable(field.value);
    line += fmt::format(" {}={}", field.key, needs_quotes(value) ? quoted(value) : value);
  }
  sink_(line);
}

std::string printable(std::string_view text) {
  std::string safe;
  safe.reserve(text.size());
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7f) {
      safe += fmt::format("\\x{:02x}", byte);
    } else {
      safe += c;
    }
  }
  return safe;
}

}  // namespace weft

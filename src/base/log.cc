#include "base/log.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <utility>

#include <fmt/format.h>

#include "base/utf8.h"

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

struct Range {
  char32_t first;
  char32_t last;
};

// Beyond ASCII, in ascending order: what a reader cannot see, and what moves or ends what he sees.
constexpr std::array kDeceiving = {
    Range{0x80, 0x9F},        // C1: a terminal takes U+009B for the beginning of a command
    Range{0x061C, 0x061C},    // Arabic letter mark
    Range{0x180E, 0x180E},    // Mongolian vowel separator
    Range{0x200B, 0x200B},    // zero-width space
    Range{0x200E, 0x200F},    // direction marks
    Range{0x2028, 0x202E},    // line and paragraph separators, embeddings and overrides
    Range{0x2060, 0x206F},    // word joiner, invisible operators, isolates, old format controls
    Range{0xFEFF, 0xFEFF},    // byte order mark
    Range{0xFFF9, 0xFFFB},    // annotations
    Range{0xE0000, 0xE007F},  // tags: a whole text can be written with them, unseen
};

bool deceives(char32_t value) {
  return std::ranges::any_of(
      kDeceiving, [value](Range range) { return range.first <= value && value <= range.last; });
}

bool is_continuation(char byte) {
  return (static_cast<unsigned char>(byte) & 0xC0U) == 0x80U;
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
  for (std::size_t at = 0; at < text.size();) {
    const CodePoint point = decode_utf8(text, at);
    const std::string_view bytes = text.substr(at, point.size);
    at += point.size;
    if (point.valid && point.value >= 0x80 && deceives(point.value)) {
      safe += fmt::format("\\u{{{:x}}}", static_cast<std::uint32_t>(point.value));
    } else if (!point.valid || point.value < 0x20 || point.value == 0x7f) {
      for (const char byte : bytes)
        safe += fmt::format("\\x{:02x}", static_cast<unsigned char>(byte));
    } else {
      safe += bytes;
    }
  }
  return safe;
}

std::string shown(std::string_view text, std::size_t bytes_max) {
  if (text.size() <= bytes_max) return printable(text);
  std::size_t end = bytes_max;
  // No character has more than three bytes behind its first.
  while (end > 0 && bytes_max - end < 3 && is_continuation(text[end]))
    --end;
  if (is_continuation(text[end])) end = bytes_max;  // No UTF-8: any place is as good.
  return printable(text.substr(0, end)) + "…";
}

}  // namespace weft

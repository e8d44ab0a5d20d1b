// Structured log lines: "2026-…Z info deployed function=add version=3" on standard error.
#pragma once

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <string>
#include <string_view>

#include "base/clock.h"

namespace weft {

enum class LogLevel : std::uint8_t { kDebug, kInfo, kWarning, kError };

struct LogField {
  std::string_view key;
  std::string value;
};

// Thread-safe. A line is written whole.
class Log {
 public:
  // Receives one line without its newline. Must be thread-safe.
  using Sink = std::function<void(std::string_view line)>;

  // Writes to standard error.
  Log(const Clock& clock, LogLevel least);
  Log(const Clock& clock, LogLevel least, Sink sink);

  void debug(std::string_view what, std::initializer_list<LogField> fields = {}) const;
  void info(std::string_view what, std::initializer_list<LogField> fields = {}) const;
  void warning(std::string_view what, std::initializer_list<LogField> fields = {}) const;
  void error(std::string_view what, std::initializer_list<LogField> fields = {}) const;

 private:
  void write(LogLevel level, std::string_view what, std::initializer_list<LogField> fields) const;

  const Clock& clock_;  // Outlives this object.
  LogLevel least_;
  Sink sink_;
};

// `text` with every byte that could steer a terminal or forge a line replaced by an escape. For
// text of guests and clients that ends in logs or error messages.
std::string printable(std::string_view text);

}  // namespace weft

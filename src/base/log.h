// Structured log lines: "2026-…Z info deployed function=add version=3" on standard error.
#pragma once

#include <cstddef>
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

// `text` with everything that could steer a terminal, forge a line or show other than it is
// replaced by an escape. For text of guests and clients that ends in logs or error messages.
//
// \xNN for each ASCII control and each byte that is not UTF-8 (a terminal may take 0x9B for the
// beginning of a command); \u{N} for the controls U+0080 to U+009F, line and paragraph separators,
// what changes the direction of text, and what is never visible: the zero-width space, the byte
// order mark, annotations, tags. The joiners U+200C and U+200D stay, because words and emoji are
// spelled with them. The result is valid UTF-8, and the same again when it is passed in again.
std::string printable(std::string_view text);

// printable() of at most the first `bytes_max` bytes of `text`, cut between characters; "…" stands
// for the rest. An escape is longer than what it stands for: the result has at most four times as
// many bytes. For names and messages, whose length nobody vouches for.
std::string shown(std::string_view text, std::size_t bytes_max);

}  // namespace weft

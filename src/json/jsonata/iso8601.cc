#include "json/jsonata/iso8601.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "json/jsonata/calendar.h"
#include "json/jsonata/decimal_text.h"

namespace weft::json::jsonata {

namespace {

class Reader {
 public:
  explicit Reader(std::string_view text) : rest_(text) {}

  std::optional<double> read() {
    const auto year = number(4);
    if (!year.has_value()) return std::nullopt;
    double month = 1;
    double day = 1;
    if (skip('-')) {
      if (!set(month, 1, 12)) return std::nullopt;
      if (skip('-') && !set(day, 1, 31)) return std::nullopt;
    }
    double millis = 0;
    double ahead = 0;
    const bool has_time = skip('T');
    if (has_time && !read_time(millis)) return std::nullopt;
    if (!skip('Z') && has_time && !read_offset(ahead)) return std::nullopt;
    if (!rest_.empty()) return std::nullopt;
    const std::int64_t first =
        first_day(static_cast<std::int64_t>(*year), static_cast<std::int64_t>(month));
    return (static_cast<double>(first) + day - 1) * kMillisInDay + millis - ahead;
  }

 private:
  bool skip(char character) {
    if (!rest_.starts_with(character)) return false;
    rest_.remove_prefix(1);
    return true;
  }

  std::optional<double> number(std::size_t digits) {
    const std::string_view text = rest_.substr(0, digits);
    if (text.size() < digits || text.find_first_not_of("0123456789") != text.npos)
      return std::nullopt;
    rest_.remove_prefix(digits);
    return digits_value(text);
  }

  bool set(double& value, double min, double max) {
    const auto read = number(2);
    if (!read.has_value() || *read < min || *read > max) return false;
    value = *read;
    return true;
  }

  // "13:45:00.5"; 24:00:00 is the end of the day.
  bool read_time(double& millis) {
    double hour = 0;
    double minute = 0;
    double second = 0;
    if (!set(hour, 0, 24) || !skip(':') || !set(minute, 0, 59) || !skip(':') || !set(second, 0, 59))
      return false;
    millis = hour * 3'600'000 + minute * 60'000 + second * 1000;
    if (skip('.')) {
      const std::size_t digits = std::min(rest_.find_first_not_of("0123456789"), rest_.size());
      if (digits == 0) return false;
      double weight = 100;
      for (const char digit : rest_.substr(0, std::min<std::size_t>(digits, 3))) {
        millis += weight * (digit - '0');
        weight /= 10;
      }
      rest_.remove_prefix(digits);
    }
    return millis <= kMillisInDay;
  }

  // Nothing, "+01:00", "-0530".
  bool read_offset(double& millis) {
    const bool is_behind = rest_.starts_with('-');
    if (!skip('+') && !skip('-')) return true;
    double hour = 0;
    double minute = 0;
    if (!set(hour, 0, 23)) return false;
    skip(':');
    if (!set(minute, 0, 59)) return false;
    millis = (is_behind ? -60'000 : 60'000) * (hour * 60 + minute);
    return true;
  }

  std::string_view rest_;
};

}  // namespace

std::optional<double> iso8601_millis(std::string_view text) {
  return Reader(text).read();
}

}  // namespace weft::json::jsonata

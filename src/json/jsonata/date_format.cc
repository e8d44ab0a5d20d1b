// from_millis.
#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "json/jsonata/calendar.h"
#include "json/jsonata/code_points.h"
#include "json/jsonata/date_picture.h"
#include "json/jsonata/integer_picture.h"
#include "json/jsonata/picture_limits.h"
#include "json/jsonata/pictures.h"

namespace weft::json::jsonata {

namespace {

constexpr std::string_view kIso8601 = "[Y0001]-[M01]-[D01]T[H01]:[m01]:[s01].[f001][Z01:01t]";

// How far local time is ahead of UTC, or behind it.
struct Zone {
  bool is_behind = false;
  int hours = 0;
  int minutes = 0;

  int as_written() const { return hours * 100 + minutes; }
  double millis() const { return (is_behind ? -1 : 1) * 60'000.0 * (60.0 * hours + minutes); }
};

// The number that the text begins with: its last two digits are minutes.
Outcome<Zone> read_zone(std::string_view timezone) {
  constexpr int kMax = 1'000'000'000;  // beyond all dates
  Zone zone;
  std::u32string points = code_points(timezone);
  std::u32string_view text = points;
  while (!text.empty() && is_space(text.front()))
    text.remove_prefix(1);
  const bool is_negative = text.starts_with(U'-');
  if (is_negative || text.starts_with(U'+')) text.remove_prefix(1);
  if (text.empty() || text[0] < U'0' || text[0] > U'9')
    return failed("D3134", "a timezone is written as +hhmm or -hhmm");
  int number = 0;
  for (; !text.empty() && text[0] >= U'0' && text[0] <= U'9'; text.remove_prefix(1))
    number = number < kMax / 10 ? number * 10 + static_cast<int>(text[0] - U'0') : kMax;
  if (number == kMax) return too_far();
  zone.is_behind = is_negative && number != 0;
  zone.hours = number / 100;
  zone.minutes = number % 100;
  return zone;
}

// Of the components that are integers.
int component_of(const Calendar& time, char32_t component) {
  switch (component) {
    case U'Y':
      return time.year;
    case U'M':
      return time.month;
    case U'D':
      return time.day;
    case U'd':
      return day_of_year(time);
    case U'F':
      return day_of_week(time);
    case U'W':
      return week_of_year(time).number;
    case U'w':
      return week_of_month(time).number;
    case U'X':
      return week_of_year(time).year;
    case U'x':
      return week_of_month(time).month;
    case U'H':
      return time.hour;
    case U'h':
      return time.hour % 12 == 0 ? 12 : time.hour % 12;
    case U'm':
      return time.minute;
    case U's':
      return time.second;
    default:
      return time.millisecond;
  }
}

Outcome<std::string> name_text(const DatePart& part, LetterCase letters, int value) {
  const auto name = date_name(part.component, static_cast<std::size_t>(value));
  if (!name.has_value()) return nameless_component(part.component);
  std::string text(name->substr(0, part.width_max.value_or(name->size())));
  set_case(text, letters);
  return text;
}

Outcome<std::string> zone_text(const DatePart& part, const IntegerPicture& picture,
                               const Zone& zone) {
  const bool is_decimal = picture.kind == IntegerPicture::Kind::kDecimal;
  const std::size_t digits = picture.mandatory_digits;
  if (!is_decimal || (picture.interval == 0 && digits > 4)) {
    return failed(
        "D3134", "a timezone is written with one to four digits, not as \"" + picture.token + "\"");
  }
  if (zone.as_written() == 0 && part.is_zulu) return "Z";
  const bool has_hours_only = picture.interval == 0 && digits <= 2;
  auto written = write_integer(has_hours_only ? zone.hours : zone.as_written(), picture);
  if (!written.has_value()) return written;
  if (has_hours_only && zone.minutes != 0)
    *written += (zone.minutes < 10 ? ":0" : ":") + std::to_string(zone.minutes);
  return (part.component == U'z' ? "GMT" : "") + std::string(zone.is_behind ? "-" : "+") + *written;
}

Outcome<std::string> marker_text(const DatePart& part, const Calendar& time, const Zone& zone) {
  if (part.component == U'P') {
    if (part.names == LetterCase::kUpper) return time.hour >= 12 ? "PM" : "AM";
    return time.hour >= 12 ? "pm" : "am";
  }
  if (part.component == U'C' || part.component == U'E') return "ISO";
  if (part.integer.has_value() && (part.component == U'Z' || part.component == U'z'))
    return zone_text(part, *part.integer, zone);
  int value = component_of(time, part.component);
  if (part.names.has_value()) return name_text(part, *part.names, value);
  if (!part.integer.has_value()) return unknown_component(part.component);
  constexpr std::array<int, 6> kPowers{1, 10, 100, 1000, 10'000, 100'000};
  const std::size_t digits = part.year_digits.value_or(kPowers.size());
  if (digits < kPowers.size()) value %= kPowers[digits];
  return write_integer(value, *part.integer);
}

}  // namespace

Outcome<std::string> from_millis(double millis, std::optional<std::string_view> picture,
                                 std::optional<std::string_view> timezone) {
  Zone zone;
  if (timezone.has_value()) {
    const auto read = read_zone(*timezone);
    if (!read.has_value()) return std::unexpected(read.error());
    zone = *read;
  }
  const auto parts = read_date_picture(picture.value_or(kIso8601));
  if (!parts.has_value()) return std::unexpected(parts.error());
  const auto time = calendar_of(std::trunc(millis + zone.millis()));
  if (!time.has_value()) return std::unexpected(time.error());
  std::string out;
  for (const DatePart& part : *parts) {
    if (part.component == 0) {
      out += utf8(part.literal);
    } else {
      const auto text = marker_text(part, *time, zone);
      if (!text.has_value()) return text;
      out += *text;
    }
    if (auto checked = check_text(out.size()); !checked.has_value())
      return std::unexpected(std::move(checked.error()));
  }
  return out;
}

}  // namespace weft::json::jsonata

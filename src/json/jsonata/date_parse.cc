// to_millis.
#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <map>
#include <utility>

#include "json/jsonata/calendar.h"
#include "json/jsonata/code_points.h"
#include "json/jsonata/date_matcher.h"
#include "json/jsonata/date_picture.h"
#include "json/jsonata/decimal_text.h"
#include "json/jsonata/integer_picture.h"
#include "json/jsonata/iso8601.h"
#include "json/jsonata/picture_limits.h"
#include "json/jsonata/pictures.h"

namespace weft::json::jsonata {

namespace {

using Text = std::u32string_view;
using Kind = DatePiece::Kind;

// What a text says of a date, by component: nothing where a name is none of the known ones, NaN
// where an integer cannot be read.
using Components = std::map<char32_t, std::optional<double>>;

std::optional<char32_t> zone_separator(const DatePart& part) {
  if (!part.integer.has_value() || part.integer->interval == 0) return std::nullopt;
  return part.integer->separators.front().character;
}

char32_t zero_of(const DatePart& part) {
  return part.integer.has_value() ? part.integer->zero : U'0';
}

void add_zone(std::vector<DatePiece>& pieces, const DatePart& part) {
  if (part.component == U'z') pieces.push_back({.kind = Kind::kLiteral, .literal = U"GMT"});
  pieces.push_back({.kind = Kind::kSign});
  pieces.push_back({.kind = Kind::kDigits});
  if (const auto separator = zone_separator(part); separator.has_value()) {
    pieces.push_back({.kind = Kind::kLiteral, .literal = std::u32string(1, *separator)});
    pieces.push_back({.kind = Kind::kDigits});
  }
}

Outcome<void> add_integer(std::vector<DatePiece>& pieces, const IntegerPicture& picture,
                          std::size_t digits) {
  switch (picture.kind) {
    case IntegerPicture::Kind::kDecimal:
      pieces.push_back({.kind = Kind::kDigits, .zero = picture.zero, .count = digits});
      if (picture.is_ordinal) pieces.push_back({.kind = Kind::kOrdinalSuffix});
      return {};
    case IntegerPicture::Kind::kLetters:
      pieces.push_back({.kind = Kind::kLetters});
      return {};
    case IntegerPicture::Kind::kRoman:
      pieces.push_back({.kind = Kind::kRomanNumerals});
      return {};
    case IntegerPicture::Kind::kWords:
      pieces.push_back({.kind = Kind::kWords});
      return {};
    case IntegerPicture::Kind::kSequence:
      break;
  }
  return unsupported_sequence(picture);
}

Outcome<void> add_pieces(std::vector<DatePiece>& pieces, const DatePart& part) {
  if (part.component == 0) {
    pieces.push_back({.kind = Kind::kLiteral, .literal = part.literal});
  } else if (part.component == U'Z' || part.component == U'z') {
    add_zone(pieces, part);
  } else if (part.component == U'f') {
    pieces.push_back(
        {.kind = Kind::kDigits, .zero = part.integer.has_value() ? part.integer->zero : U'0'});
  } else if (part.integer.has_value()) {
    return add_integer(pieces, *part.integer, part.digits_read);
  } else {
    if (!Text(U"MxFP").contains(part.component)) return nameless_component(part.component);
    pieces.push_back({.kind = Kind::kLetters});
  }
  return {};
}

// Of ASCII digits.
double number_of(Text digits) {
  return digits_value(utf8(digits));
}

// Minutes, of "+0530", "+5", "GMT-05:30".
double zone_value(const DatePart& part, Text text) {
  if (part.component == U'z') text.remove_prefix(3);
  const double sign = text[0] == U'-' ? -1 : 1;
  text.remove_prefix(1);
  std::size_t hours = text.size() == 3 ? 1 : std::min<std::size_t>(text.size(), 2);
  std::size_t minutes = hours;
  if (const auto separator = zone_separator(part); separator.has_value()) {
    hours = text.find_first_not_of(U"0123456789");
    minutes = hours + 1;
  }
  const double of_hours = number_of(text.substr(0, hours)) * 60;
  return sign * (of_hours + (minutes < text.size() ? number_of(text.substr(minutes)) : 0));
}

// Milliseconds: of more than three digits, the first three count.
double fraction_value(const DatePart& part, Text text) {
  double value = 0;
  double weight = 100;
  for (const char32_t digit : text.substr(0, 3)) {
    value += weight * (digit - zero_of(part));
    weight /= 10;
  }
  return value;
}

std::optional<double> name_value(const DatePart& part, Text text) {
  const std::string name = utf8(text);
  if (part.component == U'P') {
    if (name == "am" || name == "AM") return 0;
    if (name == "pm" || name == "PM") return 1;
    return std::nullopt;
  }
  std::optional<double> value;
  const std::size_t width = part.width_max.value_or(0);
  for (std::size_t number = 1; number <= 12; ++number) {
    const auto known = date_name(part.component, number);
    if (!known.has_value()) break;
    // Of names that are the same so short, the last counts.
    if (name == known->substr(0, width == 0 ? known->size() : width))
      value = static_cast<double>(number);
  }
  return value;
}

// Empty where the text does not match.
Outcome<Components> read_components(const std::vector<DatePart>& parts, Text text) {
  std::vector<DatePiece> pieces;
  std::vector<std::size_t> lasts;  // of each part, its last piece
  for (const DatePart& part : parts) {
    if (auto added = add_pieces(pieces, part); !added.has_value())
      return std::unexpected(std::move(added.error()));
    lasts.push_back(pieces.size() - 1);
  }
  std::size_t size = pieces.size();
  for (const DatePiece& piece : pieces)
    size += piece.literal.size();
  if (size * text.size() > kTimeStepsMax)
    return failed("D2015", "the date's picture and text are too long for each other");
  const auto ends = match_pieces(pieces, text);
  Components components;
  if (!ends.has_value()) return components;
  std::size_t start = 0;
  for (std::size_t index = 0; index < parts.size(); ++index) {
    const DatePart& part = parts[index];
    const Text own = text.substr(start, (*ends)[lasts[index]] - start);
    start += own.size();
    if (part.component == 0) continue;
    std::optional<double>& value = components[part.component];
    if (part.component == U'Z' || part.component == U'z') {
      value = zone_value(part, own);
    } else if (part.component == U'f') {
      value = fraction_value(part, own);
    } else if (part.integer.has_value()) {
      const auto read = read_integer(own, *part.integer);
      if (!read.has_value()) return std::unexpected(read.error());
      value = read->value_or(std::numeric_limits<double>::quiet_NaN());
    } else {
      value = name_value(part, own);
    }
  }
  return components;
}

// Of the present, where the text leaves out what is more significant than what it has.
double present(const Calendar& now, char32_t component) {
  switch (component) {
    case U'Y':
      return now.year;
    case U'M':
      return now.month;
    case U'D':
      return now.day;
    case U'H':
      return now.hour;
    case U'm':
      return now.minute;
    case U's':
      return now.second;
    case U'f':
      return now.millisecond;
    default:
      return 0;  // am
  }
}

// Whether the text has one or more of these components of `all`, and no other. What is 0 or cannot
// be read counts as absent, as in the reference.
bool has_only(const Components& components, Text these, Text all) {
  bool has_one = false;
  for (const char32_t component : all) {
    const auto found = components.find(component);
    if (found == components.end()) continue;
    const double value = found->second.value_or(0);
    if (value == 0 || std::isnan(value)) continue;
    if (!these.contains(component)) return false;
    has_one = true;
  }
  return has_one;
}

// Between the most and the least significant of the components there may be no gap; what is left of
// them is the present, what is right of them is the first of its kind.
Outcome<void> fill_in(Components& components, Text in_order, const Calendar& now) {
  bool is_inside = false;
  bool is_after = false;
  for (const char32_t component : in_order) {
    std::optional<double>& value = components[component];
    if (value.has_value()) {
      if (is_after)
        return failed("D3136", "a date's picture leaves out what stands between other components");
      is_inside = true;
    } else if (is_inside) {
      value = Text(U"MD").contains(component) ? 1 : 0;
      is_after = true;
    } else {
      value = present(now, component);
    }
  }
  return {};
}

// As ECMAScript's Date.UTC: whatever is too large goes on in the next unit, and the years 0 to 99
// are 1900 to 1999.
Outcome<double> utc_millis(const Components& components) {
  constexpr double kYearMax = 1e6;  // more than there are
  constexpr double kMillisMax = 8.64e15;
  const auto get = [&](char32_t component) { return components.at(component).value_or(0); };
  double year = get(U'Y');
  if (year >= 0 && year <= 99) year += 1900;
  const double month = std::max(get(U'M'), 1.0);
  if (year > kYearMax || month > kYearMax) return too_far();
  const auto first = static_cast<double>(
      first_day(static_cast<std::int64_t>(year), static_cast<std::int64_t>(month)));
  const double millis = (first + get(U'D') - 1) * kMillisInDay + get(U'H') * 3'600'000 +
                        get(U'm') * 60'000 + get(U's') * 1000 + get(U'f');
  if (!(std::abs(millis) <= kMillisMax)) return too_far();
  return millis;
}

// Nothing where what the date needs cannot be read.
Outcome<std::optional<double>> millis_of(Components components, double now_millis) {
  constexpr Text kOfDate = U"YXMxWwdD";
  constexpr Text kOfTime = U"PHhmsf";
  const bool has_day_of_year =
      !has_only(components, U"YMD", kOfDate) && has_only(components, U"Yd", kOfDate);
  const bool has_half_days =
      !has_only(components, U"Hmsf", kOfTime) && has_only(components, U"Phmsf", kOfTime);
  if (has_only(components, U"Xxw", kOfDate) || has_only(components, U"XW", kOfDate))
    return failed("D3136", "dates cannot be read from their weeks");
  const auto now = calendar_of(now_millis);
  if (!now.has_value()) return std::unexpected(now.error());
  const std::u32string in_order =
      std::u32string(has_day_of_year ? U"Yd" : U"YMD") + (has_half_days ? U"Phmsf" : U"Hmsf");
  if (auto filled = fill_in(components, in_order, *now); !filled.has_value())
    return std::unexpected(std::move(filled.error()));
  if (has_day_of_year) {
    components[U'M'] = 1;
    components[U'D'] = components[U'd'];
  }
  if (has_half_days) {
    const double hour = components[U'h'] == 12 ? 0 : components[U'h'].value_or(0);
    components[U'H'] = hour + (components[U'P'] == 1 ? 12 : 0);
  }
  for (const char32_t component : std::u32string_view(U"YMDHmsf"))
    if (std::isnan(components[component].value_or(0))) return std::nullopt;
  const auto millis = utc_millis(components);
  if (!millis.has_value()) return std::unexpected(millis.error());
  double zone = components[U'Z'].value_or(0);
  if (zone == 0) zone = components[U'z'].value_or(0);
  const double result = *millis - zone * 60'000;
  if (!calendar_of(result).has_value()) return too_far();
  return result;
}

Outcome<std::optional<double>> read_by_picture(std::string_view text, std::string_view picture,
                                               double now_millis) {
  const auto parts = read_date_picture(picture);
  if (!parts.has_value()) return std::unexpected(parts.error());
  auto components = read_components(*parts, code_points(text));
  if (!components.has_value()) return std::unexpected(std::move(components.error()));
  if (components->empty()) return std::nullopt;
  return millis_of(*std::move(components), now_millis);
}

}  // namespace

Outcome<std::optional<double>> to_millis(std::string_view text,
                                         std::optional<std::string_view> picture,
                                         double now_millis) {
  if (auto checked = check_text(text.size()); !checked.has_value())
    return std::unexpected(std::move(checked.error()));
  if (picture.has_value()) return read_by_picture(text, *picture, now_millis);
  const auto millis = iso8601_millis(text);
  if (!millis.has_value())
    return failed("D3110", "$toMillis takes timestamps of ISO 8601 such as 2018-02-01T13:45:00Z");
  return *millis;
}

}  // namespace weft::json::jsonata

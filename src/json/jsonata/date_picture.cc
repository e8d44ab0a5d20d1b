#include "json/jsonata/date_picture.h"

#include <algorithm>
#include <array>
#include <utility>

#include "json/jsonata/code_points.h"
#include "json/jsonata/picture_limits.h"

namespace weft::json::jsonata {

namespace {

using Text = std::u32string_view;
constexpr std::size_t kNowhere = Text::npos;

// How a component is written where the picture does not say.
Text default_presentation(char32_t component) {
  switch (component) {
    case U'F':
    case U'P':
    case U'C':
    case U'E':
      return U"n";
    case U'm':
    case U's':
      return U"01";
    case U'Z':
    case U'z':
      return U"01:01";
    default:
      return Text(U"YMDdWwXxHhf").contains(component) ? U"1" : U"";
  }
}

// As many digits as there are; nothing without one, as for "*".
std::optional<std::size_t> width(Text text) {
  if (text.empty() || text[0] < U'0' || text[0] > U'9') return std::nullopt;
  std::size_t result = 0;
  for (const char32_t character : text) {
    if (character < U'0' || character > U'9') break;
    result = result * 10 + (character - U'0');
    // Beyond each limit, it does not matter by how much.
    result = std::min<std::size_t>(result, 1'000'000);
  }
  return result;
}

struct Widths {
  std::optional<std::size_t> min;
  std::optional<std::size_t> max = {};
};

// What stands behind a marker's comma: "2", "2-4", "*-3".
Widths widths(Text modifier) {
  const std::size_t dash = modifier.find(U'-');
  Widths result{.min = width(modifier.substr(0, dash))};
  if (dash != kNowhere) result.max = width(modifier.substr(dash + 1));
  return result;
}

void set_widths(DatePart& part, IntegerPicture& integer, const Widths& widths) {
  integer.mandatory_digits = std::max(integer.mandatory_digits, widths.min.value_or(0));
  if (part.component != U'Y') return;
  if (widths.max.has_value()) {
    part.year_digits = integer.mandatory_digits = *widths.max;
  } else if (integer.kind == IntegerPicture::Kind::kDecimal &&
             integer.mandatory_digits + integer.optional_digits >= 2) {
    part.year_digits = integer.mandatory_digits + integer.optional_digits;
  }
}

std::optional<LetterCase> names_of(Text presentation) {
  if (presentation.starts_with(U'n')) return LetterCase::kLower;
  if (!presentation.starts_with(U'N')) return std::nullopt;
  return presentation.substr(1).starts_with(U'n') ? LetterCase::kTitle : LetterCase::kUpper;
}

// `marker` is what stands in the brackets, without white space.
Outcome<DatePart> read_marker(Text marker) {
  DatePart part{.component = marker.empty() ? U'\0' : marker[0]};
  Widths limits;
  std::u32string presentation(marker.substr(std::min<std::size_t>(1, marker.size())));
  const std::size_t comma = marker.rfind(U',');
  if (comma != kNowhere) {
    limits = widths(marker.substr(comma + 1));
    presentation = comma > 0 ? marker.substr(1, comma - 1) : U",";
  }
  part.width_max = limits.max;
  char32_t modifier = 0;
  if (presentation.size() > 1 && Text(U"atco").contains(presentation.back())) {
    modifier = presentation.back();
    presentation.pop_back();
  }
  if (presentation.empty()) presentation = default_presentation(part.component);
  if (presentation.empty()) return unknown_component(part.component);
  part.is_zulu = modifier == U't';
  part.names = names_of(presentation);
  const bool is_zone = part.component == U'Z' || part.component == U'z';
  const bool is_integer =
      !part.names.has_value() && Text(U"YMDdFWwXxHhmsf").contains(part.component);
  if (!is_zone && !is_integer) return part;
  if (is_integer && modifier != 0) (presentation += U';') += modifier;
  auto integer = read_integer_picture(presentation);
  if (!integer.has_value()) return std::unexpected(std::move(integer.error()));
  if (is_integer) set_widths(part, *integer, limits);
  part.integer = *std::move(integer);
  return part;
}

void add_literal(std::vector<DatePart>& parts, Text text) {
  if (text.empty()) return;
  DatePart part;
  for (std::size_t offset = 0; offset < text.size(); ++offset) {
    part.literal += text[offset];
    if (text.substr(offset).starts_with(U"]]")) ++offset;
  }
  parts.push_back(std::move(part));
}

void add_marker(std::vector<DatePart>& parts, DatePart marker) {
  const bool is_integer = marker.integer.has_value() && !marker.names.has_value() &&
                          marker.component != U'Z' && marker.component != U'z';
  if (is_integer && !parts.empty()) {
    DatePart& before = parts.back();
    if (before.integer.has_value()) before.digits_read = before.integer->mandatory_digits;
  }
  parts.push_back(std::move(marker));
}

std::string quoted(char32_t component) {
  return component == 0 ? "[]" : "'" + utf8(Text(&component, 1)) + "'";
}

}  // namespace

Outcome<std::vector<DatePart>> read_date_picture(std::string_view picture) {
  if (auto checked = check_picture(picture); !checked.has_value())
    return std::unexpected(std::move(checked.error()));
  const std::u32string points = code_points(picture);
  const Text text = points;
  std::vector<DatePart> parts;
  std::size_t start = 0;
  while (start < text.size()) {
    const std::size_t open = std::min(text.find(U'[', start), text.size());
    add_literal(parts, text.substr(start, open - start));
    start = open;
    if (start == text.size()) break;
    if (text.substr(start).starts_with(U"[[")) {
      add_literal(parts, U"[");
      start += 2;
      continue;
    }
    const std::size_t close = text.find(U']', start);
    if (close == kNowhere) return failed("D3135", "a date's picture has a '[' without its ']'");
    std::u32string marker(text.substr(start + 1, close - start - 1));
    std::erase_if(marker, is_space);
    auto part = read_marker(marker);
    if (!part.has_value()) return std::unexpected(std::move(part.error()));
    add_marker(parts, *std::move(part));
    start = close + 1;
  }
  return parts;
}

std::unexpected<Failure> unknown_component(char32_t component) {
  return failed("D3132",
                "a date's picture holds " + quoted(component) + ", which is no component of dates");
}

std::unexpected<Failure> nameless_component(char32_t component) {
  return failed("D3133",
                "in a date's picture only months and days have names, not " + quoted(component));
}

std::optional<std::string_view> date_name(char32_t component, std::size_t number) {
  constexpr std::array<std::string_view, 12> kMonths{
      "January", "February", "March",     "April",   "May",      "June",
      "July",    "August",   "September", "October", "November", "December"};
  constexpr std::array<std::string_view, 7> kDays{"Monday", "Tuesday",  "Wednesday", "Thursday",
                                                  "Friday", "Saturday", "Sunday"};
  if (component == U'F' && number - 1 < kDays.size()) return kDays[number - 1];
  if ((component == U'M' || component == U'x') && number - 1 < kMonths.size())
    return kMonths[number - 1];
  return std::nullopt;
}

}  // namespace weft::json::jsonata

// format_number (XPath and XQuery Functions 3.1, section 4.7; its numbered rules are named here).
#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <optional>
#include <utility>
#include <vector>

#include "base/assert.h"
#include "json/jsonata/code_points.h"
#include "json/jsonata/decimal_text.h"
#include "json/jsonata/picture_limits.h"
#include "json/jsonata/pictures.h"
#include "json/unicode.h"

namespace weft::json::jsonata {

namespace {

using Text = std::u32string_view;
constexpr std::size_t kNowhere = Text::npos;

// What a DecimalFormat's texts are in a picture.
struct Symbols {
  std::u32string decimal;
  std::u32string grouping;
  std::u32string exponent;
  std::u32string percent;
  std::u32string per_mille;
  std::u32string digit;
  std::u32string pattern;
  char32_t zero = U'0';

  bool is_digit(char32_t character) const { return character >= zero && character <= zero + 9; }
  bool is_place(char32_t character) const {
    return is_digit(character) || Text(&character, 1) == digit;
  }
  // Active but for the exponent separator, which can stand in a prefix as any letter can.
  bool is_limit(char32_t character) const {
    const Text text(&character, 1);
    return is_place(character) || text == decimal || text == grouping || text == pattern;
  }
  bool is_active(char32_t character) const {
    return is_limit(character) || Text(&character, 1) == exponent;
  }
};

Symbols symbols_of(const DecimalFormat& format) {
  const std::u32string zero = code_points(format.zero_digit);
  return {.decimal = code_points(format.decimal_separator),
          .grouping = code_points(format.grouping_separator),
          .exponent = code_points(format.exponent_separator),
          .percent = code_points(format.percent),
          .per_mille = code_points(format.per_mille),
          .digit = code_points(format.digit),
          .pattern = code_points(format.pattern_separator),
          .zero = zero.empty() ? U'0' : zero.front()};
}

// The digits must be code points that UTF-8 can write.
bool has_digits(const Symbols& symbols) {
  constexpr char32_t kFirstSurrogate = 0xD800;
  constexpr char32_t kLast = 0x10FFFF;
  return (symbols.zero + 9 < kFirstSurrogate || symbols.zero >= kFirstSurrogate) &&
         symbols.zero + 9 <= kLast;
}

// One side of the pattern separator, in its parts.
struct SubPicture {
  Text text;
  Text prefix;
  Text suffix;
  Text active;
  Text mantissa;
  Text integer;
  Text fraction;
  std::optional<Text> exponent;
};

SubPicture split(Text text, const Symbols& symbols) {
  SubPicture parts;
  parts.text = text;
  const auto is_limit = [&](char32_t character) { return symbols.is_limit(character); };
  const auto first = std::ranges::find_if(text, is_limit);
  if (first != text.end()) {
    parts.prefix = text.substr(0, static_cast<std::size_t>(first - text.begin()));
    std::size_t end = text.size();
    while (!is_limit(text[end - 1]))
      --end;
    parts.suffix = text.substr(end);
  }
  parts.active =
      text.substr(parts.prefix.size(), text.size() - parts.prefix.size() - parts.suffix.size());
  parts.mantissa = parts.active;
  const std::size_t exponent = text.substr(parts.prefix.size()).find(symbols.exponent);
  if (exponent <= parts.active.size()) {
    parts.mantissa = parts.active.substr(0, exponent);
    parts.exponent =
        parts.active.substr(std::min(exponent + symbols.exponent.size(), parts.active.size()));
  }
  parts.integer = parts.mantissa;
  const std::size_t decimal = parts.mantissa.find(symbols.decimal);
  if (decimal != kNowhere) {
    parts.integer = parts.mantissa.substr(0, decimal);
    parts.fraction = parts.mantissa.substr(decimal + symbols.decimal.size());
  }
  return parts;
}

bool occurs_twice(Text text, Text part) {
  return text.find(part) != text.rfind(part);
}

bool is_grouping_beside_decimal(const SubPicture& parts, const Symbols& symbols) {
  const std::size_t decimal = parts.text.find(symbols.decimal);
  const Text before = parts.text.substr(0, decimal);
  const Text after = parts.text.substr(decimal + symbols.decimal.size());
  return before.ends_with(symbols.grouping) || after.starts_with(symbols.grouping);
}

// What is wrong with a sub-picture; where it is several things, the reference names the last of
// its list.
std::optional<Failure> fault_of(const SubPicture& parts, const Symbols& symbols) {
  const auto is_digit = [&](char32_t character) { return symbols.is_digit(character); };
  const auto is_place = [&](char32_t character) { return symbols.is_place(character); };
  const auto is_active = [&](char32_t character) { return symbols.is_active(character); };
  const auto has = [&](Text part) { return parts.text.find(part) != kNowhere; };
  const bool has_rate = has(symbols.percent) || has(symbols.per_mille);
  const bool is_integer_closed = !has(symbols.decimal) && parts.integer.ends_with(symbols.grouping);
  const std::size_t optional_digit = parts.integer.find(symbols.digit);
  const std::size_t last_optional_digit = parts.fraction.rfind(symbols.digit);

  struct Rule {
    bool is_broken;
    std::string_view code;
    std::string_view message;
  };
  const std::array<Rule, 13> rules{{
      {parts.exponent.has_value() &&
           (parts.exponent->empty() || !std::ranges::all_of(*parts.exponent, is_digit)),
       "D3093", "the exponent must be one or more digits"},
      {parts.exponent.has_value() && !parts.exponent->empty() && has_rate, "D3092",
       "what has a percent or per-mille sign cannot have an exponent"},
      {last_optional_digit != kNowhere &&
           std::ranges::any_of(parts.fraction.substr(last_optional_digit), is_digit),
       "D3091", "in the fraction, no digit can follow an optional digit"},
      {optional_digit != kNowhere &&
           std::ranges::any_of(parts.integer.substr(0, optional_digit), is_digit),
       "D3090", "in the integer part, no optional digit can follow a digit"},
      {has(symbols.grouping + symbols.grouping), "D3089",
       "two grouping separators cannot be neighbours"},
      {is_integer_closed, "D3088", "the integer part cannot end with a grouping separator"},
      {has(symbols.decimal) && is_grouping_beside_decimal(parts, symbols), "D3087",
       "a grouping separator cannot be beside the decimal separator"},
      {!std::ranges::all_of(parts.active, is_active), "D3086",
       "no other character can stand between digits and separators"},
      {std::ranges::none_of(parts.mantissa, is_place), "D3085", "there must be a digit"},
      {has(symbols.percent) && has(symbols.per_mille), "D3084",
       "there cannot be both a percent and a per-mille sign"},
      {occurs_twice(parts.text, symbols.per_mille), "D3083",
       "there can be one per-mille sign only"},
      {occurs_twice(parts.text, symbols.percent), "D3082", "there can be one percent sign only"},
      {occurs_twice(parts.text, symbols.decimal), "D3081",
       "there can be one decimal separator only"},
  }};
  const auto rule = std::ranges::find(rules, true, &Rule::is_broken);
  if (rule == rules.end()) return std::nullopt;
  return Failure{.code = std::string(rule->code),
                 .message = "in a number's picture, " + std::string(rule->message)};
}

// How a sub-picture writes numbers (section 4.7.4).
struct Plan {
  std::vector<std::size_t> separators;           // digits of the integer part to their right
  std::size_t interval = 0;                      // of regular separators
  std::vector<std::size_t> fraction_separators;  // digits of the fraction to their left
  std::size_t integer_min = 0;
  std::size_t scaling = 0;  // digits before the decimal separator where there is an exponent
  std::size_t fraction_min = 0;
  std::size_t fraction_max = 0;
  std::size_t exponent_min = 0;
  int rate = 1;  // 100 for percent, 1000 for per mille
};

std::size_t count_digits(Text text, const Symbols& symbols) {
  return static_cast<std::size_t>(
      std::ranges::count_if(text, [&](char32_t each) { return symbols.is_digit(each); }));
}

std::size_t count_places(Text text, const Symbols& symbols) {
  return static_cast<std::size_t>(
      std::ranges::count_if(text, [&](char32_t each) { return symbols.is_place(each); }));
}

Plan analyse(const SubPicture& parts, const Symbols& symbols) {
  Plan plan;
  // Separators are single characters: of others, fault_of() leaves none in the active part.
  for (std::size_t offset = 0; offset < parts.integer.size(); ++offset) {
    if (parts.integer.substr(offset, 1) == symbols.grouping)
      plan.separators.push_back(count_places(parts.integer.substr(offset), symbols));
  }
  plan.interval = regular_interval(plan.separators);
  for (std::size_t offset = 0; offset < parts.fraction.size(); ++offset) {
    if (parts.fraction.substr(offset, 1) == symbols.grouping)
      plan.fraction_separators.push_back(count_places(parts.fraction.substr(0, offset), symbols));
  }
  plan.integer_min = count_digits(parts.integer, symbols);
  plan.scaling = plan.integer_min;
  plan.fraction_min = count_digits(parts.fraction, symbols);
  plan.fraction_max = count_places(parts.fraction, symbols);
  if (plan.integer_min == 0 && plan.fraction_max == 0) {
    if (parts.exponent.has_value()) {
      plan.fraction_min = plan.fraction_max = 1;
    } else {
      plan.integer_min = 1;
    }
  }
  if (parts.exponent.has_value() && plan.integer_min == 0 &&
      parts.integer.find(symbols.digit) != kNowhere)
    plan.integer_min = 1;
  if (plan.integer_min == 0 && plan.fraction_min == 0) plan.fraction_min = 1;
  if (parts.exponent.has_value()) plan.exponent_min = count_digits(*parts.exponent, symbols);
  if (parts.text.find(symbols.percent) != kNowhere) {
    plan.rate = 100;
  } else if (parts.text.find(symbols.per_mille) != kNowhere) {
    plan.rate = 1000;
  }
  return plan;
}

struct Scaled {
  double mantissa = 0;
  int exponent = 0;
};

// Rule 5: by steps of ten, as the reference does it.
Scaled scaled(double magnitude, const Plan& plan) {
  Scaled result{.mantissa = magnitude};
  if (plan.exponent_min == 0 || magnitude == 0) return result;
  const double above = std::pow(10.0, static_cast<double>(plan.scaling));
  const double least = std::pow(10.0, static_cast<double>(plan.scaling) - 1);
  while (result.mantissa < least && std::isfinite(result.mantissa * 10)) {
    result.mantissa *= 10;
    --result.exponent;
  }
  while (result.mantissa > above) {
    result.mantissa /= 10;
    ++result.exponent;
  }
  return result;
}

double half_even(double number) {
  const double below = std::floor(number);
  const double rest = number - below;
  if (rest == 0.5) return std::fmod(below, 2) == 0 ? below : below + 1;
  return rest < 0.5 ? below : below + 1;
}

// Rule 6. What cannot be shifted in a double is so large that it has no fraction.
double rounded(double magnitude, std::size_t places) {
  if (places == 0) return half_even(magnitude);
  const double digits = shifted(magnitude, static_cast<int>(places));
  return std::isfinite(digits) ? shifted(half_even(digits), -static_cast<int>(places)) : magnitude;
}

// The exact digits, or the nearest to them; where two are as near, the even one.
std::string plain_text(double magnitude, std::size_t places) {
  std::string text(places + 320, '\0');  // at most 309 digits before the point
  const auto written = std::to_chars(text.data(), text.data() + text.size(), magnitude,
                                     std::chars_format::fixed, static_cast<int>(places));
  WEFT_ASSERT(written.ec == std::errc());
  text.resize(static_cast<std::size_t>(written.ptr - text.data()));
  return text;
}

// As ECMAScript's toFixed: of two texts as near, the larger.
std::string fixed_text(double magnitude, std::size_t places) {
  // Between two texts is what has one binary digit more than these have decimal ones: its exact
  // text has one more digit, too, a 5.
  const bool is_between = std::fmod(std::ldexp(magnitude, static_cast<int>(places) + 1), 2) == 1;
  if (!is_between) return plain_text(magnitude, places);
  std::string text = plain_text(magnitude, places + 1);
  text.pop_back();
  for (std::size_t left = text.size(); left > 0; --left) {
    char& digit = text[left - 1];
    if (digit == '.') continue;
    if (digit != '9') {
      ++digit;
      return text;
    }
    digit = '0';
  }
  return "1" + text;
}

class Writer {
 public:
  Writer(const DecimalFormat& format, const Symbols& symbols, const Plan& plan)
      : format_(format), symbols_(symbols), plan_(plan) {}

  // Rules 7 to 13.
  std::string write(const Scaled& number) {
    const std::string text =
        fixed_text(rounded(number.mantissa, plan_.fraction_max), plan_.fraction_max);
    const std::size_t point = std::min(text.find('.'), text.size());
    std::string whole = text.substr(std::min(text.find_first_not_of('0'), point));
    whole.resize(whole.size() - (text.size() - point));
    std::string fraction = text.substr(std::min(point + 1, text.size()));
    fraction.resize(fraction.find_last_not_of('0') + 1);
    if (whole.size() < plan_.integer_min) whole.insert(0, plan_.integer_min - whole.size(), '0');
    if (fraction.size() < plan_.fraction_min) fraction.resize(plan_.fraction_min, '0');
    append_whole(whole);
    if (!fraction.empty()) append_fraction(fraction);
    if (plan_.exponent_min > 0) append_exponent(number.exponent);
    return std::move(out_);
  }

 private:
  void append_digit(char digit) {
    append_utf8(out_, symbols_.zero + static_cast<char32_t>(digit - '0'));
  }

  void append_whole(std::string_view digits) {
    for (std::size_t left = digits.size(); left > 0; --left) {
      const bool is_group =
          plan_.interval > 0 ? left % plan_.interval == 0
                             : std::ranges::find(plan_.separators, left) != plan_.separators.end();
      if (is_group && left < digits.size()) out_ += format_.grouping_separator;
      append_digit(digits[digits.size() - left]);
    }
  }

  void append_fraction(std::string_view digits) {
    out_ += format_.decimal_separator;
    auto separator = plan_.fraction_separators.begin();
    for (std::size_t index = 0; index < digits.size(); ++index) {
      if (separator != plan_.fraction_separators.end() && *separator == index) {
        out_ += format_.grouping_separator;
        ++separator;
      }
      append_digit(digits[index]);
    }
  }

  void append_exponent(int exponent) {
    out_ += format_.exponent_separator;
    if (exponent < 0) out_ += format_.minus_sign;
    std::string digits = std::to_string(std::abs(exponent));
    if (digits.size() < plan_.exponent_min)
      digits.insert(0, plan_.exponent_min - digits.size(), '0');
    for (const char digit : digits)
      append_digit(digit);
  }

  const DecimalFormat& format_;
  const Symbols& symbols_;
  const Plan& plan_;
  std::string out_;
};

// The picture's one or two sides.
std::vector<Text> sides_of(Text picture, Text separator) {
  std::vector<Text> sides;
  for (std::size_t start = 0;;) {
    const std::size_t end = separator.empty() ? kNowhere : picture.find(separator, start);
    sides.push_back(picture.substr(start, end - start));
    if (end == kNowhere || sides.size() > 2) return sides;
    start = end + separator.size();
  }
}

}  // namespace

Outcome<std::string> format_number(double value, std::string_view picture,
                                   const DecimalFormat& format) {
  if (auto checked = check_picture(picture); !checked.has_value())
    return std::unexpected(std::move(checked.error()));
  const Symbols symbols = symbols_of(format);
  if (!has_digits(symbols)) return failed("D3085", "the zero digit begins no row of ten digits");
  const std::u32string text = code_points(picture);
  const std::vector<Text> sides = sides_of(text, symbols.pattern);
  if (sides.size() > 2) {
    return failed("D3080",
                  "a number's picture has at most two parts, for numbers from 0 on and "
                  "for others");
  }
  std::vector<SubPicture> pictures;
  pictures.reserve(sides.size());
  for (const Text side : sides)
    pictures.push_back(split(side, symbols));
  for (const SubPicture& parts : pictures) {
    if (auto fault = fault_of(parts, symbols); fault.has_value())
      return std::unexpected(*std::move(fault));
  }

  if (std::isnan(value)) return format.nan;
  const SubPicture& parts = value < 0 ? pictures.back() : pictures.front();
  const Plan plan = analyse(parts, symbols);
  std::string out;
  if (value < 0 && pictures.size() == 1) out += format.minus_sign;
  out += utf8(parts.prefix);
  const double magnitude = std::abs(value * plan.rate);
  out += std::isfinite(magnitude) ? Writer(format, symbols, plan).write(scaled(magnitude, plan))
                                  : format.infinity;
  out += utf8(parts.suffix);
  if (auto checked = check_text(out.size()); !checked.has_value())
    return std::unexpected(std::move(checked.error()));
  return out;
}

}  // namespace weft::json::jsonata

#include "json/jsonata/decimal_text.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>
#include <limits>
#include <numeric>

#include "base/assert.h"
#include "json/number.h"

namespace weft::json::jsonata {

namespace {

// digits · 10^scale; no digit is more than the double needs.
struct Shortest {
  std::string digits;
  int scale = 0;
};

Shortest shortest(double number) {
  std::array<char, 32> buffer{};  // 17 digits, a point, an exponent of five characters
  const auto written = std::to_chars(buffer.data(), buffer.data() + buffer.size(), number,
                                     std::chars_format::scientific);
  const std::string_view text(buffer.data(), static_cast<std::size_t>(written.ptr - buffer.data()));
  const std::size_t mark = text.find('e');
  WEFT_ASSERT(mark != std::string_view::npos);
  Shortest result;
  for (const char character : text.substr(0, mark))
    if (character != '.') result.digits.push_back(character);
  std::string_view exponent = text.substr(mark + 1);
  if (exponent.starts_with('+')) exponent.remove_prefix(1);
  std::from_chars(exponent.data(), exponent.data() + exponent.size(), result.scale);
  result.scale -= static_cast<int>(result.digits.size()) - 1;
  return result;
}

double worth(std::string_view lexeme) {
  const auto number = Number::from_lexeme(lexeme);
  WEFT_ASSERT(number.has_value());
  return number->to_double();
}

}  // namespace

std::string integer_digits(double integer) {
  Shortest result = shortest(integer);
  if (result.scale > 0) result.digits.append(static_cast<std::size_t>(result.scale), '0');
  return result.digits;
}

double shifted(double number, int places) {
  const Shortest text = shortest(number);
  return worth(text.digits + "e" + std::to_string(text.scale + places));
}

double digits_value(std::string_view digits) {
  digits.remove_prefix(std::min(digits.find_first_not_of('0'), digits.size() - 1));
  return worth(digits);
}

std::size_t regular_interval(std::vector<std::size_t> positions) {
  if (positions.empty()) return 0;
  const std::size_t interval =
      std::accumulate(positions.begin(), positions.end(), std::size_t{0},
                      [](std::size_t a, std::size_t b) { return std::gcd(a, b); });
  std::ranges::sort(positions);
  for (std::size_t index = 1; index <= positions.size(); ++index)
    if (!std::ranges::binary_search(positions, index * interval)) return 0;
  return interval;
}

}  // namespace weft::json::jsonata

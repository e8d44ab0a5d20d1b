// Pictures from anywhere: the first line of the input is the picture, the second a number, the
// third a text to read or a timezone; further lines are a decimal format. What comes of it is a
// code or a result within its bounds.
#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/assert.h"
#include "json/jsonata/pictures.h"
#include "json/unicode.h"

namespace json = weft::json;
namespace jsonata = weft::json::jsonata;

namespace {

std::string_view take_line(std::string_view& rest) {
  const std::string_view line = rest.substr(0, rest.find('\n'));
  rest.remove_prefix(std::min(line.size() + 1, rest.size()));
  return line;
}

double number_of(std::string_view line) {
  double value = 0;
  std::from_chars(line.data(), line.data() + line.size(), value);
  return value;
}

void check(const jsonata::Failure& failure) {
  WEFT_ASSERT(failure.code.size() == 5 && failure.code.starts_with('D'));
  WEFT_ASSERT(!failure.message.empty() && json::is_utf8(failure.message));
}

void check(const jsonata::Outcome<std::string>& result, bool has_valid_input) {
  if (!result.has_value()) return check(result.error());
  WEFT_ASSERT(result->size() <= jsonata::kPictureTextBytesMax);
  WEFT_ASSERT(!has_valid_input || json::is_utf8(*result));
}

void check(const jsonata::Outcome<std::optional<double>>& result) {
  if (!result.has_value()) return check(result.error());
  if (!result->has_value()) return;
  WEFT_ASSERT(std::isfinite(**result) && std::trunc(**result) == **result);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view rest(reinterpret_cast<const char*>(data), size);
  const bool is_text = json::is_utf8(rest);
  const std::string_view picture = take_line(rest);
  const double number = number_of(take_line(rest));
  const std::string_view text = take_line(rest);

  jsonata::DecimalFormat format;
  const std::array<std::string*, 8> options{&format.decimal_separator,
                                            &format.grouping_separator,
                                            &format.exponent_separator,
                                            &format.zero_digit,
                                            &format.digit,
                                            &format.pattern_separator,
                                            &format.percent,
                                            &format.minus_sign};
  for (std::string* option : options)
    if (!rest.empty()) *option = take_line(rest);

  check(jsonata::format_number(number, picture, format), is_text);
  check(jsonata::format_integer(number, picture), is_text);
  check(jsonata::parse_integer(text, picture));
  const auto written = jsonata::from_millis(number, picture, {});
  check(written, is_text);
  check(jsonata::from_millis(number, picture, text), is_text);
  check(jsonata::to_millis(text, picture, number));
  check(jsonata::to_millis(text, {}, number));
  if (written.has_value()) check(jsonata::to_millis(*written, picture, number));
  return 0;
}

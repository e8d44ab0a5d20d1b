// The pictures of JSONata 2.2: how numbers, integers and times are written as text and read back
// ($formatNumber, $formatInteger, $parseInteger, $fromMillis, $toMillis). Pure functions, all of
// the reference implementation's results and codes; they know neither the clock nor a locale.
//
// Texts are UTF-8. Whatever a picture, a number or a text is, the work and the memory it takes are
// bounded by these limits; beyond one of them the code is D2015, that of what takes too much
// memory.
//
// Where the reference implementation's results are nonsense (lost digits, NaN, an uncaught error of
// its own), these functions do what XPath says: docs/reference/jsonata-pictures.md lists the
// places.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "json/jsonata/failure.h"

namespace weft::json::jsonata {

inline constexpr std::size_t kPictureBytesMax = 4096;       // of a picture
inline constexpr std::size_t kPictureTextBytesMax = 65536;  // of what is read or written by one
// Of to_millis: the picture's markers and its literals' characters, times the text's characters.
inline constexpr std::size_t kTimeStepsMax = 1 << 20;

// The characters that $formatNumber's options may replace (XPath and XQuery Functions 3.1, section
// 4.7.1). Each is one code point, but any text for `infinity`, `minus_sign`, `nan`, `percent` and
// `per_mille`; the digits are the ten code points from `zero_digit` on. A picture cannot hold a
// separator of another length (D3086).
struct DecimalFormat {
  std::string decimal_separator = ".";
  std::string grouping_separator = ",";
  std::string exponent_separator = "e";
  std::string infinity = "Infinity";
  std::string minus_sign = "-";
  std::string nan = "NaN";
  std::string percent = "%";
  std::string per_mille = "‰";
  std::string zero_digit = "0";
  std::string digit = "#";
  std::string pattern_separator = ";";
};

// By a picture such as "#,##0.00;(0)". D3080 to D3093 where the picture is wrong.
Outcome<std::string> format_number(double value, std::string_view picture,
                                   const DecimalFormat& format);

// By a picture such as "#,##0", "w;o", "Ww", "I", "a". D3130 and D3131 where it is not supported.
Outcome<std::string> format_integer(double value, std::string_view picture);

// What format_integer writes; nothing where the text does not match the picture.
Outcome<std::optional<double>> parse_integer(std::string_view text, std::string_view picture);

// `millis` are milliseconds since 1970-01-01T00:00:00Z; without a picture the result is ISO 8601
// with milliseconds. `timezone` is "+hhmm", "-hhmm" or, as the reference takes it, any number of
// that kind; UTC without one. D3132 to D3135 where the picture is wrong, D3110 where there is no
// such time.
Outcome<std::string> from_millis(double millis, std::optional<std::string_view> picture,
                                 std::optional<std::string_view> timezone);

// Milliseconds since 1970; nothing where the text does not match the picture. Without a picture the
// text is ISO 8601 (D3110 where it is not). Of a time of day alone ("13:45") the date is that of
// `now_millis`, in UTC: the evaluator passes the one time that $now and $millis give for the whole
// evaluation, so that the same expression has one present. D3136 where what the picture holds
// leaves a gap ("[Y]-[D]").
Outcome<std::optional<double>> to_millis(std::string_view text,
                                         std::optional<std::string_view> picture,
                                         double now_millis);

}  // namespace weft::json::jsonata

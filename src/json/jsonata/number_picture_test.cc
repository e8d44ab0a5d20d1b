// format_number by tables: what is written, and what is wrong with a picture.
#include <limits>
#include <string>
#include <string_view>

#include <doctest/doctest.h>

#include "json/jsonata/pictures.h"

namespace weft::json::jsonata {
namespace {

std::string written(double value, std::string_view picture, const DecimalFormat& format = {}) {
  const auto text = format_number(value, picture, format);
  return text.has_value() ? *text : text.error().code;
}

struct Case {
  double value;
  std::string_view picture;
  std::string_view text;
};

TEST_CASE("numbers are written by pictures") {
  constexpr Case kCases[] = {
      // Digits that must be there, and those that may.
      {0, "0", "0"},
      {0, "#", "0"},
      {0, "#.#", ".0"},
      {0, "#.##", ".0"},
      {0, ".00", ".00"},
      {5, "#.#", "5.0"},
      {5, "0.#", "5"},
      {5.25, "0.#", "5.2"},
      {5.35, "0.#", "5.4"},
      {1234.5, "0", "1234"},
      {1235.5, "0", "1236"},
      {12, "0000", "0012"},
      {1.005, "0.00", "1.00"},
      {2.675, "0.00", "2.68"},
      {0.1 + 0.2, "0.0###############", "0.3"},
      {0.5, "#.0", ".5"},
      {0.5, "9.9", "0.5"},
      // Signs.
      {-3, "0", "-3"},
      {-3, "0;(0)", "(3)"},
      {3, "0;(0)", "3"},
      {-0.0, "0;(0)", "0"},
      {-0.001, "0.0", "-0.0"},
      {-1234.5, "$#,##0.00", "-$1,234.50"},
      {-1234.5, "$#,##0.00;$#,##0.00 owed", "$1,234.50 owed"},
      // Groups: regular ones go on, others stand where they are.
      {1234567.891, "#,##0.00", "1,234,567.89"},
      {123, "#,##0", "123"},
      {1234567, "#,##,##0", "12,34,567"},
      {5, "#,##,##0", "5"},
      {123456789, "#,###0", "1,2345,6789"},
      {1234.56789, "0.000,00", "1234.567,89"},
      {0.123456789, "0.000,000,000", "0.123,456,789"},
      {0.12, "0.##,##", "0.12"},
      // Rates.
      {0.255, "0.0%", "25.5%"},
      {0.255, "%0", "%26"},
      {0.0255, "0.0‰", "25.5‰"},
      {-0.5, "0%", "-50%"},
      {0.285, "0%", "28%"},
      // Exponents.
      {1234.5, "0.00e0", "1.23e3"},
      {1234.5, "00.0e00", "12.3e02"},
      {0.00012, "0.0e0", "1.2e-4"},
      {-0.00012, "0.0e00", "-1.2e-04"},
      {0, "0.0e0", "0.0e0"},
      {1234.5, "#.00e0", "0.12e4"},
      {10, "0e0", "10e0"},
      {75, "#e0", "0.8e2"},
      {1234.5, "$0.0e0 ea", "$1.2e3 ea"},
      // What else stands around digits.
      {7, "No. e 0!", "D3093"},
      {7, "No: e 0!", "No: e 7!"},
      {7, "<0> eggs", "<7> eggs"},
      // Large and small.
      {1e22, "#,##0", "10,000,000,000,000,000,000,000"},
      {1e-10, "0.0", "0.0"},
      {1e-10, "0.0#########", "0.0000000001"},
      {4.9e-324, "0.0e0", "4.9e-324"},
      {1.7976931348623157e308, "0.0e0", "1.8e308"},
  };
  for (const Case& each : kCases) {
    CAPTURE(each.value);
    CAPTURE(each.picture);
    CHECK(written(each.value, each.picture) == each.text);
  }
}

TEST_CASE("what is wrong with a number's picture has the reference's codes") {
  struct Wrong {
    std::string_view picture;
    std::string_view code;
  };
  constexpr Wrong kCases[] = {
      {"0;0;0", "D3080"}, {"0.0.0", "D3081"},  {"%0%", "D3082"},   {"‰0‰", "D3083"},
      {"0%‰", "D3084"},   {"", "D3085"},       {".", "D3085"},     {"%", "D3086"},
      {"0a0", "D3086"},   {"0 0", "D3086"},    {"0,.0", "D3087"},  {"0.,0", "D3087"},
      {"0,", "D3088"},    {"0,,0", "D3089"},   {"0#", "D3090"},    {"0,#0", "D3090"},
      {"0.#0", "D3091"},  {"0.0#,0", "D3091"}, {"0e0%", "D3092"},  {"‰0e0", "D3092"},
      {"0e", "D3093"},    {"0e#", "D3093"},    {"0e0.0", "D3093"}, {"0;0#", "D3090"},
      {"0;", "D3085"},    {"words", "D3086"},
  };
  for (const Wrong& each : kCases) {
    CAPTURE(each.picture);
    CHECK(written(20, each.picture) == each.code);
    CHECK(written(-20, each.picture) == each.code);
  }
}

TEST_CASE("a decimal format replaces the characters of pictures and results") {
  CHECK(written(-1234567.5, "#.##0,00",
                {.decimal_separator = ",", .grouping_separator = ".", .minus_sign = "−"}) ==
        "−1.234.567,50");
  CHECK(written(1234.5, "①①①①.①", {.zero_digit = "⓪"}) == "D3085");
  CHECK(written(1234.5, "①①①①.①", {.zero_digit = "①"}) == "②③④⑤.⑥");
  CHECK(written(0.25, "𝟎𝟎.𝟎pc", {.percent = "pc", .zero_digit = "𝟎"}) == "𝟐𝟓.𝟎pc");
  CHECK(written(0.25, "0pm", {.per_mille = "pm"}) == "250pm");
  CHECK(written(5, "@@9", {.digit = "@"}) == "5");
  CHECK(written(-5, "0|0 below", {.pattern_separator = "|"}) == "5 below");
  CHECK(written(1234, "0.0E0", {.exponent_separator = "E"}) == "1.2E3");
  CHECK(written(1234, "0.0×10^0", {.exponent_separator = "×10^"}) == "D3086");
  CHECK(written(0.001, "0e0", {.minus_sign = "minus "}) == "1eminus 3");
}

TEST_CASE("a decimal format of nonsense is harmless") {
  for (const std::string_view text : {"", "0", "#", ",", ".", ";", "e", "%", "ab", "\xFF", "😀"}) {
    CAPTURE(text);
    const std::string value(text);
    for (const std::string_view picture : {"#,##0.00", "0e0", "0%;0‰", "", "abc"}) {
      for (const DecimalFormat& format :
           {DecimalFormat{.decimal_separator = value}, DecimalFormat{.grouping_separator = value},
            DecimalFormat{.exponent_separator = value}, DecimalFormat{.percent = value},
            DecimalFormat{.per_mille = value}, DecimalFormat{.zero_digit = value},
            DecimalFormat{.digit = value}, DecimalFormat{.pattern_separator = value}})
        CHECK(written(-1234.5, picture, format).size() < 100);
    }
  }
  CHECK(written(1, "0", {.zero_digit = "\U0010FFFF"}) == "D3085");
  CHECK(written(1, "0", {.zero_digit = "\uD7FB"}) == "D3085");
}

TEST_CASE("infinite numbers and NaN have texts of their own") {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  CHECK(written(kInfinity, "<0>") == "<Infinity>");
  CHECK(written(-kInfinity, "<0>") == "-<Infinity>");
  CHECK(written(1e308, "0%") == "Infinity%");
  CHECK(written(std::numeric_limits<double>::quiet_NaN(), "<0>") == "NaN");
}

TEST_CASE("what hostile number pictures take is limited") {
  CHECK(written(1, std::string(kPictureBytesMax + 1, '0')) == "D2015");
  const std::string wide = "0." + std::string(kPictureBytesMax - 2, '0');
  CHECK(written(0.1, wide).size() == kPictureBytesMax);
  CHECK(written(0.1, wide).starts_with("0.1000000000000000055511151231257827"));
  CHECK(written(1, std::string(kPictureBytesMax - 2, '0') + "e0").size() > kPictureBytesMax / 2);
  const DecimalFormat format{.grouping_separator = ",", .infinity = std::string(1 << 17, 'x')};
  CHECK(written(std::numeric_limits<double>::infinity(), "0", format) == "D2015");
}

}  // namespace
}  // namespace weft::json::jsonata

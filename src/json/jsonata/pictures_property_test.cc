// Properties of the pictures over generated numbers, times and texts.
#include <charconv>
#include <cmath>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include "json/jsonata/pictures.h"

namespace weft::json::jsonata {
namespace {

constexpr double kNow = 1783604096789;

// Of all sizes, not mostly of the largest.
rc::Gen<std::int64_t> integer() {
  return rc::gen::map(
      rc::gen::pair(rc::gen::inRange<int>(10, 63), rc::gen::arbitrary<std::int64_t>()),
      [](const std::pair<int, std::int64_t>& parts) { return parts.second >> parts.first; });
}

bool is(const Outcome<std::optional<double>>& result, double value) {
  return result.has_value() && *result == value;
}

std::string picture_of(const std::vector<std::string>& pieces) {
  std::string out;
  for (const std::string& piece : pieces)
    out += piece;
  return out;
}

TEST_CASE("what an integer's picture writes, it reads") {
  const bool holds = rc::check([] {
    const auto value = static_cast<double>(*integer());
    const std::string picture = *rc::gen::element<std::string>(
        "0", "000", "#,##0", "#.##0", "##,##,##0", "#:###,##0", "0;o", "#,##0;o", "٠", "#,##०", "a",
        "A", "w", "W", "Ww", "w;o", "Ww;o");
    const auto text = format_integer(value, picture);
    RC_ASSERT(text.has_value());
    RC_ASSERT(is(parse_integer(*text, picture), value));
  });
  CHECK(holds);
}

TEST_CASE("what a picture of Roman numerals writes, it reads") {
  const bool holds = rc::check([] {
    const double value = *rc::gen::inRange<int>(-20'000, 20'000);
    const std::string picture = *rc::gen::element<std::string>("i", "I");
    const auto text = format_integer(value, picture);
    RC_ASSERT(text.has_value());
    RC_ASSERT(is(parse_integer(*text, picture), value));
  });
  CHECK(holds);
}

TEST_CASE("what a date's picture writes, it reads") {
  const bool holds = rc::check([] {
    // The years 1000 to 9999: below 100, two digits are of the 1900s.
    const auto millis = static_cast<double>(
        *rc::gen::inRange<std::int64_t>(-30'610'224'000'000, 253'402'300'800'000));
    const std::string date = *rc::gen::element<std::string>(
        "[Y0001]-[M01]-[D01]", "[D1o] [MNn] [Y]", "[FNn], [DWwo] [MNn,3-3] [Yw]",
        "[Y0001][M01][D01]", "[YI].[MI].[DI]", "[Y]-[d001]", "[DA]|[Ma]|[Y0001]", "[d٠٠١] [Y]",
        "[Yw] [Mw] [Dw]");
    const std::string time =
        *rc::gen::element<std::string>(" [H01]:[m01]:[s01].[f001]", "T[h]:[m]:[s].[f001] [P]",
                                       " [H01][m01][s01].[f001]", " [h]h[mw]m[s1o]s[f001][PN]");
    const std::string zone = *rc::gen::element<std::string>(" [Z]", " [Z0101]", " [z]", " [Z001]");
    const std::string picture = date + time + zone;
    const std::string offset = *rc::gen::element<std::string>("+0000", "+0530", "-0330", "-0500",
                                                              "+1400", "-0015", "-1200");
    const auto text = from_millis(millis, picture, offset);
    RC_ASSERT(text.has_value());
    RC_ASSERT(is(to_millis(*text, picture, kNow), millis));
  });
  CHECK(holds);
}

TEST_CASE("what is written without a picture is read without one") {
  const bool holds = rc::check([] {
    const auto millis = static_cast<double>(
        *rc::gen::inRange<std::int64_t>(-62'167'219'200'000, 253'402'300'800'000));
    const auto text = from_millis(millis, {}, {});
    RC_ASSERT(text.has_value());
    RC_ASSERT(is(to_millis(*text, {}, kNow), millis));
  });
  CHECK(holds);
}

// The digits and the sign alone.
double number_in(std::string_view text) {
  std::string digits;
  for (const char character : text) {
    if ((character >= '0' && character <= '9') || character == '-' || character == '.')
      digits += character;
  }
  double value = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), value);
  return value;
}

TEST_CASE("a number's picture writes the number, but for what it rounds") {
  const bool holds = rc::check([] {
    const double value = static_cast<double>(*integer() >> 12) / 1000;
    const std::string picture = *rc::gen::element<std::string>(
        "0.000", "#,##0.000", "#,##,##0.000", "000000.000", "#.###,###", "$#,##0.0## each");
    const auto text = format_number(value, picture, {});
    RC_ASSERT(text.has_value());
    RC_ASSERT(number_in(*text) == value);
  });
  CHECK(holds);
}

TEST_CASE("any picture of pieces gives a text or a code, and none too long a text") {
  const bool holds = rc::check([] {
    const auto pieces = *rc::gen::container<std::vector<std::string>>(rc::gen::element<std::string>(
        "[", "]", "[[", "Y", "M", "F", "Z", "W", "Nn", "w", "o", "0", "#", ",", ".", ";", "-", "*",
        "e", "%", "9", "1000", "[Y0001]", "[f]", "[MNn]", " ", "é", "٠"));
    const std::string picture = picture_of(pieces);
    const auto value = static_cast<double>(*integer());
    const auto is_bounded = [](const Outcome<std::string>& result) {
      return result.has_value() ? result->size() <= kPictureTextBytesMax
                                : result.error().code.starts_with("D");
    };
    RC_ASSERT(is_bounded(format_number(value, picture, {})));
    RC_ASSERT(is_bounded(format_integer(value, picture)));
    const auto text = from_millis(value, picture, {});
    RC_ASSERT(is_bounded(text));
    const auto millis = to_millis(text.value_or("2024"), picture, kNow);
    RC_ASSERT(!millis.has_value() || std::isfinite(millis->value_or(0)));
    const auto integer_read = parse_integer(text.value_or("12"), picture);
    RC_ASSERT(!integer_read.has_value() || std::isfinite(integer_read->value_or(0)));
  });
  CHECK(holds);
}

}  // namespace
}  // namespace weft::json::jsonata

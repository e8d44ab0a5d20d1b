#include "json/number.h"

#include <bit>
#include <cmath>
#include <limits>
#include <string>

#include <doctest/doctest.h>

namespace weft::json {
namespace {

Number number(std::string_view lexeme) {
  const auto parsed = Number::from_lexeme(lexeme);
  REQUIRE(parsed.has_value());
  return *parsed;
}

std::string printed(double value) {
  std::string out;
  append_number(out, value);
  return out;
}

TEST_CASE("number lexemes follow the grammar of RFC 8259") {
  for (const char* good : {"0", "-0", "1", "-1", "10", "0.0", "1.50", "1e5", "1E5", "1e+5", "1e-5",
                           "0e0", "-0.0e-0", "12345678901234567890", "1e400", "0.1"}) {
    CAPTURE(good);
    const auto parsed = Number::from_lexeme(good);
    REQUIRE(parsed.has_value());
    CHECK(parsed->lexeme() == good);
  }
  for (const char* bad :
       {"",    "-",    "+1",  "01", "-01", "00",  ".5",    "1.",  "1.e5",     "1e",   "1e+",
        "1e-", "0x10", "1_0", "1 ", " 1",  "--1", "1e5.5", "NaN", "Infinity", "1.2.3"}) {
    CAPTURE(bad);
    CHECK(!Number::from_lexeme(bad).has_value());
  }
}

TEST_CASE("integers come out only when the value is exactly one") {
  CHECK(number("0").to_int64() == 0);
  CHECK(number("-0").to_int64() == 0);
  CHECK(number("-0").to_uint64() == 0u);
  CHECK(number("1e3").to_int64() == 1000);
  CHECK(number("2.0").to_int64() == 2);
  CHECK(number("-2.50e1").to_int64() == -25);
  CHECK(number("12000e-3").to_int64() == 12);
  CHECK(number("0.0000e999999999999999999999").to_int64() == 0);
  CHECK(number("0.00001e5").to_uint64() == 1u);
  CHECK(number("9223372036854775807").to_int64() == std::numeric_limits<std::int64_t>::max());
  CHECK(number("-9223372036854775808").to_int64() == std::numeric_limits<std::int64_t>::min());
  CHECK(number("-9223372036854775808.0").to_int64() == std::numeric_limits<std::int64_t>::min());
  CHECK(number("18446744073709551615").to_uint64() == std::numeric_limits<std::uint64_t>::max());
  CHECK(number("18446744073709551615.0").to_uint64() == std::numeric_limits<std::uint64_t>::max());
  CHECK(number("12345678901234567890").to_uint64() == 12345678901234567890u);

  CHECK(!number("9223372036854775808").to_int64().has_value());
  CHECK(!number("9223372036854775808.0").to_int64().has_value());
  CHECK(!number("-9223372036854775809").to_int64().has_value());
  CHECK(!number("18446744073709551616").to_uint64().has_value());
  CHECK(!number("18446744073709551616.0").to_uint64().has_value());
  CHECK(!number("12345678901234567890").to_int64().has_value());
  CHECK(!number("-1").to_uint64().has_value());
  CHECK(!number("-1.0").to_uint64().has_value());
  CHECK(!number("0.5").to_int64().has_value());
  CHECK(!number("1e-1").to_int64().has_value());
  CHECK(!number("1e20").to_uint64().has_value());
  CHECK(!number("1e400").to_uint64().has_value());
  CHECK(!number("1e99999999999999999999").to_int64().has_value());
  CHECK(!number("1e-99999999999999999999").to_int64().has_value());
  CHECK(!number("1e9223372036854775807").to_int64().has_value());
}

TEST_CASE("doubles are the nearest ones") {
  CHECK(number("0.1").to_double() == 0.1);
  CHECK(number("-1.5e3").to_double() == -1500.0);
  CHECK(number("12345678901234567890").to_double() == 12345678901234567890.0);
  CHECK(number("9007199254740993").to_double() == 9007199254740992.0);
  CHECK(number("5e-324").to_double() == std::numeric_limits<double>::denorm_min());
  CHECK(number("1.7976931348623157e308").to_double() == std::numeric_limits<double>::max());
  CHECK(std::signbit(number("-0").to_double()));
  CHECK(number("1e400").to_double() == std::numeric_limits<double>::infinity());
  CHECK(number("-1e400").to_double() == -std::numeric_limits<double>::infinity());
  CHECK(number("1e-400").to_double() == 0.0);
  CHECK(std::signbit(number("-1e-400").to_double()));
  CHECK(number("1e99999999999999999999").to_double() == std::numeric_limits<double>::infinity());
  CHECK(number("1e-99999999999999999999").to_double() == 0.0);
  CHECK(number("0e99999999999999999999").to_double() == 0.0);
}

TEST_CASE("numbers are equal when their values are") {
  CHECK(number("1") == number("1.0"));
  CHECK(number("1") == number("10e-1"));
  CHECK(number("100") == number("1E2"));
  CHECK(number("0") == number("-0.000e7"));
  CHECK(number("0.1") == number("1e-1"));
  CHECK(number("1e400") == number("10e399"));
  CHECK(number("1e99999999999999999999") == number("1e99999999999999999999"));
  CHECK(number("0e99999999999999999999") == number("0"));

  CHECK_FALSE(number("1") == number("-1"));
  CHECK_FALSE(number("1e400") == number("1e401"));
  CHECK_FALSE(number("12345678901234567890") == number("12345678901234567891"));
  CHECK_FALSE(number("0.1") == number("0.10000000000000000001"));
  CHECK_FALSE(number("1e99999999999999999998") == number("1e99999999999999999999"));
}

TEST_CASE("doubles are printed as ECMAScript does, but for negative zero") {
  CHECK(printed(0) == "0");
  CHECK(printed(-0.0) == "-0");
  CHECK(printed(3) == "3");
  CHECK(printed(-1.5) == "-1.5");
  CHECK(printed(0.1) == "0.1");
  CHECK(printed(100000) == "100000");
  CHECK(printed(123456789012345680000.0) == "123456789012345680000");
  CHECK(printed(1e21) == "1e+21");
  CHECK(printed(1.5e300) == "1.5e+300");
  CHECK(printed(0.000001) == "0.000001");
  CHECK(printed(0.0000001) == "1e-7");
  CHECK(printed(1.25e-9) == "1.25e-9");
  CHECK(printed(5e-324) == "5e-324");
  CHECK(printed(1.7976931348623157e308) == "1.7976931348623157e+308");
  CHECK(printed(1.0 / 3) == "0.3333333333333333");
}

TEST_CASE("printed doubles read back as the same bits") {
  std::uint64_t bits = 0x9E3779B97F4A7C15;
  for (int round = 0; round < 20000; ++round) {
    bits ^= bits << 13;
    bits ^= bits >> 7;
    bits ^= bits << 17;
    const auto value = std::bit_cast<double>(bits);
    if (!std::isfinite(value)) continue;
    const std::string text = printed(value);
    CAPTURE(text);
    REQUIRE(std::bit_cast<std::uint64_t>(number(text).to_double()) == bits);
  }
}

}  // namespace
}  // namespace weft::json

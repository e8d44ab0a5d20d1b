#include "abi/typed/values.h"

#include <array>
#include <bit>
#include <cmath>
#include <limits>

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include "json/parse.h"

namespace weft::abi::typed {
namespace {

using engine::V128;
using engine::Value;
using engine::ValueType;

constexpr float kFloatInfinity = std::numeric_limits<float>::infinity();
constexpr double kDoubleInfinity = std::numeric_limits<double>::infinity();

V128 lanes() {
  V128 value;
  for (std::size_t i = 0; i < value.bytes.size(); ++i)
    value.bytes.at(i) = static_cast<std::uint8_t>(0x10 * i + i);
  return value;
}
constexpr std::string_view kLanes = "0x00112233445566778899aabbccddeeff";

// Equal bit by bit, so that -0 is not 0 and NaN is NaN.
bool is_same(const Value& left, const Value& right) {
  if (left.index() != right.index()) return false;
  if (const auto* number = std::get_if<float>(&left)) {
    const float other = std::get<float>(right);
    return std::isnan(*number) ? std::isnan(other)
                               : *number == other && std::signbit(*number) == std::signbit(other);
  }
  if (const auto* number = std::get_if<double>(&left)) {
    const double other = std::get<double>(right);
    return std::isnan(*number) ? std::isnan(other)
                               : *number == other && std::signbit(*number) == std::signbit(other);
  }
  return left == right;
}

std::string written(const Value& value) {
  std::string text;
  json::Writer writer(text);
  write(writer, value);
  return text;
}

struct Accepted {
  ValueType type;
  std::string_view text;
  Value value;
};

struct Refused {
  ValueType type;
  std::string_view text;
};

TEST_CASE("every form of a number in JSON becomes the value that it means") {
  for (const auto& [type, json, value] : {
           Accepted{ValueType::kI32, "0", 0},
           Accepted{ValueType::kI32, "-0", 0},
           Accepted{ValueType::kI32, "1e3", 1000},
           Accepted{ValueType::kI32, "2.0", 2},
           Accepted{ValueType::kI32, "2500e-2", 25},
           Accepted{ValueType::kI32, "2147483647", INT32_MAX},
           Accepted{ValueType::kI32, "-2147483648", INT32_MIN},
           Accepted{ValueType::kI32, "2147483648", INT32_MIN},
           Accepted{ValueType::kI32, "4294967295", -1},
           Accepted{ValueType::kI32, "4.294967295e9", -1},
           Accepted{ValueType::kI64, "0", std::int64_t{0}},
           Accepted{ValueType::kI64, "-0.0", std::int64_t{0}},
           Accepted{ValueType::kI64, "9007199254740993", std::int64_t{9007199254740993}},
           Accepted{ValueType::kI64, "9223372036854775807", std::int64_t{INT64_MAX}},
           Accepted{ValueType::kI64, "-9223372036854775808", std::int64_t{INT64_MIN}},
           Accepted{ValueType::kI64, "9223372036854775808", std::int64_t{INT64_MIN}},
           Accepted{ValueType::kI64, "18446744073709551615", std::int64_t{-1}},
           Accepted{ValueType::kI64, "1e18", std::int64_t{1'000'000'000'000'000'000}},
           Accepted{ValueType::kI64, "\"0\"", std::int64_t{0}},
           Accepted{ValueType::kI64, "\"9223372036854775807\"", std::int64_t{INT64_MAX}},
           Accepted{ValueType::kI64, "\"-9223372036854775808\"", std::int64_t{INT64_MIN}},
           Accepted{ValueType::kI64, "\"18446744073709551615\"", std::int64_t{-1}},
           Accepted{ValueType::kF32, "0", 0.0F},
           Accepted{ValueType::kF32, "-0", -0.0F},
           Accepted{ValueType::kF32, "0.1", 0.1F},
           Accepted{ValueType::kF32, "16777217", 16777216.0F},
           // Beside the middle of two floats: rounding to double first would lose the last digit.
           Accepted{ValueType::kF32, "1.00000005960464484", 1.00000012F},
           Accepted{ValueType::kF32, "3.4028234663852886e38", std::numeric_limits<float>::max()},
           Accepted{ValueType::kF32, "3.4028235677973366e38", std::numeric_limits<float>::max()},
           Accepted{ValueType::kF32, "1e-45", std::numeric_limits<float>::denorm_min()},
           Accepted{ValueType::kF32, "1e-60", 0.0F},
           Accepted{ValueType::kF32, "-1e-400", -0.0F},
           Accepted{ValueType::kF32, "\"NaN\"", std::numeric_limits<float>::quiet_NaN()},
           Accepted{ValueType::kF32, "\"Infinity\"", kFloatInfinity},
           Accepted{ValueType::kF32, "\"-Infinity\"", -kFloatInfinity},
           Accepted{ValueType::kF64, "1.7976931348623157e308", std::numeric_limits<double>::max()},
           Accepted{ValueType::kF64, "5e-324", std::numeric_limits<double>::denorm_min()},
           Accepted{ValueType::kF64, "1e-400", 0.0},
           Accepted{ValueType::kF64, "-1e-99999", -0.0},
           Accepted{ValueType::kF64, "123456789012345678901234567890", 1.2345678901234568e29},
           Accepted{ValueType::kF64, "-0", -0.0},
           Accepted{ValueType::kF64, "\"NaN\"", std::numeric_limits<double>::quiet_NaN()},
           Accepted{ValueType::kF64, "\"Infinity\"", kDoubleInfinity},
           Accepted{ValueType::kF64, "\"-Infinity\"", -kDoubleInfinity},
           Accepted{ValueType::kV128, "\"0x00112233445566778899aabbccddeeff\"", lanes()},
           Accepted{ValueType::kV128, "\"0x00112233445566778899AABBCCDDEEFF\"", lanes()},
       }) {
    CAPTURE(json);
    CAPTURE(engine::name_of(type));
    const auto got = value_of(json::parse(json).value(), type);
    REQUIRE(got.has_value());
    CHECK(is_same(*got, value));
  }
}

TEST_CASE("what does not fit a type is refused with what is expected") {
  for (const auto& [type, json] : {
           Refused{ValueType::kI32, "4294967296"},
           Refused{ValueType::kI32, "-2147483649"},
           Refused{ValueType::kI32, "1.5"},
           Refused{ValueType::kI32, "1e400"},
           Refused{ValueType::kI32, "18446744073709551616"},
           Refused{ValueType::kI32, "\"1\""},
           Refused{ValueType::kI32, "true"},
           Refused{ValueType::kI32, "null"},
           Refused{ValueType::kI32, "[1]"},
           Refused{ValueType::kI32, "{}"},
           Refused{ValueType::kI64, "18446744073709551616"},
           Refused{ValueType::kI64, "-9223372036854775809"},
           Refused{ValueType::kI64, "0.1"},
           Refused{ValueType::kI64, "1e400"},
           Refused{ValueType::kI64, "\"\""},
           Refused{ValueType::kI64, "\" 1\""},
           Refused{ValueType::kI64, "\"1 \""},
           Refused{ValueType::kI64, "\"+1\""},
           Refused{ValueType::kI64, "\"--1\""},
           Refused{ValueType::kI64, "\"0x10\""},
           Refused{ValueType::kI64, "\"1e3\""},
           Refused{ValueType::kI64, "\"18446744073709551616\""},
           Refused{ValueType::kI64, "\"-9223372036854775809\""},
           Refused{ValueType::kI64, "false"},
           Refused{ValueType::kF32, "1e39"},
           Refused{ValueType::kF32, "3.40282356779733662e38"},
           Refused{ValueType::kF32, "-1e400"},
           Refused{ValueType::kF32, "\"1.5\""},
           Refused{ValueType::kF32, "\"nan\""},
           Refused{ValueType::kF32, "\"inf\""},
           Refused{ValueType::kF32, "null"},
           Refused{ValueType::kF64, "1e309"},
           Refused{ValueType::kF64, "-1e99999"},
           Refused{ValueType::kF64, "\"infinity\""},
           Refused{ValueType::kF64, "[]"},
           Refused{ValueType::kV128, "0"},
           Refused{ValueType::kV128, "\"\""},
           Refused{ValueType::kV128, "\"00112233445566778899aabbccddeeff\""},
           Refused{ValueType::kV128, "\"0x00112233445566778899aabbccddeef\""},
           Refused{ValueType::kV128, "\"0x00112233445566778899aabbccddeeff0\""},
           Refused{ValueType::kV128, "\"0x00112233445566778899aabbccddeefg\""},
           Refused{ValueType::kV128, "\"0x-0112233445566778899aabbccddeeff0\""},
           Refused{ValueType::kV128, "\"0X00112233445566778899aabbccddeeff\""},
           Refused{ValueType::kFuncref, "0"},
           Refused{ValueType::kExternref, "null"},
           Refused{ValueType::kOtherReference, "null"},
       }) {
    CAPTURE(json);
    CAPTURE(engine::name_of(type));
    const auto got = value_of(json::parse(json).value(), type);
    REQUIRE_FALSE(got.has_value());
    CHECK(got.error().code() == ErrorCode::kInvalidArgument);
    CHECK(got.error().message().starts_with("expected "));
  }
}

TEST_CASE("the command line takes the same numbers without quotes, and hexadecimal ones") {
  for (const auto& [type, text, value] : {
           Accepted{ValueType::kI32, "7", 7},
           Accepted{ValueType::kI32, "-7", -7},
           Accepted{ValueType::kI32, "4294967295", -1},
           Accepted{ValueType::kI32, "0x7f", 127},
           Accepted{ValueType::kI32, "0XFFFFFFFF", -1},
           Accepted{ValueType::kI64, "0xffffffffffffffff", std::int64_t{-1}},
           Accepted{ValueType::kI64, "-9223372036854775808", std::int64_t{INT64_MIN}},
           Accepted{ValueType::kI64, "18446744073709551615", std::int64_t{-1}},
           Accepted{ValueType::kF32, "0.1", 0.1F},
           Accepted{ValueType::kF32, "1e-60", 0.0F},
           Accepted{ValueType::kF64, "-0", -0.0},
           Accepted{ValueType::kF64, "1e3", 1000.0},
           Accepted{ValueType::kF64, "nan", std::numeric_limits<double>::quiet_NaN()},
           Accepted{ValueType::kF64, "NaN", std::numeric_limits<double>::quiet_NaN()},
           Accepted{ValueType::kF64, "inf", kDoubleInfinity},
           Accepted{ValueType::kF64, "-inf", -kDoubleInfinity},
           Accepted{ValueType::kF64, "Infinity", kDoubleInfinity},
           Accepted{ValueType::kF64, "-Infinity", -kDoubleInfinity},
           Accepted{ValueType::kV128, kLanes, lanes()},
       }) {
    CAPTURE(text);
    CAPTURE(engine::name_of(type));
    const auto got = value_of_text(text, type);
    REQUIRE(got.has_value());
    CHECK(is_same(*got, value));
  }
  for (const auto& [type, text] : {
           Refused{ValueType::kI32, ""},
           Refused{ValueType::kI32, "0x"},
           Refused{ValueType::kI32, "0x-1"},
           Refused{ValueType::kI32, "-0x1"},
           Refused{ValueType::kI32, "1.0"},
           Refused{ValueType::kI32, "1e3"},
           Refused{ValueType::kI32, "0x1ffffffff"},
           Refused{ValueType::kI32, "seven"},
           Refused{ValueType::kI32, " 7"},
           Refused{ValueType::kI64, "0x10000000000000000"},
           Refused{ValueType::kF32, ""},
           Refused{ValueType::kF32, "1e39"},
           Refused{ValueType::kF64, "1,5"},
           Refused{ValueType::kF64, "1.5x"},
           Refused{ValueType::kF64, "1e400"},
           Refused{ValueType::kV128, "1"},
           Refused{ValueType::kExternref, "0"},
       }) {
    CAPTURE(text);
    CAPTURE(engine::name_of(type));
    REQUIRE_FALSE(value_of_text(text, type).has_value());
    CHECK(value_of_text(text, type).error().code() == ErrorCode::kInvalidArgument);
  }
}

TEST_CASE("what is wrong with a number is said as its sender may write it") {
  const auto said = [](std::string_view text, ValueType type) {
    return value_of_text(text, type).error().message();
  };
  CHECK(said("1e39", ValueType::kF32) ==
        "expected an f32: this is beyond the largest, which is 3.4028235e+38");
  CHECK(said("-1e400", ValueType::kF64) ==
        "expected an f64: this is beyond the largest, which is 1.7976931348623157e+308");
  CHECK(said("1,5", ValueType::kF32) == "expected an f32: a number, nan, inf or -inf");
  CHECK(said("two", ValueType::kI32) ==
        "expected an i32: a whole number from -2147483648 to 4294967295, or 0x and up to 8 hex "
        "digits");
  const json::Value beyond = json::parse("1e39").value();
  CHECK(value_of(beyond, ValueType::kF32).error().message() ==
        "expected an f32: this is beyond the largest, which is 3.4028235e+38");
  CHECK(value_of(json::Value("0x7"), ValueType::kI32).error().message() ==
        "expected an i32: a whole number from -2147483648 to 4294967295");
}

TEST_CASE("results are sent in their one form and shown without quotes") {
  struct Case {
    Value value;
    std::string_view json;
    std::string_view text;
  };
  for (const auto& [value, json, text] : {
           Case{0, "0", "0"},
           Case{INT32_MIN, "-2147483648", "-2147483648"},
           Case{std::int64_t{INT64_MIN}, "\"-9223372036854775808\"", "-9223372036854775808"},
           Case{std::int64_t{5}, "\"5\"", "5"},
           Case{0.1F, "0.1", "0.1"},
           Case{1.5, "1.5", "1.5"},
           Case{2.0, "2", "2"},
           Case{-0.0, "-0", "-0"},
           Case{kFloatInfinity, "\"Infinity\"", "Infinity"},
           Case{-kDoubleInfinity, "\"-Infinity\"", "-Infinity"},
           Case{std::numeric_limits<double>::quiet_NaN(), "\"NaN\"", "NaN"},
           Case{-std::numeric_limits<float>::quiet_NaN(), "\"NaN\"", "NaN"},
           Case{lanes(), "\"0x00112233445566778899aabbccddeeff\"", kLanes},
       }) {
    CHECK(written(value) == json);
    CHECK(text_of(value) == text);
  }
}

TEST_CASE("what is sent reads back as the same bits") {
  const auto returns = [](const Value& value) {
    const auto type = engine::type_of(value);
    const auto from_json = value_of(json::parse(written(value)).value(), type);
    const auto from_text = value_of_text(text_of(value), type);
    return from_json && is_same(*from_json, value) && from_text && is_same(*from_text, value);
  };
  CHECK(rc::check("i32", [&](std::int32_t number) { RC_ASSERT(returns(number)); }));
  CHECK(rc::check("i64", [&](std::int64_t number) { RC_ASSERT(returns(number)); }));
  CHECK(rc::check("f32",
                  [&](std::uint32_t bits) { RC_ASSERT(returns(std::bit_cast<float>(bits))); }));
  CHECK(rc::check("f64",
                  [&](std::uint64_t bits) { RC_ASSERT(returns(std::bit_cast<double>(bits))); }));
  CHECK(rc::check(
      "v128", [&](const std::array<std::uint8_t, 16>& bytes) { RC_ASSERT(returns(V128{bytes})); }));
}

TEST_CASE("arguments are counted, and a wrong one is named by its place") {
  const engine::FunctionType type{.params = {ValueType::kI32, ValueType::kI64}, .results = {}};
  const std::array<json::Value, 2> good = {json::Value(1), json::Value("2")};
  CHECK(values_of(good, type).value() == std::vector<Value>{1, std::int64_t{2}});
  CHECK(values_of({}, {}).value().empty());

  const auto few = values_of(std::span(good).first(1), type).error();
  CHECK(few.code() == ErrorCode::kInvalidArgument);
  CHECK(few.message() == "expected 2 arguments for (i32, i64) -> (), got 1");
  const auto many = values_of(good, {.params = {ValueType::kI32}, .results = {}}).error();
  CHECK(many.message() == "expected 1 argument for (i32) -> (), got 2");

  const std::array<json::Value, 2> wrong = {json::Value(1), json::Value(true)};
  const auto error = values_of(wrong, type).error();
  CHECK(error.code() == ErrorCode::kInvalidArgument);
  CHECK(error.message().starts_with("argument 2: expected an i64: a whole number from "));
}

}  // namespace
}  // namespace weft::abi::typed

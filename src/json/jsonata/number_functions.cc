// Functions of numbers, and those that make one number of many.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "json/jsonata/builtins.h"
#include "json/jsonata/values.h"
#include "json/number.h"

namespace weft::json::jsonata::builtins {

namespace {

// 0x1F, 0o17 and 0b11.
std::optional<double> prefixed_number(std::string_view text) {
  if (text.size() < 3 || text[0] != '0') return std::nullopt;
  double base = 0;
  if (text[1] == 'x' || text[1] == 'X') base = 16;
  if (text[1] == 'o' || text[1] == 'O') base = 8;
  if (text[1] == 'b' || text[1] == 'B') base = 2;
  double value = 0;
  for (const char byte : text.substr(2)) {
    double digit = base;
    if (byte >= '0' && byte <= '9') digit = byte - '0';
    if (byte >= 'a' && byte <= 'f') digit = byte - 'a' + 10;
    if (byte >= 'A' && byte <= 'F') digit = byte - 'A' + 10;
    if (digit >= base) return std::nullopt;
    value = (value * base) + digit;
  }
  return value;
}

std::optional<double> decimal_number(std::string_view text) {
  // Zeros may lead, which JSON does not have.
  const bool negative = text.starts_with('-');
  if (negative) text.remove_prefix(1);
  while (text.size() > 1 && text[0] == '0' && text[1] >= '0' && text[1] <= '9') {
    text.remove_prefix(1);
  }
  const auto number = text.starts_with('-') ? std::nullopt : Number::from_lexeme(text);
  if (!number.has_value() || std::isinf(number->to_double())) return std::nullopt;
  return negative ? -number->to_double() : number->to_double();
}

// The number with its decimal point moved to the right.
double shifted(double value, double places) {
  const std::string text = number_text(value);
  const std::size_t exponent = text.find('e');
  double power = places;
  if (exponent != std::string::npos) {
    std::string_view digits = std::string_view(text).substr(exponent + 1);
    if (digits.starts_with('+')) digits.remove_prefix(1);
    const auto number = Number::from_lexeme(digits);
    if (number.has_value()) power += number->to_double();
  }
  power = std::clamp(power, -2000.0, 2000.0);
  // A Number borrows its text.
  const std::string moved =
      text.substr(0, exponent) + "e" + std::to_string(static_cast<int>(power));
  const auto number = Number::from_lexeme(moved);
  return number.has_value() ? number->to_double() : value;
}

// To the nearest integer, halves to the even one.
double rounded(double value) {
  const double up = std::floor(value + 0.5);
  const double result = std::abs(value) >= 0x1p52 ? value : up;
  return std::abs(result - value) == 0.5 && std::fmod(result, 2) != 0 ? result - 1 : result;
}

}  // namespace

Made<Var> number(Call& call) {
  const Var value = call.argument(0);
  if (!value.defined() || value.is_number()) return value;
  if (value.is(Type::kBoolean)) return Var(value.boolean() ? 1.0 : 0.0);
  if (value.is_string()) {
    auto number = decimal_number(value.text());
    if (!number.has_value()) number = prefixed_number(value.text());
    if (number.has_value()) return Var(*number);
  }
  return fault({.code = "D3030", .value = shown(call.run, value), .index = 1});
}

Made<Var> abs(Call& call) {
  const Var value = call.argument(0);
  return value.defined() ? Var(std::abs(value.number())) : value;
}

Made<Var> floor(Call& call) {
  const Var value = call.argument(0);
  return value.defined() ? Var(std::floor(value.number())) : value;
}

Made<Var> ceil(Call& call) {
  const Var value = call.argument(0);
  return value.defined() ? Var(std::ceil(value.number())) : value;
}

Made<Var> round(Call& call) {
  const Var value = call.argument(0);
  if (!value.defined()) return value;
  const double number = value.number();
  const Var precision = call.argument(1);
  const double places = precision.defined() ? std::trunc(precision.number()) : 0;
  if (!std::isfinite(number)) return Var(number);
  if (places == 0) return Var(rounded(number) + 0.0);
  const double moved = shifted(number, places);
  if (!std::isfinite(moved)) return Var(number);
  return Var(shifted(rounded(moved), -places) + 0.0);
}

Made<Var> sqrt(Call& call) {
  const Var value = call.argument(0);
  if (!value.defined()) return value;
  if (value.number() < 0) {
    return fault({.code = "D3060", .value = shown(call.run, value), .index = 1});
  }
  return Var(std::sqrt(value.number()));
}

Made<Var> power(Call& call) {
  const Var base = call.argument(0);
  const Var exponent = call.argument(1);
  if (!base.defined()) return base;
  const double result = exponent.defined() ? std::pow(base.number(), exponent.number()) : NAN;
  if (!std::isfinite(result)) {
    return fault({.code = "D3061",
                  .value = shown(call.run, base),
                  .value2 = shown(call.run, exponent),
                  .index = 1});
  }
  return Var(result);
}

Made<Var> random(Call& call) {
  return Var(call.run.context().inputs.random());
}

Made<Var> format_base(Call& call) {
  const Var value = call.argument(0);
  if (!value.defined()) return value;
  double number = rounded(value.number());
  const Var radix_argument = call.argument(1);
  const double radix = radix_argument.defined() ? rounded(radix_argument.number()) : 10;
  if (!(radix >= 2) || !(radix <= 36)) {
    return fault({.code = "D3100", .value = shown(call.run, Var(radix))});
  }
  if (radix == 10 || !std::isfinite(number)) return call.run.text(number_text(number));
  const bool negative = number < 0;
  number = std::abs(number);
  std::string digits;
  do {
    const double digit = std::fmod(number, radix);
    digits += "0123456789abcdefghijklmnopqrstuvwxyz"[static_cast<std::size_t>(digit)];
    number = (number - digit) / radix;
  } while (number >= 1);
  if (negative) digits += '-';
  std::ranges::reverse(digits);
  return call.run.text(digits);
}

namespace {

template <class Combine>
Made<std::optional<double>> combined(Call& call, Combine combine) {
  const Var numbers = call.argument(0);
  const std::size_t size = numbers.size();
  WEFT_MADE(call.run.spend(size / 8));
  std::optional<double> result;
  for (std::size_t i = 0; i < size; i++) {
    const double number = numbers.item(i).number();
    result = result.has_value() ? combine(*result, number) : number;
  }
  return result;
}

double added(double left, double right) {
  return left + right;
}

}  // namespace

Made<Var> sum(Call& call) {
  if (!call.argument(0).defined()) return Var();
  return Var(WEFT_MADE(combined(call, added)).value_or(0));
}

Made<Var> max(Call& call) {
  const auto result =
      WEFT_MADE(combined(call, [](double left, double right) { return std::max(left, right); }));
  return result.has_value() ? Var(*result) : Var();
}

Made<Var> min(Call& call) {
  const auto result =
      WEFT_MADE(combined(call, [](double left, double right) { return std::min(left, right); }));
  return result.has_value() ? Var(*result) : Var();
}

Made<Var> average(Call& call) {
  const auto result = WEFT_MADE(combined(call, added));
  if (!result.has_value()) return Var();
  return Var(*result / static_cast<double>(call.argument(0).size()));
}

}  // namespace weft::json::jsonata::builtins

#include "abi/typed/values.h"

#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <optional>
#include <type_traits>

#include <fmt/format.h>

namespace weft::abi::typed {
namespace {

using engine::V128;
using engine::Value;
using engine::ValueType;

std::string expected(ValueType type) {
  switch (type) {
    case ValueType::kI32:
      return "an i32: a whole number from -2147483648 to 4294967295";
    case ValueType::kI64:
      return "an i64: a whole number from -9223372036854775808 to 18446744073709551615, or the "
             "same as a string";
    case ValueType::kF32:
    case ValueType::kF64:
      return fmt::format("an {}: a number, or \"NaN\", \"Infinity\" or \"-Infinity\"",
                         name_of(type));
    case ValueType::kV128:
      return "a v128: \"0x\" and 32 hex digits, lowest byte first";
    default:
      return "no reference: references cannot be passed from outside";
  }
}

// The same of a word of a command line.
std::string expected_word(ValueType type) {
  switch (type) {
    case ValueType::kI32:
      return "an i32: a whole number from -2147483648 to 4294967295, or 0x and up to 8 hex digits";
    case ValueType::kI64:
      return "an i64: a whole number from -9223372036854775808 to 18446744073709551615, or 0x and "
             "up to 16 hex digits";
    case ValueType::kF32:
    case ValueType::kF64:
      return fmt::format("an {}: a number, nan, inf or -inf", name_of(type));
    case ValueType::kV128:
      return "a v128: 0x and 32 hex digits, lowest byte first";
    default:
      return expected(type);
  }
}

std::unexpected<Error> refuse(ValueType type) {
  return fail(ErrorCode::kInvalidArgument, "expected " + expected(type));
}

std::unexpected<Error> refuse_word(ValueType type) {
  return fail(ErrorCode::kInvalidArgument, "expected " + expected_word(type));
}

// A whole number that fits the type as signed or as unsigned; its bits are the same.
// A hexadecimal one has no sign.
template <class Signed>
std::optional<Signed> integer_of(std::string_view digits, int base) {
  if (base == 16 && digits.starts_with('-')) return std::nullopt;
  using Unsigned = std::make_unsigned_t<Signed>;
  const char* const begin = digits.data();
  const char* const end = begin + digits.size();
  Signed number = 0;
  if (const auto [at, error] = std::from_chars(begin, end, number, base);
      error == std::errc() && at == end) {
    return number;
  }
  Unsigned bits = 0;
  if (const auto [at, error] = std::from_chars(begin, end, bits, base);
      error == std::errc() && at == end) {
    return static_cast<Signed>(bits);
  }
  return std::nullopt;
}

// A decimal number that the type can hold; beyond its range there is none.
template <class Float>
std::optional<Float> float_of(std::string_view digits) {
  const char* const begin = digits.data();
  const char* const end = begin + digits.size();
  Float number = 0;
  const auto [at, error] = std::from_chars(begin, end, number);
  if (at != end || digits.empty()) return std::nullopt;
  if (error == std::errc()) return number;
  // Too small for the type rounds to zero; too large has no value.
  const auto wide = json::Number::from_lexeme(digits);
  if (!wide || std::abs(wide->to_double()) >= 1) return std::nullopt;
  return static_cast<Float>(std::copysign(0.0, wide->to_double()));
}

// Whether the text is a number, and one that float_of() has no value for.
template <class Float>
bool is_beyond(std::string_view digits) {
  const char* const begin = digits.data();
  const char* const end = begin + digits.size();
  Float number = 0;
  const auto [at, error] = std::from_chars(begin, end, number);
  return at == end && error == std::errc::result_out_of_range;
}

template <class Float>
std::unexpected<Error> refuse_beyond(ValueType type) {
  return fail(ErrorCode::kInvalidArgument,
              fmt::format("expected an {}: this is beyond the largest, which is {}", name_of(type),
                          std::numeric_limits<Float>::max()));
}

template <class Float>
std::optional<Float> special_of(std::string_view text) {
  constexpr Float kInfinity = std::numeric_limits<Float>::infinity();
  if (text == "NaN") return std::numeric_limits<Float>::quiet_NaN();
  if (text == "Infinity") return kInfinity;
  if (text == "-Infinity") return -kInfinity;
  return std::nullopt;
}

std::optional<V128> v128_of(std::string_view text) {
  V128 value;
  if (!text.starts_with("0x") || text.size() != 2 + 2 * value.bytes.size()) return std::nullopt;
  for (std::size_t i = 0; i < value.bytes.size(); ++i) {
    const char* const begin = text.data() + 2 + 2 * i;
    const auto [at, error] = std::from_chars(begin, begin + 2, value.bytes.at(i), 16);
    if (error != std::errc() || at != begin + 2) return std::nullopt;
  }
  return value;
}

template <class T>
Result<Value> checked(std::optional<T> value, ValueType type) {
  if (!value) return refuse(type);
  return Value(*value);
}

template <class T>
Result<Value> checked_word(std::optional<T> value, ValueType type) {
  if (!value) return refuse_word(type);
  return Value(*value);
}

template <class Float>
Result<Value> float_of_json(const json::Value& json, ValueType type) {
  if (json.is_number()) {
    const std::string_view digits = json.as_number().lexeme();
    const auto value = float_of<Float>(digits);
    if (!value && is_beyond<Float>(digits)) return refuse_beyond<Float>(type);
    return checked(value, type);
  }
  if (json.is_string()) return checked(special_of<Float>(json.as_string()), type);
  return refuse(type);
}

template <class Float>
Result<Value> float_of_word(std::string_view text, ValueType type) {
  if (const auto special = special_of<Float>(text)) return Value(*special);
  const auto value = float_of<Float>(text);
  if (!value && is_beyond<Float>(text)) return refuse_beyond<Float>(type);
  return checked_word(value, type);
}

// Numbers such as 1e3 and 2.0 are whole too.
template <class Signed>
std::optional<Signed> integer_of_number(const json::Number& number) {
  if (const auto value = number.to_int64()) {
    if constexpr (sizeof(Signed) == sizeof(std::int64_t)) return value;
    if (*value >= INT32_MIN && *value <= UINT32_MAX) return static_cast<Signed>(*value);
    return std::nullopt;
  }
  if constexpr (sizeof(Signed) == sizeof(std::int64_t)) {
    if (const auto bits = number.to_uint64()) return static_cast<Signed>(*bits);
  }
  return std::nullopt;
}

std::string shortest(auto number) {
  if (std::isnan(number)) return "NaN";
  if (std::isinf(number)) return number < 0 ? "-Infinity" : "Infinity";
  return fmt::format("{}", number);
}

std::string hex_of(const V128& value) {
  std::string text = "0x";
  for (const std::uint8_t byte : value.bytes)
    fmt::format_to(std::back_inserter(text), "{:02x}", byte);
  return text;
}

}  // namespace

Result<Value> value_of(const json::Value& json, ValueType type) {
  switch (type) {
    case ValueType::kI32:
      if (!json.is_number()) return refuse(type);
      return checked(integer_of_number<std::int32_t>(json.as_number()), type);
    case ValueType::kI64:
      if (json.is_string()) return checked(integer_of<std::int64_t>(json.as_string(), 10), type);
      if (!json.is_number()) return refuse(type);
      return checked(integer_of_number<std::int64_t>(json.as_number()), type);
    case ValueType::kF32:
      return float_of_json<float>(json, type);
    case ValueType::kF64:
      return float_of_json<double>(json, type);
    case ValueType::kV128:
      if (!json.is_string()) return refuse(type);
      return checked(v128_of(json.as_string()), type);
    default:
      return refuse(type);
  }
}

Result<std::vector<Value>> values_of(std::span<const json::Value> arguments,
                                     const engine::FunctionType& type) {
  if (arguments.size() != type.params.size()) {
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("expected {} argument{} for {}, got {}", type.params.size(),
                            type.params.size() == 1 ? "" : "s", to_string(type), arguments.size()));
  }
  std::vector<Value> values;
  values.reserve(arguments.size());
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    auto value = value_of(arguments[i], type.params[i]);
    if (!value)
      return fail(std::move(value.error()).with_context(fmt::format("argument {}", i + 1)));
    values.push_back(*value);
  }
  return values;
}

Result<Value> value_of_text(std::string_view text, ValueType type) {
  const bool is_hex = text.starts_with("0x") || text.starts_with("0X");
  const std::string_view digits = is_hex ? text.substr(2) : text;
  const int base = is_hex ? 16 : 10;
  switch (type) {
    case ValueType::kI32:
      return checked_word(integer_of<std::int32_t>(digits, base), type);
    case ValueType::kI64:
      return checked_word(integer_of<std::int64_t>(digits, base), type);
    case ValueType::kF32:
      return float_of_word<float>(text, type);
    case ValueType::kF64:
      return float_of_word<double>(text, type);
    case ValueType::kV128:
      return checked_word(v128_of(text), type);
    default:
      return refuse(type);
  }
}

void write(json::Writer& writer, const Value& value) {
  std::visit(
      [&writer](const auto& number) {
        using T = std::decay_t<decltype(number)>;
        if constexpr (std::is_same_v<T, std::int64_t>) {
          writer.value(fmt::format("{}", number));
        } else if constexpr (std::is_same_v<T, V128>) {
          writer.value(hex_of(number));
        } else if constexpr (std::is_floating_point_v<T>) {
          if (std::isfinite(number)) {
            writer.raw(shortest(number));
          } else {
            writer.value(shortest(number));
          }
        } else {
          writer.value(number);
        }
      },
      value);
}

std::string text_of(const Value& value) {
  return std::visit(
      [](const auto& number) -> std::string {
        using T = std::decay_t<decltype(number)>;
        if constexpr (std::is_same_v<T, V128>) {
          return hex_of(number);
        } else if constexpr (std::is_floating_point_v<T>) {
          return shortest(number);
        } else {
          return fmt::format("{}", number);
        }
      },
      value);
}

}  // namespace weft::abi::typed

#include "json/number.h"

#include <charconv>
#include <cmath>
#include <cstddef>
#include <cstdlib>
#include <limits>
#include <string>
#include <system_error>

#include "base/assert.h"

namespace weft::json {

namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

std::size_t digits_at(std::string_view text, std::size_t offset) {
  std::size_t end = offset;
  while (end < text.size() && is_digit(text[end]))
    ++end;
  return end - offset;
}

// A lexeme taken apart: ±(digits first … last of `integer` and `fraction` in a row) · 10^scale,
// where the first and the last digit are not 0.
class Decimal {
 public:
  explicit Decimal(std::string_view lexeme) {
    negative_ = lexeme.starts_with('-');
    if (negative_) lexeme.remove_prefix(1);
    integer_ = lexeme.substr(0, digits_at(lexeme, 0));
    lexeme.remove_prefix(integer_.size());
    if (lexeme.starts_with('.')) {
      fraction_ = lexeme.substr(1, digits_at(lexeme, 1));
      lexeme.remove_prefix(1 + fraction_.size());
    }
    std::int64_t exponent = 0;
    if (!lexeme.empty()) exponent = parse_exponent(lexeme.substr(1));
    std::size_t last = integer_.size() + fraction_.size();
    while (first_ < last && digit(first_) == '0')
      ++first_;
    while (last > first_ && digit(last - 1) == '0')
      --last;
    count_ = last - first_;
    const auto trailing =
        static_cast<std::int64_t>(integer_.size()) - static_cast<std::int64_t>(last);
    scale_ = exponent + trailing;
  }

  bool negative() const { return negative_; }
  bool zero() const { return count_ == 0; }
  // False when the exponent is beyond kExponentMax: then scale() has the right sign only.
  bool exact() const { return exact_; }
  std::size_t count() const { return count_; }
  std::int64_t scale() const { return scale_; }
  char significant(std::size_t index) const { return digit(first_ + index); }

  // The absolute value when it is an integer of 64 bits.
  std::optional<std::uint64_t> magnitude() const {
    constexpr std::int64_t kDigitsMax = 20;  // Of 2^64.
    if (zero()) return 0;
    if (scale_ < 0 || scale_ > kDigitsMax || count_ > kDigitsMax) return std::nullopt;
    std::uint64_t value = 0;
    for (std::size_t index = 0; index < count_ + static_cast<std::size_t>(scale_); ++index) {
      const auto next = static_cast<std::uint64_t>(index < count_ ? significant(index) - '0' : 0);
      if (__builtin_mul_overflow(value, std::uint64_t{10}, &value)) return std::nullopt;
      if (__builtin_add_overflow(value, next, &value)) return std::nullopt;
    }
    return value;
  }

 private:
  // Far beyond every machine number, and far from the ends of int64: sums with sizes of texts
  // cannot overflow.
  static constexpr std::int64_t kExponentMax = 1'000'000'000'000'000'000;

  std::int64_t parse_exponent(std::string_view text) {
    const bool negative = text.starts_with('-');
    if (negative || text.starts_with('+')) text.remove_prefix(1);
    std::int64_t exponent = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), exponent);
    if (error != std::errc() || exponent > kExponentMax) {
      exact_ = false;
      exponent = kExponentMax;
    }
    return negative ? -exponent : exponent;
  }

  char digit(std::size_t index) const {
    return index < integer_.size() ? integer_[index] : fraction_[index - integer_.size()];
  }

  bool negative_ = false;
  bool exact_ = true;
  std::string_view integer_;
  std::string_view fraction_;
  std::size_t first_ = 0;
  std::size_t count_ = 0;
  std::int64_t scale_ = 0;
};

// Integer lexemes of the plain form, which nearly all are.
template <class T>
std::optional<T> plain_integer(std::string_view lexeme) {
  T value = 0;
  const char* const begin = lexeme.data();
  const char* const end = begin + lexeme.size();
  const auto [stop, error] = std::from_chars(begin, end, value);
  if (error != std::errc() || stop != end) return std::nullopt;
  return value;
}

}  // namespace

std::optional<Number> Number::from_lexeme(std::string_view text) {
  std::size_t at = text.starts_with('-') ? 1 : 0;
  const std::size_t integer = digits_at(text, at);
  if (integer == 0 || (integer > 1 && text[at] == '0')) return std::nullopt;
  at += integer;
  if (at < text.size() && text[at] == '.') {
    const std::size_t fraction = digits_at(text, at + 1);
    if (fraction == 0) return std::nullopt;
    at += 1 + fraction;
  }
  if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
    ++at;
    if (at < text.size() && (text[at] == '+' || text[at] == '-')) ++at;
    const std::size_t exponent = digits_at(text, at);
    if (exponent == 0) return std::nullopt;
    at += exponent;
  }
  if (at != text.size()) return std::nullopt;
  return Number(text);
}

std::optional<std::int64_t> Number::to_int64() const {
  if (const auto plain = plain_integer<std::int64_t>(lexeme_)) return plain;
  const Decimal decimal(lexeme_);
  const auto magnitude = decimal.magnitude();
  constexpr auto kMax = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  if (!magnitude || *magnitude > kMax + (decimal.negative() ? 1 : 0)) return std::nullopt;
  return static_cast<std::int64_t>(decimal.negative() ? 0 - *magnitude : *magnitude);
}

std::optional<std::uint64_t> Number::to_uint64() const {
  if (const auto plain = plain_integer<std::uint64_t>(lexeme_)) return plain;
  const Decimal decimal(lexeme_);
  if (decimal.negative() && !decimal.zero()) return std::nullopt;
  return decimal.magnitude();
}

double Number::to_double() const {
#ifdef __cpp_lib_to_chars
  double value = 0;
  const auto [end, error] = std::from_chars(lexeme_.data(), lexeme_.data() + lexeme_.size(), value);
  if (error != std::errc::result_out_of_range) return value;
  const Decimal decimal(lexeme_);
  const bool huge = static_cast<std::int64_t>(decimal.count()) + decimal.scale() > 0;
  const double magnitude = huge ? std::numeric_limits<double>::infinity() : 0.0;
  return decimal.negative() ? -magnitude : magnitude;
#else
  // libc++ 19 reads no doubles. No program of ours sets a locale.
  const std::string text(lexeme_);
  return strtod(text.c_str(), nullptr);
#endif
}

bool operator==(Number left, Number right) {
  if (left.lexeme_ == right.lexeme_) return true;
  const Decimal a(left.lexeme_);
  const Decimal b(right.lexeme_);
  if (a.zero() || b.zero()) return a.zero() && b.zero();
  if (!a.exact() || !b.exact()) return false;
  if (a.negative() != b.negative() || a.scale() != b.scale() || a.count() != b.count())
    return false;
  for (std::size_t index = 0; index < a.count(); ++index) {
    if (a.significant(index) != b.significant(index)) return false;
  }
  return true;
}

// ECMAScript, Number::toString: `digits` · 10^(point - digits.size()).
void append_number(std::string& out, double number) {
  WEFT_ASSERT(std::isfinite(number));
  if (std::signbit(number)) out.push_back('-');
  if (number == 0) {
    out.push_back('0');
    return;
  }
  char buffer[32];
  const auto result = std::to_chars(buffer, buffer + sizeof buffer, std::fabs(number),
                                    std::chars_format::scientific);
  const std::string_view text(buffer, static_cast<std::size_t>(result.ptr - buffer));
  const std::size_t e = text.find('e');
  std::string digits(1, text[0]);
  if (e > 2) digits.append(text.substr(2, e - 2));
  int exponent = 0;
  const std::size_t exponent_begin = e + (text[e + 1] == '+' ? 2 : 1);
  std::from_chars(text.data() + exponent_begin, text.data() + text.size(), exponent);

  const int count = static_cast<int>(digits.size());
  const int point = exponent + 1;
  constexpr int kPlainDigitsMax = 21;
  if (count <= point && point <= kPlainDigitsMax) {
    out.append(digits).append(static_cast<std::size_t>(point - count), '0');
  } else if (0 < point && point <= kPlainDigitsMax) {
    out.append(digits, 0, static_cast<std::size_t>(point)).push_back('.');
    out.append(digits, static_cast<std::size_t>(point));
  } else if (-6 < point && point <= 0) {
    out.append("0.").append(static_cast<std::size_t>(-point), '0').append(digits);
  } else {
    out.push_back(digits[0]);
    if (count > 1) out.append(".").append(digits, 1);
    out.append(exponent < 0 ? "e-" : "e+").append(std::to_string(std::abs(exponent)));
  }
}

}  // namespace weft::json

// A JSON number as it was written, and what it is worth as a machine number.
#pragma once

#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace weft::json {

// A number as its exact text ("1.50", "12345678901234567890", "1e400"). Borrows the text: valid as
// long as the Value (or the text) that it came from. Immutable and cheap to copy.
class Number {
 public:
  // Nothing unless the whole text is a number by RFC 8259 section 6.
  static std::optional<Number> from_lexeme(std::string_view text);
  // A text that ends with the statement.
  template <std::same_as<std::string> T>
  static std::optional<Number> from_lexeme(T&& text) = delete;

  std::string_view lexeme() const { return lexeme_; }

  // The value, only when it is exactly such an integer; also for forms like "1e3", "2.0" and "-0"
  // (which is 0).
  std::optional<std::int64_t> to_int64() const;
  std::optional<std::uint64_t> to_uint64() const;

  // The nearest double; ±infinity beyond the range of double ("1e400") and ±0 beneath it.
  double to_double() const;

  // Equal value, however written and however many digits: 1 == 1.0 == 10e-1. (Exponents beyond
  // ±1e18 count as equal only when the lexemes are equal.)
  friend bool operator==(Number left, Number right);

 private:
  friend class Value;
  explicit Number(std::string_view lexeme) : lexeme_(lexeme) {}

  std::string_view lexeme_;
};

// Appends the shortest text that reads back as the same double, in the form that ECMAScript prints
// (123, 0.001, 1e+21), but with
// "-0" for negative zero. The double must be finite.
void append_number(std::string& out, double number);

}  // namespace weft::json

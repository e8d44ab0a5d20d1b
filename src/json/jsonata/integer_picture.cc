#include "json/jsonata/integer_picture.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "json/jsonata/code_points.h"
#include "json/jsonata/decimal_text.h"
#include "json/jsonata/number_words.h"
#include "json/jsonata/picture_limits.h"
#include "json/jsonata/pictures.h"
#include "json/unicode.h"

namespace weft::json::jsonata {

namespace {

// The zeros of the scripts that Unicode gives ten digits in a row, in its basic plane.
constexpr std::array<char32_t, 37> kZeros{
    0x0030, 0x0660, 0x06F0, 0x07C0, 0x0966, 0x09E6, 0x0A66, 0x0AE6, 0x0B66, 0x0BE6,
    0x0C66, 0x0CE6, 0x0D66, 0x0DE6, 0x0E50, 0x0ED0, 0x0F20, 0x1040, 0x1090, 0x17E0,
    0x1810, 0x1946, 0x19D0, 0x1A80, 0x1A90, 0x1B50, 0x1BB0, 0x1C40, 0x1C50, 0xA620,
    0xA8D0, 0xA900, 0xA9D0, 0xA9F0, 0xAA50, 0xABF0, 0xFF10};

std::optional<char32_t> zero_of(char32_t digit) {
  const auto above = std::ranges::upper_bound(kZeros, digit);
  if (above == kZeros.begin() || digit - *(above - 1) > 9) return std::nullopt;
  return *(above - 1);
}

struct Named {
  std::u32string_view token;
  IntegerPicture::Kind kind;
  LetterCase letters;
};

constexpr std::array<Named, 7> kNamed{{
    {U"A", IntegerPicture::Kind::kLetters, LetterCase::kUpper},
    {U"a", IntegerPicture::Kind::kLetters, LetterCase::kLower},
    {U"I", IntegerPicture::Kind::kRoman, LetterCase::kUpper},
    {U"i", IntegerPicture::Kind::kRoman, LetterCase::kLower},
    {U"W", IntegerPicture::Kind::kWords, LetterCase::kUpper},
    {U"w", IntegerPicture::Kind::kWords, LetterCase::kLower},
    {U"Ww", IntegerPicture::Kind::kWords, LetterCase::kTitle},
}};

std::size_t interval_of(const std::vector<Separator>& separators) {
  std::vector<std::size_t> positions;
  for (const Separator& separator : separators) {
    if (separator.character != separators.front().character) return 0;
    positions.push_back(separator.position);
  }
  return regular_interval(std::move(positions));
}

Outcome<void> read_digits(std::u32string_view token, IntegerPicture& result) {
  std::optional<char32_t> zero;
  for (std::size_t left = token.size(); left > 0; --left) {
    const char32_t character = token[left - 1];
    const auto of_this = zero_of(character);
    if (of_this.has_value()) {
      if (zero.value_or(*of_this) != *of_this)
        return failed("D3131", "all digits of a picture must be of the same script");
      zero = of_this;
      ++result.mandatory_digits;
    } else if (character == U'#') {
      ++result.optional_digits;
    } else {
      result.separators.push_back(
          {.position = result.mandatory_digits + result.optional_digits, .character = character});
    }
  }
  std::ranges::reverse(result.separators);
  result.kind = zero.has_value() ? IntegerPicture::Kind::kDecimal : IntegerPicture::Kind::kSequence;
  result.zero = zero.value_or(U'0');
  result.interval = interval_of(result.separators);
  return {};
}

void append_separators(std::string& out, std::size_t digits_right, const IntegerPicture& picture) {
  if (picture.interval == 0) {
    for (const Separator& separator : picture.separators)
      if (separator.position == digits_right) append_utf8(out, separator.character);
  } else if (digits_right % picture.interval == 0 && digits_right > 0) {
    append_utf8(out, picture.separators.front().character);
  }
}

// The suffix of a written decimal; as the reference has it, a separator before the last digit
// hides a 1 before it ("1,1st").
std::string_view ordinal_suffix(std::string_view written) {
  if (written.size() > 1 && written[written.size() - 2] == '1') return "th";
  switch (written.back()) {
    case '1':
      return "st";
    case '2':
      return "nd";
    case '3':
      return "rd";
    default:
      return "th";
  }
}

Outcome<std::string> write_decimal(double magnitude, const IntegerPicture& picture) {
  std::string digits = integer_digits(magnitude);
  const std::size_t size = std::max(digits.size(), picture.mandatory_digits);
  if (size > kPictureBytesMax) return beyond_limit("the integer", kPictureBytesMax);
  digits.insert(0, size - digits.size(), '0');
  std::string out;
  for (std::size_t index = 0; index < size; ++index) {
    if (index > 0) append_separators(out, size - index, picture);
    append_utf8(out, picture.zero + static_cast<char32_t>(digits[index] - '0'));
  }
  append_separators(out, 0, picture);
  if (picture.is_ordinal) out += ordinal_suffix(out);
  return out;
}

std::string letters_of(double magnitude) {
  std::string out;
  while (magnitude > 0) {
    out.push_back(static_cast<char>('a' + static_cast<int>(std::fmod(magnitude - 1, 26))));
    magnitude = std::floor((magnitude - 1) / 26);
  }
  std::ranges::reverse(out);
  return out;
}

struct Numeral {
  unsigned value = 0;
  std::string_view letters;
};

constexpr std::array<Numeral, 13> kNumerals{{{1000, "m"},
                                             {900, "cm"},
                                             {500, "d"},
                                             {400, "cd"},
                                             {100, "c"},
                                             {90, "xc"},
                                             {50, "l"},
                                             {40, "xl"},
                                             {10, "x"},
                                             {9, "ix"},
                                             {5, "v"},
                                             {4, "iv"},
                                             {1, "i"}}};

Outcome<std::string> roman_of(double magnitude) {
  if (magnitude >= 1000.0 * kPictureTextBytesMax)
    return beyond_limit("the Roman numeral", kPictureTextBytesMax);
  auto rest = static_cast<unsigned>(magnitude);
  std::string out;
  for (const Numeral& numeral : kNumerals) {
    for (; rest >= numeral.value; rest -= numeral.value)
      out += numeral.letters;
  }
  return out;
}

Outcome<std::string> write_magnitude(double magnitude, const IntegerPicture& picture) {
  const WordForm form = picture.is_ordinal ? WordForm::kOrdinal : WordForm::kCardinal;
  Outcome<std::string> out;
  switch (picture.kind) {
    case IntegerPicture::Kind::kSequence:
      return unsupported_sequence(picture);
    case IntegerPicture::Kind::kDecimal:
      return write_decimal(magnitude, picture);
    case IntegerPicture::Kind::kLetters:
      out = letters_of(magnitude);
      break;
    case IntegerPicture::Kind::kRoman:
      out = roman_of(magnitude);
      break;
    case IntegerPicture::Kind::kWords:
      out = number_words(integer_digits(magnitude), form);
      break;
  }
  if (out.has_value()) set_case(*out, picture.letters);
  return out;
}

// As many digits as there are after white space and a sign; what follows them does not count.
std::optional<double> read_decimal(std::u32string_view text, const IntegerPicture& picture) {
  if (picture.is_ordinal) text.remove_suffix(std::min<std::size_t>(text.size(), 2));
  while (!text.empty() && is_space(text.front()))
    text.remove_prefix(1);
  const bool is_negative = text.starts_with(U'-');
  if (is_negative || text.starts_with(U'+')) text.remove_prefix(1);
  std::string digits;
  for (const char32_t character : text) {
    const auto separator = std::ranges::find(picture.separators, character, &Separator::character);
    if (separator != picture.separators.end()) continue;
    if (character < picture.zero || character > picture.zero + 9) break;
    digits.push_back(static_cast<char>('0' + (character - picture.zero)));
  }
  if (digits.empty()) return std::nullopt;
  const double value = digits_value(digits);
  if (!std::isfinite(value)) return std::nullopt;
  return is_negative && value != 0 ? -value : value;
}

std::optional<double> read_letters(std::u32string_view text, LetterCase letters) {
  const char32_t first = letters == LetterCase::kUpper ? U'A' : U'a';
  double value = 0;
  double weight = 1;
  for (std::size_t left = text.size(); left > 0; --left, weight *= 26) {
    const char32_t letter = text[left - 1];
    if (letter < first || letter > first + 25) return std::nullopt;
    value += (letter - first + 1) * weight;
    if (!std::isfinite(value)) return std::nullopt;
  }
  return value;
}

std::optional<double> read_roman(std::u32string_view text, LetterCase letters) {
  constexpr std::u32string_view kLetters = U"ivxlcdm";
  constexpr std::array<double, 7> kValues{1, 5, 10, 50, 100, 500, 1000};
  double value = 0;
  double largest = 1;
  for (std::size_t left = text.size(); left > 0; --left) {
    const char32_t letter = text[left - 1];
    const std::size_t index = kLetters.find(lower(letter));
    const bool is_wrong_case = letters == LetterCase::kUpper && letter == lower(letter);
    if (index == std::u32string_view::npos || is_wrong_case) return std::nullopt;
    value += kValues[index] < largest ? -kValues[index] : kValues[index];
    largest = std::max(largest, kValues[index]);
  }
  return value;
}

}  // namespace

std::unexpected<Failure> unsupported_sequence(const IntegerPicture& picture) {
  return failed("D3130", "integers as a sequence that begins with \"" + picture.token +
                             "\" are not supported");
}

void set_case(std::string& text, LetterCase letters) {
  if (letters == LetterCase::kTitle) return;
  for (char& letter : text) {
    if (letters == LetterCase::kLower && letter >= 'A' && letter <= 'Z') letter += 'a' - 'A';
    if (letters == LetterCase::kUpper && letter >= 'a' && letter <= 'z') letter -= 'a' - 'A';
  }
}

Outcome<IntegerPicture> read_integer_picture(std::u32string_view picture) {
  IntegerPicture result;
  std::u32string_view token = picture;
  const std::size_t semicolon = picture.rfind(U';');
  if (semicolon != std::u32string_view::npos) {
    token = picture.substr(0, semicolon);
    result.is_ordinal = picture.substr(semicolon + 1).starts_with(U'o');
  }
  result.token = utf8(token);
  const auto named = std::ranges::find(kNamed, token, &Named::token);
  if (named != kNamed.end()) {
    result.kind = named->kind;
    result.letters = named->letters;
    return result;
  }
  if (auto read = read_digits(token, result); !read.has_value())
    return std::unexpected(std::move(read.error()));
  return result;
}

Outcome<std::string> write_integer(double integer, const IntegerPicture& picture) {
  if (!std::isfinite(integer)) return failed("D1001", "the number is out of range");
  auto written = write_magnitude(std::abs(integer), picture);
  if (written.has_value() && integer < 0) written->insert(0, 1, '-');
  return written;
}

Outcome<std::optional<double>> read_integer(std::u32string_view text,
                                            const IntegerPicture& picture) {
  switch (picture.kind) {
    case IntegerPicture::Kind::kDecimal:
      return read_decimal(text, picture);
    case IntegerPicture::Kind::kLetters:
      return read_letters(text, picture.letters);
    case IntegerPicture::Kind::kRoman:
      return read_roman(text, picture.letters);
    case IntegerPicture::Kind::kWords:
      return words_value(text);
    case IntegerPicture::Kind::kSequence:
      break;
  }
  return unsupported_sequence(picture);
}

Outcome<std::string> format_integer(double value, std::string_view picture) {
  if (auto checked = check_picture(picture); !checked.has_value())
    return std::unexpected(std::move(checked.error()));
  const auto read = read_integer_picture(code_points(picture));
  if (!read.has_value()) return std::unexpected(read.error());
  return write_integer(std::floor(value), *read);
}

Outcome<std::optional<double>> parse_integer(std::string_view text, std::string_view picture) {
  auto checked = check_picture(picture);
  if (checked.has_value()) checked = check_text(text.size());
  if (!checked.has_value()) return std::unexpected(std::move(checked.error()));
  const auto read = read_integer_picture(code_points(picture));
  if (!read.has_value()) return std::unexpected(read.error());
  const std::u32string points = code_points(text);
  std::u32string_view magnitude = points;
  // Decimals have their sign after white space, if there is any.
  const bool is_negative =
      read->kind != IntegerPicture::Kind::kDecimal && magnitude.starts_with(U'-');
  if (is_negative) magnitude.remove_prefix(1);
  auto value = read_integer(magnitude, *read);
  if (is_negative && value.has_value() && value->value_or(0) != 0) **value = -**value;
  return value;
}

}  // namespace weft::json::jsonata

// One way to write integers (XPath and XQuery Functions 3.1, section 4.6.1): of $formatInteger and
// of each integer in a date.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "json/jsonata/failure.h"

namespace weft::json::jsonata {

enum class LetterCase { kLower, kUpper, kTitle };

// Of ASCII letters; words have their capitals for kTitle already.
void set_case(std::string& text, LetterCase letters);

struct Separator {
  std::size_t position = 0;  // digits to its right
  char32_t character = 0;
};

struct IntegerPicture {
  // kSequence is what XPath leaves to the implementation; it can neither be written nor read.
  enum class Kind { kDecimal, kLetters, kRoman, kWords, kSequence };

  Kind kind = Kind::kDecimal;
  LetterCase letters = LetterCase::kLower;
  bool is_ordinal = false;
  std::string token;  // the picture without its modifier, for messages

  // Of kDecimal:
  char32_t zero = U'0';
  std::size_t mandatory_digits = 0;
  std::size_t optional_digits = 0;
  std::vector<Separator> separators;  // as they stand in the picture, from the left
  std::size_t interval = 0;           // of regular separators; 0 where each stands for itself
};

// D3131 where digits of two scripts are mixed.
Outcome<IntegerPicture> read_integer_picture(std::u32string_view picture);

// Any integer, but kSequence is D3130; D1001 where it is not finite.
Outcome<std::string> write_integer(double integer, const IntegerPicture& picture);

// Nothing where the text is none of the picture's; D3130 for kSequence. Only decimals may have a
// sign here.
Outcome<std::optional<double>> read_integer(std::u32string_view text,
                                            const IntegerPicture& picture);

// D3130.
std::unexpected<Failure> unsupported_sequence(const IntegerPicture& picture);

}  // namespace weft::json::jsonata

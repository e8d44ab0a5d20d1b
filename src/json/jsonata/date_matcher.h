// Which characters of a text belong to which piece of a date's picture. It finds what a
// backtracking regular expression would, each piece as long as the others let it be, in time that
// grows with the number of pieces times that of characters.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace weft::json::jsonata {

struct DatePiece {
  enum class Kind {
    kLiteral,        // in any case
    kSign,           // + or -
    kDigits,         // from `zero` on
    kLetters,        // of ASCII
    kRomanNumerals,  // in any case
    kOrdinalSuffix,  // th, st, nd or rd in any case
    kWords,          // of numbers in any case, and what stands between them
  };

  Kind kind = Kind::kLiteral;
  std::u32string literal = {};
  char32_t zero = U'0';
  std::size_t count = 0;  // of digits: exactly so many; 0: at least one
};

// Where each piece ends, or nothing where they do not match the whole text.
std::optional<std::vector<std::size_t>> match_pieces(std::span<const DatePiece> pieces,
                                                     std::u32string_view text);

}  // namespace weft::json::jsonata

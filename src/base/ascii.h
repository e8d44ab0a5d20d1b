// Letters of ASCII, whatever the locale.
#pragma once

#include <string>
#include <string_view>

namespace weft {

constexpr char to_lower(char letter) {
  return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter + ('a' - 'A')) : letter;
}

constexpr bool is_letter_or_digit(char letter) {
  const char small = to_lower(letter);
  return (small >= 'a' && small <= 'z') || (letter >= '0' && letter <= '9');
}

// The text with its capital letters as small ones.
inline std::string to_lower(std::string_view text) {
  std::string result(text);
  for (char& letter : result)
    letter = to_lower(letter);
  return result;
}

}  // namespace weft

// Letters of ASCII, whatever the locale.
#pragma once

#include <string>
#include <string_view>

namespace weft {

constexpr char to_lower(char letter) {
  return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter + ('a' - 'A')) : letter;
}

// The text with its capital letters as small ones.
inline std::string to_lower(std::string_view text) {
  std::string result(text);
  for (char& letter : result)
    letter = to_lower(letter);
  return result;
}

}  // namespace weft

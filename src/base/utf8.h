// Reading UTF-8, strictly (RFC 3629: no overlong forms, no surrogates), and bytes as texts.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace weft {

// One code point of a text. `size` is the bytes it takes, at least 1; when the bytes are not valid
// UTF-8, `valid` is false, `value` is U+FFFD and `size` covers the bytes that one replacement
// character stands for.
struct CodePoint {
  char32_t value = 0xFFFD;
  std::size_t size = 1;
  bool valid = false;
};

// The code point at `offset`, which must be inside the text.
CodePoint decode_utf8(std::string_view text, std::size_t offset);

// Any bytes as a text: each is the character of Latin-1 with its number. Headers of HTTP travel to
// guests so, as WSGI (PEP 3333) has them.
std::string latin_1_to_utf8(std::string_view bytes);
// The inverse, for a text of valid UTF-8; what is none of Latin-1 stays UTF-8.
std::string utf8_to_latin_1(std::string_view text);

}  // namespace weft

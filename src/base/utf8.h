// Reading UTF-8, strictly (RFC 3629: no overlong forms, no surrogates).
#pragma once

#include <cstddef>
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

}  // namespace weft

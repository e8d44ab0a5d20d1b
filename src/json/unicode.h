// UTF-8 as JSON needs it: strict decoding (RFC 3629: no overlong forms, no surrogates) and
// positions for people.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/result.h"

namespace weft::json {

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

// Appends the UTF-8 form of `value`, which must be a Unicode scalar value (at most 0x10FFFF, no
// surrogate).
void append_utf8(std::string& out, char32_t value);

// Whether all of it is valid UTF-8; several GB/s (tokens.cc, where simdjson is).
bool is_utf8(std::string_view text);

// Where `offset` (bytes; clamped to the text's size) is: lines end at '\n'; the column counts code
// points from the line's start (a tab is one; an invalid byte is one), as editors do. O(offset):
// for error messages, not for loops.
Position position_of(std::string_view text, std::size_t offset);

}  // namespace weft::json

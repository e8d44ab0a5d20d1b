// UTF-8 as JSON needs it, beside reading it (base/utf8.h): writing, checking, and positions for
// people.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/result.h"

namespace weft::json {

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

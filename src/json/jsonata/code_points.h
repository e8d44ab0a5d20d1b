// Texts as code points: pictures are read character by character.
#pragma once

#include <string>
#include <string_view>

namespace weft::json::jsonata {

// Each byte sequence that is not UTF-8 becomes U+FFFD.
std::u32string code_points(std::string_view text);

// All must be Unicode scalar values.
std::string utf8(std::u32string_view text);

// White space as ECMAScript's \s has it.
bool is_space(char32_t character);

// Small letters of ASCII for capital ones; whatever else as it is.
char32_t lower(char32_t character);

}  // namespace weft::json::jsonata

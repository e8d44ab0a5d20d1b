#include "json/jsonata/code_points.h"

#include <cstddef>

#include "base/utf8.h"
#include "json/unicode.h"

namespace weft::json::jsonata {

std::u32string code_points(std::string_view text) {
  std::u32string result;
  result.reserve(text.size());
  for (std::size_t offset = 0; offset < text.size();) {
    const CodePoint point = decode_utf8(text, offset);
    result.push_back(point.value);
    offset += point.size;
  }
  return result;
}

std::string utf8(std::u32string_view text) {
  std::string result;
  result.reserve(text.size());
  for (const char32_t character : text)
    append_utf8(result, character);
  return result;
}

bool is_space(char32_t character) {
  if (character >= 0x2000 && character <= 0x200A) return true;
  constexpr std::u32string_view kOthers =
      U"\t\n\v\f\r \u00A0\u1680\u2028\u2029\u202F\u205F\u3000\uFEFF";
  return kOthers.contains(character);
}

char32_t lower(char32_t character) {
  return character >= U'A' && character <= U'Z' ? character + (U'a' - U'A') : character;
}

}  // namespace weft::json::jsonata

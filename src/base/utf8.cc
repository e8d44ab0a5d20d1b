#include "base/utf8.h"

#include <cstdint>

namespace weft {
namespace {

// What a first byte announces: how many bytes follow it and which values the first of them may have
// (Unicode 15, table 3-7).
struct Lead {
  std::size_t following;
  std::uint8_t second_min;
  std::uint8_t second_max;
};

Lead lead_of(std::uint8_t byte) {
  if (byte >= 0xC2 && byte <= 0xDF) return {1, 0x80, 0xBF};
  if (byte == 0xE0) return {2, 0xA0, 0xBF};  // Below: overlong.
  if (byte == 0xED) return {2, 0x80, 0x9F};  // Above: surrogates.
  if (byte >= 0xE1 && byte <= 0xEF) return {2, 0x80, 0xBF};
  if (byte == 0xF0) return {3, 0x90, 0xBF};  // Below: overlong.
  if (byte == 0xF4) return {3, 0x80, 0x8F};  // Above: beyond U+10FFFF.
  if (byte >= 0xF1 && byte <= 0xF3) return {3, 0x80, 0xBF};
  return {0, 0, 0};
}

}  // namespace

CodePoint decode_utf8(std::string_view text, std::size_t offset) {
  const auto byte = [&](std::size_t index) { return static_cast<std::uint8_t>(text[index]); };
  const std::uint8_t first = byte(offset);
  if (first < 0x80) return {.value = first, .size = 1, .valid = true};
  const Lead lead = lead_of(first);
  if (lead.following == 0) return {};
  char32_t value = first & (0x3Fu >> lead.following);
  for (std::size_t index = 1; index <= lead.following; ++index) {
    if (offset + index >= text.size()) return {.size = index};
    const std::uint8_t next = byte(offset + index);
    const bool in_range =
        index == 1 ? next >= lead.second_min && next <= lead.second_max : (next & 0xC0) == 0x80;
    if (!in_range) return {.size = index};
    value = (value << 6) | (next & 0x3Fu);
  }
  return {.value = value, .size = lead.following + 1, .valid = true};
}

std::string latin_1_to_utf8(std::string_view bytes) {
  std::string text;
  for (const char letter : bytes) {
    const auto byte = static_cast<unsigned char>(letter);
    if (byte >= 0x80) text += static_cast<char>(0xC0U | (byte >> 6U));
    text += byte < 0x80 ? letter : static_cast<char>(0x80U | (byte & 0x3FU));
  }
  return text;
}

std::string utf8_to_latin_1(std::string_view text) {
  std::string bytes;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if ((byte == 0xC2 || byte == 0xC3) && i + 1 < text.size()) {
      const auto low = static_cast<unsigned char>(text[++i]);
      bytes += static_cast<char>((byte == 0xC3 ? 0x40U : 0U) + low);
    } else {
      bytes += text[i];
    }
  }
  return bytes;
}

}  // namespace weft

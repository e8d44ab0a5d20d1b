#include "json/unicode.h"

#include <algorithm>
#include <cstdint>

#include "base/assert.h"

namespace weft::json {

namespace {

constexpr char32_t kCodePointMax = 0x10FFFF;

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

void append_utf8(std::string& out, char32_t value) {
  WEFT_ASSERT(value <= kCodePointMax);
  const auto continuation = [&](int shift) {
    out.push_back(static_cast<char>(0x80 | ((value >> shift) & 0x3F)));
  };
  if (value < 0x80) {
    out.push_back(static_cast<char>(value));
    return;
  }
  if (value < 0x800) {
    out.push_back(static_cast<char>(0xC0 | (value >> 6)));
  } else if (value < 0x10000) {
    out.push_back(static_cast<char>(0xE0 | (value >> 12)));
    continuation(6);
  } else {
    out.push_back(static_cast<char>(0xF0 | (value >> 18)));
    continuation(12);
    continuation(6);
  }
  continuation(0);
}

Position position_of(std::string_view text, std::size_t offset) {
  const std::size_t end = std::min(offset, text.size());
  const std::string_view before = text.substr(0, end);
  const std::size_t newline = before.rfind('\n');
  const std::size_t line_begin = newline == std::string_view::npos ? 0 : newline + 1;
  std::uint64_t column = 1;
  for (std::size_t index = line_begin; index < end; index += decode_utf8(text, index).size)
    ++column;
  return {.line = 1 + static_cast<std::uint64_t>(std::ranges::count(before, '\n')),
          .column = column,
          .offset = end};
}

}  // namespace weft::json

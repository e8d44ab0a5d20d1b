#include "json/unicode.h"

#include <algorithm>
#include <cstdint>

#include "base/assert.h"
#include "base/utf8.h"

namespace weft::json {

namespace {

constexpr char32_t kCodePointMax = 0x10FFFF;

}  // namespace

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

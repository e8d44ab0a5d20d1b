#include "store/page.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/assert.h"

namespace weft::store {
namespace {

// RFC 4648 section 5, without padding.
constexpr std::string_view kAlphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr std::size_t kNumberBytes = 8;
constexpr std::size_t kHeadBytes = 1 + kNumberBytes;
constexpr std::size_t kEncodedMax = ((kHeadBytes + kCursorTextMax) * 4 + 2) / 3;

std::string encoded(std::string_view bytes) {
  std::string text;
  std::uint32_t bits = 0;
  unsigned int count = 0;
  for (const char c : bytes) {
    bits = bits << 8U | static_cast<unsigned char>(c);
    for (count += 8; count >= 6; count -= 6)
      text += kAlphabet[bits >> (count - 6) & 63U];
  }
  if (count > 0) text += kAlphabet[bits << (6 - count) & 63U];
  return text;
}

// Nothing for other letters and for forms that `encoded` does not write.
std::optional<std::string> decoded(std::string_view text) {
  std::string bytes;
  std::uint32_t bits = 0;
  unsigned int count = 0;
  for (const char c : text) {
    const auto digit = kAlphabet.find(c);
    if (digit == std::string_view::npos) return std::nullopt;
    bits = bits << 6U | static_cast<std::uint32_t>(digit);
    count += 6;
    if (count < 8) continue;
    count -= 8;
    bytes += static_cast<char>(bits >> count & 255U);
  }
  if (encoded(bytes) != text) return std::nullopt;
  return bytes;
}

bool is_printable_ascii(char c) {
  return c > ' ' && c <= '~';
}

std::optional<Cursor> cursor_of(std::string_view text) {
  if (text.size() > kEncodedMax) return std::nullopt;
  const auto bytes = decoded(text);
  if (!bytes || bytes->size() < kHeadBytes) return std::nullopt;
  std::uint64_t number = 0;
  for (std::size_t i = 1; i < kHeadBytes; ++i)
    number = number << 8U | static_cast<unsigned char>((*bytes)[i]);
  Cursor cursor{.kind = CursorKind{bytes->front()},
                .number = static_cast<std::int64_t>(number),
                .text = bytes->substr(kHeadBytes)};
  if (cursor.text.size() > kCursorTextMax ||
      !std::ranges::all_of(cursor.text, is_printable_ascii)) {
    return std::nullopt;
  }
  return cursor;
}

}  // namespace

std::string to_text(const Cursor& cursor) {
  WEFT_ASSERT(cursor.text.size() <= kCursorTextMax &&
              std::ranges::all_of(cursor.text, is_printable_ascii));
  std::string bytes(1, std::to_underlying(cursor.kind));
  const auto number = static_cast<std::uint64_t>(cursor.number);
  for (std::size_t i = 0; i < kNumberBytes; ++i) {
    bytes += static_cast<char>(number >> (8 * (kNumberBytes - 1 - i)) & 255U);
  }
  return encoded(bytes + cursor.text);
}

Result<Cursor> parse_cursor(std::string_view text, CursorKind kind) {
  auto cursor = cursor_of(text);
  if (!cursor || cursor->kind != kind) {
    return fail(ErrorCode::kInvalidArgument,
                "'next' is not a cursor of this list; take it from the page before, or leave it "
                "out for the first");
  }
  return std::move(*cursor);
}

}  // namespace weft::store

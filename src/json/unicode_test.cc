#include "json/unicode.h"

#include <string>

#include <doctest/doctest.h>

#include "base/utf8.h"

namespace weft::json {
namespace {

// The text with U+FFFD for what is not valid.
std::string repaired(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const CodePoint point = decode_utf8(text, at);
    append_utf8(out, point.value);
    at += point.size;
  }
  return out;
}

TEST_CASE("every scalar value survives encoding and decoding") {
  for (char32_t value = 0; value <= 0x10FFFF; ++value) {
    if (value >= 0xD800 && value <= 0xDFFF) continue;
    std::string text;
    append_utf8(text, value);
    const CodePoint point = decode_utf8(text, 0);
    if (!point.valid || point.value != value || point.size != text.size()) FAIL(value);
  }
}

TEST_CASE("an invalid sequence is replaced by one character per part that could have begun one") {
  CHECK(repaired("a\xE2\x82z") == "a\uFFFDz");
  CHECK(repaired("\xF0\x9F\x98") == "\uFFFD");
  CHECK(repaired("\xED\xA0\x80") == "\uFFFD\uFFFD\uFFFD");
  CHECK(repaired("\xC0\xAF") == "\uFFFD\uFFFD");
}

TEST_CASE("positions count lines by newlines and columns by code points") {
  const std::string_view text = "ab\r\n\"\u00E9\U0001F600x\"\n\nlast";
  CHECK(position_of(text, 0) == Position{.line = 1, .column = 1, .offset = 0});
  CHECK(position_of(text, 2) == Position{.line = 1, .column = 3, .offset = 2});
  CHECK(position_of(text, 4) == Position{.line = 2, .column = 1, .offset = 4});
  CHECK(position_of(text, text.find('x')) == Position{.line = 2, .column = 4, .offset = 11});
  CHECK(position_of(text, text.find("last")) == Position{.line = 4, .column = 1, .offset = 15});
  CHECK(position_of(text, 9999) == Position{.line = 4, .column = 5, .offset = 19});
  CHECK(position_of("", 0) == Position{.line = 1, .column = 1, .offset = 0});
}

}  // namespace
}  // namespace weft::json

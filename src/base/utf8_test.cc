#include "base/utf8.h"

#include <doctest/doctest.h>

namespace weft {
namespace {

TEST_CASE("what is not UTF-8 is told from what is") {
  for (const std::string_view bad :
       {"\x80", "\xBF", "\xC0\xAF", "\xC1\xBF", "\xE0\x80\xAF", "\xED\xA0\x80", "\xED\xBF\xBF",
        "\xF0\x80\x80\x80", "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xFF", "\xC2", "\xE2\x82",
        "\xF0\x9F\x98", "\xE2\x28\xA1"}) {
    CHECK_FALSE(decode_utf8(bad, 0).valid);
  }
  for (const std::string_view good : {"a", "\u00E9", "\uFFFD", "\U0010FFFF"}) {
    CHECK(decode_utf8(good, 0).valid);
    CHECK(decode_utf8(good, 0).size == good.size());
  }
}

TEST_CASE("any bytes become a text, and come back") {
  std::string all;
  for (int byte = 0; byte < 256; ++byte)
    all += static_cast<char>(byte);
  const std::string text = latin_1_to_utf8(all);
  CHECK(text.size() == 128 + 2 * 128);
  CHECK(utf8_to_latin_1(text) == all);
  CHECK(latin_1_to_utf8("\xE9") == "é");
  CHECK(utf8_to_latin_1("é€") == "\xE9€");
}

}  // namespace
}  // namespace weft

#include "json/jsonpath/general_category.h"

#include <bit>

#include <doctest/doctest.h>

namespace weft::json::jsonpath {
namespace {

bool is(char32_t value, std::string_view category) {
  return (category_of(value) & category_named(category).value()) != 0;
}

TEST_CASE("code points have the category that Unicode 14.0 gives them") {
  CHECK(is(U'A', "Lu"));
  CHECK(is(U'z', "Ll"));
  CHECK(is(U'5', "Nd"));
  CHECK(is(U' ', "Zs"));
  CHECK(is(U'\0', "Cc"));
  CHECK(is(U'ǅ', "Lt"));
  CHECK(is(U'漢', "Lo"));
  CHECK(is(U'€', "Sc"));
  CHECK(is(U'«', "Pi"));
  CHECK(is(0x2028, "Zl"));
  CHECK(is(0x1D400, "Lu"));  // a mathematical bold A
  CHECK(is(0x1F600, "So"));
  CHECK(is(0xE000, "Co"));
  CHECK(is(0xFFFF, "Cn"));
  CHECK(is(0x10FFFD, "Co"));
  CHECK(is(0x10FFFF, "Cn"));
}

TEST_CASE("a code point is of one category, and of the group of its letter") {
  for (char32_t value = 0; value <= 0x10FFFF; value += 7) {
    CHECK(std::popcount(category_of(value)) == 1);
    CHECK((category_of(value) & kEveryCategory) != 0);
  }
  CHECK(is(U'a', "L"));
  CHECK_FALSE(is(U'a', "N"));
  CHECK(is(U'_', "P"));
  CHECK(is(0xE000, "C"));
}

TEST_CASE("only the names of RFC 9485 name a category") {
  for (const std::string_view name :
       {"", "l", "X", "Lx", "LU", "Cs", "Luu", "Letter", "L ", "L&", "Greek"}) {
    CAPTURE(name);
    CHECK_FALSE(category_named(name).has_value());
  }
}

}  // namespace
}  // namespace weft::json::jsonpath

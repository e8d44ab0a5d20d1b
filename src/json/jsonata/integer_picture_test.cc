// format_integer and parse_integer by tables: what is written, what is read back, what is refused.
#include <string>
#include <string_view>

#include <doctest/doctest.h>

#include "json/jsonata/pictures.h"

namespace weft::json::jsonata {
namespace {

std::string written(double value, std::string_view picture) {
  const auto text = format_integer(value, picture);
  return text.has_value() ? *text : text.error().code;
}

struct Case {
  double value;
  std::string_view picture;
  std::string_view text;
};

// Each is read back, too.
constexpr Case kBothWays[] = {
    {0, "0", "0"},
    {7, "#", "D3130"},
    {7, "000", "007"},
    {-7, "000", "-007"},
    {1234, "0", "1234"},
    {1234, "#,##0", "1,234"},
    {-1234567, "#,##0", "-1,234,567"},
    {1234567, "0,000,000,000", "0,001,234,567"},
    {999, "#,##0", "999"},
    {123456789, "#.##0", "123.456.789"},
    {123456789, "# ##0", "123 456 789"},
    {12345678, "##,##,##0", "123,45,678"},
    {12, "##,##,##0", "12"},
    {12345, "#:#0-0", "12:34-5"},
    {42, "٠", "٤٢"},
    {1234, "#٬##٠", "١٬٢٣٤"},
    {2024, "००००", "२०२४"},
    {19, "１", "１９"},
    {1, "0;o", "1st"},
    {2, "0;o", "2nd"},
    {3, "0;o", "3rd"},
    {4, "0;o", "4th"},
    {11, "0;o", "11th"},
    {12, "0;o", "12th"},
    {113, "0;o", "113th"},
    {121, "0;o", "121st"},
    {1002, "#,##0;o", "1,002nd"},
    {1002, "#,##0;c", "1,002"},
    {1, "A", "A"},
    {26, "a", "z"},
    {27, "a", "aa"},
    {702, "A", "ZZ"},
    {703, "A", "AAA"},
    {-5, "A", "-E"},
    {0, "a", ""},
    {4, "i", "iv"},
    {1990, "I", "MCMXC"},
    {3999, "I", "MMMCMXCIX"},
    {-9, "i", "-ix"},
    {0, "I", ""},
    {0, "w", "zero"},
    {13, "Ww", "Thirteen"},
    {80, "W", "EIGHTY"},
    {95, "w", "ninety-five"},
    {100, "w", "one hundred"},
    {101, "w", "one hundred and one"},
    {1001, "w", "one thousand and one"},
    {1100, "w", "one thousand, one hundred"},
    {60042, "w", "sixty thousand and forty-two"},
    {1000000, "w", "one million"},
    {2000345, "Ww", "Two Million, Three Hundred and Forty-Five"},
    {-21, "w", "-twenty-one"},
    {7e9, "w", "seven billion"},
    {5e12, "w", "five trillion"},
    {3e15, "w", "three thousand trillion"},
    {1001e12, "w", "one thousand and one trillion"},
    {2000003000004, "w", "two trillion, three million and four"},
    {1003e12 + 2, "w;o", "one thousand and three trillion and second"},
    {1e24, "w", "one trillion trillion"},
    {0, "w;o", "zeroth"},
    {1, "w;o", "first"},
    {5, "W;o", "FIFTH"},
    {12, "Ww;o", "Twelfth"},
    {20, "w;o", "twentieth"},
    {43, "w;o", "forty-third"},
    {90, "w;o", "ninetieth"},
    {100, "w;o", "one hundredth"},
    {212, "w;o", "two hundred and twelfth"},
    {1000000, "w;o", "one millionth"},
    {1e24, "w;o", "one trillion trillionth"},
};

TEST_CASE("integers are written by pictures, and read back") {
  for (const Case& each : kBothWays) {
    CAPTURE(each.value);
    CAPTURE(each.picture);
    CHECK(written(each.value, each.picture) == each.text);
    if (each.text.starts_with("D")) continue;
    CHECK(parse_integer(each.text, each.picture) == each.value);
  }
}

TEST_CASE("an integer's picture writes the integer below a number") {
  CHECK(written(2.9, "0") == "2");
  CHECK(written(-2.1, "0") == "-3");
  CHECK(written(-0.0, "0") == "0");
}

TEST_CASE("large integers are written in digits, not with an exponent") {
  CHECK(written(1e21, "#,##0") == "1,000,000,000,000,000,000,000");
  CHECK(written(1e300, "0").size() == 301);
  CHECK(written(123456789012345680000.0, "0") == "123456789012345680000");
}

TEST_CASE("separators stand between digits only") {
  CHECK(written(5, "#:###,##0") == "5");
  CHECK(written(123456, "#:###,##0") == "123,456");
  CHECK(written(1234567, "#:###,##0") == "1:234,567");
  CHECK(written(12, "0,") == "12,");  // at the end, though, where the picture has one
}

TEST_CASE("an integer's picture without digits is not supported, nor are digits of two scripts") {
  for (const std::string_view picture : {"", ";o", "#", "#,###", "x", "ww", "Α", "①"}) {
    CAPTURE(picture);
    CHECK(written(1, picture) == "D3130");
    CHECK(parse_integer("1", picture).error().code == "D3130");
  }
  for (const std::string_view picture : {"0٠", "٠0", "#,##０0"}) {
    CAPTURE(picture);
    CHECK(written(1, picture) == "D3131");
    CHECK(parse_integer("1", picture).error().code == "D3131");
  }
}

TEST_CASE("texts are read as far as they are digits") {
  CHECK(parse_integer(" 12", "0") == 12.0);
  CHECK(parse_integer("+12", "0") == 12.0);
  CHECK(parse_integer("12 apples", "0") == 12.0);
  CHECK(parse_integer("007", "0") == 7.0);
  CHECK(parse_integer("-0", "0") == 0.0);
  CHECK(parse_integer("1,2,3", "#,##0") == 123.0);
  CHECK(parse_integer("1,234", "0") == 1.0);
}

TEST_CASE("words are read in any case, with and without what stands between them") {
  CHECK(parse_integer("Twelve Hundred", "w") == 1200.0);
  CHECK(parse_integer("NINETEEN HUNDRED AND EIGHTY-FOUR", "w") == 1984.0);
  CHECK(parse_integer("one thousand two hundred three", "w") == 1203.0);
  CHECK(parse_integer("two million and first", "w;o") == 2000001.0);
}

TEST_CASE("what is no such integer is nothing") {
  struct Text {
    std::string_view text;
    std::string_view picture;
  };
  constexpr Text kNone[] = {
      {"", "0"},         {"-", "0"},       {"apples", "0"}, {"١", "0"},
      {"1", "٠"},        {"AB", "a"},      {"a1", "a"},     {"é", "a"},
      {"vi", "I"},       {"ABC", "I"},     {"", "w"},       {"twelf", "w"},
      {"one  two", "w"}, {"one,two", "w"}, {" one", "w"},   {"hundredy", "w"},
  };
  for (const Text& each : kNone) {
    CAPTURE(each.text);
    CAPTURE(each.picture);
    const auto value = parse_integer(each.text, each.picture);
    REQUIRE(value.has_value());
    CHECK(!value->has_value());
  }
  CHECK(!parse_integer(std::string(400, '9'), "0")->has_value());
  CHECK(!parse_integer(std::string(400, 'z'), "a")->has_value());
}

TEST_CASE("what hostile integer pictures and texts take is limited") {
  const std::string long_picture(kPictureBytesMax + 1, '0');
  CHECK(written(1, long_picture) == "D2015");
  CHECK(written(1, std::string(kPictureBytesMax, '0')).size() == kPictureBytesMax);
  CHECK(parse_integer("1", long_picture).error().code == "D2015");
  CHECK(parse_integer(std::string(kPictureTextBytesMax + 1, '1'), "0").error().code == "D2015");
  CHECK(written(1e15, "I") == "D2015");
  CHECK(written(1e308, "w").size() < kPictureTextBytesMax);
  CHECK(written(1e308, "a").size() < 300);
}

}  // namespace
}  // namespace weft::json::jsonata

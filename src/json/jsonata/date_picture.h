// What a picture of dates and times consists of (XPath and XQuery Functions 3.1, section 9.8.4).
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "json/jsonata/failure.h"
#include "json/jsonata/integer_picture.h"

namespace weft::json::jsonata {

// A literal text, or a marker such as [M01].
struct DatePart {
  char32_t component = 0;  // 0 for a literal; else as it stands in the picture, known or not
  std::u32string literal = {};
  std::optional<LetterCase> names = {};  // as in [MNn]
  // Of Y M D d F W w X x H h m s f without names, and of Z and z.
  std::optional<IntegerPicture> integer = {};
  std::optional<std::size_t> width_max = {};
  std::optional<std::size_t> year_digits = {};  // how many of the last digits of a year are written
  std::size_t digits_read = 0;  // exactly so many where digits of another part follow; 0 for any
  bool is_zulu = false;         // UTC is written as Z
};

// D3131 to D3133 and D3135 as the reference has them.
Outcome<std::vector<DatePart>> read_date_picture(std::string_view picture);

std::unexpected<Failure> unknown_component(char32_t component);
std::unexpected<Failure> nameless_component(char32_t component);

// The English name, or nothing for other components than M, x and F.
std::optional<std::string_view> date_name(char32_t component, std::size_t number);

}  // namespace weft::json::jsonata

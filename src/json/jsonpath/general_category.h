// The general category of a code point (Unicode 14.0), as \p{..} of regular expressions needs it.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace weft::json::jsonpath {

// One bit for each category in the order of the table: Lu is bit 0.
using CategoryMask = std::uint32_t;

// The one bit of that code point's category. Logarithmic.
CategoryMask category_of(char32_t value);

// The bits that "Lu" (one category) or "L" (those that begin so) stand for; nothing for what
// RFC 9485 does not name, which leaves out surrogates (Cs).
std::optional<CategoryMask> category_named(std::string_view name);

// All categories.
constexpr CategoryMask kEveryCategory = (CategoryMask{1} << 29) - 1;

}  // namespace weft::json::jsonpath

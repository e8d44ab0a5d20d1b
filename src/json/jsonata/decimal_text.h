// The decimal digits of doubles, and digits in groups: what the number and integer pictures share.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace weft::json::jsonata {

// All of a non-negative, finite integer: the shortest digits that read back as the same double, and
// then zeros (at most 309).
std::string integer_digits(double integer);

// A non-negative, finite number times 10^places, computed on its shortest decimal digits, so that
// 1.005 becomes 100.5 and not 100.49999999999999. Infinite where that is beyond double.
double shifted(double number, int places);

// What the digits (ASCII, at least one) are worth; infinite beyond double.
double digits_value(std::string_view digits);

// The interval where separators at these positions (digits to their right) repeat regularly, as in
// {3, 6, 9}; 0 where they do not or there are none.
std::size_t regular_interval(std::vector<std::size_t> positions);

}  // namespace weft::json::jsonata

// Lists and names that somebody else chose the length of, cut to what a person reads.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace weft::cli {

inline constexpr std::size_t kLinesShownMax = 50;
inline constexpr std::size_t kNameBytesShownMax = 100;
inline constexpr std::size_t kTypeBytesShownMax = 200;

// The lines, each with its newline: at most kLinesShownMax, then one that says how many more there
// are, and that `command` shows them.
std::string first_lines(const std::vector<std::string>& lines, std::string_view command);

// The name, safe to show and of a bearable length.
std::string short_name(std::string_view name);

}  // namespace weft::cli

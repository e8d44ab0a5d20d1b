// Sizes, durations and counts as people write and read them.
#pragma once

#include <chrono>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

#include "base/result.h"

namespace weft::cli {

// "1048576", "64K", "64KiB", "1.5GiB" (powers of 1024), "64kB", "1MB" (powers of 1000). Fractions
// must give whole bytes. kInvalidArgument shows the forms.
Result<std::uint64_t> parse_bytes(std::string_view text);

// "250ms", "10s", "1.5m", "2h", "500us". Whole microseconds. A number without a unit could mean
// seconds or milliseconds, so it is refused. kInvalidArgument shows the forms.
Result<std::chrono::microseconds> parse_duration(std::string_view text);

// A whole number in decimal digits within 0…`most`; underscores between digits are allowed.
Result<std::uint64_t> parse_count(std::string_view text,
                                  std::uint64_t most = std::numeric_limits<std::uint64_t>::max());

// "512 B", "64 KiB", "1.5 MiB".
std::string bytes_text(std::uint64_t bytes);

// "12 µs", "3.4 ms", "1.25 s", "2 min".
std::string duration_text(std::chrono::microseconds duration);

}  // namespace weft::cli

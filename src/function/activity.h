// What happened to a function during the last hour.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "base/clock.h"

namespace weft::function {

struct Activity {
  std::uint64_t calls = 0;
  std::uint64_t errors = 0;
  std::optional<std::uint64_t> p50_us;  // median, right within 12.5 %; nothing without calls
  std::array<std::uint64_t, 60> calls_per_minute{};  // oldest first
  std::optional<WallTime> last_called;               // ever
};

}  // namespace weft::function

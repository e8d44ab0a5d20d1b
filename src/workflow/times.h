// What times and timeouts of executions may be.
#pragma once

#include <cstdint>

namespace weft::workflow {

inline constexpr std::int64_t kMillisPerSecond = 1000;
// The latest time that anything waits for: the end of the year 9999, as timestamps have it.
inline constexpr std::int64_t kMillisMax = 253'402'300'799'999;
// What TimeoutSeconds and HeartbeatSeconds may be (States Language, "Timeouts").
inline constexpr std::int64_t kTaskSecondsMax = 99'999'999;

}  // namespace weft::workflow

// Times as the States Language writes them: RFC 3339 with an offset.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace weft::workflow {

// A moment since 1970, to the nanosecond.
struct Timestamp {
  std::int64_t seconds = 0;
  std::int32_t nanoseconds = 0;  // 0 to 999,999,999

  // Rounded up, so that nothing happens before its time.
  std::int64_t millis_after() const { return seconds * 1000 + (nanoseconds + 999'999) / 1'000'000; }

  auto operator<=>(const Timestamp&) const = default;
};

// "2016-03-14T01:59:00Z", "2016-03-14T01:59:00.123456789+01:00": years 0000 to 9999, up to nine
// digits of a second, "T" and "Z" in upper case, an offset (States Language, "Timestamps", which
// refers to RFC 3339). Nothing for anything else.
std::optional<Timestamp> parse_timestamp(std::string_view text);

// "2016-03-14T01:59:00.123Z"
std::string to_timestamp(std::int64_t millis);

}  // namespace weft::workflow

#include "base/clock.h"

#include <array>
#include <charconv>
#include <ctime>

#include <fmt/format.h>

namespace weft {
namespace {

constexpr std::int64_t kFakeEpochSeconds = 1'700'000'000;

// The number written at [at, at + size) of `text`, which must be all digits.
std::optional<int> digits(std::string_view text, std::size_t at, std::size_t size) {
  int value = 0;
  const char* begin = text.data() + at;
  const auto [end, error] = std::from_chars(begin, begin + size, value);
  if (error != std::errc() || end != begin + size || *begin == '-') return std::nullopt;
  return value;
}

}  // namespace

WallTime SystemClock::wall() const {
  return std::chrono::time_point_cast<std::chrono::microseconds>(std::chrono::system_clock::now());
}

MonotonicTime SystemClock::monotonic() const {
  return std::chrono::steady_clock::now();
}

WallTime FakeClock::wall() const {
  return WallTime(std::chrono::seconds(kFakeEpochSeconds) + std::chrono::microseconds(elapsed_us_));
}

MonotonicTime FakeClock::monotonic() const {
  return MonotonicTime(std::chrono::seconds(1) + std::chrono::microseconds(elapsed_us_));
}

std::string to_rfc3339(WallTime time) {
  const auto days = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(days);
  const auto of_day = (time - days).count();
  const auto second = of_day / 1'000'000;
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:06}Z", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                     second / 3600, second / 60 % 60, second % 60, of_day % 1'000'000);
}

std::optional<WallTime> from_rfc3339(std::string_view text) {
  constexpr std::string_view kShape = "dddd-dd-ddTdd:dd:dd.ddddddZ";
  if (text.size() != kShape.size()) return std::nullopt;
  for (std::size_t i = 0; i < kShape.size(); ++i) {
    if (kShape[i] != 'd' && kShape[i] != text[i]) return std::nullopt;
  }
  const std::array parts = {digits(text, 0, 4),  digits(text, 5, 2),  digits(text, 8, 2),
                            digits(text, 11, 2), digits(text, 14, 2), digits(text, 17, 2),
                            digits(text, 20, 6)};
  for (const auto& part : parts) {
    if (!part) return std::nullopt;
  }
  const std::chrono::year_month_day date(std::chrono::year(*parts[0]),
                                         std::chrono::month(static_cast<unsigned>(*parts[1])),
                                         std::chrono::day(static_cast<unsigned>(*parts[2])));
  if (!date.ok() || *parts[3] > 23 || *parts[4] > 59 || *parts[5] > 59) return std::nullopt;
  return WallTime(std::chrono::sys_days(date)) + std::chrono::hours(*parts[3]) +
         std::chrono::minutes(*parts[4]) + std::chrono::seconds(*parts[5]) +
         std::chrono::microseconds(*parts[6]);
}

std::chrono::nanoseconds thread_cpu_time() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec);
}

}  // namespace weft

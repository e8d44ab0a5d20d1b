// The proleptic Gregorian calendar and its weeks, in UTC, as far as ECMAScript's dates reach.
#pragma once

#include <cstdint>

#include "json/jsonata/failure.h"

namespace weft::json::jsonata {

inline constexpr double kMillisInDay = 86'400'000;

struct Calendar {
  std::int64_t days = 0;  // since 1970-01-01
  int year = 1970;
  int month = 1;  // 1 to 12
  int day = 1;
  int hour = 0;
  int minute = 0;
  int second = 0;
  int millisecond = 0;
};

// Fractions of milliseconds are cut off. D3110 beyond ±8.64e15.
Outcome<Calendar> calendar_of(double millis);

std::unexpected<Failure> too_far();

// Days since 1970-01-01 of the month's first day. The month may be any, as 13 for the next January;
// years and months must be within ±1e9.
std::int64_t first_day(std::int64_t year, std::int64_t month);

int day_of_year(const Calendar& date);
int day_of_week(const Calendar& date);  // 1 for Monday to 7 for Sunday

// A week belongs to the year, or the month, that its Thursday is in (ISO 8601 for years; XPath
// and XQuery Functions 3.1, section 9.8.4.4, for months). `month` is 0 for weeks of years.
struct Week {
  int number = 1;
  int year = 1970;
  int month = 0;
};
Week week_of_year(const Calendar& date);
Week week_of_month(const Calendar& date);

}  // namespace weft::json::jsonata

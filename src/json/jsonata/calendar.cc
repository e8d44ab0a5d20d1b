#include "json/jsonata/calendar.h"

#include <cmath>

namespace weft::json::jsonata {

namespace {

struct Quotient {
  std::int64_t whole = 0;
  std::int64_t rest = 0;  // never negative
};

Quotient floored(std::int64_t number, std::int64_t divisor) {
  Quotient result{.whole = number / divisor, .rest = number % divisor};
  if (result.rest < 0) {
    --result.whole;
    result.rest += divisor;
  }
  return result;
}

int as_int(std::int64_t number) {
  return static_cast<int>(number);
}

// Sets year, month and day from the days since 1970. Years begin in March here, so that the leap
// day is their last (Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms").
void set_date(Calendar& date) {
  const Quotient era = floored(date.days + 719'468, 146'097);  // of 400 years
  const std::int64_t year =
      (era.rest - era.rest / 1460 + era.rest / 36'524 - era.rest / 146'096) / 365;
  const std::int64_t day = era.rest - (365 * year + year / 4 - year / 100);
  const std::int64_t month = (5 * day + 2) / 153;  // 0 for March
  date.day = as_int(day - (153 * month + 2) / 5 + 1);
  date.month = as_int(month < 10 ? month + 3 : month - 9);
  date.year = as_int(year + era.whole * 400 + (date.month <= 2 ? 1 : 0));
}

Calendar date_of(std::int64_t days) {
  Calendar date{.days = days};
  set_date(date);
  return date;
}

Calendar thursday_of(const Calendar& date) {
  return date_of(date.days - day_of_week(date) + 4);
}

}  // namespace

std::unexpected<Failure> too_far() {
  return failed("D3110", "there is no date so far from 1970");
}

Outcome<Calendar> calendar_of(double millis) {
  constexpr double kMillisMax = 8.64e15;
  if (!(std::abs(millis) <= kMillisMax)) return too_far();
  const Quotient days = floored(static_cast<std::int64_t>(millis), 86'400'000);
  Calendar result = date_of(days.whole);
  result.hour = as_int(days.rest / 3'600'000);
  result.minute = as_int(days.rest / 60'000 % 60);
  result.second = as_int(days.rest / 1000 % 60);
  result.millisecond = as_int(days.rest % 1000);
  return result;
}

std::int64_t first_day(std::int64_t year, std::int64_t month) {
  const Quotient years = floored(month - 3, 12);  // since March
  const Quotient era = floored(year + years.whole, 400);
  return era.whole * 146'097 + era.rest * 365 + era.rest / 4 - era.rest / 100 +
         (153 * years.rest + 2) / 5 - 719'468;
}

int day_of_year(const Calendar& date) {
  return as_int(date.days - first_day(date.year, 1) + 1);
}

int day_of_week(const Calendar& date) {
  return as_int(floored(date.days + 3, 7).rest + 1);  // 1970-01-01 was a Thursday
}

Week week_of_year(const Calendar& date) {
  const Calendar thursday = thursday_of(date);
  return {.number = (day_of_year(thursday) - 1) / 7 + 1, .year = thursday.year};
}

Week week_of_month(const Calendar& date) {
  const Calendar thursday = thursday_of(date);
  return {.number = (thursday.day - 1) / 7 + 1, .year = thursday.year, .month = thursday.month};
}

}  // namespace weft::json::jsonata

#include "json/jsonata/calendar.h"

#include <chrono>
#include <limits>

#include <doctest/doctest.h>

namespace weft::json::jsonata {
namespace {

TEST_CASE("days are those of the standard library's calendar, as far as that reaches") {
  using std::chrono::days;
  using std::chrono::sys_days;
  const sys_days end = std::chrono::January / 1 / 2401;
  for (sys_days day = std::chrono::January / 1 / 1599; day < end; day += days(1)) {
    const std::chrono::year_month_day expected(day);
    const auto date = calendar_of(static_cast<double>(day.time_since_epoch().count()) * 86'400'000);
    REQUIRE(date.has_value());
    REQUIRE(date->year == static_cast<int>(expected.year()));
    REQUIRE(date->month == static_cast<int>(static_cast<unsigned>(expected.month())));
    REQUIRE(date->day == static_cast<int>(static_cast<unsigned>(expected.day())));
    REQUIRE(date->days == day.time_since_epoch().count());
    REQUIRE(first_day(date->year, date->month) + date->day - 1 == date->days);
    REQUIRE(day_of_week(*date) == static_cast<int>(std::chrono::weekday(day).iso_encoding()));
    REQUIRE(day_of_year(*date) ==
            (day - sys_days(expected.year() / std::chrono::January / 1)).count() + 1);
  }
}

TEST_CASE("a month beyond the year is one of another year") {
  CHECK(first_day(2018, 13) == first_day(2019, 1));
  CHECK(first_day(2018, 0) == first_day(2017, 12));
  CHECK(first_day(2018, -23) == first_day(2016, 1));
  CHECK(first_day(1970, 1) == 0);
}

TEST_CASE("times before 1970 count on from the day's beginning") {
  const auto time = calendar_of(-1);
  REQUIRE(time.has_value());
  CHECK(time->year == 1969);
  CHECK(time->month == 12);
  CHECK(time->day == 31);
  CHECK(time->hour == 23);
  CHECK(time->minute == 59);
  CHECK(time->second == 59);
  CHECK(time->millisecond == 999);
}

TEST_CASE("there are dates as far as in ECMAScript") {
  REQUIRE(calendar_of(8.64e15).has_value());
  CHECK(calendar_of(8.64e15)->year == 275760);
  CHECK(calendar_of(-8.64e15)->year == -271821);
  CHECK(!calendar_of(8.640000000000001e15).has_value());
  CHECK(!calendar_of(-1e300).has_value());
  CHECK(!calendar_of(std::numeric_limits<double>::quiet_NaN()).has_value());
}

struct WeekCase {
  int year = 0;
  int month = 0;
  int day = 0;
  Week of_year;
  Week of_month;
};

TEST_CASE("a week belongs to the year and the month of its Thursday") {
  constexpr WeekCase kCases[] = {
      {1999, 12, 31, {52, 1999, 0}, {5, 1999, 12}}, {2000, 1, 2, {52, 1999, 0}, {5, 1999, 12}},
      {2000, 1, 3, {1, 2000, 0}, {1, 2000, 1}},     {2015, 12, 31, {53, 2015, 0}, {5, 2015, 12}},
      {2016, 1, 3, {53, 2015, 0}, {5, 2015, 12}},   {2016, 1, 4, {1, 2016, 0}, {1, 2016, 1}},
      {2019, 12, 30, {1, 2020, 0}, {1, 2020, 1}},   {2021, 2, 28, {8, 2021, 0}, {4, 2021, 2}},
      {2024, 2, 29, {9, 2024, 0}, {5, 2024, 2}},    {2024, 3, 1, {9, 2024, 0}, {5, 2024, 2}},
      {50, 1, 1, {52, 49, 0}, {5, 49, 12}},
  };
  for (const WeekCase& each : kCases) {
    CAPTURE(each.year);
    CAPTURE(each.month);
    CAPTURE(each.day);
    const auto date = calendar_of(
        static_cast<double>(first_day(each.year, each.month) + each.day - 1) * kMillisInDay);
    REQUIRE(date.has_value());
    CHECK(week_of_year(*date).number == each.of_year.number);
    CHECK(week_of_year(*date).year == each.of_year.year);
    CHECK(week_of_month(*date).number == each.of_month.number);
    CHECK(week_of_month(*date).year == each.of_month.year);
    CHECK(week_of_month(*date).month == each.of_month.month);
  }
}

}  // namespace
}  // namespace weft::json::jsonata

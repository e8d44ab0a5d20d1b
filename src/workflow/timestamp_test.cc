#include "workflow/timestamp.h"

#include <doctest/doctest.h>

namespace weft::workflow {
namespace {

TEST_CASE("times have a date, a time of day and an offset") {
  CHECK(parse_timestamp("1970-01-01T00:00:00Z") == Timestamp{});
  CHECK(parse_timestamp("2016-03-14T01:59:00Z") == Timestamp{1'457'920'740, 0});
  CHECK(parse_timestamp("2016-03-14T02:59:00+01:00") == Timestamp{1'457'920'740, 0});
  CHECK(parse_timestamp("2016-03-13T20:29:00-05:30") == Timestamp{1'457'920'740, 0});
  CHECK(parse_timestamp("2016-03-05T21:29:29.243167252Z") == Timestamp{1'457'213'369, 243'167'252});
  CHECK(parse_timestamp("1969-12-31T23:59:59.5Z") == Timestamp{-1, 500'000'000});
  CHECK(parse_timestamp("2024-02-29T00:00:00Z").has_value());
  CHECK(parse_timestamp("0000-01-01T00:00:00Z").has_value());
  CHECK(parse_timestamp("9999-12-31T23:59:59Z").has_value());
}

TEST_CASE("what is no such time is refused") {
  for (const char* text : {"",
                           "2016-03-14",
                           "2016-03-14T01:59:00",
                           "2016-03-14T01:59:00.Z",
                           "2016-03-14T01:59Z",
                           "2016-3-14T01:59:00Z",
                           "2016-03-14 01:59:00Z",
                           "2016-03-14t01:59:00Z",
                           "2016-03-14T01:59:00z",
                           "2016-03-14T24:00:00Z",
                           "2016-03-14T01:60:00Z",
                           "2016-03-14T01:59:60Z",
                           "2023-02-29T00:00:00Z",
                           "2016-13-01T00:00:00Z",
                           "2016-00-01T00:00:00Z",
                           "2016-03-14T01:59:00+24:00",
                           "2016-03-14T01:59:00+0100",
                           "2016-03-14T01:59:00+01",
                           "2016-03-14T01:59:00Zx",
                           "2016-03-14T01:59:00.1234567890Z",
                           "+2016-03-14T01:59:00Z",
                           "2016-03-14T01:59:00.-1Z"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_timestamp(text).has_value());
  }
}

TEST_CASE("milliseconds become a time, and come back") {
  CHECK(to_timestamp(0) == "1970-01-01T00:00:00.000Z");
  CHECK(to_timestamp(1'457'920'740'007) == "2016-03-14T01:59:00.007Z");
  CHECK(to_timestamp(-1) == "1969-12-31T23:59:59.999Z");
  for (const std::int64_t millis : {0LL, 1LL, -1LL, 253'402'300'799'999LL, -62'167'219'200'000LL})
    CHECK(parse_timestamp(to_timestamp(millis)).value().millis_after() == millis);
  CHECK(Timestamp{1, 1}.millis_after() == 1001);
}

}  // namespace
}  // namespace weft::workflow

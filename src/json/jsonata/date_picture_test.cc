// from_millis and to_millis by tables. The expected dates were taken from a printed calendar and
// GNU date, not from another JSONata.
#include <cmath>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include <doctest/doctest.h>

#include "json/jsonata/pictures.h"

namespace weft::json::jsonata {
namespace {

using Optional = std::optional<std::string_view>;

constexpr double kMoonLanding = -14182940000;  // 1969-07-20T20:17:40Z, a Sunday
constexpr double kLeapDay = 1709178305042;     // 2024-02-29T03:45:05.042Z, a Thursday
constexpr double kNow = 1783604096789;         // 2026-07-09T13:34:56.789Z
constexpr double kToday = 1783555200000;       // 2026-07-09

std::string written(double millis, Optional picture = {}, Optional timezone = {}) {
  const auto text = from_millis(millis, picture, timezone);
  return text.has_value() ? *text : text.error().code;
}

// Codes as text, nothing as "none", numbers as ISO 8601.
std::string read(std::string_view text, Optional picture = {}) {
  const auto millis = to_millis(text, picture, kNow);
  if (!millis.has_value()) return millis.error().code;
  return millis->has_value() ? written(**millis) : "none";
}

TEST_CASE("without a picture, times are those of ISO 8601") {
  CHECK(written(0) == "1970-01-01T00:00:00.000Z");
  CHECK(written(kMoonLanding) == "1969-07-20T20:17:40.000Z");
  CHECK(written(kLeapDay) == "2024-02-29T03:45:05.042Z");
  CHECK(written(kLeapDay + 0.9) == "2024-02-29T03:45:05.042Z");
  CHECK(written(-0.5) == "1970-01-01T00:00:00.000Z");
  CHECK(written(kLeapDay, {}, "+0530") == "2024-02-29T09:15:05.042+05:30");
  CHECK(written(8.64e15) == "5760-09-13T00:00:00.000Z");  // of the year, four digits
  CHECK(written(8.65e15) == "D3110");
  CHECK(written(std::nan("")) == "D3110");
}

TEST_CASE("timestamps of ISO 8601 are read without a picture") {
  struct Case {
    std::string_view text;
    std::string_view time;
  };
  constexpr Case kCases[] = {
      {"2024", "2024-01-01T00:00:00.000Z"},
      {"2024-02", "2024-02-01T00:00:00.000Z"},
      {"2024-02-29", "2024-02-29T00:00:00.000Z"},
      {"2023-02-29", "2023-03-01T00:00:00.000Z"},
      {"2024-02-29Z", "2024-02-29T00:00:00.000Z"},
      {"2024T12:30:00Z", "2024-01-01T12:30:00.000Z"},
      {"2024-02-29T03:45:05", "2024-02-29T03:45:05.000Z"},
      {"2024-02-29T03:45:05.0429Z", "2024-02-29T03:45:05.042Z"},
      {"2024-02-29T03:45:05.5", "2024-02-29T03:45:05.500Z"},
      {"2024-02-29T03:45:05+01:30", "2024-02-29T02:15:05.000Z"},
      {"2024-02-29T03:45:05-0130", "2024-02-29T05:15:05.000Z"},
      {"2024-02-29T24:00:00Z", "2024-03-01T00:00:00.000Z"},
      {"0001-01-01", "0001-01-01T00:00:00.000Z"},
  };
  for (const Case& each : kCases) {
    CAPTURE(each.text);
    CHECK(read(each.text) == each.time);
  }
  for (const std::string_view text : {"",
                                      "24",
                                      "2024-",
                                      "2024-1",
                                      "2024-00",
                                      "2024-13",
                                      "2024-01-00",
                                      "2024-01-32",
                                      "2024-01-01T",
                                      "2024-01-01T10",
                                      "2024-01-01T10:00",
                                      "2024-01-01T10:00:60",
                                      "2024-01-01T10:60:00",
                                      "2024-01-01T25:00:00",
                                      "2024-01-01T24:00:00.1",
                                      "2024-01-01T10:00:00.",
                                      "2024-01-01T10:00:00.x",
                                      "2024-01-01T10:00:00+1",
                                      "2024-01-01T10:00:00+24:00",
                                      "2024-01-01T10:00:00+01:60",
                                      "2024-01-01T10:00:00ZZ",
                                      "2024-01-01+01:00",
                                      "2024.5",
                                      " 2024",
                                      "2024 ",
                                      "+2024",
                                      "２０２４",
                                      "yesterday"}) {
    CAPTURE(text);
    CHECK(read(text) == "D3110");
  }
}

struct Written {
  double millis;
  std::string_view picture;
  std::string_view text;
};

TEST_CASE("times are written by pictures") {
  constexpr Written kCases[] = {
      {kLeapDay, "", ""},
      {kLeapDay, "no marker", "no marker"},
      {kLeapDay, "[[[Y]]]]", "[2024]]"},
      {kLeapDay, "[ Y 0001 ]-[M\t01]", "2024-02"},
      // Components and how they are written unless the picture says it.
      {kLeapDay, "[Y] [M] [D] [d]", "2024 2 29 60"},
      {kLeapDay, "[F] [W] [w] [X] [x]", "thursday 9 5 2024 2"},
      {kLeapDay, "[H] [h] [P] [m] [s] [f]", "3 3 am 45 05 42"},
      {kLeapDay, "[C] [E] [Z] [z]", "ISO ISO +00:00 GMT+00:00"},
      {kMoonLanding, "[H] [h] [P] [PN]", "20 8 pm PM"},
      {0, "[H] [h]", "0 12"},
      {43200000, "[H] [h] [P]", "12 12 pm"},
      // Years.
      {kLeapDay, "[Y0001] [Y,2] [Y,2-2] [Y01] [Y,*-3] [Y9,999,*]", "2024 24 24 24 024 2,024"},
      {kLeapDay, "[YI] [Yi] [Yw] [YWwo]",
       "MMXXIV mmxxiv two thousand and twenty-four Two Thousand and Twenty-Fourth"},
      {-62198755200000, "[Y] [Y0001]", "-1 -0001"},
      // Integers.
      {kLeapDay, "[D1o] [D01] [D,3] [Da] [DA] [Dw] [DWwo]",
       "29th 29 029 ac AC twenty-nine Twenty-Ninth"},
      {kLeapDay, "[M٠١]/[D०१]", "٠٢/२९"},
      {kLeapDay, "[f001] [f1,3] [f#1]", "042 042 42"},
      {kLeapDay, "[M1,*-1] [M1,2-*] [M,x]", "2 02 2"},
      // Names.
      {kLeapDay, "[MNn] [MN] [Mn] [FNn] [FN]", "February FEBRUARY february Thursday THURSDAY"},
      {kLeapDay, "[MNn,3-3] [FNn,*-2] [MN,1-4] [Fn,9]", "Feb Th FEBR thursday"},
      {kLeapDay, "[xNn]", "February"},
      // Weeks: ISO 8601 for years, the same rule for months.
      {1104537600000, "[X]-W[W01]-[F1] [w] [xNn]", "2004-W53-6 5 December"},
      {1230768000000, "[X]-W[W01]-[F1] [w] [xNn]", "2009-W01-4 1 January"},
      {1262304000000, "[X]-W[W01]-[F1] [w] [xNn]", "2009-W53-5 5 December"},
      {1419811200000, "[X]-W[W01]-[F1] [w] [xNn]", "2015-W01-1 1 January"},
      // What is wrong.
      {0, "[Y", "D3135"},
      {0, "[[[Y", "D3135"},
      {0, "[]", "D3132"},
      {0, "[q]", "D3132"},
      {0, "[q1]", "D3132"},
      {0, "[y01]", "D3132"},
      {0, "[,2]", "D3132"},
      {0, "[YN]", "D3133"},
      {0, "[Dn]", "D3133"},
      {0, "[fN]", "D3133"},
      {0, "[Dx]", "D3130"},
      {0, "[Y##]", "D3130"},
      {0, "[D0٠]", "D3131"},
  };
  for (const Written& each : kCases) {
    CAPTURE(each.picture);
    CHECK(written(each.millis, each.picture) == each.text);
  }
}

TEST_CASE("timezones shift what is written, and are written") {
  struct Case {
    std::string_view timezone;
    std::string_view picture;
    std::string_view text;
  };
  constexpr Case kCases[] = {
      {"+0530", "[H01]:[m01] [Z]", "09:15 +05:30"},
      {"-0330", "[H01]:[m01] [Z]", "00:15 -03:30"},
      {"-0015", "[H01]:[m01] [Z] [Z0101] [Z0]", "03:30 -00:15 -0015 -0:15"},
      {"-0500", "[D] [H01] [z]", "28 22 GMT-05:00"},
      {"+1400", "[D] [H01] [z0]", "29 17 GMT+14"},
      {"+0530", "[Z0] [Z01] [Z001] [Z0001] [Z01:01] [Z0:01]",
       "+5:30 +05:30 +530 +0530 +05:30 +5:30"},
      {"+0000", "[Z01:01t] [z0101t] [Z0001]", "Z Z +0000"},
      {"-0000", "[Z]", "+00:00"},
      {"+0100", "[Z01:01t] [z01t]", "+01:00 GMT+01"},
      {" +1", "[m] [Z]", "46 +00:01"},
      {"100", "[H] [Z]", "4 +01:00"},
      {"+0100 DST", "[H] [Z]", "4 +01:00"},
      {"+0100", "[Z00001]", "D3134"},
      {"+0100", "[ZN]", "D3134"},
      {"+0100", "[ZI]", "D3134"},
      {"+0100", "[Zt]", "D3134"},
      {"", "[Z]", "D3134"},
      {"UTC", "[Z]", "D3134"},
      {"+", "[Z]", "D3134"},
      {"99999999999999999999", "[Z]", "D3110"},
  };
  for (const Case& each : kCases) {
    CAPTURE(each.timezone);
    CAPTURE(each.picture);
    CHECK(written(kLeapDay, each.picture, each.timezone) == each.text);
  }
}

struct Read {
  std::string_view text;
  std::string_view picture;
  std::string_view time;
};

void check_read(std::span<const Read> cases) {
  for (const Read& each : cases) {
    CAPTURE(each.text);
    CAPTURE(each.picture);
    CHECK(read(each.text, each.picture) == each.time);
  }
}

TEST_CASE("times are read by pictures") {
  constexpr Read kCases[] = {
      {"2024-02-29", "[Y0001]-[M01]-[D01]", "2024-02-29T00:00:00.000Z"},
      {"20240229034505", "[Y0001][M01][D01][H01][m01][s01]", "2024-02-29T03:45:05.000Z"},
      {"29/2/24", "[D]/[M]/[Y]", "1924-02-29T00:00:00.000Z"},  // years below 100 are of the 1900s
      {"2024-02-29T03:45:05.0429+05:30", "[Y]-[M]-[D]T[H]:[m]:[s].[f][Z]",
       "2024-02-28T22:15:05.042Z"},
      {"2024-02-29 03:45 -0330", "[Y]-[M]-[D] [H]:[m] [Z0001]", "2024-02-29T07:15:00.000Z"},
      {"2024-02-29 03:45 GMT-5", "[Y]-[M]-[D] [H]:[m] [z0]", "2024-02-29T08:45:00.000Z"},
      {"2024-02-29 03:45 +530", "[Y]-[M]-[D] [H]:[m] [Z001]", "2024-02-28T22:15:00.000Z"},
      {"2024-02-29 03:45 gmt-00:30", "[Y]-[M]-[D] [H]:[m] [z]", "2024-02-29T04:15:00.000Z"},
      {"Thursday, 29th February 2024", "[FNn], [D1o] [MNn] [Y]", "2024-02-29T00:00:00.000Z"},
      {"29 Feb 2024", "[D] [MNn,3-3] [Y]", "2024-02-29T00:00:00.000Z"},
      {"1 Jul 2024", "[D] [MNn,*-1] [Y]", "D3136"},
      {"1 J 2024", "[D] [MNn,*-1] [Y]", "2024-07-01T00:00:00.000Z"},
      {"MMXXIV", "[YI]", "2024-01-01T00:00:00.000Z"},
      {"ac.ii.mmxxiv", "[Da].[Mi].[Yi]", "2024-02-29T00:00:00.000Z"},
      {"two thousand and twenty-four", "[Yw]", "2024-01-01T00:00:00.000Z"},
      {"Twenty-Ninth day of the SECOND month of Twenty Hundred and Twenty-Four",
       "[DWwo] day of the [Mwo] month of [Yw]", "2024-02-29T00:00:00.000Z"},
      {"sixteen-seven", "[Hw]-[mw]", "2026-07-09T16:07:00.000Z"},
      {"11:30 pm 1/2/2024", "[h]:[m] [P] [D]/[M]/[Y]", "2024-02-01T23:30:00.000Z"},
      {"12:30 am 1/2/2024", "[h]:[m] [P] [D]/[M]/[Y]", "2024-02-01T00:30:00.000Z"},
      {"12:30 PM 1/2/2024", "[h]:[m] [PN] [D]/[M]/[Y]", "2024-02-01T12:30:00.000Z"},
      {"2024.060", "[Y0001].[d001]", "2024-02-29T00:00:00.000Z"},
      {"2024.060 12:30", "[Y0001].[d001] [H]:[m]", "2024-02-29T12:30:00.000Z"},
      {"٢٩/٠٢/٢٠٢٤", "[D٠١]/[M٠١]/[Y٠٠٠١]", "2024-02-29T00:00:00.000Z"},
      {"[2024] IN the year", "[[[Y]]] in The Year", "2024-01-01T00:00:00.000Z"},
      {"a.b 2024", "a.b [Y]", "2024-01-01T00:00:00.000Z"},
      {"2024-14-35 25:61", "[Y]-[M]-[D] [H]:[m]", "2025-03-08T02:01:00.000Z"},
  };
  check_read(kCases);
}

TEST_CASE("what a text leaves out is the present before what it has, and the first after it") {
  constexpr Read kCases[] = {
      {"2020", "[Y]", "2020-01-01T00:00:00.000Z"},
      {"2020-11", "[Y]-[M]", "2020-11-01T00:00:00.000Z"},
      {"3 March", "[D] [MNn]", "2026-03-03T00:00:00.000Z"},
      {"15", "[D]", "2026-07-15T00:00:00.000Z"},
      {"60", "[d]", "2026-03-01T00:00:00.000Z"},
      {"08:15", "[H]:[m]", "2026-07-09T08:15:00.000Z"},
      {"08", "[H]", "2026-07-09T08:00:00.000Z"},
      {"5 pm", "[h] [P]", "2026-07-09T17:00:00.000Z"},
      {"59", "[s]", "2026-07-09T13:34:59.000Z"},
      {"5", "[f]", "2026-07-09T13:34:56.500Z"},
      {"Friday", "[FNn]", "2026-07-09T13:34:56.789Z"},
      {"+00:00", "[Z]", "2026-07-09T13:34:56.789Z"},
  };
  check_read(kCases);
  CHECK(to_millis("00:00", "[H]:[m]", kNow) == kToday);
}

TEST_CASE("a text that does not match its picture is nothing") {
  constexpr Read kCases[] = {
      {"", "", "none"},
      {"text", "text", "none"},  // matches, but says nothing
      {"2024", "", "none"},
      {"2024-2", "[Y]-[M]-[D]", "none"},
      {"x2024", "[Y]", "none"},
      {"2024x", "[Y]", "none"},
      {"-2024", "[Y]", "none"},
      {"2,024", "[Y9,999,*]", "none"},
      {"29 02", "[D1o] [M]", "none"},
      {"2024", "[YI]", "none"},
      {"mmxxiv", "[YI]", "none"},
      {"AC", "[Da]", "none"},
      {"one  two", "[Dw]", "none"},
      {"13:45", "[H][m]", "none"},
      {"GMT5", "[z0]", "none"},
      {"Z", "[Z01:01t]", "none"},
  };
  check_read(kCases);
}

TEST_CASE("what a date's picture leaves out, or cannot be read by it, has the reference's codes") {
  constexpr Read kCases[] = {
      {"2024-29", "[Y]-[D]", "D3136"},
      {"2-29 45:05", "[M]-[D] [m]:[s]", "D3136"},
      {"10:30", "[H]:[s]", "D3136"},
      {"5 Mai 2024", "[D] [MNn] [Y]", "D3136"},
      {"2024-W09-4", "[X]-W[W]-[F1]", "D3136"},
      {"2024-2-5-4", "[X]-[x]-[w]-[F1]", "D3136"},
      {"2024", "[Y", "D3135"},
      {"2024", "[q]", "D3132"},
      {"2024", "[q1]", "D3133"},
      {"2024", "[YN]", "D3133"},
      {"ISO", "[C]", "D3133"},
      {"2024", "[Yx]", "D3130"},
      {"2024", "[Y0٠]", "D3131"},
      {"999999", "[Y]", "D3110"},
      {"1e9", "[Y]", "none"},
      {"99999999999999999999", "[Y]", "D3110"},
      {"2024-01-99999999999", "[Y]-[M]-[D]", "D3110"},
  };
  check_read(kCases);
  CHECK(to_millis("08:15", "[H]:[m]", 1e300).error().code == "D3110");
}

TEST_CASE("what hostile date pictures and texts take is limited") {
  const std::string long_picture(kPictureBytesMax + 1, 'x');
  CHECK(written(0, long_picture) == "D2015");
  CHECK(read("x", long_picture) == "D2015");
  CHECK(read(std::string(kPictureTextBytesMax + 1, '1'), "[Y]") == "D2015");
  CHECK(written(0, "[Y,9999999999999999999]") == "D2015");
  CHECK(written(0, "[Y,*-100000]") == "D2015");
  CHECK(written(0, "[D,4096]").size() == kPictureBytesMax);
  std::string wide;
  for (int count = 0; count < 20; ++count)
    wide += "[D,4000]";
  CHECK(written(0, wide) == "D2015");
  // What would make a backtracking matcher try all ways to share the characters.
  std::string nested;
  for (int count = 0; count < 100; ++count)
    nested += "[Yw][MNn]";
  CHECK(read(std::string(2000, 'a') + "!", nested) == "none");
  CHECK(read(std::string(60'000, 'a'), nested) == "D2015");
}

}  // namespace
}  // namespace weft::json::jsonata

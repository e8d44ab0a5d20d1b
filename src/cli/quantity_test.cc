#include "cli/quantity.h"

#include <doctest/doctest.h>

namespace weft::cli {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;

TEST_CASE("sizes have units of 1024 and of 1000") {
  CHECK(parse_bytes("0").value() == 0);
  CHECK(parse_bytes("4096").value() == 4096);
  CHECK(parse_bytes("1K").value() == 1024);
  CHECK(parse_bytes("64KiB").value() == 65'536);
  CHECK(parse_bytes("64kB").value() == 64'000);
  CHECK(parse_bytes("1.5GiB").value() == 1'610'612'736);
  CHECK(parse_bytes("0.5K").value() == 512);
}

TEST_CASE("what is no size is refused with the forms that are") {
  for (const char* text : {"", "K", "-1", "1.", ".5", "1.5", "1 K", "1Kib", "0.3K", "1e3", "0x10",
                           "999999999999999999999", "18446744073GiB", "1..5M", "1.0000001G"}) {
    CAPTURE(text);
    CHECK(parse_bytes(text).error().code() == ErrorCode::kInvalidArgument);
  }
  CHECK(parse_bytes("many").error().message() ==
        "many is no size: write bytes, or a number with a unit, like 64MiB or 1GiB; "
        "units are KiB, MiB, GiB (or K, M, G) and kB, MB, GB");
}

TEST_CASE("durations have a unit") {
  CHECK(parse_duration("250ms").value() == milliseconds(250));
  CHECK(parse_duration("1.5m").value() == seconds(90));
  CHECK(parse_duration("2h").value() == seconds(7200));
  CHECK(parse_duration("500us").value() == microseconds(500));
  CHECK(parse_duration("0.25s").value() == milliseconds(250));
  CHECK(parse_duration("0s").value() == seconds(0));
}

TEST_CASE("a duration without a unit is refused with what it may mean") {
  CHECK(parse_duration("10").error().message() ==
        "10 has no unit: write 10s, or 10ms for milliseconds");
  CHECK(parse_duration("0").error().code() == ErrorCode::kInvalidArgument);
}

TEST_CASE("what is no duration is refused") {
  for (const char* text : {"", "s", "-1s", "10 s", "1d", "0.0000001s", "99999999999h", "nan"}) {
    CAPTURE(text);
    CHECK(parse_duration(text).error().code() == ErrorCode::kInvalidArgument);
  }
}

TEST_CASE("counts are decimal digits, grouped at will") {
  CHECK(parse_count("0").value() == 0);
  CHECK(parse_count("18446744073709551615").value() == UINT64_MAX);
  CHECK(parse_count("10_000_000").value() == 10'000'000);
  for (const char* text :
       {"", "-1", "+1", "1.0", "18446744073709551616", "_1", "1_", "1__0", "0x10", " 1"}) {
    CAPTURE(text);
    CHECK(parse_count(text).error().code() == ErrorCode::kInvalidArgument);
  }
  CHECK(parse_count("10", 10).value() == 10);
  CHECK(parse_count("11", 10).error().message() == "11 is no whole number from 0 to 10");
  CHECK(parse_count("-1").error().message() == "-1 is no whole number from 0 to 2^64-1");
}

TEST_CASE("sizes and durations are shown short") {
  CHECK(bytes_text(0) == "0 B");
  CHECK(bytes_text(1023) == "1023 B");
  CHECK(bytes_text(1024) == "1 KiB");
  CHECK(bytes_text(1'610'612'736) == "1.5 GiB");
  CHECK(duration_text(microseconds(12)) == "12 µs");
  CHECK(duration_text(microseconds(3'400)) == "3.4 ms");
  CHECK(duration_text(milliseconds(1'250)) == "1.25 s");
  CHECK(duration_text(seconds(600)) == "10 min");
}

}  // namespace
}  // namespace weft::cli

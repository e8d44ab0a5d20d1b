#include "function/limits.h"

#include <doctest/doctest.h>

#include "json/parse.h"
#include "json/print.h"

namespace weft::function {
namespace {

Result<FunctionLimits> limits_from(std::string_view text) {
  return limits_of(json::parse(text).value());
}

TEST_CASE("limits that are not named keep their defaults") {
  CHECK(limits_from("{}").value() == FunctionLimits{});
  const auto limits = limits_from(R"({"deadline_ms": 5})").value();
  CHECK(limits.deadline_ms == 5);
  CHECK(limits.memory_bytes == FunctionLimits{}.memory_bytes);
}

TEST_CASE("limits survive being written and read") {
  const FunctionLimits limits{
      .deadline_ms = 1, .memory_bytes = 2, .output_bytes = 3, .in_flight = 4};
  CHECK(limits_of(to_json(limits)).value() == limits);
  CHECK(limits_of(to_json({})).value() == FunctionLimits{});
  CHECK(json::to_string(to_json(limits)) ==
        R"({"deadline_ms":1,"memory_bytes":2,"output_bytes":3,"in_flight":4})");
}

TEST_CASE("both ends of each range are inside, their neighbours outside") {
  struct Case {
    std::string_view name;
    std::string_view least;
    std::string_view most;
    std::string_view beyond;
  };
  for (const auto& [name, least, most, beyond] : {
           Case{"deadline_ms", "1", "900000", "900001"},
           Case{"memory_bytes", "0", "4294967296", "4294967297"},
           Case{"output_bytes", "0", "67108864", "67108865"},
           Case{"in_flight", "1", "100000", "100001"},
       }) {
    const auto with = [&](std::string_view value) {
      return limits_from("{\"" + std::string(name) + "\": " + std::string(value) + "}");
    };
    CAPTURE(name);
    CHECK(with(least).has_value());
    CHECK(with(most).has_value());
    for (const std::string_view wrong :
         {beyond, std::string_view("-1"), std::string_view("1.5"), std::string_view("1e400"),
          std::string_view("18446744073709551616"), std::string_view("\"5\""),
          std::string_view("null"), std::string_view("true"), std::string_view("[]")}) {
      CAPTURE(wrong);
      const auto refused = with(wrong);
      REQUIRE_FALSE(refused.has_value());
      CHECK(refused.error().code() == ErrorCode::kInvalidArgument);
      CHECK(refused.error().message() == "limits." + std::string(name) +
                                             " is a whole number from " + std::string(least) +
                                             " to " + std::string(most));
    }
  }
  CHECK(limits_from(R"({"deadline_ms": 0})").error().code() == ErrorCode::kInvalidArgument);
  CHECK(limits_from(R"({"in_flight": 0})").error().code() == ErrorCode::kInvalidArgument);
}

TEST_CASE("an unknown limit is named, and what is no object is refused") {
  CHECK(limits_from(R"({"memory": 5})").error().message() ==
        "there is no limit named \"memory\": the limits are deadline_ms, memory_bytes, "
        "output_bytes and in_flight");
  const auto hostile = limits_from("{\"" + std::string(100'000, 'x') + "\": 5}").error();
  CHECK(hostile.message().size() < 300);
  for (const std::string_view wrong : {"[]", "5", "null", "\"\""})
    CHECK(limits_from(wrong).error().message() == "limits is an object");
}

}  // namespace
}  // namespace weft::function

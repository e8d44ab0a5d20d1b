#include "cli/function_limits.h"

#include <doctest/doctest.h>

#include "cli/command.h"
#include "function/limits.h"

namespace weft::cli {
namespace {

Result<json::Object> limits(const std::vector<std::string>& flags) {
  std::vector<std::string> words = {"add", "add.wat"};
  words.insert(words.end(), flags.begin(), flags.end());
  return limits_of_flags(parse_arguments(words, kDeployCommand.grammar).value());
}

std::string message(const std::vector<std::string>& flags) {
  return limits(flags).error().message();
}

TEST_CASE("the ranges of limits' flags are those of functions") {
  for (const std::vector<std::string>& words : std::vector<std::vector<std::string>>{
           {"--deadline", "1ms", "--memory", "0", "--output", "0", "--in-flight", "1"},
           {"--deadline", "15m", "--memory", "4GiB", "--output", "64MiB", "--in-flight",
            "100000"}}) {
    const json::Value allowed(limits(words).value());
    CHECK(allowed.size() == 4);
    CHECK(function::limits_of(allowed).has_value());
    // One more or one less is too much for the one that stands at its end of the range.
    for (const auto& [name, value] : allowed.as_object()) {
      const std::uint64_t number = value.as_number().to_uint64().value();
      const json::Value beyond =
          json::Value::object({{name, number > 1 ? number + 1 : number - 1}});
      CHECK_FALSE(function::limits_of(beyond).has_value());
    }
  }
}

TEST_CASE("a wrong limit is refused with the flag that was written") {
  CHECK(message({"--deadline", "99h"}) == "--deadline: 99h is not within 1ms to 15m");
  CHECK(message({"--deadline", "1"}) ==
        "--deadline: 1 has no unit: write 1s, or 1ms for milliseconds");
  CHECK(message({"--memory", "64XB"}).starts_with("--memory: 64XB is no size"));
  CHECK(message({"--output", "1GiB"}) == "--output: 1GiB is not within 0 to 64MiB");
  CHECK(message({"--in-flight", "0"}) == "--in-flight: 0 is not within 1 to 100000");
}

TEST_CASE("a deadline counts in whole milliseconds, never none") {
  CHECK(limits({"--deadline", "1us"}).value().find("deadline_ms")->as_number().to_uint64() == 1);
}

TEST_CASE("a server's word for a limit becomes the flag") {
  const Error error(ErrorCode::kInvalidArgument, "limits.memory_bytes is a whole number");
  CHECK(in_words_of_flags(error).message() == "--memory is a whole number");
}

TEST_CASE("a limit that was reached is told with what raises it") {
  CHECK(how_to_raise({"output_bytes", 6 << 20}, "flood") ==
        "`weft deploy flood FILE --output N` with more than 6 MiB");
  CHECK(how_to_raise({"deadline_ms", 100}, "loop") ==
        "`weft deploy loop FILE --deadline T` with more than 100 ms");
  CHECK(how_to_raise({"in_flight", 100}, "add") ==
        "`weft deploy add FILE --in-flight N` with more than 100");
  CHECK(how_to_raise({"payload_bytes", 8 << 20}, "add") ==
        "`weft serve --max-payload N` with more than 8 MiB");
}

TEST_CASE("what is fixed, or at its most, cannot be raised") {
  CHECK(how_to_raise({"table_elements", 10}, "add").empty());
  CHECK(how_to_raise({"deadline_ms", 900'000}, "loop").empty());
}

}  // namespace
}  // namespace weft::cli

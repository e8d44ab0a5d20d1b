#include "conformance/asl_cases.h"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "conformance/corpora.h"
#include "conformance/placeholders.h"
#include "json/parse.h"
#include "json/print.h"
#include "workflow/embedded_models.h"
#include "workflow/service_models.h"

namespace weft::conformance {
namespace {

using json::Value;

bool is_exact(std::string_view test) {
  const auto comparison = run_asl_case(json::parse(test).value(), nullptr);
  REQUIRE_MESSAGE(comparison.has_value(), comparison.error().message());
  return comparison->expected == comparison->found;
}

constexpr std::string_view kPass =
    R"("definition":"{\"StartAt\":\"A\",\"States\":{\"A\":{\"Type\":\"Pass\",\"End\":true}}}","input":"{\"a\":1}")";

TEST_CASE("a history has to be the recorded one, event by event") {
  constexpr std::string_view kHistory = R"([
      {{"id":1,"previousEventId":0,"type":"ExecutionStarted","executionStartedEventDetails":{{"input":{{"a":{}}},"inputDetails":{{"truncated":false}},"roleArn":"snf_role_arn"}}}},
      {{"id":2,"previousEventId":0,"type":"PassStateEntered","timestamp":"timestamp","stateEnteredEventDetails":{{"name":"A","input":{{"a":1}},"inputDetails":{{"truncated":false}}}}}},
      {{"id":3,"previousEventId":{},"type":"PassStateExited","stateExitedEventDetails":{{"name":"A","output":{{"a":1}},"outputDetails":{{"truncated":false}}}}}},
      {{"id":4,"previousEventId":3,"type":"ExecutionSucceeded","executionSucceededEventDetails":{{"output":{{"a":1}},"outputDetails":{{"truncated":false}}}}}}])";
  const auto test = [&](int number, int previous) {
    return fmt::format("{{{},\"expected\":{}}}", kPass,
                       fmt::format(fmt::runtime(kHistory), number, previous));
  };
  CHECK(is_exact(test(1, 2)));
  CHECK_FALSE(is_exact(test(2, 2)));
  CHECK_FALSE(is_exact(test(1, 1)));
}

TEST_CASE("where a test expects an output alone, that is compared") {
  CHECK(is_exact(fmt::format(R"({{{},"expected_output":{{"a":1}}}})", kPass)));
  CHECK_FALSE(is_exact(fmt::format(R"({{{},"expected_output":{{"a":2}}}})", kPass)));
}

TEST_CASE("placeholders stand for what was found, and nothing else does") {
  const auto is_alike = [](const Value& expected, const Value& found, std::string_view material) {
    return aligned(expected, found, material) == expected;
  };
  CHECK(is_alike("<uuid:1>", "63cb", ""));
  CHECK(is_alike("arn:<partition>:states:<region>:1", "arn:aws:states:eu:1", ""));
  CHECK_FALSE(is_alike("arn:<partition>:states:<region>:1", "arn:aws:states:eu:2", ""));
  CHECK(is_alike("<<task_token>:1>", "abc", ""));
  CHECK(is_alike("timestamp", "2024-01-01", ""));
  CHECK_FALSE(is_alike("timestamp", "2024-01-01", R"("field":"timestamp")"));
  CHECK(is_alike("function:function_name", "function:f-1", "f-1"));
  CHECK(is_alike(Value::object({{"a", "date"}}), R"({"a":"today"})", ""));
  CHECK_FALSE(is_alike(Value::object({{"a", 1}}), R"({"a":2})", ""));
  CHECK_FALSE(is_alike("a < b", "a < c", ""));
  CHECK_FALSE(is_alike("Failed.", "Worked.", ""));
}

// What is not exact in the recordings has its cause in docs/conformance.md.
TEST_CASE("executions that AWS recorded are as they were there") {
  const auto directory = corpora();
  if (!directory) {
    MESSAGE("there is no corpus: WEFT_CORPORA names the directory");
    return;
  }
  struct Recordings {
    const char* file;
    std::size_t not_exact_max;
  };
  const workflow::ServiceModels models(workflow::embedded_service_models());
  const auto run_case = [&](const Value& test) { return run_asl_case(test, &models); };
  for (const Recordings& recordings :
       {Recordings{"choice.jsonl", 0}, Recordings{"history_pure.jsonl", 4},
        Recordings{"history_with_services.jsonl", 6}, Recordings{"teststate.jsonl", 0},
        Recordings{"asl_real_world.jsonl", 0}, Recordings{"asl_verdicts.jsonl", 1},
        Recordings{"create_api.jsonl", 0}, Recordings{"validate_api.jsonl", 0}}) {
    const std::vector files = {*directory / "asl" / recordings.file};
    std::string printed;
    std::size_t not_exact = 0;
    const auto tally =
        run_corpora(files, run_case, {.print = [&](std::string_view text) {
                      printed += text;
                      if (text.starts_with("differing ") || text.starts_with("failing "))
                        ++not_exact;
                    }});
    REQUIRE(tally.has_value());
    CAPTURE(printed);
    CHECK(not_exact <= recordings.not_exact_max);
  }
}

TEST_CASE("recorded executions that are stored and resumed before each event end in the same way") {
  const auto directory = corpora();
  if (!directory) {
    MESSAGE("there is no corpus: WEFT_CORPORA names the directory");
    return;
  }
  const std::vector files = {*directory / "asl" / "choice.jsonl",
                             *directory / "asl" / "history_pure.jsonl",
                             *directory / "asl" / "history_with_services.jsonl"};
  const auto store_and_resume = [](const workflow::Definition& definition,
                                   workflow::Execution& execution, const workflow::Event&) {
    auto resumed = workflow::execution_of(to_text(execution), definition);
    REQUIRE(resumed.has_value());
    CHECK(to_text(*resumed) == to_text(execution));
    execution = *std::move(resumed);
  };
  const auto run_both = [&](const Value& test) -> Result<Comparison> {
    auto straight = run_asl_case(test, nullptr);
    auto resumed = run_watched_asl_case(test, store_and_resume);
    CHECK(resumed.has_value() == straight.has_value());
    if (!straight || !resumed) return Comparison{};
    return Comparison{.expected = std::move(straight->found), .found = std::move(resumed->found)};
  };
  std::string printed;
  const auto tally =
      run_corpora(files, run_both, {.print = [&](std::string_view text) { printed += text; }});
  REQUIRE(tally.has_value());
  CAPTURE(printed);
  CHECK(tally->is_all_exact());
}

}  // namespace
}  // namespace weft::conformance

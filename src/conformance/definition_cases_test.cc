#include "conformance/definition_cases.h"

#include <fstream>
#include <string>
#include <string_view>

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "conformance/corpora.h"
#include "json/parse.h"
#include "workflow/validation.h"

namespace weft::conformance {
namespace {

constexpr std::string_view kValid =
    R"("definition":"{\"StartAt\":\"A\",\"States\":{\"A\":{\"Type\":\"Pass\",\"End\":true}}}")";
constexpr std::string_view kEndless =
    R"("definition":"{\"StartAt\":\"A\",\"States\":{\"A\":{\"Type\":\"Pass\"}}}")";

bool is_exact(const std::string& test) {
  const auto comparison = run_definition_case(json::parse(test).value());
  REQUIRE_MESSAGE(comparison.has_value(), comparison.error().message());
  return comparison->expected == comparison->found;
}

TEST_CASE("a definition has the verdict that is given, and is valid where none is") {
  CHECK(is_exact(fmt::format("{{{}}}", kValid)));
  CHECK(is_exact(fmt::format(R"({{{},"valid":true}})", kValid)));
  CHECK_FALSE(is_exact(fmt::format(R"({{{},"valid":false}})", kValid)));
  CHECK_FALSE(is_exact(fmt::format("{{{}}}", kEndless)));
  CHECK(is_exact(fmt::format(R"({{{},"valid":false}})", kEndless)));
}

TEST_CASE("CreateStateMachine refuses in AWS's words") {
  const auto create = [](std::string_view definition, std::string_view expected) {
    return fmt::format(R"({{"op":"create_state_machine","args":{{{}}},"expected":{}}})", definition,
                       expected);
  };
  const auto error = [](std::string_view code, std::string_view message) {
    return fmt::format(R"({{"Error":{{"Code":"{}","Message":"{}"}}}})", code, message);
  };
  CHECK(is_exact(create(kValid, "{}")));
  CHECK_FALSE(is_exact(create(kEndless, "{}")));
  CHECK_FALSE(is_exact(create(kEndless, error("InvalidDefinition", "No."))));
  CHECK(is_exact(create(kEndless, error("InvalidDefinition", "Error=ValueError …"))));
  CHECK_FALSE(is_exact(create(kValid, error("InvalidDefinition", "Error=ValueError …"))));
  CHECK(is_exact(create(kValid, error("InvalidName", "No."))));
}

TEST_CASE("what only a server can answer fails, and says so") {
  const auto test = json::parse(R"({"op":"list_executions","args":{},"expected":{}})").value();
  const auto comparison = run_definition_case(test);
  REQUIRE_FALSE(comparison.has_value());
  CHECK(comparison.error().message() == "it calls what only a server has");
}

TEST_CASE("definitions that AWS has run are valid") {
  const auto directory = corpora();
  if (!directory) {
    MESSAGE("there is no corpus: WEFT_CORPORA names the directory");
    return;
  }
  for (const char* name : {"history_pure.jsonl", "history_with_services.jsonl", "choice.jsonl"}) {
    std::ifstream file(*directory / "asl" / name);
    for (std::string line; std::getline(file, line);) {
      const auto test = json::parse(line).value();
      const auto validation = workflow::validate(test.find("definition")->as_string());
      CHECK_MESSAGE(validation.is_valid, test.find("id")->as_string()
                                             << ": " << invalid_definition_text(validation));
    }
  }
}

}  // namespace
}  // namespace weft::conformance

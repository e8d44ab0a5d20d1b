// The definitions of the corpora, which AWS or a validator has judged.
#include <fstream>
#include <functional>
#include <string>
#include <string_view>

#include <doctest/doctest.h>

#include "conformance/corpora.h"
#include "json/parse.h"
#include "workflow/validation.h"

namespace weft::conformance {
namespace {

using json::Value;

// False when the corpora are not there.
bool for_each_line(std::string_view name, const std::function<void(const Value&)>& visit) {
  const auto directory = corpora();
  std::ifstream file;
  if (directory) file.open(*directory / "asl" / name);
  if (!file.is_open()) {
    MESSAGE("there is no corpus: WEFT_CORPORA names the directory");
    return false;
  }
  for (std::string line; std::getline(file, line);) {
    const auto value = json::parse(line);
    REQUIRE(value.has_value());
    visit(*value);
  }
  return true;
}

std::string_view text_of(const Value& object, std::string_view name) {
  const Value* const value = object.find(name);
  return value != nullptr && value->is_string() ? value->as_string() : std::string_view();
}

workflow::ValidationOptions options_of(const Value& arguments) {
  return {.type = text_of(arguments, "type") == "EXPRESS" ? workflow::MachineType::kExpress
                                                          : workflow::MachineType::kStandard};
}

TEST_CASE("definitions are judged as by asl-validator") {
  int count = 0;
  int agreed = 0;
  for_each_line("asl_verdicts.jsonl", [&](const Value& line) {
    const auto validation = workflow::validate(text_of(line, "definition"));
    ++count;
    if (validation.is_valid == line.find("valid")->as_bool()) {
      ++agreed;
    } else {
      MESSAGE(text_of(line, "id") << ": " << invalid_definition_text(validation));
    }
  });
  CHECK(agreed * 100 >= count * 98);
}

TEST_CASE("definitions that were published or that AWS has run are valid") {
  for (const std::string_view name : {"asl_real_world.jsonl", "history_pure.jsonl",
                                      "history_with_services.jsonl", "choice.jsonl"}) {
    for_each_line(name, [](const Value& line) {
      const auto validation = workflow::validate(text_of(line, "definition"));
      CHECK_MESSAGE(validation.is_valid, text_of(line, "id")
                                             << ": " << invalid_definition_text(validation));
    });
  }
}

TEST_CASE("CreateStateMachine takes and refuses what AWS takes and refuses, in its words") {
  for_each_line("create_api.jsonl", [](const Value& line) {
    const Value& arguments = *line.find("args");
    const std::string_view definition = text_of(arguments, "definition");
    const Value* const error = line.find("expected")->find("Error");
    if (error != nullptr && text_of(*error, "Code") != "InvalidDefinition") return;
    const auto validation = workflow::validate(definition, options_of(arguments));
    const std::string found = invalid_definition_text(validation);
    INFO(text_of(line, "id"));
    INFO(found);
    CHECK(validation.is_valid == (error == nullptr));
    // The emulator's own words begin so.
    if (error != nullptr && !text_of(*error, "Message").starts_with("Error=ValueError"))
      CHECK(found == text_of(*error, "Message"));
  });
}

TEST_CASE("ValidateStateMachineDefinition says what AWS says") {
  for_each_line("validate_api.jsonl", [](const Value& line) {
    const Value& arguments = *line.find("args");
    const Value& expected = *line.find("expected");
    const auto validation =
        workflow::validate(text_of(arguments, "definition"), options_of(arguments));
    INFO(text_of(line, "id"));
    CHECK(validation.is_valid == (text_of(expected, "result") == "OK"));
    CHECK(validation.is_truncated == expected.find("truncated")->as_bool());
    const auto diagnostics = expected.find("diagnostics")->as_array();
    REQUIRE(validation.diagnostics.size() == diagnostics.size());
    for (std::size_t i = 0; i < diagnostics.size(); ++i) {
      const workflow::Diagnostic& found = validation.diagnostics[i];
      CHECK(name(found.severity) == text_of(diagnostics[i], "severity"));
      CHECK(found.code == text_of(diagnostics[i], "code"));
      CHECK(found.message == text_of(diagnostics[i], "message"));
      CHECK(found.location.value_or("") == text_of(diagnostics[i], "location"));
    }
  });
}

TEST_CASE("TestState takes and refuses what AWS takes and refuses, in its words") {
  for_each_line("teststate.jsonl", [](const Value& line) {
    const Value& arguments = *line.find("args");
    const std::string_view definition = text_of(arguments, "definition");
    const Value* const error = line.find("expected")->find("Error");
    if (error != nullptr && text_of(*error, "Code") != "InvalidDefinition") return;
    const bool is_machine = arguments.find("stateName") != nullptr;
    const auto validation =
        is_machine ? workflow::validate(definition) : workflow::validate_state(definition);
    const std::string found = invalid_definition_text(validation);
    INFO(text_of(line, "id"));
    INFO(found);
    CHECK(validation.is_valid == (error == nullptr));
    if (error != nullptr) CHECK(found == text_of(*error, "Message"));
  });
}

}  // namespace
}  // namespace weft::conformance

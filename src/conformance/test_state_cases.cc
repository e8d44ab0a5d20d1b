#include "conformance/test_state_cases.h"

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "conformance/placeholders.h"
#include "json/print.h"
#include "workflow/test_state.h"

namespace weft::conformance {
namespace {

using json::Value;

constexpr std::int64_t kStartMillis = 1'763'725'011'000;
constexpr std::uint64_t kSeed = 7;

std::optional<std::string> text_of(const Value& object, std::string_view name) {
  const Value* const found = object.find(name);
  if (found == nullptr || !found->is_string()) return std::nullopt;
  return std::string(found->as_string());
}

std::optional<std::uint64_t> number_of(const Value& object, std::string_view name) {
  const Value* const found = object.find(name);
  return found != nullptr && found->is_number() ? found->as_number().to_uint64() : std::nullopt;
}

workflow::InspectionLevel level_of(const std::optional<std::string>& name) {
  if (name == "DEBUG") return workflow::InspectionLevel::kDebug;
  return name == "TRACE" ? workflow::InspectionLevel::kTrace : workflow::InspectionLevel::kInfo;
}

workflow::TestStateRequest::Mock mock_of(const Value& given) {
  workflow::TestStateRequest::Mock mock{.result = text_of(given, "result")};
  if (const Value* const failure = given.find("errorOutput")) {
    mock.failure =
        workflow::Failure{.error = text_of(*failure, "error"), .cause = text_of(*failure, "cause")};
  }
  const auto mode = text_of(given, "fieldValidationMode");
  if (mode == "PRESENT") mock.validation = workflow::FieldValidation::kPresent;
  if (mode == "NONE") mock.validation = workflow::FieldValidation::kNone;
  return mock;
}

workflow::TestStateRequest request_of(const Value& args) {
  workflow::TestStateRequest request{.definition = text_of(args, "definition").value_or("")};
  request.state_name = text_of(args, "stateName");
  request.role_arn = text_of(args, "roleArn");
  request.input = text_of(args, "input");
  request.variables = text_of(args, "variables");
  request.context = text_of(args, "context");
  request.level = level_of(text_of(args, "inspectionLevel"));
  const Value* const reveals = args.find("revealSecrets");
  request.reveals_secrets = reveals != nullptr && *reveals == Value(true);
  if (const Value* const mock = args.find("mock")) request.mock = mock_of(*mock);
  if (const Value* const configuration = args.find("stateConfiguration")) {
    request.retries = number_of(*configuration, "retrierRetryCount");
    request.error_caused_by = text_of(*configuration, "errorCausedByState");
    request.failed_iterations = number_of(*configuration, "mapIterationFailureCount");
    request.read_items = text_of(*configuration, "mapItemReaderData");
  }
  return request;
}

// What the service answered: the recording shows it where it inspects, and else only what the state
// made of it.
std::string recorded_result(const Value& expected) {
  const Value* const inspection = expected.find("inspectionData");
  const Value* result = inspection != nullptr ? inspection->find("result") : nullptr;
  if (result == nullptr) result = expected.find("output");
  if (result == nullptr) return "null";
  return result->is_string() ? std::string(result->as_string()) : json::to_string(*result);
}

workflow::Execution run(workflow::PreparedTest& test, const std::string& result) {
  workflow::Execution execution;
  std::deque<decltype(workflow::Event::what)> agenda;
  agenda.emplace_back(std::move(test.begin));
  for (std::uint64_t seed = kSeed; !agenda.empty(); ++seed) {
    workflow::Event event{.millis = kStartMillis, .seed = seed, .what = std::move(agenda.front())};
    agenda.pop_front();
    const auto done = step(test.definition, execution, event, {}, &test.state);
    for (const workflow::Effect& effect : done.effects) {
      if (const auto* const task = std::get_if<workflow::StartTask>(&effect))
        agenda.emplace_back(workflow::TaskSucceeded{.task = task->task, .output = result});
      if (const auto* const timer = std::get_if<workflow::StartTimer>(&effect))
        agenda.emplace_back(workflow::TimerFired{.timer = timer->timer});
    }
  }
  return execution;
}

Value error_answer(const workflow::TestStateError& error) {
  return Value::object(
      {{"Error", Value::object({{"Code", error.code}, {"Message", error.message}})},
       {"message", error.message}});
}

Value without_metadata(const Value& expected) {
  json::Object object;
  for (const auto& [name, value] : expected.as_object()) {
    if (name != "ResponseMetadata") object.set(name, value);
  }
  return Value(std::move(object));
}

}  // namespace

Result<Comparison> run_test_state_case(const Value& test) {
  const Value* const args = test.find("args");
  const Value* const recorded = test.find("expected");
  if (args == nullptr || !args->is_object() || recorded == nullptr || !recorded->is_object())
    return fail(ErrorCode::kInvalidArgument, "it has no args or expects nothing");
  const Value expected = without_metadata(*recorded);
  const workflow::TestIdentity identity{
      .account = "111111111111", .machine_name = "machine", .execution_name = "run"};
  auto prepared = prepare_test(request_of(*args), identity, nullptr);
  Value found;
  if (prepared) {
    const workflow::Execution execution = run(*prepared, recorded_result(expected));
    found = test_state_answer(*prepared, execution);
  } else {
    found = error_answer(prepared.error());
  }
  return Comparison{.expected = expected,
                    .found = aligned(expected, found, json::to_string(*args))};
}

}  // namespace weft::conformance

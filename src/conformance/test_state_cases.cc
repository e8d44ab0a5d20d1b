#include "conformance/test_state_cases.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "conformance/placeholders.h"
#include "json/print.h"
#include "workflow/simulation.h"
#include "workflow/test_state.h"

namespace weft::conformance {
namespace {

using json::Value;

constexpr std::int64_t kStartMillis = 1'763'725'011'000;
constexpr std::uint64_t kSeed = 7;

std::optional<std::string> text_of(const Value& object, std::string_view name) {
  const auto found = object.find_string(name);
  return found ? std::optional(std::string(*found)) : std::nullopt;
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

// Answers each task with the same.
class RecordedResult final : public workflow::Services {
 public:
  explicit RecordedResult(std::string result) : result_(std::move(result)) {}

  void start(workflow::Simulation& simulation, const workflow::StartTask& task) override {
    simulation.post(workflow::TaskSucceeded{.task = task.task, .output = result_});
  }
  workflow::Outcome<Value> read(const workflow::ReadItems&) override { return nothing(); }
  workflow::Outcome<Value> write(const workflow::WriteResults&) override { return nothing(); }

 private:
  // Maps that are tested are mocked.
  static workflow::Outcome<Value> nothing() {
    return workflow::ends_with("States.Runtime", "A mocked Map reads and writes nothing.");
  }

  std::string result_;
};

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

Result<Comparison> run_test_state_case(const Value& test, const workflow::ServiceModels* models) {
  const Value* const args = test.find("args");
  const Value* const recorded = test.find("expected");
  if (args == nullptr || !args->is_object() || recorded == nullptr || !recorded->is_object())
    return fail(ErrorCode::kInvalidArgument, "it has no args or expects nothing");
  const Value expected = without_metadata(*recorded);
  const workflow::TestIdentity identity{
      .account = "111111111111", .machine_name = "machine", .execution_name = "run"};
  auto prepared = prepare_test(request_of(*args), identity, models);
  Value found;
  if (prepared) {
    RecordedResult services(recorded_result(expected));
    workflow::Simulation simulation(prepared->definition, services, kStartMillis, kSeed);
    simulation.tested = &prepared->state;
    simulation.run(prepared->begin);
    found = test_state_answer(*prepared, simulation.execution());
  } else {
    found = error_answer(prepared.error());
  }
  return Comparison{.expected = expected,
                    .found = aligned(expected, found, json::to_string(*args))};
}

}  // namespace weft::conformance

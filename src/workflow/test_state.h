// TestState of AWS Step Functions: one state of a definition by itself, with what it does inside
// shown, and what it would call answered by a mock.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>

#include "json/value.h"
#include "workflow/definition.h"
#include "workflow/execution.h"
#include "workflow/service_models.h"
#include "workflow/step.h"
#include "workflow/tested_state.h"

namespace weft::workflow {

enum class InspectionLevel : std::uint8_t { kInfo, kDebug, kTrace };

// How a mocked result is compared with what the service answers.
enum class FieldValidation : std::uint8_t { kStrict, kPresent, kNone };

// The parameters of the API; texts are JSON where the API has JSON.
struct TestStateRequest {
  std::string definition;
  std::optional<std::string> state_name = std::nullopt;
  std::optional<std::string> role_arn = std::nullopt;
  std::optional<std::string> input = std::nullopt;
  std::optional<std::string> variables = std::nullopt;
  std::optional<std::string> context = std::nullopt;
  InspectionLevel level = InspectionLevel::kInfo;
  bool reveals_secrets = false;

  struct Mock {
    std::optional<std::string> result = std::nullopt;
    std::optional<Failure> failure = std::nullopt;
    FieldValidation validation = FieldValidation::kStrict;
  };
  std::optional<Mock> mock = std::nullopt;

  std::optional<std::uint64_t> retries = std::nullopt;            // retrierRetryCount
  std::optional<std::string> error_caused_by = std::nullopt;      // errorCausedByState
  std::optional<std::uint64_t> failed_iterations = std::nullopt;  // mapIterationFailureCount
  // mapItemReaderData: the text of the data that the ItemReader reads (a file of JSON, JSONL or
  // CSV), not of a manifest; of a listing of objects or an inventory, an array of the items.
  std::optional<std::string> read_items = std::nullopt;
};

// Why there is no test.
struct TestStateError {
  std::string code;  // "ValidationException"
  std::string message;

  bool operator==(const TestStateError&) const = default;
};

// Who the test is, as its context object says.
struct TestIdentity {
  std::string region = "us-east-1";
  std::string account = "123456789012";
  std::string machine_name;
  std::string execution_name;
};

// A test that may begin: `begin` is the first event for step(), which gets `state` each time.
// Whatever else step() asks for (a Task without a mock, the time of a Wait) is done as for any
// execution.
struct PreparedTest {
  Definition definition;
  TestedState state;
  Begin begin;
  InspectionLevel level = InspectionLevel::kInfo;
};

// `models` says what services answer; null: no result is compared with that.
std::expected<PreparedTest, TestStateError> prepare_test(const TestStateRequest& request,
                                                         const TestIdentity& identity,
                                                         const ServiceModels* models);

// What the API answers when the execution has ended. Its inspectionData has no `request` and no
// `response`: they are of HTTP Tasks, which weft does not do.
json::Value test_state_answer(const PreparedTest& test, const Execution& execution);

}  // namespace weft::workflow

#include "workflow/history.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <span>
#include <string>

#include <fmt/format.h>

#include "base/assert.h"
#include "json/number.h"

namespace weft::workflow {
namespace {

struct Row {
  EventType type;
  std::string_view name;
  std::string_view details;
};

// In the order of the types.
constexpr std::array kRows = {
    Row{EventType::kActivityFailed, "ActivityFailed", "activityFailedEventDetails"},
    Row{EventType::kActivityScheduled, "ActivityScheduled", "activityScheduledEventDetails"},
    Row{EventType::kActivityStarted, "ActivityStarted", "activityStartedEventDetails"},
    Row{EventType::kActivitySucceeded, "ActivitySucceeded", "activitySucceededEventDetails"},
    Row{EventType::kActivityTimedOut, "ActivityTimedOut", "activityTimedOutEventDetails"},
    Row{EventType::kChoiceStateEntered, "ChoiceStateEntered", "stateEnteredEventDetails"},
    Row{EventType::kChoiceStateExited, "ChoiceStateExited", "stateExitedEventDetails"},
    Row{EventType::kEvaluationFailed, "EvaluationFailed", "evaluationFailedEventDetails"},
    Row{EventType::kExecutionAborted, "ExecutionAborted", "executionAbortedEventDetails"},
    Row{EventType::kExecutionFailed, "ExecutionFailed", "executionFailedEventDetails"},
    Row{EventType::kExecutionStarted, "ExecutionStarted", "executionStartedEventDetails"},
    Row{EventType::kExecutionSucceeded, "ExecutionSucceeded", "executionSucceededEventDetails"},
    Row{EventType::kExecutionTimedOut, "ExecutionTimedOut", "executionTimedOutEventDetails"},
    Row{EventType::kFailStateEntered, "FailStateEntered", "stateEnteredEventDetails"},
    Row{EventType::kLambdaFunctionFailed, "LambdaFunctionFailed",
        "lambdaFunctionFailedEventDetails"},
    Row{EventType::kLambdaFunctionScheduled, "LambdaFunctionScheduled",
        "lambdaFunctionScheduledEventDetails"},
    Row{EventType::kLambdaFunctionScheduleFailed, "LambdaFunctionScheduleFailed",
        "lambdaFunctionScheduleFailedEventDetails"},
    Row{EventType::kLambdaFunctionStarted, "LambdaFunctionStarted", ""},
    Row{EventType::kLambdaFunctionStartFailed, "LambdaFunctionStartFailed",
        "lambdaFunctionStartFailedEventDetails"},
    Row{EventType::kLambdaFunctionSucceeded, "LambdaFunctionSucceeded",
        "lambdaFunctionSucceededEventDetails"},
    Row{EventType::kLambdaFunctionTimedOut, "LambdaFunctionTimedOut",
        "lambdaFunctionTimedOutEventDetails"},
    Row{EventType::kMapIterationAborted, "MapIterationAborted", "mapIterationAbortedEventDetails"},
    Row{EventType::kMapIterationFailed, "MapIterationFailed", "mapIterationFailedEventDetails"},
    Row{EventType::kMapIterationStarted, "MapIterationStarted", "mapIterationStartedEventDetails"},
    Row{EventType::kMapIterationSucceeded, "MapIterationSucceeded",
        "mapIterationSucceededEventDetails"},
    Row{EventType::kMapRunAborted, "MapRunAborted", ""},
    Row{EventType::kMapRunFailed, "MapRunFailed", "mapRunFailedEventDetails"},
    Row{EventType::kMapRunStarted, "MapRunStarted", "mapRunStartedEventDetails"},
    Row{EventType::kMapRunSucceeded, "MapRunSucceeded", ""},
    Row{EventType::kMapStateAborted, "MapStateAborted", ""},
    Row{EventType::kMapStateEntered, "MapStateEntered", "stateEnteredEventDetails"},
    Row{EventType::kMapStateExited, "MapStateExited", "stateExitedEventDetails"},
    Row{EventType::kMapStateFailed, "MapStateFailed", ""},
    Row{EventType::kMapStateStarted, "MapStateStarted", "mapStateStartedEventDetails"},
    Row{EventType::kMapStateSucceeded, "MapStateSucceeded", ""},
    Row{EventType::kParallelStateAborted, "ParallelStateAborted", ""},
    Row{EventType::kParallelStateEntered, "ParallelStateEntered", "stateEnteredEventDetails"},
    Row{EventType::kParallelStateExited, "ParallelStateExited", "stateExitedEventDetails"},
    Row{EventType::kParallelStateFailed, "ParallelStateFailed", ""},
    Row{EventType::kParallelStateStarted, "ParallelStateStarted", ""},
    Row{EventType::kParallelStateSucceeded, "ParallelStateSucceeded", ""},
    Row{EventType::kPassStateEntered, "PassStateEntered", "stateEnteredEventDetails"},
    Row{EventType::kPassStateExited, "PassStateExited", "stateExitedEventDetails"},
    Row{EventType::kSucceedStateEntered, "SucceedStateEntered", "stateEnteredEventDetails"},
    Row{EventType::kSucceedStateExited, "SucceedStateExited", "stateExitedEventDetails"},
    Row{EventType::kTaskFailed, "TaskFailed", "taskFailedEventDetails"},
    Row{EventType::kTaskScheduled, "TaskScheduled", "taskScheduledEventDetails"},
    Row{EventType::kTaskStarted, "TaskStarted", "taskStartedEventDetails"},
    Row{EventType::kTaskStartFailed, "TaskStartFailed", "taskStartFailedEventDetails"},
    Row{EventType::kTaskStateAborted, "TaskStateAborted", ""},
    Row{EventType::kTaskStateEntered, "TaskStateEntered", "stateEnteredEventDetails"},
    Row{EventType::kTaskStateExited, "TaskStateExited", "stateExitedEventDetails"},
    Row{EventType::kTaskSubmitFailed, "TaskSubmitFailed", "taskSubmitFailedEventDetails"},
    Row{EventType::kTaskSubmitted, "TaskSubmitted", "taskSubmittedEventDetails"},
    Row{EventType::kTaskSucceeded, "TaskSucceeded", "taskSucceededEventDetails"},
    Row{EventType::kTaskTimedOut, "TaskTimedOut", "taskTimedOutEventDetails"},
    Row{EventType::kWaitStateAborted, "WaitStateAborted", ""},
    Row{EventType::kWaitStateEntered, "WaitStateEntered", "stateEnteredEventDetails"},
    Row{EventType::kWaitStateExited, "WaitStateExited", "stateExitedEventDetails"},
};

static_assert(std::ranges::is_sorted(kRows, {}, &Row::type));

const Row& row_of(EventType type) {
  return kRows[static_cast<std::size_t>(type)];
}

}  // namespace

std::string_view name_of(EventType type) {
  return row_of(type).name;
}

std::optional<EventType> event_type_of(std::string_view name) {
  const std::span rows(kRows);
  const auto found = std::ranges::find(rows, name, &Row::name);
  return found == rows.end() ? std::nullopt : std::optional(found->type);
}

std::string_view details_name(EventType type) {
  return row_of(type).details;
}

json::Value to_json(const HistoryEvent& event) {
  json::Object object;
  object.reserve(5);
  // A Number borrows its text.
  const std::string seconds =
      fmt::format("{}{}.{:03}", event.millis < 0 ? "-" : "", std::abs(event.millis / 1000),
                  std::abs(event.millis % 1000));
  const auto timestamp = json::Number::from_lexeme(seconds);
  WEFT_ASSERT(timestamp.has_value());
  object.set("timestamp", *timestamp);
  object.set("type", name_of(event.type));
  object.set("id", event.id);
  object.set("previousEventId", event.previous);
  if (!event.details.is_null()) object.set(details_name(event.type), event.details);
  return json::Value(std::move(object));
}

}  // namespace weft::workflow

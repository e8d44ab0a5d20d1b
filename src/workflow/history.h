// The history of an execution, event by event, as GetExecutionHistory of AWS Step Functions has it.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "json/value.h"

namespace weft::workflow {

// All that the interpreter writes. Names are AWS's HistoryEventType without the k; those of states
// come by state type.
enum class EventType : std::uint8_t {
  kActivityFailed,
  kActivityScheduled,
  kActivityStarted,
  kActivitySucceeded,
  kActivityTimedOut,
  kChoiceStateEntered,
  kChoiceStateExited,
  kEvaluationFailed,
  kExecutionAborted,
  kExecutionFailed,
  kExecutionStarted,
  kExecutionSucceeded,
  kExecutionTimedOut,
  kFailStateEntered,
  kLambdaFunctionFailed,
  kLambdaFunctionScheduled,
  kLambdaFunctionScheduleFailed,
  kLambdaFunctionStarted,
  kLambdaFunctionStartFailed,
  kLambdaFunctionSucceeded,
  kLambdaFunctionTimedOut,
  kMapIterationAborted,
  kMapIterationFailed,
  kMapIterationStarted,
  kMapIterationSucceeded,
  kMapRunAborted,
  kMapRunFailed,
  kMapRunStarted,
  kMapRunSucceeded,
  kMapStateAborted,
  kMapStateEntered,
  kMapStateExited,
  kMapStateFailed,
  kMapStateStarted,
  kMapStateSucceeded,
  kParallelStateAborted,
  kParallelStateEntered,
  kParallelStateExited,
  kParallelStateFailed,
  kParallelStateStarted,
  kParallelStateSucceeded,
  kPassStateEntered,
  kPassStateExited,
  kSucceedStateEntered,
  kSucceedStateExited,
  kTaskFailed,
  kTaskScheduled,
  kTaskStarted,
  kTaskStartFailed,
  kTaskStateAborted,
  kTaskStateEntered,
  kTaskStateExited,
  kTaskSubmitFailed,
  kTaskSubmitted,
  kTaskSucceeded,
  kTaskTimedOut,
  kWaitStateAborted,
  kWaitStateEntered,
  kWaitStateExited,
};

// "TaskScheduled"
std::string_view name_of(EventType type);
std::optional<EventType> event_type_of(std::string_view name);

struct HistoryEvent {
  std::uint64_t id = 0;        // from 1 on, without gaps
  std::uint64_t previous = 0;  // what led to it; 0: nothing
  std::int64_t millis = 0;     // since 1970
  EventType type = EventType::kExecutionStarted;
  // As AWS has them, under the name of the type's details ("stateEnteredEventDetails"). Null: none.
  json::Value details = {};

  bool operator==(const HistoryEvent&) const = default;
};

// The member that has an event's details in AWS's answers; empty for types without.
std::string_view details_name(EventType type);

// As an item of GetExecutionHistory's `events`: the timestamp in seconds with three decimals.
json::Value to_json(const HistoryEvent& event);

}  // namespace weft::workflow

// The interpreter: what an event makes of an execution.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "json/value.h"
#include "workflow/definition.h"
#include "workflow/execution.h"
#include "workflow/history.h"
#include "workflow/state_error.h"
#include "workflow/tested_state.h"

namespace weft::workflow {

// --- events ---

// The first event of an execution.
struct Begin {
  Identity identity;
  std::string input;  // JSON
  // Of a branch or an iteration that runs by itself: a child of a distributed Map.
  std::uint32_t machine = 0;
  json::Value map_item = {};
  Variables variables = {};
};
// It goes on where a step ended before everything was done.
struct GoOn {};
// A task is being worked on.
struct TaskStarted {
  TaskId task = 0;
  std::string worker = {};  // of an activity
};
// The request that somebody is to answer later has been made (.sync, .waitForTaskToken).
struct TaskSubmitted {
  TaskId task = 0;
  std::string output;  // JSON
};
struct TaskSucceeded {
  TaskId task = 0;
  std::string output;  // JSON
};
struct TaskFailed {
  TaskId task = 0;
  std::optional<std::string> error = std::nullopt;
  std::optional<std::string> cause = std::nullopt;
};
struct TaskHeartbeat {
  TaskId task = 0;
};
struct TimerFired {
  TimerId timer = 0;
};
// The answer to ReadItems: an array, or why there is none.
struct ItemsRead {
  MapRunId map_run = 0;
  Outcome<json::Value> items;
};
// The end of a child of a distributed Map.
struct ChildEnded {
  MapRunId map_run = 0;
  std::uint64_t index = 0;
  Outcome<json::Value> output;
};
// The answer to WriteResults: what the Map's result is instead, or why it is not written.
struct ResultsWritten {
  MapRunId map_run = 0;
  Outcome<json::Value> result;
};
// Somebody stops the execution.
struct Stop {
  std::optional<std::string> error = std::nullopt;
  std::optional<std::string> cause = std::nullopt;
};

struct Event {
  std::int64_t millis = 0;  // since 1970: when it happens, for all that a step writes
  std::uint64_t seed = 0;   // of all randomness in the step
  std::variant<Begin, GoOn, TaskStarted, TaskSubmitted, TaskSucceeded, TaskFailed, TaskHeartbeat,
               TimerFired, ItemsRead, ChildEnded, ResultsWritten, Stop>
      what;
};

// --- effects ---

struct StartTask {
  TaskId task = 0;
  std::string token;
  std::string resource;
  json::Value input;
  json::Value credentials;  // null: none
  std::optional<std::uint64_t> timeout_seconds = std::nullopt;
  std::optional<std::uint64_t> heartbeat_seconds = std::nullopt;
};
struct CancelTask {
  TaskId task = 0;
};
struct StartTimer {
  TimerId timer = 0;
  std::int64_t due_millis = 0;
};
struct CancelTimer {
  TimerId timer = 0;
};
struct ReadItems {
  MapRunId map_run = 0;
  std::string resource;
  json::Value config = {};     // ReaderConfig
  json::Value arguments = {};  // Parameters
  std::optional<std::uint64_t> max_items = std::nullopt;
};
struct StartChild {
  MapRunId map_run = 0;
  std::uint64_t index = 0;
  Begin begin;
};
struct CancelChild {
  MapRunId map_run = 0;
  std::uint64_t index = 0;
};
struct WriteResults {
  MapRunId map_run = 0;
  std::string resource;
  json::Value config = {};     // WriterConfig
  json::Value arguments = {};  // Parameters
  std::string map_run_arn;
};
// More is to be done than one step may: the next event is GoOn.
struct Continue {};

using Effect = std::variant<StartTask, CancelTask, StartTimer, CancelTimer, ReadItems, StartChild,
                            CancelChild, WriteResults, Continue>;

struct StepLimits {
  std::uint64_t payload_bytes = 262'144;  // of an input, an output, the variables of one Assign
  std::uint64_t variables_bytes = 10U << 20U;  // of all variables that a state sees
  std::uint64_t history_events = 25'000;
  std::uint64_t transitions = 10'000;  // in one step
  // Of a distributed Map's children that one step starts: what they get, and how many items that
  // are. One child goes beyond.
  std::uint64_t child_bytes = 16U << 20U;
  std::uint64_t child_items = 10'000;
  std::uint64_t results_bytes = 64U << 20U;  // of all branches, iterations or children of a state
};

struct StepResult {
  std::vector<HistoryEvent> history;
  std::vector<Effect> effects;
};

// Changes the execution as the event says. Pure: the same execution, event and definition give the
// same, always. An event that does not fit (of a task that has ended, say) changes nothing. Whoever
// carries the effects out does so when the execution and its history are stored.
//
// With `test` the execution is one of that state alone (test_state.h): all its steps get the same.
StepResult step(const Definition& definition, Execution& execution, const Event& event,
                const StepLimits& limits = {}, TestedState* test = nullptr);

}  // namespace weft::workflow

// An execution of a state machine between two events: data alone, which can be stored and taken up
// again anywhere.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "json/value.h"
#include "workflow/definition.h"
#include "workflow/payload.h"
#include "workflow/scope.h"
#include "workflow/state_error.h"

namespace weft::workflow {

// Who an execution is: what its context object and its history say.
struct Identity {
  std::string arn;
  std::string name;
  std::string role_arn;
  std::string machine_arn;
  std::string machine_name;
  std::string map_run_arn = {};  // of a child of a distributed Map
};

using FrameId = std::uint32_t;
using TaskId = std::uint64_t;
using TimerId = std::uint64_t;
using MapRunId = std::uint64_t;

// The number of a task, a timer or a Map run begins with that of its frame, so that an event finds
// it without looking at all of them.
constexpr FrameId frame_of(std::uint64_t task_timer_or_run) {
  return static_cast<FrameId>(task_timer_or_run >> 32U);
}
constexpr std::uint64_t number_in(FrameId frame, std::uint64_t number) {
  return (std::uint64_t{frame} << 32U) | (number & 0xFFFF'FFFFU);
}

// What a state waits for.
enum class Waiting : std::uint8_t {
  kNothing,   // It goes on with the next step.
  kTask,      // the end of a task
  kTimer,     // the time of a Wait
  kRetry,     // the time of another attempt
  kReader,    // the items of a distributed Map
  kFrames,    // branches or iterations
  kChildren,  // child executions of a distributed Map
  kWriter,    // that the results of a distributed Map are written
};

// A task that was given out.
struct OpenTask {
  TaskId id = 0;
  std::string token;
  bool is_started = false;
  std::optional<TimerId> timeout = std::nullopt;
  std::optional<TimerId> heartbeat = std::nullopt;
  std::uint64_t heartbeat_seconds = 0;
};

// How many items of a distributed Map may fail: none without either, and no more than each says.
struct Tolerated {
  std::optional<std::uint64_t> count = std::nullopt;
  std::optional<double> percentage = std::nullopt;
};

// How a distributed Map puts its items together.
struct Batching {
  std::uint64_t items_max = 0;  // from 1
  std::uint64_t bytes_max = 0;  // of what a child gets; one item may be larger
  json::Value input = {};       // what all batches get; null: nothing
};

// Branches of a Parallel, iterations or children of a Map.
struct OpenChildren {
  // Of a Map: an array. Of a Parallel: null.
  json::Value items = {};
  std::uint64_t count = 0;      // branches or items
  std::uint64_t next = 0;       // the first of them that has not begun
  std::uint64_t succeeded = 0;  // so many of them
  std::uint64_t failed = 0;     // so many of them
  std::uint64_t concurrency_max = 0;
  // What runs, and how many items each has: frames, or the indexes of a distributed Map's children.
  std::map<std::uint64_t, std::uint64_t> running = {};
  // By branch, item or child; not of a Map that has a ResultWriter.
  std::map<std::uint64_t, json::Value> results = {};
  std::uint64_t results_bytes = 0;  // of these, printed
  // Of a distributed Map.
  MapRunId map_run = 0;
  std::string map_run_arn = {};
  Tolerated tolerated = {};
  std::optional<Batching> batching = std::nullopt;
  std::uint64_t next_child = 0;  // the index of the child that comes next
};

// A run of a machine: of the whole, of a branch, or of an iteration.
struct Frame {
  std::uint32_t machine = 0;
  std::optional<FrameId> parent = std::nullopt;
  std::uint64_t index = 0;    // of the branch or the item
  json::Value map_item = {};  // Map.Item of the context object; null when it is in no Map

  std::uint32_t state = 0;
  Payload input = {};  // of the state
  Variables variables = {};

  std::uint64_t last_event = 0;  // what the next event follows
  std::uint64_t entered_event = 0;
  std::uint64_t entered_previous = 0;
  std::int64_t entered_millis = 0;

  bool is_entered = false;
  Waiting waiting = Waiting::kNothing;
  std::uint64_t retries = 0;                             // of the state, in all
  std::map<std::uint32_t, std::uint64_t> attempts = {};  // by retrier
  std::optional<TimerId> timer = std::nullopt;
  std::optional<OpenTask> task = std::nullopt;
  std::optional<OpenChildren> children = std::nullopt;
};

// What ends an execution or a state of it that does not succeed; a Fail state may say nothing.
struct Failure {
  std::optional<std::string> error = std::nullopt;
  std::optional<std::string> cause = std::nullopt;
  // States.HeartbeatTimeout: histories call it States.Timeout, and Retry and Catch take it by
  // either name. Not stored: only a failure that is about to be handled has it.
  bool is_heartbeat_timeout = false;

  bool operator==(const Failure&) const = default;
};

enum class Status : std::uint8_t { kRunning, kSucceeded, kFailed, kTimedOut, kAborted };

// "RUNNING"
std::string_view name_of(Status status);

struct Execution {
  Identity identity;
  Status status = Status::kRunning;
  Payload input;
  std::optional<Payload> output = std::nullopt;   // of one that succeeded
  std::optional<Failure> failure = std::nullopt;  // of one that failed, timed out or was stopped
  std::int64_t start_millis = 0;
  std::optional<std::int64_t> stop_millis = std::nullopt;
  std::uint64_t redrives = 0;

  std::map<FrameId, Frame> frames;
  FrameId next_frame = 0;
  TaskId next_task = 1;
  TimerId next_timer = 1;
  std::uint64_t last_event = 0;  // of the history
  std::optional<TimerId> timeout = std::nullopt;
  std::vector<FrameId> runnable;  // those that go on with the next step
};

// All of it as one JSON text, and back. kDataLoss for what this did not write, and for what does
// not fit the definition: a step relies on what is here.
std::string to_text(const Execution& execution);
Result<Execution> execution_of(std::string_view text, const Definition& definition);

}  // namespace weft::workflow

#include "cli/workflow_services.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "base/log.h"
#include "cli/called_functions.h"
#include "json/print.h"
#include "workflow/times.h"

namespace weft::cli {
namespace {

using workflow::kMillisPerSecond;

bool waits_for_token(const workflow::StartTask& task) {
  return task.resource.ends_with(".waitForTaskToken");
}

// The request is one thing, and the end of what was asked for another.
bool is_answered_later(const workflow::StartTask& task) {
  return waits_for_token(task) || task.resource.ends_with(".sync") ||
         task.resource.ends_with(".sync:2");
}

// Whether a mock's error is that of a timeout which the task has: its timer then goes off.
bool runs_out_of_time(workflow::Simulation& simulation, const workflow::StartTask& task,
                      const workflow::Failure& failure) {
  if (failure.cause) return false;
  const bool has_heartbeat = task.heartbeat_seconds.has_value();
  if (failure.error == "States.HeartbeatTimeout") return has_heartbeat;
  if (failure.error != "States.Timeout" || !task.timeout_seconds) return false;
  if (!has_heartbeat) return true;
  // It lives on until its time is over.
  constexpr std::uint64_t kBeatsMax = 1'000;
  const std::uint64_t beats = *task.timeout_seconds / *task.heartbeat_seconds;
  if (beats > kBeatsMax) return false;
  for (std::uint64_t beat = 1; beat <= beats; ++beat) {
    const auto seconds = static_cast<std::int64_t>(beat * *task.heartbeat_seconds);
    simulation.post(workflow::TaskHeartbeat{.task = task.task}, seconds * kMillisPerSecond - 1);
  }
  return true;
}

}  // namespace

WorkflowServices::WorkflowServices(const Parts& parts, PlaceOf place_of)
    : parts_(parts), place_of_(std::move(place_of)) {
  for (const workflow::Machine& machine : parts.definition.machines()) {
    for (const workflow::State& state : machine.states) {
      const auto* const map = std::get_if<workflow::MapFields>(&state.fields);
      has_writer_ = has_writer_ || (map != nullptr && map->writer);
    }
  }
}

std::string WorkflowServices::state_of(const workflow::Simulation& simulation,
                                       workflow::TaskId task) const {
  const auto& frames = simulation.execution().frames;
  const auto found = frames.find(workflow::frame_of(task));
  if (found == frames.end()) return {};
  const workflow::Frame& frame = found->second;
  return parts_.definition.machines()[frame.machine].states[frame.state].name;
}

Error WorkflowServices::unanswered(std::string_view state, const workflow::StartTask& task) const {
  const auto function = function_called_by(task);
  const StatePlace place = place_of_(state);
  const bool is_placeholder = task.resource.starts_with("${");
  std::string answer;
  json::append_string(answer, state);
  std::string ways;
  if (function && !waits_for_token(task))
    ways += fmt::format("`--function {}=FILE`, or ", printable(*function));
  if (function && is_placeholder)
    ways += fmt::format("`--substitute {}=VALUE`, or ", printable(*function));
  Error error(
      ErrorCode::kFailedPrecondition,
      fmt::format("nothing answers the Task {} ({}), which {} {}: give {}`--mock FILE`, where "
                  "FILE has {{{}: {{\"result\": …}}}}",
                  printable(state), place.text,
                  waits_for_token(task) ? "waits for its token, and calls" : "calls",
                  function && !is_placeholder ? fmt::format("the function {}", printable(*function))
                                              : printable(task.resource),
                  ways, printable(answer)));
  return std::move(error).with_position(place.position);
}

// How long a function may take until a timeout of the Task or of the whole makes its end
// meaningless; nothing where neither has one.
std::optional<std::chrono::milliseconds> WorkflowServices::time_for(
    const workflow::Simulation& simulation, const workflow::StartTask& task) const {
  std::optional<std::int64_t> millis;
  const auto limit_to = [&](std::int64_t other) {
    millis = std::min(millis.value_or(other), other);
  };
  for (const auto& seconds : {task.timeout_seconds, task.heartbeat_seconds}) {
    if (seconds) limit_to(static_cast<std::int64_t>(*seconds) * kMillisPerSecond);
  }
  if (const auto seconds = parts_.definition.timeout_seconds()) {
    limit_to(parts_.start_millis + static_cast<std::int64_t>(*seconds) * kMillisPerSecond -
             simulation.millis());
  }
  if (!millis) return std::nullopt;
  return std::chrono::milliseconds(std::max<std::int64_t>(*millis, 0));
}

bool WorkflowServices::is_interrupted() const {
  return parts_.functions != nullptr && parts_.functions->is_interrupted();
}

void WorkflowServices::stop(workflow::Simulation& simulation, Error problem) {
  if (!problem_) problem_ = std::move(problem);
  simulation.post(workflow::Stop{});
}

void WorkflowServices::start(workflow::Simulation& simulation, const workflow::StartTask& task) {
  if (problem_) return stop(simulation, *problem_);
  const std::string state = state_of(simulation, task.task);
  const auto function = function_called_by(task);
  const MockAnswer* const answer = parts_.mocks.next(state);
  if (answer == nullptr) {
    const bool is_there = function && !waits_for_token(task) && parts_.functions != nullptr &&
                          parts_.functions->has(*function);
    if (is_there) return call(simulation, task, *function);
    return stop(simulation, unanswered(state, task));
  }
  simulation.post(workflow::TaskStarted{.task = task.task});
  if (is_answered_later(task))
    simulation.post(workflow::TaskSubmitted{.task = task.task, .output = "{}"});
  if (answer->result) {
    simulation.post(
        workflow::TaskSucceeded{.task = task.task, .output = json::to_string(*answer->result)});
  } else if (!runs_out_of_time(simulation, task, answer->failure)) {
    simulation.post(workflow::TaskFailed{
        .task = task.task, .error = answer->failure.error, .cause = answer->failure.cause});
  }
}

void WorkflowServices::call(workflow::Simulation& simulation, const workflow::StartTask& task,
                            std::string_view function) {
  const bool is_service = is_invoke(task.resource);
  const json::Value* const payload = is_service ? task.input.find("Payload") : &task.input;
  // The simulation ends soon.
  if (is_interrupted()) return;
  LocalFunctions::Answer answer = parts_.functions->call(
      function, payload != nullptr ? json::to_string(*payload) : "{}", time_for(simulation, task));
  if (answer.is_cancelled) return;
  simulation.post(workflow::TaskStarted{.task = task.task});
  // The timer that gave it this time goes off.
  if (answer.is_late) return;
  if (!answer.result) {
    simulation.post(workflow::TaskFailed{.task = task.task,
                                         .error = std::move(answer.result.error().error),
                                         .cause = std::move(answer.result.error().cause)},
                    answer.millis);
    return;
  }
  std::string output = *std::move(answer.result);
  if (is_service) {
    output =
        fmt::format(R"({{"ExecutedVersion":"$LATEST","Payload":{},"StatusCode":200}})", output);
  }
  simulation.post(workflow::TaskSucceeded{.task = task.task, .output = std::move(output)},
                  answer.millis);
}

workflow::Outcome<json::Value> WorkflowServices::read(const workflow::ReadItems& request) {
  return workflow::read_items(request, parts_.buckets);
}

void WorkflowServices::child_ended(const workflow::StartChild& start,
                                   const workflow::Simulation& child) {
  failed_children_.add(start, child);
  if (has_writer_) children_.add(child.execution());
}

workflow::Outcome<json::Value> WorkflowServices::write(const workflow::WriteResults& request) {
  if (problem_ || is_interrupted())
    return workflow::ends_with("States.Runtime", "the execution was stopped");
  auto written = workflow::results_of(request, children_.take(request.map_run_arn));
  if (!written) return std::unexpected(std::move(written.error()));
  for (const workflow::NamedObject& object : written->objects) {
    if (auto stored = parts_.buckets.store(written->bucket, object); !stored)
      return std::unexpected(std::move(stored.error()));
  }
  return std::move(written->result);
}

}  // namespace weft::cli

#include "cli/execution_failure.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "base/log.h"
#include "workflow/history.h"
#include "workflow/times.h"

namespace weft::cli {
namespace {

using workflow::EventType;
using workflow::HistoryEvent;
using workflow::kMillisPerSecond;

constexpr std::string_view kTimeout = "States.Timeout";
// Of each Map: enough to see what they have in common.
constexpr std::size_t kChildrenShownMax = 5;
// Of an error and of a cause of theirs.
constexpr std::size_t kChildTextBytesMax = 500;
// Maps in children of Maps.
constexpr int kDepthMax = 3;

// The events that led to the end, the last one first.
std::vector<const HistoryEvent*> course_of(const std::vector<HistoryEvent>& history) {
  std::vector<const HistoryEvent*> course;
  std::size_t event = history.size();
  while (event > 0) {
    const HistoryEvent& now = history[event - 1];
    course.push_back(&now);
    // What ends because its time is over follows nothing: it was there when that happened.
    const bool is_timeout = now.type == EventType::kExecutionTimedOut;
    const std::uint64_t before = is_timeout ? event - 1 : now.previous;
    if (before >= event) break;
    event = static_cast<std::size_t>(before);
  }
  return course;
}

std::string text_in(const HistoryEvent& event, std::string_view name) {
  return std::string(event.details.find_string(name).value_or(""));
}

// The state that the last event leads back to; empty when there is none.
std::string last_state(const std::vector<const HistoryEvent*>& course) {
  for (const HistoryEvent* const event : course) {
    if (name_of(event->type).ends_with("StateEntered")) return text_in(*event, "name");
    // It follows what the state's entry did, and not the entry itself.
    if (event->type == EventType::kEvaluationFailed) return text_in(*event, "state");
  }
  return {};
}

// Of the last state, where that is a distributed Map.
std::string last_map_run(const std::vector<const HistoryEvent*>& course) {
  for (const HistoryEvent* const event : course) {
    if (name_of(event->type).ends_with("StateEntered")) break;
    if (event->type == EventType::kMapRunStarted) return text_in(*event, "mapRunArn");
  }
  return {};
}

// What took too long, where it was a task whose end nothing else explains.
std::string task_timeout(const workflow::Failure& failure,
                         const std::vector<const HistoryEvent*>& course) {
  if (failure.error != kTimeout || failure.cause) return {};
  constexpr std::string_view kTimedOut = "TimedOut";
  const auto end = std::ranges::find_if(
      course, [&](const HistoryEvent* event) { return name_of(event->type).ends_with(kTimedOut); });
  const auto begin = std::find_if(end, course.end(), [](const HistoryEvent* event) {
    return name_of(event->type).ends_with("Scheduled");
  });
  if (begin == course.end()) return {};
  const auto seconds_in = [&](std::string_view name) -> std::optional<std::int64_t> {
    const json::Value* const seconds = (*begin)->details.find(name);
    return seconds != nullptr && seconds->is_number() ? seconds->as_number().to_int64()
                                                      : std::nullopt;
  };
  const std::int64_t took = (*end)->millis - (*begin)->millis;
  const auto timeout = seconds_in("timeoutInSeconds");
  if (timeout && took >= *timeout * kMillisPerSecond)
    return fmt::format("it took longer than its TimeoutSeconds, {}", *timeout);
  const auto heartbeat = seconds_in("heartbeatInSeconds");
  if (!heartbeat) return {};
  return fmt::format("nothing was heard of it for its HeartbeatSeconds, {}", *heartbeat);
}

std::string reason_of(const workflow::Failure& failure, std::string_view timeout,
                      std::size_t text_bytes_max) {
  std::string text;
  if (failure.error) text += fmt::format(": {}", shown(*failure.error, text_bytes_max));
  if (failure.cause) text += fmt::format(": {}", shown(*failure.cause, text_bytes_max));
  if (!timeout.empty()) text += fmt::format(": {}", timeout);
  return text;
}

void set_failure(json::Object& object, const std::string& state, const workflow::Failure& failure) {
  if (!state.empty()) object.set("state", state);
  if (failure.error) object.set("error", *failure.error);
  if (failure.cause) object.set("cause", *failure.cause);
}

std::string in_state(const std::string& state, const PlaceOf& place_of) {
  return state.empty()
             ? ""
             : fmt::format(" in the state {} ({})", printable(state), place_of(state).text);
}

// A line for each of the first children, each with those of its own below it.
std::string lines_of(const FailedChildren& children, const FailedChildren::OfMap& failed,
                     const PlaceOf& place_of, int depth) {
  const auto indent = static_cast<std::size_t>(depth) * 2;
  std::string text;
  for (const FailedChildren::Child& child : failed.first) {
    text += fmt::format("\n{:{}}child {} failed{}{}", "", indent, child.index,
                        in_state(child.state, place_of),
                        reason_of(child.failure, child.timeout, kChildTextBytesMax));
    if (depth < kDepthMax) {
      text +=
          lines_of(children, children.until(child.millis, child.map_run_arn), place_of, depth + 1);
    }
  }
  const std::uint64_t others = failed.count - failed.first.size();
  if (others > 0) text += fmt::format("\n{:{}}and {} more failed", "", indent, others);
  return text;
}

json::Value json_of(const FailedChildren& children, const FailedChildren::OfMap& failed,
                    int depth) {
  json::Array first;
  for (const FailedChildren::Child& child : failed.first) {
    json::Object object;
    object.set("index", child.index);
    set_failure(object, child.state, child.failure);
    const FailedChildren::OfMap below = children.until(child.millis, child.map_run_arn);
    if (below.count > 0 && depth < kDepthMax)
      object.set("failed_children", json_of(children, below, depth + 1));
    first.push_back(json::Value(std::move(object)));
  }
  return json::Value::object({{"count", failed.count}, {"first", json::Value(std::move(first))}});
}

Error endless() {
  const std::uint64_t events = workflow::SimulationLimits().events;
  return Error(ErrorCode::kGuestLimit,
               fmt::format("the execution did not end within {} events: does it go in circles?",
                           events))
      .with_limit("workflow_events", events);
}

}  // namespace

void FailedChildren::add(const workflow::StartChild& start, const workflow::Simulation& child) {
  const workflow::Execution& execution = child.execution();
  if (!execution.failure) return;
  Failed& failed = by_map_run_[start.begin.identity.map_run_arn];
  const std::int64_t millis = execution.stop_millis.value_or(0);
  failed.millis.push_back(millis);
  const auto place = std::ranges::upper_bound(failed.first, millis, {}, &Child::millis);
  if (place == failed.first.end() && failed.first.size() == kChildrenShownMax) return;
  const auto course = course_of(child.history());
  failed.first.insert(place, {.millis = millis,
                              .index = start.index,
                              .state = last_state(course),
                              .failure = *execution.failure,
                              .timeout = task_timeout(*execution.failure, course),
                              .map_run_arn = last_map_run(course)});
  if (failed.first.size() > kChildrenShownMax) failed.first.pop_back();
}

FailedChildren::OfMap FailedChildren::until(std::int64_t millis,
                                            std::string_view map_run_arn) const {
  OfMap found;
  const auto failed = by_map_run_.find(map_run_arn);
  if (failed == by_map_run_.end()) return found;
  const auto is_in_time = [millis](std::int64_t one) { return one <= millis; };
  found.count =
      static_cast<std::uint64_t>(std::ranges::count_if(failed->second.millis, is_in_time));
  std::ranges::copy_if(failed->second.first, std::back_inserter(found.first), is_in_time,
                       &Child::millis);
  return found;
}

ExecutionFailure failure_of(const workflow::Simulation& simulation, const FailedChildren& children,
                            const PlaceOf& place_of) {
  const workflow::Execution& execution = simulation.execution();
  if (execution.status == workflow::Status::kRunning) return {.error = endless()};
  const workflow::Failure failure = execution.failure.value_or(workflow::Failure());
  const auto course = course_of(simulation.history());
  const std::string state = last_state(course);
  const bool is_late = execution.status == workflow::Status::kTimedOut;
  const std::int64_t took = execution.stop_millis.value_or(0) - execution.start_millis;
  const std::string timeout =
      is_late ? fmt::format("it took longer than the workflow's TimeoutSeconds, {}",
                            took / kMillisPerSecond)
              : task_timeout(failure, course);
  ExecutionFailure told{
      .error = Error(
          is_late ? ErrorCode::kDeadlineExceeded : ErrorCode::kGuestError,
          fmt::format("{}{}{}", is_late ? "the execution's time was over" : "the execution failed",
                      in_state(state, place_of), reason_of(failure, timeout, std::string::npos)))};
  if (!state.empty()) told.error = std::move(told.error).with_position(place_of(state).position);
  set_failure(told.members, state, failure);
  const FailedChildren::OfMap failed =
      children.until(execution.stop_millis.value_or(0), last_map_run(course));
  if (failed.count > 0) {
    told.children = lines_of(children, failed, place_of, 1);
    told.members.set("failed_children", json_of(children, failed, 1));
  }
  return told;
}

}  // namespace weft::cli

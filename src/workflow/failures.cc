// What happens when a state does not succeed: Retry, Catch, and the end.
#include <algorithm>
#include <cmath>
#include <utility>

#include <fmt/format.h>

#include "base/utf8.h"
#include "workflow/interpreter.h"

namespace weft::workflow {
namespace {

constexpr std::string_view kRuntime = "States.Runtime";
constexpr std::string_view kDataLimitExceeded = "States.DataLimitExceeded";
constexpr std::string_view kQueryEvaluationError = "States.QueryEvaluationError";
constexpr std::string_view kTimeout = "States.Timeout";
constexpr std::string_view kHeartbeatTimeout = "States.HeartbeatTimeout";
// No retry waits longer than AWS lets an execution live.
constexpr double kDelaySecondsMax = 31'536'000;

// What an error and a cause may be (API reference, "TaskFailedEventDetails").
constexpr std::size_t kErrorCharactersMax = 256;
constexpr std::size_t kCauseCharactersMax = 32'768;

// Whether a retrier or a catcher takes the error. States.ALL does not take what the state machine
// itself is to blame for (AWS, "Handling errors": States.Runtime). It does take
// States.DataLimitExceeded, as recorded, which the same page says it does not.
bool takes(const std::vector<std::string>& names, const Failure& failure) {
  const std::string_view error = failure.error ? std::string_view(*failure.error) : "";
  return std::ranges::any_of(names, [&](std::string_view name) {
    if (name == error) return true;
    if (name == kHeartbeatTimeout) return failure.is_heartbeat_timeout;
    if (name == "States.ALL") return error != kRuntime;
    return name == "States.TaskFailed" && error != kTimeout && error != kRuntime &&
           error != kQueryEvaluationError;
  });
}

void cut(std::string& text, std::size_t characters_max) {
  if (text.size() <= characters_max) return;
  std::size_t end = 0;
  for (std::size_t i = 0; i < characters_max && end < text.size(); ++i)
    end += decode_utf8(text, end).size;
  text.resize(end);
}

// Of branches and iterations that failed, or whose items could not be had.
std::optional<EventType> failed_event(StateType type) {
  if (type == StateType::kMap) return EventType::kMapStateFailed;
  if (type == StateType::kParallel) return EventType::kParallelStateFailed;
  return std::nullopt;
}

}  // namespace

Failure shortened(Failure failure) {
  if (failure.error) cut(*failure.error, kErrorCharactersMax);
  if (failure.cause) cut(*failure.cause, kCauseCharactersMax);
  return failure;
}

json::Value details_of(const Failure& failure) {
  json::Object details;
  set_text(details, "error", failure.error);
  set_text(details, "cause", failure.cause);
  return json::Value(std::move(details));
}

void Interpreter::failed(FrameId id, StateError error) {
  Frame& now = frame(id);
  const State& state = state_of(now);
  if (error.error != kDataLimitExceeded && test_ == nullptr) {
    error.cause = fmt::format(
        "An error occurred while executing the state '{}' (entered at the event id #{}). {}",
        state.name, now.entered_event, error.cause);
  }
  cut(error.cause, kCauseCharactersMax);
  if (error.error == kQueryEvaluationError) {
    json::Object details;
    details.set("error", error.error);
    details.set("cause", error.cause);
    if (!error.location.empty()) details.set("location", error.location);
    details.set("state", state.name);
    // What follows an entry that came to nothing follows what the entry did.
    const bool is_at_entry = now.last_event == now.entered_event;
    now.last_event =
        record(EventType::kEvaluationFailed, is_at_entry ? now.entered_previous : now.last_event,
               json::Value(std::move(details)));
  }
  ended(id, {.error = std::move(error.error), .cause = std::move(error.cause)});
}

void Interpreter::ended(FrameId id, const Failure& given) {
  const Failure failure = shortened(given);
  if (retry(id, failure) || catch_failure(id, failure)) return;
  give_up(id, failure);
}

bool Interpreter::retry(FrameId id, const Failure& failure) {
  Frame& now = frame(id);
  const State& state = state_of(now);
  for (std::size_t i = 0; i < state.retriers.size(); ++i) {
    const Retrier& retrier = state.retriers[i];
    if (!takes(retrier.errors, failure)) continue;
    std::uint64_t& attempts = now.attempts[static_cast<std::uint32_t>(i)];
    if (test_ != nullptr) attempts = test_->retries;
    if (attempts >= retrier.attempts_max) return false;
    double seconds =
        retrier.interval_seconds * std::pow(retrier.backoff_rate, static_cast<double>(attempts));
    seconds = std::min(seconds, retrier.delay_seconds_max.value_or(kDelaySecondsMax));
    if (retrier.has_jitter) seconds *= inputs_.random();
    if (test_ != nullptr) {
      inspect_handler(
          json::Value::object({{"retryBackoffIntervalSeconds", static_cast<std::int64_t>(seconds)},
                               {"retryIndex", i}}));
      end_test_retriable(failure);
      return true;
    }
    ++attempts;
    ++now.retries;
    now.waiting = Waiting::kRetry;
    const double millis =
        std::clamp(seconds, 0.0, kDelaySecondsMax) * static_cast<double>(kMillisPerSecond);
    now.timer = start_timer(millis_ + static_cast<std::int64_t>(millis), id);
    return true;
  }
  return false;
}

Outcome<> Interpreter::follow_catcher(FrameId id, const Catcher& catcher, const Failure& failure) {
  Frame& now = frame(id);
  const State& state = state_of(now);
  const auto text = [](const std::optional<std::string>& given) {
    return given ? json::Value(*given) : json::Value();
  };
  // A timeout, which has no cause, is told with an empty one.
  const bool is_timeout = failure.error == kTimeout && !failure.cause;
  const json::Value error = json::Value::object(
      {{"Error", text(failure.error)}, {"Cause", is_timeout ? "" : text(failure.cause)}});
  const bool is_jsonata = state.language == QueryLanguage::kJsonata;
  std::optional<Variables::Map> assigned;
  if (catcher.assign) {
    auto made = assigned_by(now, *catcher.assign, error, &error);
    if (!made) return std::unexpected(std::move(made.error()));
    assigned = *std::move(made);
  }
  Payload output(error);
  if (!is_jsonata) {
    auto placed = with_result(now, catcher.result_path, output);
    if (!placed) return std::unexpected(std::move(placed.error()));
    output = *std::move(placed);
  } else if (catcher.output) {
    auto made = evaluate(now, *catcher.output, "Catch/Output",
                         {.input = now.input.value(), .error = &error});
    if (!made) return std::unexpected(std::move(made.error()));
    output = Payload(*std::move(made));
  }
  return leave(id, std::move(output), catcher.next, assigned);
}

bool Interpreter::catch_failure(FrameId id, const Failure& failure) {
  const State& state = state_of(frame(id));
  const auto catcher = std::ranges::find_if(
      state.catchers, [&](const Catcher& one) { return takes(one.errors, failure); });
  if (catcher == state.catchers.end()) return false;
  if (const auto type = failed_event(state.type)) record(frame(id), *type);
  if (test_ != nullptr) {
    test_->failure = failure;
    inspect_handler(json::Value::object({{"catchIndex", catcher - state.catchers.begin()}}));
  }
  if (auto followed = follow_catcher(id, *catcher, failure); !followed) {
    end_state(id, {.error = std::move(followed.error().error),
                   .cause = std::move(followed.error().cause)});
  }
  return true;
}

void Interpreter::give_up(FrameId id, const Failure& failure) {
  Frame& now = frame(id);
  const auto type = failed_event(state_of(now).type);
  if (type && failure.error != kRuntime) record(now, *type);
  end_state(id, failure);
}

void Interpreter::end_state(FrameId id, const Failure& failure) {
  const Frame& now = frame(id);
  // What the state machine is to blame for ends the execution, wherever it happens.
  if (failure.error == kRuntime || !now.parent) {
    end_execution(Status::kFailed, EventType::kExecutionFailed, failure, now.last_event);
    return;
  }
  child_failed(id, failure);
}

void Interpreter::end_execution(Status status, EventType type, const Failure& given,
                                std::uint64_t after) {
  const Failure failure = shortened({.error = given.error, .cause = given.cause});
  record(type, after, details_of(failure));
  execution_.status = status;
  execution_.failure = failure;
  execution_.stop_millis = millis_;
  if (test_ != nullptr) test_->failure = failure;
  drop_everything();
}

void Interpreter::drop_everything() {
  cancel(execution_.timeout);
  for (auto& [id, open] : execution_.frames)
    close_frame(open);
  execution_.frames.clear();
  execution_.runnable.clear();
}

}  // namespace weft::workflow

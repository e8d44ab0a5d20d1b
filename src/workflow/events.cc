// What events do: the first one, times, and the last one.
#include <utility>

#include "json/parse.h"
#include "workflow/interpreter.h"

namespace weft::workflow {
void Interpreter::on(const Begin& begin) {
  if (execution_.last_event != 0 || begin.machine >= definition_.machines().size()) return;
  execution_.identity = begin.identity;
  execution_.start_millis = millis_;
  auto input = json::parse(begin.input);
  if (!input) {
    end_execution(
        Status::kFailed, EventType::kExecutionFailed,
        {.error = "States.Runtime", .cause = "The input is no JSON: " + input.error().message()},
        0);
    return;
  }
  execution_.input = Payload::verbatim(*std::move(input));
  json::Object details;
  details.set("input", execution_.input.text());
  details.set("inputDetails", not_truncated());
  details.set("roleArn", begin.identity.role_arn);
  record(EventType::kExecutionStarted, 0, json::Value(std::move(details)));
  if (is_too_large(execution_.input)) {
    const StateError error = input_limit_exceeded("The input of the execution");
    end_execution(Status::kFailed, EventType::kExecutionFailed,
                  {.error = error.error, .cause = error.cause}, execution_.last_event);
    return;
  }
  const auto seconds = definition_.timeout_seconds();
  if (begin.machine == 0 && seconds && test_ == nullptr) {
    execution_.timeout =
        start_timer(millis_ + static_cast<std::int64_t>(*seconds) * kMillisPerSecond);
  }
  const FrameId root = add_frame(begin.machine, std::nullopt, 0, execution_.input);
  frame(root).map_item = begin.map_item;
  frame(root).variables = begin.variables;
  if (test_ != nullptr) frame(root).state = test_->state;
  go_on(root);
}

void Interpreter::on(const TimerFired& fired) {
  if (execution_.timeout == fired.timer) {
    execution_.timeout.reset();
    end_execution(Status::kTimedOut, EventType::kExecutionTimedOut, {.error = "States.Timeout"}, 0);
    return;
  }
  const auto found = execution_.frames.find(frame_of(fired.timer));
  if (found == execution_.frames.end()) return;
  Frame& now = found->second;
  if (now.timer == fired.timer) {
    now.timer.reset();
    wake(found->first);
    return;
  }
  if (!now.task) return;
  const bool is_heartbeat = now.task->heartbeat == fired.timer;
  if (!is_heartbeat && now.task->timeout != fired.timer) return;
  (is_heartbeat ? now.task->heartbeat : now.task->timeout).reset();
  task_timed_out(found->first, is_heartbeat);
}

void Interpreter::wake(FrameId id) {
  Frame& now = frame(id);
  if (now.waiting == Waiting::kRetry) {
    now.waiting = Waiting::kNothing;
    go_on(id);
    return;
  }
  auto input = effective_input(now);
  auto done = input ? finish(id, *input) : Outcome<>(std::unexpected(std::move(input.error())));
  if (!done) failed(id, std::move(done.error()));
}

void Interpreter::on(const Stop& stop) {
  end_execution(Status::kAborted, EventType::kExecutionAborted,
                {.error = stop.error, .cause = stop.cause}, 0);
}

}  // namespace weft::workflow

// Tasks: what is given out, and what comes back.
#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "json/parse.h"
#include "workflow/interpreter.h"

namespace weft::workflow {
namespace {

// How history names what a task does.
enum class TaskKind : std::uint8_t { kService, kFunction, kActivity };

struct TaskName {
  TaskKind kind = TaskKind::kService;
  std::string type;      // "lambda", "aws-sdk:s3"
  std::string resource;  // "invoke.waitForTaskToken"
};

// "arn:aws:states:::lambda:invoke", "arn:aws:lambda:REGION:ACCOUNT:function:NAME",
// "arn:aws:states:REGION:ACCOUNT:activity:NAME"
TaskName name_of_task(std::string_view resource) {
  std::vector<std::string_view> parts;
  std::string_view rest = resource;
  while (parts.size() < 5 && rest.find(':') != rest.npos) {
    parts.push_back(rest.substr(0, rest.find(':')));
    rest.remove_prefix(parts.back().size() + 1);
  }
  if (parts.size() < 5) return {.kind = TaskKind::kFunction, .type = {}, .resource = {}};
  if (parts[2] == "lambda") return {.kind = TaskKind::kFunction, .type = {}, .resource = {}};
  if (rest.starts_with("activity:"))
    return {.kind = TaskKind::kActivity, .type = {}, .resource = {}};
  // "lambda:invoke", "states:startExecution.sync:2", "aws-sdk:s3:getObject"
  constexpr std::string_view kSdk = "aws-sdk:";
  const std::size_t colon = rest.find(':', rest.starts_with(kSdk) ? kSdk.size() : 0);
  if (colon == rest.npos) return {.type = std::string(rest), .resource = {}};
  return {.type = std::string(rest.substr(0, colon)),
          .resource = std::string(rest.substr(colon + 1))};
}

// The events of one kind of task.
struct TaskEvents {
  EventType scheduled, started, succeeded, failed, timed_out;
};

TaskEvents events_of(TaskKind kind) {
  switch (kind) {
    case TaskKind::kFunction:
      return {EventType::kLambdaFunctionScheduled, EventType::kLambdaFunctionStarted,
              EventType::kLambdaFunctionSucceeded, EventType::kLambdaFunctionFailed,
              EventType::kLambdaFunctionTimedOut};
    case TaskKind::kActivity:
      return {EventType::kActivityScheduled, EventType::kActivityStarted,
              EventType::kActivitySucceeded, EventType::kActivityFailed,
              EventType::kActivityTimedOut};
    case TaskKind::kService:
      break;
  }
  return {EventType::kTaskScheduled, EventType::kTaskStarted, EventType::kTaskSucceeded,
          EventType::kTaskFailed, EventType::kTaskTimedOut};
}

// What all events of a service's task say.
json::Object details_of(const TaskName& name) {
  json::Object details;
  if (name.kind == TaskKind::kService) {
    details.set("resourceType", name.type);
    details.set("resource", name.resource);
  }
  return details;
}

// The region in the execution's own name.
std::string_view region_of(std::string_view arn) {
  for (int i = 0; i < 3; ++i)
    arn.remove_prefix(std::min(arn.size(), std::min(arn.find(':'), arn.size()) + 1));
  return arn.substr(0, arn.find(':'));
}

}  // namespace

Interpreter::Frames::iterator Interpreter::frame_of_task(TaskId task) {
  const auto found = execution_.frames.find(frame_of(task));
  if (found == execution_.frames.end()) return found;
  const std::optional<OpenTask>& open = found->second.task;
  return open && open->id == task ? found : execution_.frames.end();
}

Outcome<> Interpreter::begin_task(FrameId id) {
  Frame& now = frame(id);
  const State& state = state_of(now);
  const auto& fields = std::get<TaskFields>(state.fields);
  now.task = OpenTask{.id = number_in(id, execution_.next_task++),
                      .token = inputs_.uuid() + inputs_.uuid()};
  auto prepared = prepare_task(now, fields);
  if (!prepared) {
    now.task.reset();
    return std::unexpected(std::move(prepared.error()));
  }
  if (is_mocked()) {
    now.task.reset();
    return finish_mocked(id);
  }
  StartTask start = *std::move(prepared);
  const auto input = printed(start.input);
  if (!input) {
    now.task.reset();
    return std::unexpected(
        input_limit_exceeded(fmt::format("The input of the task '{}'", state.name)));
  }
  const TaskName name = name_of_task(fields.resource);
  json::Object details = details_of(name);
  if (name.kind == TaskKind::kService) {
    details.set("region", region_of(execution_.identity.arn));
    details.set("parameters", *input);
  } else {
    details.set("resource", fields.resource);
    details.set("input", *input);
    details.set("inputDetails", not_truncated());
  }
  if (start.timeout_seconds) {
    details.set("timeoutInSeconds", *start.timeout_seconds);
    now.task->timeout = start_timer(
        millis_ + static_cast<std::int64_t>(*start.timeout_seconds) * kMillisPerSecond, id);
  }
  if (start.heartbeat_seconds) {
    details.set("heartbeatInSeconds", *start.heartbeat_seconds);
    now.task->heartbeat_seconds = *start.heartbeat_seconds;
  }
  if (!start.credentials.is_null()) {
    if (const json::Value* const role = start.credentials.find("RoleArn"))
      details.set("taskCredentials", json::Value::object({{"roleArn", *role}}));
  }
  record(now, events_of(name.kind).scheduled, json::Value(std::move(details)));
  now.waiting = Waiting::kTask;
  result_.effects.emplace_back(std::move(start));
  return {};
}

Outcome<StartTask> Interpreter::prepare_task(Frame& now, const TaskFields& fields) {
  auto input = effective_input(now);
  if (!input) return std::unexpected(std::move(input.error()));
  auto arguments = arguments_of(now, *input);
  if (!arguments) return std::unexpected(std::move(arguments.error()));
  inspect_arguments(now, state_of(now).flow.arguments ? Payload(*arguments) : *input);
  StartTask start{.task = task_of(now).id,
                  .token = task_of(now).token,
                  .resource = fields.resource,
                  .input = *std::move(arguments),
                  .credentials = {}};
  for (const auto& [field, seconds] : {std::pair(&fields.timeout_seconds, &start.timeout_seconds),
                                       {&fields.heartbeat_seconds, &start.heartbeat_seconds}}) {
    auto number = number_of(now, *field, input->value(), true);
    if (!number) return std::unexpected(std::move(number.error()));
    if (!number->has_value()) continue;
    const double given = number->value_or(0);
    if (given < 1 || given > static_cast<double>(kTaskSecondsMax)) {
      return ends_with("States.Runtime",
                       fmt::format("{} must be between 1 and {}.", field->name, kTaskSecondsMax));
    }
    *seconds = static_cast<std::uint64_t>(given);
  }
  if (fields.credentials) {
    auto credentials = evaluate(now, *fields.credentials, "Credentials", {.input = input->value()});
    if (!credentials) return std::unexpected(std::move(credentials.error()));
    start.credentials = *std::move(credentials);
  }
  return start;
}

void Interpreter::close_task(Frame& now, bool cancels) {
  if (!now.task) return;
  cancel(now.task->timeout);
  cancel(now.task->heartbeat);
  if (cancels) result_.effects.emplace_back(CancelTask{.task = now.task->id});
  now.task.reset();
}

void Interpreter::note_started(Frame& now, const std::string& worker) {
  OpenTask& task = task_of(now);
  if (task.is_started) return;
  const TaskName name = name_of_task(std::get<TaskFields>(state_of(now).fields).resource);
  json::Object details = details_of(name);
  if (name.kind == TaskKind::kActivity && !worker.empty()) details.set("workerName", worker);
  const bool is_empty = details.empty() && name.kind == TaskKind::kFunction;
  record(now, events_of(name.kind).started,
         is_empty ? json::Value() : json::Value(std::move(details)));
  task.is_started = true;
  expect_heartbeat(now);
}

void Interpreter::expect_heartbeat(Frame& now) {
  OpenTask& task = task_of(now);
  cancel(task.heartbeat);
  if (task.heartbeat_seconds == 0) return;
  task.heartbeat =
      start_timer(millis_ + static_cast<std::int64_t>(task.heartbeat_seconds) * kMillisPerSecond,
                  frame_of(task.id));
}

void Interpreter::on(const TaskStarted& started) {
  const auto found = frame_of_task(started.task);
  if (found != execution_.frames.end()) note_started(found->second, started.worker);
}

void Interpreter::on(const TaskHeartbeat& heartbeat) {
  const auto found = frame_of_task(heartbeat.task);
  if (found != execution_.frames.end()) expect_heartbeat(found->second);
}

bool Interpreter::fail_if_too_large(Frame& now, const std::string& output) {
  if (output.size() <= limits_.payload_bytes) return false;
  const std::string& resource = std::get<TaskFields>(state_of(now).fields).resource;
  const TaskName name = name_of_task(resource);
  const StateError error = data_limit_exceeded(name.type.empty() ? resource : name.type);
  on(TaskFailed{.task = task_of(now).id, .error = error.error, .cause = error.cause});
  return true;
}

void Interpreter::on(const TaskSubmitted& submitted) {
  const auto found = frame_of_task(submitted.task);
  if (found == execution_.frames.end()) return;
  Frame& now = found->second;
  if (fail_if_too_large(now, submitted.output)) return;
  note_started(now, {});
  const TaskName name = name_of_task(std::get<TaskFields>(state_of(now).fields).resource);
  json::Object details = details_of(name);
  details.set("output", submitted.output);
  details.set("outputDetails", not_truncated());
  record(now, EventType::kTaskSubmitted, json::Value(std::move(details)));
}

void Interpreter::on(const TaskSucceeded& succeeded) {
  const auto found = frame_of_task(succeeded.task);
  if (found == execution_.frames.end()) return;
  const FrameId id = found->first;
  Frame& now = found->second;
  if (fail_if_too_large(now, succeeded.output)) return;
  note_started(now, {});
  const TaskName name = name_of_task(std::get<TaskFields>(state_of(now).fields).resource);
  auto output = json::parse(succeeded.output);
  if (!output) {
    on(TaskFailed{.task = succeeded.task,
                  .error = "States.Runtime",
                  .cause = "The result is no JSON: " + output.error().message()});
    return;
  }
  const Payload result = Payload::verbatim(*std::move(output));
  json::Object details = details_of(name);
  details.set("output", result.text());
  details.set("outputDetails", not_truncated());
  record(now, events_of(name.kind).succeeded, json::Value(std::move(details)));
  close_task(now, false);
  if (auto done = finish(id, result); !done) failed(id, std::move(done.error()));
}

void Interpreter::on(const TaskFailed& answer) {
  const auto found = frame_of_task(answer.task);
  if (found == execution_.frames.end()) return;
  const FrameId id = found->first;
  Frame& now = found->second;
  note_started(now, {});
  const Failure failure = shortened({.error = answer.error, .cause = answer.cause});
  const TaskName name = name_of_task(std::get<TaskFields>(state_of(now).fields).resource);
  json::Object details = details_of(name);
  set_text(details, "error", failure.error);
  set_text(details, "cause", failure.cause);
  record(now, events_of(name.kind).failed, json::Value(std::move(details)));
  close_task(now, false);
  ended(id, failure);
}

void Interpreter::task_timed_out(FrameId id, bool is_heartbeat) {
  Frame& now = frame(id);
  const TaskName name = name_of_task(std::get<TaskFields>(state_of(now).fields).resource);
  json::Object details = details_of(name);
  details.set("error", "States.Timeout");
  record(now, events_of(name.kind).timed_out, json::Value(std::move(details)));
  close_task(now, true);
  ended(id, {.error = "States.Timeout", .is_heartbeat_timeout = is_heartbeat});
}

}  // namespace weft::workflow
